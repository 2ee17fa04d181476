"""Everything at once: episodes come in at a rate while clients search and ask the graph.

Operations are counted by kind, with their latencies; ingestion is measured as in `ingest`.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from consumer.app.build import open_search
from consumer.app.questions import open_questions
from consumer.bench.arithmetic import distribution, rate_over_time
from consumer.bench.cases import figure, latency_figures
from consumer.bench.gold_check import GoldCheck
from consumer.bench.ingest import gold_checked, under_load
from consumer.bench.ingest_cases import gold_figures
from consumer.bench.loads import Kind, events_of, items_of
from consumer.bench.results import Better, Case
from consumer.bench.rig import Rig
from consumer.bench.services import Progress
from consumer.errors import UserError
from consumer.search import SearchRequest
from consumer.search.question_models import NeighbourQuestion, PathQuestion, TimelineQuestion
from consumer.testing import names

SCENARIO = "mixed"

INGEST, SEARCH, QUESTION = "ingest", "search", "graph question"
_QUESTIONS = ("Where does {} work?", "Who knows {}?", "Where does {} live?", "What does {} like?", "{} is married to")
_PEOPLE = 40


@dataclass(frozen=True, slots=True)
class MixedLoad:
    """Episodes a second, clients that search and that ask the graph, each again as soon as it is answered."""

    rate: float = 20.0
    searchers: int = 2
    askers: int = 2
    seconds: float = 60.0
    settle_s: float = 5.0
    groups: int = 20


@dataclass(slots=True)
class _Spent:
    """When each operation ended, and how long it took, by kind."""

    ended: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    took: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


async def measure_mixed(rig: Rig, load: MixedLoad, tell: Progress = lambda _what: None) -> list[Case]:
    """Return a case of the whole, and one of each kind of operation.

    Raises:
        UserError: a pod ends by itself.
        WorldFault: a service is down.
    """
    name = f"{rig.name}-mixed"
    spent, before = _Spent(), len(rig.published)
    items = items_of(events_of(Kind.CHAT, name, load.groups))
    async with open_search(rig.settings) as search, open_questions(rig.settings) as questions:
        rng = random.Random(7)  # noqa: S311 - the same questions each time
        people = names.persons(_PEOPLE)

        def group() -> str:
            return f"{name}-{rng.randrange(load.groups)}"

        async def searches() -> None:
            query = rng.choice(_QUESTIONS).format(rng.choice(people))
            await search.search(SearchRequest(query, (group(),), refresh=True))

        async def asks() -> None:
            one, other = rng.sample(people, 2)
            question = rng.randrange(3)
            if question == 0:
                await questions.neighbours(NeighbourQuestion(group(), one, depth=2))
            elif question == 1:
                await questions.paths(PathQuestion(group(), one, other))
            else:
                await questions.timeline(TimelineQuestion(group(), one))

        async with asyncio.TaskGroup() as tasks:
            clients = [
                tasks.create_task(_client(rig, spent, kind, operation), name=f"{kind} {number}")
                for kind, operation, count in ((SEARCH, searches, load.searchers), (QUESTION, asks, load.askers))
                for number in range(count)
            ]
            found = await under_load(rig, items, load.seconds, load.rate, settle_s=load.settle_s, on_progress=tell)
            for client in clients:
                client.cancel()
    gold = await gold_checked(rig, rig.published[before:])
    ended_at = found.began + found.seconds
    ended, took = {INGEST: [at - found.began for at in found.seen_at]}, {INGEST: [e.seconds for e in found.sightings]}
    for kind in (SEARCH, QUESTION):
        pairs = zip(spent.ended[kind], spent.took[kind], strict=True)
        within = [(at - found.began, seconds) for at, seconds in pairs if found.began <= at < ended_at]
        ended[kind], took[kind] = [at for at, _ in within], [seconds for _, seconds in within]
    return _cases(load, found.seconds, ended, took, gold)


async def _client(rig: Rig, spent: _Spent, kind: str, operation: Callable[[], Awaitable[None]]) -> None:
    """Do `operation` again and again until cancelled. A name that the group has not got yet is an answer too."""
    while True:
        began = rig.clock.monotonic()
        with suppress(UserError):
            await operation()
        ended = rig.clock.monotonic()
        spent.ended[kind].append(ended)
        spent.took[kind].append(ended - began)


def _cases(
    load: MixedLoad, seconds: float, ended: Mapping[str, list[float]], took: Mapping[str, list[float]], gold: GoldCheck
) -> list[Case]:
    """Return the cases, given when operations ended within the time and how long they took, by kind."""
    settings = {
        "episodes a second": f"{load.rate:g}",
        "clients that search": str(load.searchers),
        "clients that ask the graph": str(load.askers),
    }
    operations = sum(len(moments) for moments in ended.values())
    whole = Case(
        scenario=SCENARIO,
        variant="all operations",
        settings=settings,
        figures=(
            figure("operations/s", "1/s", operations / seconds, Better.HIGHER),
            *(figure(f"{kind}/s", "1/s", len(moments) / seconds, Better.HIGHER) for kind, moments in ended.items()),
            *gold_figures(gold),
        ),
        series=tuple(
            rate_over_time(kind, moments, seconds, width_s=max(1.0, seconds / 60)) for kind, moments in ended.items()
        ),
    )
    return [
        whole,
        *(
            Case(
                scenario=SCENARIO,
                variant=kind,
                settings=settings,
                figures=(
                    *latency_figures(spent),
                    figure("operations/s", "1/s", len(ended[kind]) / seconds, Better.HIGHER),
                ),
                distributions=(distribution(kind, spent),),
            )
            for kind, spent in took.items()
            if spent
        ),
    ]
