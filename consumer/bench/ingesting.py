"""The scenario `ingest`: a load and a way to publish it, measured so and so often, each time with fresh pods."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count

from consumer.bench.cases import merged
from consumer.bench.ingest import gold_checked, in_bulk, one_at_a_time, under_load, warm_up
from consumer.bench.ingest_cases import case_of
from consumer.bench.loads import Kind, events_of, items_of
from consumer.bench.profile import Profiling, pods_profiled_beside, with_findings
from consumer.bench.results import Case
from consumer.bench.rig import Rig, Setup, open_rig
from consumer.bench.services import Progress, Services
from consumer.settings import Settings
from consumer.testing.named_profiles import PROFILES, Behaviour

SCENARIO = "ingest"

_NUMBERS = count(1)
_EARLY = 0.9
_OTHER_TEXTS = 1_000_003
_PROFILED_S = 5.0


class Way(StrEnum):
    """How episodes are published."""

    IDLE = "idle"
    SUSTAINED = "sustained"
    BULK = "bulk"


@dataclass(frozen=True, slots=True)
class IngestLoad:
    """What is published, and how. `episodes`: idle, how many; bulk, how many at once. `seconds`, `rate`: sustained.

    `until`: sustained, ends earlier when so many were written.
    """

    way: Way = Way.SUSTAINED
    kind: Kind = Kind.CHAT
    groups: int = 20
    episodes: int = 200
    bulks: int = 10
    seconds: float = 60.0
    rate: float | None = None
    until: int | None = None
    settle_s: float = 10.0
    warm_up: int = 1_000
    checks_gold: bool = True
    seed: int = 1
    setup: Setup = field(default_factory=Setup)

    @property
    def variant(self) -> str:
        """In a few words what is measured."""
        how = {
            Way.IDLE: "one at a time",
            Way.SUSTAINED: "flat out" if self.rate is None else f"{self.rate:g} a second",
            Way.BULK: f"{self.episodes} at once, an item",
        }[self.way]
        return f"{self.kind}, {how}"

    @property
    def model_s(self) -> float | None:
        """What the models take of an episode's time, where that is fixed and no call is shared."""
        if self.setup.behaviour is not Behaviour.FIXED or self.way is not Way.IDLE:
            return None
        profile = PROFILES[Behaviour.FIXED]
        chat_ms = profile.latency_ms if self.setup.latency_ms is None else self.setup.latency_ms
        embedding_ms = self.setup.embedding_latency_ms
        embedding_ms = profile.embedding_latency_ms if embedding_ms is None else embedding_ms
        return ((0 if self.kind is Kind.MAPPED else chat_ms) + embedding_ms) / 1_000

    def as_settings(self) -> dict[str, str]:
        """Return what a reader must know of it."""
        told = {
            "kind": self.kind,
            "groups": self.groups,
            "model": self.setup.behaviour,
            "pods": self.setup.pods,
            "partitions": self.setup.partitions,
            "dimension": self.setup.dimension,
            "strategy": self.setup.strategy or "as configured",
            "warm-up": self.warm_up,
            "seed": self.seed,
        }
        return {name: str(value) for name, value in told.items()}


async def measure_ingest(
    settings: Settings,
    services: Services,
    load: IngestLoad,
    *,
    repeat: int = 1,
    baseline: dict[str, float] | None = None,
    on_progress: Progress = lambda _what: None,
) -> Case:
    """Measure a load `repeat` times.

    Raises:
        UserError: a pod ends by itself or does not start.
        WorldFault: a service is down.
    """
    cases = []
    for number in range(1, repeat + 1):
        tell = _Telling(on_progress, load.variant, f", run {number} of {repeat}" if repeat > 1 else "")
        async with warm_rig(settings, services, load, tell) as rig:
            cases.append(await measure_on(rig, load, baseline=baseline, on_progress=tell))
    return merged(cases)


@dataclass(frozen=True, slots=True)
class _Telling:
    """Tells what is done, and of which run."""

    tell: Progress
    variant: str
    run: str

    def __call__(self, what: str) -> None:
        self.tell(f"{self.variant}{self.run}: {what}")


@asynccontextmanager
async def warm_rig(
    settings: Settings, services: Services, load: IngestLoad, on_progress: Progress
) -> AsyncIterator[Rig]:
    """Open a rig for `load`, its pods warmed up."""
    on_progress(f"starting {load.setup.pods} pod{'s' * (load.setup.pods > 1)}")
    async with open_rig(settings, services, load.setup) as rig:
        on_progress(f"warming up with {load.warm_up} episodes")
        # Other texts than those that are measured: the pods keep answers.
        warming = items_of(events_of(load.kind, f"{rig.name}-warm", load.groups, load.seed + _OTHER_TEXTS))
        await warm_up(rig, warming, load.warm_up)
        yield rig


async def measure_on(
    rig: Rig, load: IngestLoad, *, baseline: dict[str, float] | None = None, on_progress: Progress
) -> Case:
    """Measure one run on a rig that is warm; groups are new ones."""
    name, before = f"{rig.name}-{next(_NUMBERS)}", len(rig.published)
    items = items_of(events_of(load.kind, name, load.groups, load.seed))
    async with _profiled_beside(rig, load) as profiling:
        match load.way:
            case Way.IDLE:
                early_s = _EARLY * (load.model_s or 0.0)
                found = await one_at_a_time(rig, items, load.episodes, early_s, on_progress)
            case Way.SUSTAINED:
                settle_s, until = load.settle_s, load.until
                found = await under_load(
                    rig, items, load.seconds, load.rate, settle_s=settle_s, until=until, on_progress=on_progress
                )
            case Way.BULK:
                found = await in_bulk(rig, items, load.bulks, load.episodes, on_progress)
    gold = None
    if load.checks_gold:
        on_progress("comparing the graph with the right one")
        gold = await gold_checked(rig, rig.published[before:])
    case = case_of(
        SCENARIO,
        load.variant,
        found,
        gold,
        settings=load.as_settings(),
        model_s=load.model_s,
        baseline=baseline,
    )
    return case if profiling is None else with_findings(case, profiling.findings)


@asynccontextmanager
async def _profiled_beside(rig: Rig, load: IngestLoad) -> AsyncIterator[Profiling | None]:
    """Profile the pods in the middle of the measurement, where their settings allow it."""
    if not rig.settings.health.profiling:
        yield None
        return
    addresses = [f"http://127.0.0.1:{pod.port}" for pod in rig.pods.running]
    is_sustained = load.way is Way.SUSTAINED
    seconds, after_s = (load.seconds * 0.8, load.settle_s) if is_sustained else (_PROFILED_S, 0.0)
    async with pods_profiled_beside(addresses, seconds, after_s) as profiling:
        yield profiling


def rate_of(case: Case) -> float:
    """Return the episodes a second that a case reached."""
    reached = case.figure("episodes/s")
    return 0.0 if reached is None else reached.value
