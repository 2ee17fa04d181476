"""How near extraction comes to what the model's latency and the concurrency allow.

The ceiling is concurrency x episodes a call / mean latency, as the provider counted them; reached is what left the
stages. Late answers are not asked for twice here: those calls would be beyond the concurrency.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import count
from typing import Any

from consumer.bench.simulated import simulated_provider
from consumer.bench.stages import running_stages
from consumer.clock import SystemClock
from consumer.model.work import Record
from consumer.settings import Engine, PipelineSettings, Settings
from consumer.testing.episodes import record_of
from consumer.testing.generate import generate
from consumer.testing.named_profiles import PROFILES, Behaviour
from consumer.testing.simulator_profile import Profile

_WARM_UP_S = 5.0
_EPISODES = 100
_GROUPS = 20


@dataclass(frozen=True, slots=True)
class Load:
    """What is run: latency of the model (median, milliseconds, and its form), calls at once, episodes a call."""

    latency_ms: float = 200.0
    latency: str = "lognormal"
    concurrency: int = 10
    batch_episodes: int = 8
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class CeilingReport:
    """What was reached: rates a second, seconds, milliseconds of our own CPU an episode."""

    load: Load
    seconds: float
    episodes: int
    calls: int
    episodes_per_call: float
    mean_latency_s: float
    episodes_per_s: float
    ceiling_per_s: float
    share: float
    prompt_chars_per_episode: float
    embedding_calls_per_episode: float
    client_cpu_ms_per_episode: float

    def as_dict(self) -> dict[str, Any]:
        """Return the figures by name."""
        return asdict(self)


async def measure_ceiling(load: Load, on_second: Callable[[float], None] = lambda _seconds: None) -> CeilingReport:
    """Run `load` against a simulated provider in a process of its own, after a warm-up; tell of each second."""
    clock = SystemClock()
    async with (
        simulated_provider(_profile(load)) as provider,
        running_stages(_settings(load, provider.base_url)) as stages,
    ):
        ends_at = clock.monotonic() + _WARM_UP_S + load.seconds
        async with asyncio.TaskGroup() as tasks:
            feeding = tasks.create_task(stages.feed(_records(), lambda: clock.monotonic() >= ends_at))
            await asyncio.sleep(_WARM_UP_S)
            await provider.reset()
            began, cpu, before = clock.monotonic(), time.process_time(), stages.written
            while (left := ends_at - clock.monotonic()) > 0:
                on_second(load.seconds - left)
                await asyncio.sleep(min(1.0, left))
            stats = await provider.stats()
            seconds, cpu_s = clock.monotonic() - began, time.process_time() - cpu
            written = stages.written - before
            await feeding
            stages.give_up()
    return _report(load, stats, written, seconds, cpu_s)


def _report(load: Load, stats: Mapping[str, Any], written: int, seconds: float, cpu_s: float) -> CeilingReport:
    calls, episodes = max(1, stats["chat_calls"]), max(1, written)
    latency_s = stats["chat_latency_s"] / calls
    ceiling = load.concurrency * (stats["chat_questions"] / calls) / latency_s
    return CeilingReport(
        load=load,
        seconds=seconds,
        episodes=episodes,
        calls=calls,
        episodes_per_call=stats["chat_questions"] / calls,
        mean_latency_s=latency_s,
        episodes_per_s=episodes / seconds,
        ceiling_per_s=ceiling,
        share=episodes / seconds / ceiling,
        prompt_chars_per_episode=stats["prompt_chars"] / episodes,
        embedding_calls_per_episode=stats["embedding_calls"] / episodes,
        client_cpu_ms_per_episode=1_000 * cpu_s / episodes,
    )


def _records() -> Iterator[Record]:
    """Yield short chat episodes without end: no two alike, so that no cache answers."""
    offset = 0
    for seed in count(1):
        for event in generate(seed, _EPISODES, _GROUPS):
            yield record_of(event | {"event_id": f"{seed}.{event['event_id']}"}, offset)
            offset += 1


def _settings(load: Load, base_url: str) -> Settings:
    return Settings(
        extractor=Engine.OPENAI,
        embedder=Engine.OPENAI,
        openai_api_key="simulator",
        openai_base_url=base_url,
        llm={"batch_episodes": load.batch_episodes, "hedge_budget": 0.0},  # a second call is beyond the ceiling
        embedding={"dimension": 64},
        pipeline=PipelineSettings(concurrency=load.concurrency),
    )


def _profile(load: Load) -> Profile:
    return replace(PROFILES[Behaviour(load.latency)], latency_ms=load.latency_ms, dimension=64)
