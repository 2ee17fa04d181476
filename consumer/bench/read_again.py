"""A topic read once more: over a graph that has its episodes, and into fresh groups with the answers known.

Neither may ask a model. The first is what a reset of offsets costs; the second what a rebuild of the graph does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from consumer.bench.cases import figure
from consumer.bench.ingest import gold_checked, in_bulk
from consumer.bench.ingest_cases import case_of
from consumer.bench.loads import Kind, events_of, items_of
from consumer.bench.pods import Pods, running_pods
from consumer.bench.processes import cpu_seconds
from consumer.bench.results import Better, Case
from consumer.bench.rig import Rig, Setup, open_rig
from consumer.bench.services import Progress, Services
from consumer.errors import UserError
from consumer.settings import Settings

SCENARIO = "replay"

_LOOK_S = 0.02
_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class ReplayLoad:
    """So many episodes are written and read again."""

    episodes: int = 10_000
    groups: int = 20
    setup: Setup = field(default_factory=Setup)


async def measure_replay(
    settings: Settings, services: Services, load: ReplayLoad, tell: Progress = lambda _what: None
) -> list[Case]:
    """Return a case of each kind of reading again.

    Raises:
        UserError: a pod ends by itself, or does not read to the end.
        WorldFault: a service is down.
    """
    async with open_rig(settings, services, replace(load.setup, keeps_answers=True)) as rig:
        tell(f"writing {load.episodes} episodes")
        items = items_of(events_of(Kind.CHAT, f"{rig.name}-first", load.groups))
        await in_bulk(rig, items, 1, load.episodes, tell)
        tell("the same texts once more, in fresh groups")
        again = items_of(events_of(Kind.CHAT, f"{rig.name}-fresh", load.groups))
        before = len(rig.published)
        rebuilt = await in_bulk(rig, again, 1, load.episodes, tell)
        gold = await gold_checked(rig, rig.published[before:])
        known = {"episodes": str(load.episodes), "groups": str(load.groups)}
        rebuild = case_of(SCENARIO, "into fresh groups, answers known", rebuilt, gold, settings=known)
        for pod in list(rig.pods.running):
            await rig.pods.stop(pod)
        tell("the whole topic once more, by another consumer group")
        present = await _read_again(rig, 2 * load.episodes)
    return [present.model_copy(update={"settings": known}), rebuild]


async def _read_again(rig: Rig, episodes: int) -> Case:
    """Start pods of a new consumer group on the topic, and time from the first episode they finish to the last."""
    await rig.provider.reset()
    variables = {**rig.variables, "EPISODES_KAFKA__CONSUMER_GROUP": f"{rig.name}-again"}
    async with running_pods(rig.setup.pods, variables, rig.folder, rig.clock) as pods:
        began = since = rig.clock.monotonic()
        cpu_s = cpu_seconds([pod.pid for pod in pods.running])
        first = done = 0
        while done < episodes:
            await rig.clock.sleep(_LOOK_S)
            pods.check()
            before, done, now = done, await _finished(pods), rig.clock.monotonic()
            if not before and done:
                first, began, cpu_s = done, now, cpu_seconds([pod.pid for pod in pods.running])
            since = now if done > before else since
            if now - since > _PATIENCE_S:
                raise UserError(f"only {done} of {episodes} episodes were read again, and no more come")
        seconds = max(rig.clock.monotonic() - began, _LOOK_S)
        cpu_s = cpu_seconds([pod.pid for pod in pods.running]) - cpu_s
        outcomes = await _outcomes(pods)
    stats = await rig.provider.stats()
    read = max(1, episodes - first)
    return Case(
        scenario=SCENARIO,
        variant="over a graph that has it all",
        figures=(
            figure("episodes/s", "1/s", read / seconds, Better.HIGHER),
            figure("LLM calls an episode", "calls", stats["chat_calls"] / episodes),
            figure("embedding calls an episode", "calls", stats["embedding_calls"] / episodes),
            figure("CPU of pods an episode", "ms", 1_000 * cpu_s / read),
            figure("written again", "1", outcomes.get("written", 0)),
            figure("measured for", "s", seconds, Better.NEITHER),
        ),
        notes=("Timed from the first episodes that the new pods finished to the last; their start is not in it.",),
    )


async def _finished(pods: Pods) -> int:
    return sum((await _outcomes(pods)).values())


async def _outcomes(pods: Pods) -> Mapping[str, int]:
    total: dict[str, int] = {}
    for pod in pods.running:
        statistics: Mapping[str, Any] = await pod.statistics()
        for outcome, count in statistics.get("outcomes", {}).items():
            total[outcome] = total.get(outcome, 0) + count
    return total
