"""`episodes search`: a question, and the dated facts that answer it with the episodes they come from."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.output import note, print_json, print_table

if TYPE_CHECKING:
    from datetime import datetime

    from consumer.search import FactHit, SearchRequest, SearchResult
    from consumer.settings import Settings

EPILOG = 'Example: episodes search "where does Alice work" --group alice --as-of 2024-05-01'


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("search", epilog=EPILOG)(search)


def search(
    query: Annotated[str, typer.Argument(help="What to look for, in words.")],
    *,
    group: Annotated[list[str], typer.Option(help="Group to search; repeat it for several.")],
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="Facts at most.")] = 10,
    as_of: Annotated[
        str | None, typer.Option(help="Facts that were true then: 2024-05-01 or 2024-05-01T12:00:00Z.")
    ] = None,
    all_facts: Annotated[bool, typer.Option("--all", help="Facts that are no longer true, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the hits as JSON.")] = False,
) -> None:
    """Search the facts of one or several groups, by words and by meaning.

    Shows what is true now unless --as-of or --all says otherwise. On a terminal a table, elsewhere tab-separated
    lines. Exit code 0 also when nothing is found.
    """
    from consumer.cli.times import parse_instant  # noqa: PLC0415
    from consumer.search import SearchRequest  # noqa: PLC0415 - heavy
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
    result = asyncio.run(_search(Settings(), request))
    if as_json:
        print_json({"query": query, "hits": [hit_as_dict(hit) for hit in result.hits]})
    elif result.hits:
        print_table(("fact", "true since", "until", "from", "score"), [_row(hit) for hit in result.hits])
    else:
        note("nothing found")


async def _search(settings: Settings, request: SearchRequest) -> SearchResult:
    """Ask once."""
    from consumer.app.build import open_search  # noqa: PLC0415 - heavy

    async with open_search(settings) as found:
        return await found.facts(request)


def _row(hit: FactHit) -> tuple[str, str, str, str, str]:
    """Return a hit as a row: the fact, its dates, its episodes."""
    sources = "; ".join(f"{each.name} ({_day(each.reference_time)})" for each in hit.provenance)
    return hit.fact, _day(hit.valid_at), _day(hit.invalid_at), sources, f"{hit.score:.3f}"


def _day(instant: datetime | None) -> str:
    """Return an instant as a date, with the time of day where there is one; empty for none."""
    if instant is None:
        return ""
    text = instant.strftime("%Y-%m-%d")
    return text if (instant.hour, instant.minute, instant.second) == (0, 0, 0) else f"{text} {instant:%H:%M}"


def hit_as_dict(hit: FactHit) -> dict[str, object]:
    """Return a hit for a script, instants in RFC 3339."""
    from consumer.model.instants import iso  # noqa: PLC0415

    plain = asdict(hit)
    for name in ("valid_at", "invalid_at"):
        plain[name] = None if plain[name] is None else iso(plain[name])
    for episode in plain["provenance"]:
        episode["reference_time"] = iso(episode["reference_time"])
    plain["ranks"] = dict(hit.ranks)
    return plain
