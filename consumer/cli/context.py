"""`episodes context`: what answers a question, as a block of text for a prompt, within a token budget."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.output import note, print_json, print_line

if TYPE_CHECKING:
    from consumer.search.context import Context
    from consumer.search.request import SearchRequest
    from consumer.settings import Settings

EPILOG = 'Example: episodes context "where does Alice work" --group alice --max-tokens 500'


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("context", epilog=EPILOG)(context)


def context(
    query: Annotated[str, typer.Argument(help="The question, in words.")],
    *,
    group: Annotated[list[str], typer.Option(help="Group to search; repeat it for several.")],
    max_tokens: Annotated[int, typer.Option(min=1, help="LLM tokens at most, by our estimate.")] = 1_000,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Facts, entities and episodes each, at most.")] = 20,
    as_of: Annotated[
        str | None, typer.Option(help="What was true then: 2024-05-01 or 2024-05-01T12:00:00Z. Else now.")
    ] = None,
    all_facts: Annotated[bool, typer.Option("--all", help="Facts that are no longer true, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the text with its tokens and what is in it.")] = False,
) -> None:
    """Print what answers a question as text for an LLM's prompt: facts with dates, entities, quotes of episodes.

    Never more than --max-tokens; the same graph and question give the same text. Each line of a quote begins with
    `> `, so that nothing that was said can pass for one of our lines. Exit code 0 also when nothing is found.
    """
    from consumer.cli.times import parse_instant  # noqa: PLC0415 - heavy
    from consumer.search.request import SearchRequest  # noqa: PLC0415
    from consumer.settings import Settings  # noqa: PLC0415
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()
    request = SearchRequest(
        query=query,
        group_ids=tuple(dict.fromkeys(group)),
        limit=limit,
        as_of=None if as_of is None else parse_instant("--as-of", as_of, takes_dates=True),
        include_invalid=all_facts,
    )
    found = asyncio.run(_context(Settings(), request, max_tokens))
    if as_json:
        print_json({"query": query, "max_tokens": max_tokens, **asdict(found)})
    elif found.text:
        print_line(found.text)
        if sys.stdout.isatty():
            note(f"{found.tokens} of {max_tokens} tokens{', and more was found' if found.is_cut else ''}")
    else:
        note("nothing found" if not found.is_cut else f"nothing fits into {max_tokens} tokens")


async def _context(settings: Settings, request: SearchRequest, max_tokens: int) -> Context:
    """Ask once."""
    from consumer.app.build import open_search  # noqa: PLC0415 - heavy
    from consumer.search.context import search_context  # noqa: PLC0415

    async with open_search(settings) as search:
        return await search_context(search, request, max_tokens)
