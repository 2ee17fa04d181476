"""What telemetry costs: the stages of a pod at full speed, with everything off and with everything on, in turns.

On: every trace is sent to a collector (a process of its own), metrics go there too and are kept for a scrape of
`/metrics`, with exemplars. The model answers at once, so that our own CPU is what bounds the speed. Kafka and Neo4j
are left out, but for the spans that their calls would have: the share is one of the whole pod's work when it is put
against the CPU of a whole pod.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from statistics import median

from consumer.bench.cases import figure, merged
from consumer.bench.otlp_sink import collector
from consumer.bench.results import Better, Case
from consumer.bench.simulated import simulated_provider
from consumer.bench.stages import Stages, running_stages
from consumer.clock import SystemClock
from consumer.health.exposition import Exposition
from consumer.model.episode import Embedded, Removal
from consumer.model.work import Record
from consumer.ports import WriteReport
from consumer.settings import Engine, Settings, TelemetrySettings
from consumer.telemetry import names
from consumer.telemetry.calls import client_call
from consumer.telemetry.setup import Telemetry, configure
from consumer.testing.episodes import record_of
from consumer.testing.generate import generate
from consumer.testing.null_store import NullStore
from consumer.testing.simulator_profile import Profile

SCENARIO = "telemetry"
POD_CPU_MS = 6.0
"""CPU of a whole pod an episode that the share is told of too: what is asked of a pod (docs/benchmarks.md)."""
_OF_ONE_SEED = 100
_GROUPS = 20
_COMMIT_EVERY_S = 0.2
_DATABASE = {names.DB_SYSTEM: "neo4j", names.DB_OPERATION: "write", names.DB_QUERY_SUMMARY: "write"}


@dataclass(frozen=True, slots=True)
class Overhead:
    """So many `pairs` of runs, one off and one on, of so many episodes each."""

    episodes: int = 1_500
    pairs: int = 5
    warm_up: int = 500


@dataclass(frozen=True, slots=True)
class _Run:
    """Seconds of the clock and of our CPU that the episodes took."""

    seconds: float
    cpu_s: float


class _ToldStore(NullStore):
    """Takes everything, and tells of it as the graph's connection does."""

    async def write(self, batch: Sequence[Embedded | Removal]) -> WriteReport:
        """Count the batch."""
        with client_call("neo4j write", {**_DATABASE, names.DB_BATCH_SIZE: len(batch)}, metric=names.DB_DURATION):
            return await super().write(batch)


async def measure_overhead(load: Overhead, on_pair: Callable[[int], None] = lambda _pair: None) -> Case:
    """Run pairs, off and on in turns and each first in every other pair, after a warm-up of both."""
    async with simulated_provider(Profile(dimension=64)) as provider, collector() as address:
        records = _records()
        settings = _settings(provider.base_url)
        await _run(settings, list(islice(records, load.warm_up)), None)
        await _run(settings, list(islice(records, load.warm_up)), address)
        cases = []
        for pair in range(load.pairs):
            runs: dict[bool, _Run] = {}
            for is_on in (pair % 2 == 1, pair % 2 == 0):
                taken = list(islice(records, load.episodes))
                runs[is_on] = await _run(settings, taken, address if is_on else None)
            cases.append(_case(load, runs[False], runs[True]))
            on_pair(pair + 1)
    found = merged(cases)
    return found.model_copy(update={"notes": _notes(found)})


async def _run(settings: Settings, records: Sequence[Record], address: str | None) -> _Run:
    """Put `records` through the stages of a pod; what telemetry sends at its end counts too."""
    clock = SystemClock()
    telemetry = None
    if address is not None:
        telemetry = configure(settings.telemetry, endpoint=address, metric_readers=[Exposition().reader])
    async with running_stages(settings, _ToldStore()) as stages:
        began, cpu = clock.monotonic(), time.process_time()
        committing = asyncio.get_running_loop().create_task(_commit(stages))
        await stages.feed(records)
        await stages.emptied()
        committing.cancel()
        _commit_now(stages)
        await _turned_off(telemetry)
        return _Run(clock.monotonic() - began, time.process_time() - cpu)


async def _commit(stages: Stages) -> None:
    """Commit in turns, as the pod's committer does."""
    while True:
        await asyncio.sleep(_COMMIT_EVERY_S)
        _commit_now(stages)


def _commit_now(stages: Stages) -> None:
    if offsets := stages.pipeline.assignments.committable():
        stages.pipeline.committed(offsets)


async def _turned_off(telemetry: Telemetry | None) -> None:
    if telemetry is not None:
        await asyncio.to_thread(telemetry.shutdown, 30.0)


def _case(load: Overhead, off: _Run, on: _Run) -> Case:
    """Return the figures of one pair."""
    number = load.episodes
    off_ms, on_ms = 1_000 * off.cpu_s / number, 1_000 * on.cpu_s / number
    return Case(
        scenario=SCENARIO,
        variant="everything on against everything off",
        settings={"episodes a run": str(number), "runs": str(load.pairs)},
        figures=(
            figure("throughput lost", "%", 100 * (1 - off.seconds / on.seconds)),
            figure("episodes/s, off", "1/s", number / off.seconds, Better.HIGHER),
            figure("episodes/s, on", "1/s", number / on.seconds, Better.HIGHER),
            figure("CPU an episode, off", "ms", off_ms),
            figure("CPU an episode, on", "ms", on_ms),
            figure("CPU of telemetry an episode", "ms", on_ms - off_ms),
            figure(f"share of a pod's {POD_CPU_MS:.0f} ms", "%", 100 * (on_ms - off_ms) / POD_CPU_MS),
        ),
    )


def _notes(case: Case) -> tuple[str, ...]:
    """Say what the figures mean."""
    spent = case.figure("CPU of telemetry an episode")
    off = case.figure("CPU an episode, off")
    if spent is None or off is None:
        return ()
    return (
        f"Telemetry takes {median(spent.runs):.2f} ms of CPU an episode, the stages {median(off.runs):.2f} ms.",
        "Kafka and Neo4j are left out: the throughput lost is that of a pod which had nothing else to do.",
    )


def _records() -> Iterator[Record]:
    """Yield short chat episodes without end, each with a trace of its producer, no two alike."""
    offset = 0
    for seed in count(1):
        for event in generate(seed, _OF_ONE_SEED, _GROUPS):
            record = record_of(event | {"event_id": f"{seed}.{event['event_id']}"}, offset)
            header = ("traceparent", f"00-{offset + 1:032x}-{offset + 1:016x}-01".encode())
            offset += 1
            yield Record(
                record.topic, record.partition, record.offset, record.timestamp_ms, record.key, record.value, (header,)
            )


def _settings(base_url: str) -> Settings:
    return Settings(
        extractor=Engine.OPENAI,
        embedder=Engine.OPENAI,
        openai_api_key="simulator",
        openai_base_url=base_url,
        llm={"hedge_budget": 0.0},
        embedding={"dimension": 64},
        telemetry=TelemetrySettings(sample_ratio=1.0),
    )
