"""`episodes search`: a question, and the dated facts, entities, episodes and communities that answer it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.output import print_json
from consumer.cli.search_output import hit_as_dict, result_as_dict, tell

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from consumer.search import Ranking, SearchRequest, SearchResult
    from consumer.settings import Settings

__all__ = ["hit_as_dict", "register"]

EPILOG = 'Example: episodes search "where does Alice work" --group alice --as-of 2024-05-01 --kind fact --kind episode'


class KindName(StrEnum):
    """What can be found; the values of `consumer.search.Kind`, which is loaded late."""

    FACT = "fact"
    ENTITY = "entity"
    EPISODE = "episode"
    COMMUNITY = "community"


class LegName(StrEnum):
    """Ways of finding; the values of `consumer.search.Leg`."""

    FULL_TEXT = "full_text"
    VECTOR = "vector"
    GRAPH = "graph"


class FusionName(StrEnum):
    """How lists become one; the values of `consumer.search.Fusion`."""

    RANKS = "ranks"
    SCORES = "scores"


class RerankerName(StrEnum):
    """What orders anew; the values of `consumer.search.Reranker`."""

    NONE = "none"
    MMR = "mmr"
    DISTANCE = "distance"
    MENTIONS = "mentions"
    RECENCY = "recency"
    CROSS_ENCODER = "cross_encoder"


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("search", epilog=EPILOG)(search)


def search(
    query: Annotated[str, typer.Argument(help="What to look for, in words.")],
    *,
    group: Annotated[list[str], typer.Option(help="Group to search; repeat it for several.")],
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="Hits of each kind at most.")] = 10,
    offset: Annotated[int, typer.Option(min=0, help="Hits to pass over: the next page.")] = 0,
    kind: Annotated[list[KindName] | None, typer.Option(help="What to find; repeat it. Else facts.")] = None,
    as_of: Annotated[
        str | None, typer.Option(help="Facts that were true then: 2024-05-01 or 2024-05-01T12:00:00Z.")
    ] = None,
    valid_from: Annotated[
        str | None, typer.Option("--from", help="Facts that were true at that time or later.")
    ] = None,
    valid_until: Annotated[str | None, typer.Option("--until", help="Facts that were true by then.")] = None,
    known_at: Annotated[
        str | None, typer.Option(help="As the log had told it by then, with what was learnt later left out.")
    ] = None,
    all_facts: Annotated[bool, typer.Option("--all", help="Facts that are no longer true, too.")] = False,
    entity_type: Annotated[
        list[str] | None, typer.Option("--type", help="Entities of this type, facts with one; repeat it.")
    ] = None,
    relation: Annotated[list[str] | None, typer.Option(help="Relations, e.g. WORKS_AT; repeat it.")] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="Told by messages, texts or JSON: message, text, json.")
    ] = None,
    episode: Annotated[list[str] | None, typer.Option(help="Told by this episode (uuid); repeat it.")] = None,
    leg: Annotated[list[LegName] | None, typer.Option(help="Ways of finding; repeat it. Else all three.")] = None,
    origin: Annotated[list[str] | None, typer.Option(help="Entity (uuid) whose surroundings count, too.")] = None,
    depth: Annotated[int, typer.Option(min=0, max=5, help="How many facts away surroundings reach.")] = 2,
    fusion: Annotated[FusionName | None, typer.Option(help="How the legs' lists become one; else the setting.")] = None,
    rerank: Annotated[RerankerName | None, typer.Option(help="What orders the hits anew; else the setting.")] = None,
    center: Annotated[str | None, typer.Option(help="Entity (uuid) that --rerank distance measures from.")] = None,
    mmr_lambda: Annotated[
        float | None, typer.Option("--lambda", min=0, max=1, help="--rerank mmr: 1 relevance alone, 0 diversity alone.")
    ] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask the graph though the answer is kept.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Tell how long each leg took, and by which plan.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the hits as JSON.")] = False,
) -> None:
    """Search one or several groups, by words, by meaning and along the graph.

    Shows what is true now unless --as-of, --from, --until or --all says otherwise. On a terminal a table, elsewhere
    tab-separated lines. Exit code 0 also when nothing is found.
    """
    from consumer.cli.times import parse_instant  # noqa: PLC0415
    from consumer.search import Kind, Leg, SearchRequest  # noqa: PLC0415 - heavy
    from consumer.settings import Settings  # noqa: PLC0415
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()

    def instant(option: str, text: str | None) -> datetime | None:
        return None if text is None else parse_instant(option, text, takes_dates=True)

    request = SearchRequest(
        query=query,
        group_ids=tuple(dict.fromkeys(group)),
        limit=limit,
        offset=offset,
        include_invalid=all_facts,
        kinds=tuple(Kind(each) for each in kind or (KindName.FACT,)),
        legs=tuple(Leg(each) for each in leg or tuple(LegName)),
        entity_types=tuple(entity_type or ()),
        relation_types=tuple(relation or ()),
        episodes=tuple(episode or ()),
        sources=tuple(source or ()),
        origins=tuple(origin or ()),
        depth=depth,
        refresh=refresh,
        explain=explain,
        as_of=instant("--as-of", as_of),
        valid_from=instant("--from", valid_from),
        valid_until=instant("--until", valid_until),
        known_at=instant("--known-at", known_at),
    )

    def ranked(ranking: Ranking) -> Ranking:
        """Return the default ranking with what was said otherwise."""
        from consumer.search import Fusion, Reranker  # noqa: PLC0415 - heavy

        return replace(
            ranking,
            fusion=ranking.fusion if fusion is None else Fusion(fusion),
            reranker=ranking.reranker if rerank is None else Reranker(rerank),
            center=center,
            mmr_lambda=ranking.mmr_lambda if mmr_lambda is None else mmr_lambda,
        )

    result = asyncio.run(_search(Settings(), request, ranked))
    if as_json:
        print_json(result_as_dict(query, result))
    else:
        tell(result)


async def _search(settings: Settings, request: SearchRequest, ranked: Callable[[Ranking], Ranking]) -> SearchResult:
    """Ask once."""
    from consumer.app.build import open_search  # noqa: PLC0415 - heavy

    async with open_search(settings) as found:
        return await found.search(replace(request, ranking=ranked(found.ranking)))
