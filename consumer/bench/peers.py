"""graphiti-core beside us: the same episodes, the same simulated models, one Neo4j, in one run.

It goes first, on a database that has its own indexes only, and warm; each of its modes has groups of its own. Then a
pod of ours takes the same episodes from Kafka, and after them as many as it can. Both graphs are read by
graphiti-core's classes and compared with the gold. Its groups have ids of one word, since its full-text search needs
that.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from typing import Any

from consumer.bench.cases import figure
from consumer.bench.graph_errors import GraphErrors, graph_errors, without_ends
from consumer.bench.graphiti_peer import DIMENSION, GraphitiPeer, Ingested, Mode
from consumer.bench.ingest import Measured, in_bulk, under_load, warm_up
from consumer.bench.loads import Kind, events_of, items_of
from consumer.bench.results import Baseline, Better, Case, Figure
from consumer.bench.rig import Rig, Setup, open_rig
from consumer.bench.search import Latency, SearchLoad, measure_search
from consumer.bench.services import Progress, Services
from consumer.bench.simulated import SimulatedProvider, simulated_provider
from consumer.settings import Settings
from consumer.testing.generate import Event
from consumer.testing.gold import gold
from consumer.testing.named_profiles import EMBEDDING_LATENCY_MS, Behaviour
from consumer.testing.simulator_profile import Profile

SCENARIO = "peers"
_WARM_EPISODES = 6
_SETTLE_S = 5.0
_OTHER_SEED = 1_000_000
_GROUPS = 20
"""Of the episodes that are given flat out, at least."""


@dataclass(frozen=True, slots=True)
class PeerLoad:
    """What both are given: `episodes` of short chat in `groups` groups; models of fixed latency.

    `concurrency`: of graphiti-core the episodes at once and its limit of coroutines; of ours it is the settings'.
    `seconds`: how long ours then is given as many as it takes. `search_facts`: of a synthetic group for search, 0
    measures none.
    """

    episodes: int = 60
    groups: int = 4
    latency_ms: float = 200.0
    concurrency: int = 10
    modes: tuple[Mode, ...] = tuple(Mode)
    bulk: int = 10
    seconds: float = 30.0
    search_facts: int = 5_000
    searches: int = 30
    warm_up: int = 1_000
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Theirs:
    """What graphiti-core took in one mode."""

    ingested: Ingested
    stats: Mapping[str, Any]
    errors: GraphErrors
    episodes: int


@dataclass(frozen=True, slots=True)
class Ours:
    """What we took: the same episodes at once, and then flat out."""

    same: Measured
    flat_out: Measured
    errors: GraphErrors
    episodes: int


@dataclass(slots=True)
class _Run:
    """One comparison."""

    load: PeerLoad
    settings: Settings
    services: Services
    on_progress: Progress
    name: str

    async def cases(self) -> AsyncIterator[Case]:
        """Yield a case for each mode, and one for search."""
        async with simulated_provider(self._profile()) as provider, self._peer(provider) as peer:
            theirs = [await self._theirs(peer, provider, mode) for mode in self.load.modes]
            async with open_rig(self.settings, self.services, self._setup()) as rig:
                ours = await self._ours(peer, rig)
        for mode, each in zip(self.load.modes, theirs, strict=True):
            yield _case(self.load, mode, ours, each)
        if self.load.search_facts:
            yield await self._search()

    def _profile(self) -> Profile:
        return Profile(latency_ms=self.load.latency_ms, embedding_latency_ms=EMBEDDING_LATENCY_MS, dimension=DIMENSION)

    def _setup(self) -> Setup:
        return Setup(
            behaviour=Behaviour.FIXED,
            latency_ms=self.load.latency_ms,
            dimension=DIMENSION,
        )

    @asynccontextmanager
    async def _peer(self, provider: SimulatedProvider) -> AsyncIterator[GraphitiPeer]:
        """Have graphiti-core ready and the server warm."""
        async with aclosing(GraphitiPeer(self.services.neo4j, provider.base_url, self.load.concurrency)) as peer:
            self.on_progress("graphiti-core: indexes and warm-up")
            await peer.prepare()
            for mode in self.load.modes:
                await peer.ingest(self._events(f"{self.name}warm{mode}", _WARM_EPISODES), mode, self.load.bulk)
            yield peer

    async def _theirs(self, peer: GraphitiPeer, provider: SimulatedProvider, mode: Mode) -> Theirs:
        events = self._events(f"{self.name}{mode}", self.load.episodes)
        began = time.perf_counter()

        def told(count: int) -> None:
            spent = time.perf_counter() - began
            self.on_progress(f"graphiti-core, {mode}: {count} of {len(events)} episodes, {count / spent:.2f}/s")

        await provider.reset()
        ingested = await peer.ingest(events, mode, self.load.bulk, told)
        stats = await provider.stats()
        return Theirs(ingested, stats, await self._errors(peer, events), len(events))

    async def _ours(self, peer: GraphitiPeer, rig: Rig) -> Ours:
        self.on_progress(f"ours: warm-up with {self.load.warm_up} episodes")
        # Other episodes than those that are measured: what was asked before, the pod would know.
        warming = items_of(self._events(f"{self.name}warm", self.load.warm_up, self.load.seed + _OTHER_SEED))
        await warm_up(rig, warming, self.load.warm_up)
        events = self._events(f"{self.name}ours", self.load.episodes)
        same = await in_bulk(rig, items_of(events), 1, len(events), self._tell_ours)
        errors = await self._errors(peer, events)
        seed = self.load.seed + 2 * _OTHER_SEED
        items = items_of(events_of(Kind.CHAT, f"{self.name}more", max(self.load.groups, _GROUPS), seed))
        flat_out = await under_load(rig, items, self.load.seconds, settle_s=_SETTLE_S, on_progress=self._tell_ours)
        return Ours(same, flat_out, errors, len(events))

    def _tell_ours(self, what: str) -> None:
        self.on_progress(f"ours: {what}")

    def _events(self, name: str, count: int, seed: int | None = None) -> list[Event]:
        """Return the first events of a seed (None: that which is measured), but for the groups' ids the same."""
        chosen = self.load.seed if seed is None else seed
        events = islice(events_of(Kind.CHAT, name, self.load.groups, chosen), count)
        return [event | {"group_id": event["group_id"].replace("-", "g")} for event in events]

    async def _errors(self, peer: GraphitiPeer, events: Sequence[Event]) -> GraphErrors:
        total = GraphErrors()
        for group_id, wanted in gold(events).items():
            names, facts = await peer.graph(group_id)
            total = total.plus(graph_errors(wanted, names, without_ends(facts)))
        return total

    async def _search(self) -> Case:
        load = SearchLoad(
            self.services.neo4j, self.load.search_facts, DIMENSION, searches=self.load.searches, clients=1
        )
        report = await measure_search(load, lambda what: self.on_progress(f"search: {what}"))
        ours, theirs = (
            next(each for each in report.latencies if each.name == name)
            for name in ("hybrid, beside it", "graphiti-core search()")
        )
        return Case(
            scenario=SCENARIO,
            variant=f"search, {self.load.search_facts} facts",
            settings={"facts": str(self.load.search_facts), "dimension": str(DIMENSION)},
            figures=tuple(figure(name, "ms", value) for name, value in _latencies(ours).items()),
            baselines=(Baseline(name=peer_name(), figures=_latencies(theirs)),),
            notes=("The question's vector is given to both, so that no model is timed.",),
        )


def measure_peers(
    settings: Settings,
    services: Services,
    load: PeerLoad,
    on_progress: Progress = lambda _what: None,
    name: str | None = None,
) -> AsyncIterator[Case]:
    """Yield the cases of one comparison, on services that nobody else uses meanwhile.

    `name` begins the ids of all groups: one word, in nobody's use (made up, if None).

    Raises:
        UserError: a pod does not start.
        WorldFault: a service is down.
    """
    return _Run(load, settings, services, on_progress, name or f"peers{uuid.uuid4().hex[:8]}").cases()


def peer_name() -> str:
    """Return the product and its release."""
    return f"graphiti-core {version('graphiti-core')}"


def _case(load: PeerLoad, mode: Mode, ours: Ours, theirs: Theirs) -> Case:
    usual = {
        "episodes/s": theirs.episodes / theirs.ingested.seconds,
        "episodes/s, the same episodes": theirs.episodes / theirs.ingested.seconds,
        "seconds for the same episodes": theirs.ingested.seconds,
        **_by_episode(theirs.stats, theirs.ingested.cpu_s, theirs.episodes),
        **_wrong(theirs.errors, theirs.ingested.failed.total()),
    }
    measured = {
        "episodes/s": ours.flat_out.seen / ours.flat_out.seconds,
        "episodes/s, the same episodes": ours.episodes / ours.same.seconds,
        "seconds for the same episodes": ours.same.seconds,
        **_by_episode(ours.flat_out.stats, ours.flat_out.cpu_s["pods"], ours.flat_out.seen),
        **_wrong(ours.errors, ours.same.missing),
    }
    return Case(
        scenario=SCENARIO,
        variant={
            Mode.SEQUENTIAL: "one at a time",
            Mode.CONCURRENT: f"{load.concurrency} at once",
            Mode.BULK: f"bulks of {load.bulk}",
        }[mode],
        settings={
            "episodes": str(load.episodes),
            "groups": str(load.groups),
            "latency, ms": f"{load.latency_ms:g}",
            "concurrency": str(load.concurrency),
            "dimension": str(DIMENSION),
            "seed": str(load.seed),
        },
        figures=(
            *(_figure(name, value) for name, value in measured.items()),
            figure("entities of the gold", "1", ours.errors.entities, Better.NEITHER),
            figure("facts of the gold", "1", ours.errors.facts, Better.NEITHER),
        ),
        baselines=(Baseline(name=peer_name(), figures=usual),),
        notes=tuple(_notes(mode, ours, theirs)),
    )


def _by_episode(stats: Mapping[str, Any], cpu_s: float, episodes: int) -> dict[str, float]:
    count = max(1, episodes)
    return {
        "LLM calls an episode": stats["chat_calls"] / count,
        "prompt characters an episode": stats["prompt_chars"] / count,
        "embedding calls an episode": stats["embedding_calls"] / count,
        "CPU of the client an episode": 1_000 * cpu_s / count,
    }


def _wrong(errors: GraphErrors, failed: int) -> dict[str, float]:
    return {
        "duplicate entities": errors.duplicate_entities,
        "missing entities": errors.missing_entities,
        "wrong facts": errors.wrong_facts,
        "missing facts": errors.missing_facts,
        "failed episodes": failed,
    }


def _figure(name: str, value: float) -> Figure:
    units = {
        "episodes/s": "1/s",
        "episodes/s, the same episodes": "1/s",
        "seconds for the same episodes": "s",
        "LLM calls an episode": "calls",
        "embedding calls an episode": "calls",
        "CPU of the client an episode": "ms",
    }
    return figure(name, units.get(name, "1"), value, Better.HIGHER if "/s" in name else Better.LOWER)


def _notes(mode: Mode, ours: Ours, theirs: Theirs) -> list[str]:
    most = theirs.stats["max_concurrency"]
    how = f"calls and CPU over {ours.flat_out.seconds:.0f} s flat out, errors in the graph of the same episodes"
    notes = [
        f"Ours is end to end, through Kafka and a pod: episodes/s, {how}. Theirs are calls of its functions.",
        f"At most {most} of its model calls ran at once; its limit holds for each place where it forks.",
        "Both graphs are read by its own classes; a fact of its that only tells an end counts as what it ended.",
        "Its telemetry is switched off (GRAPHITI_TELEMETRY_ENABLED=false).",
    ]
    if theirs.ingested.failed:
        told = ", ".join(f"{name} {count}" for name, count in sorted(theirs.ingested.failed.items()))
        notes.append(f"Episodes that its {mode} calls raised at: {told}.")
    return notes


def _latencies(found: Latency) -> dict[str, float]:
    return {"p50": found.p50, "p95": found.p95, "min": found.least}
