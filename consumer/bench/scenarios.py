"""The scenarios of `episodes bench run`: each by name, short and long, on services that they share."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from consumer.bench import adapters
from consumer.bench.cases import merged
from consumer.bench.ceiling import Load as CeilingLoad
from consumer.bench.ceiling import measure_ceiling
from consumer.bench.communities import measure_algorithm, measure_build
from consumer.bench.graph_ops import GraphLoad, measure_graph
from consumer.bench.ingesting import IngestLoad, Way, measure_ingest, rate_of, warm_rig
from consumer.bench.loads import Kind
from consumer.bench.mixed import MixedLoad, measure_mixed
from consumer.bench.read_again import ReplayLoad, measure_replay
from consumer.bench.rebalance import measure_rebalance
from consumer.bench.results import Case
from consumer.bench.rig import Setup
from consumer.bench.search import SearchLoad, measure_search
from consumer.bench.services import Progress, Services
from consumer.bench.usual import USUAL
from consumer.bench.write import Load as WriteLoad
from consumer.bench.write import measure_write
from consumer.settings import Settings
from consumer.testing.named_profiles import Behaviour

_PACED = 0.6
_GOLDEN = Path("tests/golden")


@dataclass(frozen=True, slots=True)
class Bench:
    """What a scenario runs on. `is_quick`: seconds instead of minutes; its figures are a hint only."""

    settings: Settings
    services: Services
    is_quick: bool
    tell: Progress
    question_sets: tuple[Path, ...] = ()

    def pick(self, quick: float, full: float) -> float:
        """Return the one or the other."""
        return quick if self.is_quick else full

    def count(self, quick: int, full: int) -> int:
        """Return the one or the other."""
        return quick if self.is_quick else full

    @property
    def at_services(self) -> Settings:
        """The settings, with the services of this bench."""
        return self.settings.model_copy(update={"kafka": self.services.kafka, "neo4j": self.services.neo4j})


Scenario = Callable[[Bench], Awaitable[list[Case]]]


async def ingest(bench: Bench) -> list[Case]:
    """One at a time at a fixed latency; flat out; at 60 % of that rate; and the kinds and sizes of the baselines."""
    fixed = Setup(behaviour=Behaviour.FIXED)
    warm_up = bench.count(200, 2_000)
    idle = IngestLoad(Way.IDLE, Kind.CHAT, episodes=bench.count(40, 400), warm_up=bench.count(100, 500), setup=fixed)
    flat_out = IngestLoad(
        seconds=bench.pick(15, 600), settle_s=bench.pick(3, 20), warm_up=warm_up, setup=Setup(Behaviour.LOGNORMAL)
    )
    cases = [await _ingested(bench, idle), await _ingested(bench, flat_out)]
    paced = replace(flat_out, rate=max(1.0, round(_PACED * rate_of(cases[-1]), 1)), seconds=bench.pick(15, 300))
    return [*cases, await _ingested(bench, paced), *await baseline_ingest(bench)]


async def baseline_ingest(bench: Bench) -> list[Case]:
    """Return the rows of the baselines' table that are of ingestion."""
    setup = Setup(behaviour=Behaviour.LOGNORMAL)
    episodes, warm_up = bench.count(40, 300), bench.count(100, 500)
    rows = {
        Kind.TEXT: "text episode under 500 tokens",
        Kind.LONG: "text episode of 500 to 2,000 tokens",
        Kind.JSON: "JSON episode",
        Kind.MAPPED: "JSON episode",
    }
    cases = []
    for kind, row in rows.items():
        load = IngestLoad(Way.IDLE, kind, episodes=episodes, warm_up=warm_up, setup=setup)
        cases.append(await _ingested(bench, load, row))
    bulk = IngestLoad(Way.BULK, Kind.TEXT, episodes=100, bulks=bench.count(5, 20), warm_up=warm_up, setup=setup)
    return [*cases, await _ingested(bench, bulk, "bulk, an item")]


async def throughput(bench: Bench) -> list[Case]:
    """How near extraction comes to the ceiling: one episode a call, and several."""
    cases = []
    for batch in (1, 8):
        load = CeilingLoad(batch_episodes=batch, seconds=bench.pick(10, 120))
        bench.tell(f"throughput: {batch} episodes a call")
        cases.append(adapters.throughput_case(await measure_ceiling(load)))
    return cases


async def write(bench: Bench) -> list[Case]:
    """The write stage alone."""
    load = WriteLoad(
        episodes=bench.count(1_000, 6_000),
        at=(bench.count(500, 20_000),),
        warm_up=bench.count(1_000, 6_000),
        name=f"bench{uuid.uuid4().hex[:6]}",
    )
    # Whose CPU it is can be told by the guard's child, which `processes` reads; here the client's is enough.
    found = await measure_write(
        load, bench.services.neo4j.uri, None, lambda size: bench.tell(f"write: {size} episodes")
    )
    return adapters.write_cases(found)


async def search(bench: Bench) -> list[Case]:
    """Search by its configurations, over one group."""
    load = SearchLoad(bench.services.neo4j, bench.count(1_000, 20_000), searches=bench.count(40, 300), has_peer=False)
    return adapters.search_cases(await measure_search(load, lambda what: bench.tell(f"search: {what}")))


async def graph(bench: Bench) -> list[Case]:
    """Graph questions, and single nodes and edges."""
    load = GraphLoad(facts=bench.count(1_000, 20_000), operations=bench.count(40, 500))
    return await measure_graph(bench.services.neo4j, load, lambda what: bench.tell(f"graph: {what}"))


async def communities(bench: Bench) -> list[Case]:
    """Whole builds, of the sizes of the baselines."""
    sizes = ((900, 4_500), (10_000, 50_000)) if bench.is_quick else ((900, 4_500), (10_000, 50_000), (20_000, 100_000))
    found = []
    for entities, facts in sizes:
        bench.tell(f"communities: {entities} entities")
        measured = await asyncio.to_thread(measure_algorithm, entities, facts, bench.settings.communities)
        if not bench.is_quick or entities < sizes[-1][0]:
            group_id = f"bench-communities-{uuid.uuid4().hex[:12]}"
            measured = await measure_build(measured, bench.at_services, group_id, bench.tell)
        found.append(measured)
    return adapters.community_cases(found)


async def mixed(bench: Bench) -> list[Case]:
    """Episodes, searches and graph questions at once."""
    load = MixedLoad(seconds=bench.pick(15, 120), settle_s=bench.pick(3, 10))
    warm = IngestLoad(warm_up=bench.count(200, 2_000))
    async with warm_rig(bench.settings, bench.services, warm, lambda what: bench.tell(f"mixed: {what}")) as rig:
        return await measure_mixed(rig, load, lambda what: bench.tell(f"mixed: {what}"))


async def replay(bench: Bench) -> list[Case]:
    """A topic read again."""
    load = ReplayLoad(episodes=bench.count(1_000, 10_000))
    return await measure_replay(bench.settings, bench.services, load, lambda what: bench.tell(f"replay: {what}"))


async def rebalance(bench: Bench) -> list[Case]:
    """Pods come and go."""
    warm = IngestLoad(warm_up=bench.count(200, 1_000))
    async with warm_rig(bench.settings, bench.services, warm, lambda what: bench.tell(f"rebalance: {what}")) as rig:
        case = await measure_rebalance(
            rig, bench.pick(60, 120), 20.0, tell=lambda what: bench.tell(f"rebalance: {what}")
        )
        return [case]


async def soak(bench: Bench) -> list[Case]:
    """Memory over many episodes, of a quick model."""
    setup = Setup(behaviour=Behaviour.FIXED, latency_ms=20, embedding_latency_ms=5)
    load = IngestLoad(
        seconds=bench.pick(30, 3_600),
        until=bench.count(2_000, 100_000),
        settle_s=bench.pick(5, 60),
        warm_up=bench.count(500, 2_000),
        setup=setup,
    )
    case = await _ingested(bench, load)
    return [case.model_copy(update={"scenario": "soak", "variant": f"{load.until} episodes"})]


async def extract(bench: Bench) -> list[Case]:
    """How right the configured extractor is on the golden cases, where they are (a working copy)."""
    from contextlib import aclosing  # noqa: PLC0415

    from consumer.app.build import build_extractor  # noqa: PLC0415 - heavy
    from consumer.bench.asking import Asking  # noqa: PLC0415
    from consumer.bench.extract import run_golden  # noqa: PLC0415
    from consumer.clock import SystemClock  # noqa: PLC0415
    from consumer.testing.golden_case import load_golden  # noqa: PLC0415

    golden = load_golden(_GOLDEN)
    async with aclosing(build_extractor(bench.settings)) as extractor:
        asking = Asking(extractor, SystemClock(), bench.settings.concurrency, lambda *_told: None)
        return [adapters.extract_case(await run_golden(asking, golden))]


async def retrieval(bench: Bench) -> list[Case]:
    """Whether search finds the episodes that answer the questions of the sets that are given; none without a set."""
    from consumer.bench.retrieval import DEFAULT, Variant, measure_retrieval  # noqa: PLC0415 - heavy
    from consumer.bench.retrieval_sets import load_question_set  # noqa: PLC0415

    cases = []
    for folder in bench.question_sets:
        wanted = load_question_set(folder, ()).renamed(f"bench-{uuid.uuid4().hex[:8]}-")
        wanted = wanted.sampled(20) if bench.is_quick else wanted

        def tell(what: str, done: int, count: int, name: str = wanted.name) -> None:
            bench.tell(f"retrieval: {name}: {done} of {count} {what}")

        cases += adapters.retrieval_cases(
            await measure_retrieval(wanted, bench.at_services, {DEFAULT: Variant()}, tell)
        )
    return cases


async def _ingested(bench: Bench, load: IngestLoad, row: str | None = None) -> Case:
    usual = None if row is None else dict(USUAL[row])
    return await measure_ingest(bench.settings, bench.services, load, baseline=usual, on_progress=bench.tell)


SCENARIOS: Mapping[str, Scenario] = {
    "ingest": ingest,
    "throughput": throughput,
    "write": write,
    "search": search,
    "mixed": mixed,
    "graph": graph,
    "communities": communities,
    "replay": replay,
    "rebalance": rebalance,
    "soak": soak,
    "extract": extract,
    "retrieval": retrieval,
}
"""By name, in the order in which they run."""


async def baselines(bench: Bench) -> list[Case]:
    """Return a case for every row of the table of what is usual."""
    found: list[Case] = []
    for part in (baseline_ingest, search, graph, communities):
        found += [case for case in await part(bench) if case.baselines]
    return found


async def repeated(scenario: Scenario, bench: Bench, repeat: int) -> list[Case]:
    """Return the cases of a scenario, each with so many runs.

    A case that not every run has keeps those that have it.
    """
    runs: dict[tuple[str, str], list[Case]] = {}
    for number in range(1, repeat + 1):
        if repeat > 1:
            bench.tell(f"run {number} of {repeat}")
        for case in await scenario(bench):
            runs.setdefault((case.scenario, _place(case)), []).append(case)
    return [
        merged([case.model_copy(update={"variant": cases[0].variant}) for case in cases]) for cases in runs.values()
    ]


def _place(case: Case) -> str:
    """Return what makes two cases the same: the variant, but for a rate that follows from the run before."""
    return case.variant if " a second" not in case.variant else f"{case.variant.split(',')[0]}, paced"
