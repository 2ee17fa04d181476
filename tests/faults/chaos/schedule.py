"""What goes wrong in a seed, and when: a pure function of the seed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from faults.chaos.kinds import KINDS, Kind

_CALM_S = 1.5
"""Nothing goes wrong in the last moments before everything is restored."""
_TRIES = 60


@dataclass(frozen=True)
class Planned:
    """One fault: `kind` begins `at_s` after the pods work and is undone `duration_s` later."""

    at_s: float
    duration_s: float
    kind: str

    def __str__(self) -> str:
        """Return the fault as a line of the schedule."""
        return f"{self.at_s:6.1f} s  {self.kind:<26} for {self.duration_s:.1f} s"


@dataclass(frozen=True)
class Schedule:
    """One seed's world: how the log looks, how many pods there are, and what goes wrong."""

    seed: int
    partitions: int
    groups: int
    episodes: int
    pods: int
    length_s: float
    faults: tuple[Planned, ...]

    def __str__(self) -> str:
        """Return the schedule for a reader."""
        head = (
            f"seed {self.seed}: partitions={self.partitions} groups={self.groups} episodes={self.episodes} "
            f"pods={self.pods} length={self.length_s:.0f} s faults={len(self.faults)}"
        )
        return "\n".join([head, *(str(fault) for fault in self.faults)])

    @property
    def kinds(self) -> frozenset[str]:
        """Names of the faults."""
        return frozenset(fault.kind for fault in self.faults)


def schedule(
    seed: int,
    *,
    kinds: Mapping[str, Kind] = KINDS,
    count: int | None = None,
    length_s: float = 24.0,
    most_episodes: int = 500,
) -> Schedule:
    """Return the schedule of `seed`; `count` faults, else 7 to 9, over `length_s`.

    Faults overlap, but no two at once change the same thing: the second would undo the first.
    """
    rng = random.Random(f"chaos:{seed}")
    partitions = rng.choice((1, 4, 12))
    groups, episodes, pods = rng.randint(4, 6), min(rng.randrange(300, 501, 20), most_episodes), rng.randint(1, 3)
    wanted = count or rng.randint(7, 9)
    planned: list[Planned] = []
    outages = 0
    for name in rng.sample(sorted(kinds), len(kinds)):
        kind = kinds[name]
        if len(planned) == wanted:
            break
        if kind.is_outage and outages == 2:
            continue
        fault = _placed(name, planned, kinds=kinds, rng=rng, length_s=length_s)
        if fault is not None:
            planned.append(fault)
            outages += kind.is_outage
    return Schedule(seed, partitions, groups, episodes, pods, length_s, tuple(sorted(planned, key=lambda f: f.at_s)))


def _placed(
    name: str, planned: list[Planned], *, kinds: Mapping[str, Kind], rng: random.Random, length_s: float
) -> Planned | None:
    """Return a place for the fault beside those planned, or None when there is no room."""
    kind = kinds[name]
    for _ in range(_TRIES):
        duration_s = round(rng.uniform(*kind.seconds), 1)
        latest = length_s - _CALM_S - duration_s
        if latest <= 0:
            continue
        at_s = round(rng.uniform(0.5, latest), 1)
        if not any(
            kinds[other.kind].changes == kind.changes
            and at_s < other.at_s + other.duration_s + 0.5
            and other.at_s < at_s + duration_s + 0.5
            for other in planned
        ):
            return Planned(at_s, duration_s, name)
    return None
