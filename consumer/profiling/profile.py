"""What a sampler found, as data: stacks by stage, what workers were at, queues; and what follows from them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from consumer.profiling.attribution import STAGES

TOP = 20
"""Functions that are listed."""

Stacks = Mapping[str, Mapping[str, int]]
"""By stage, how many looks found each stack, written as `outermost;…;innermost`."""


@dataclass(frozen=True, slots=True)
class WorkerLooks:
    """What the workers of a stage were found at, summed over looks and workers."""

    looks: int = 0
    starved: int = 0
    """Waiting for something in their inbox."""
    blocked: int = 0
    """Done, and waiting for room in the next queue."""
    workers: int = 0
    """Workers that were there at the last look."""


@dataclass(frozen=True, slots=True)
class QueueLooks:
    """What waited in front of a stage: its mean, and how many works went through meanwhile."""

    mean_queued: float
    done: int


@dataclass(frozen=True, slots=True)
class StageUse:
    """How a stage used its workers; shares are 0 to 1. `queued` and `rate` are None where nobody told."""

    stage: str
    workers: int = 0
    busy: float = 0.0
    """Share of its workers' time with works in hand, calls that are waited for included."""
    blocked: float = 0.0
    """Share of its workers' time spent handing on, since the next stage had no room."""
    cpu: float = 0.0
    """Share of the event loop's time."""
    queued: float | None = None
    """Works that waited in front of it, on average."""
    rate: float | None = None
    """Works a second."""

    @property
    def wait_s(self) -> float | None:
        """How long a work waited in front of it, in seconds (Little's law)."""
        return None if self.queued is None or not self.rate else self.queued / self.rate


@dataclass(frozen=True, slots=True)
class Profile:
    """What was found in `seconds`; one look stands for `period_s` seconds of the event loop's thread."""

    seconds: float
    period_s: float
    looks: int = 0
    idle: int = 0
    """Looks at which the event loop waited for something to happen."""
    running: Stacks = field(default_factory=dict)
    """What ran: the loop's thread, and other threads that did something."""
    waiting: Stacks = field(default_factory=dict)
    """What workers with a work in hand were at, running or waiting; counted by worker and look."""
    workers: Mapping[str, WorkerLooks] = field(default_factory=dict)
    queues: Mapping[str, QueueLooks] = field(default_factory=dict)
    own_cpu_s: float = 0.0
    """CPU seconds that looking took."""
    loop_cpu_s: float | None = None
    """CPU seconds that the event loop's thread got, waiting for a core not included; None where nobody tells."""

    @property
    def loop_busy(self) -> float:
        """Share of time in which the event loop ran something, 0 to 1."""
        return 1 - self.idle / self.looks if self.looks else 0.0

    @property
    def loop_cpu(self) -> float | None:
        """Share of a core that the event loop got; None where nobody tells."""
        return None if self.loop_cpu_s is None or not self.seconds else self.loop_cpu_s / self.seconds

    def collapsed(self) -> list[str]:
        """Return `stage;frame;…;frame count` lines of what ran, the most frequent first."""
        lines = [
            (count, f"{stage};{stack} {count}")
            for stage, stacks in self.running.items()
            for stack, count in stacks.items()
        ]
        return [line for _, line in sorted(lines, key=lambda each: (-each[0], each[1]))]

    def top(self, stage: str | None = None, count: int = TOP) -> list[dict[str, Any]]:
        """Return the functions with most time of their own, of one stage or of all; shares are of all looks."""
        chosen = [stacks for name, stacks in self.running.items() if stage in {None, name}]
        own: Counter[str] = Counter()
        whole: Counter[str] = Counter()
        for stacks in chosen:
            for stack, looks in stacks.items():
                frames = stack.split(";")
                own[frames[-1]] += looks
                for frame in set(frames):
                    whole[frame] += looks
        return [
            {
                "function": name,
                "own_s": round(own[name] * self.period_s, 3),
                "total_s": round(whole[name] * self.period_s, 3),
                "own_share": round(own[name] / self.looks, 4) if self.looks else 0.0,
            }
            for name, _ in sorted(whole.items(), key=lambda item: (-own[item[0]], -item[1], item[0]))[:count]
        ]

    def uses(self) -> list[StageUse]:
        """Return how each stage with workers or queues used its time, in the pipeline's order."""
        known = [stage for stage in STAGES if stage in self.queues or stage in self.workers]
        return [self._use(stage) for stage in dict.fromkeys([*known, *self.queues, *self.workers])]

    def cpu(self) -> dict[str, float]:
        """Return the share of looks at which each stage ran, greatest first; threads beside the loop may add up."""
        shares = {stage: sum(stacks.values()) / max(1, self.looks) for stage, stacks in self.running.items()}
        return dict(sorted(shares.items(), key=lambda item: -item[1]))

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, ready for JSON."""
        return {
            "seconds": self.seconds,
            "period_s": self.period_s,
            "looks": self.looks,
            "idle": self.idle,
            "running": {stage: dict(stacks) for stage, stacks in self.running.items()},
            "waiting": {stage: dict(stacks) for stage, stacks in self.waiting.items()},
            "workers": {
                stage: {
                    "looks": one.looks,
                    "starved": one.starved,
                    "blocked": one.blocked,
                    "workers": one.workers,
                }
                for stage, one in self.workers.items()
            },
            "queues": {stage: {"mean_queued": one.mean_queued, "done": one.done} for stage, one in self.queues.items()},
            "own_cpu_s": self.own_cpu_s,
            "loop_cpu_s": self.loop_cpu_s,
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Profile:
        """Return what `as_dict` told.

        Raises:
            KeyError, TypeError: it is something else.
        """
        fields = dict(told)
        fields["workers"] = {stage: WorkerLooks(**one) for stage, one in told["workers"].items()}
        fields["queues"] = {stage: QueueLooks(**one) for stage, one in told["queues"].items()}
        return cls(**fields)

    def _use(self, stage: str) -> StageUse:
        looks, queue = self.workers.get(stage, WorkerLooks()), self.queues.get(stage)
        of = max(1, looks.looks)
        return StageUse(
            stage=stage,
            workers=looks.workers,
            busy=(looks.looks - looks.starved - looks.blocked) / of,
            blocked=looks.blocked / of,
            cpu=sum(self.running.get(stage, {}).values()) / max(1, self.looks),
            queued=None if queue is None else queue.mean_queued,
            rate=None if queue is None or not self.seconds else queue.done / self.seconds,
        )


def lines(stacks: Mapping[str, int]) -> Iterable[str]:
    """Return one stage's stacks as collapsed lines, the most frequent first."""
    return [f"{stack} {count}" for stack, count in sorted(stacks.items(), key=lambda item: (-item[1], item[0]))]
