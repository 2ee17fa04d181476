"""What the health decisions look at: a pod at an instant, as plain numbers that the composition root fills in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a question (alive? ready?) is answered with yes, and in words why."""

    ok: bool
    why: str


@dataclass(frozen=True, slots=True)
class Vitals:
    """A pod at an instant.

    `progress` is any tuple that changes when something moves: works through a stage, outcomes, offsets, assignments,
    calls tried again. `lag_age_s` is how long ago the broker told the log's ends (infinite when it never did).
    `in_flight` has the works inside or in front of each stage, in pipeline order. `waits_for` names the dependencies
    that are down or asked us to come back later.
    """

    has_joined: bool
    partitions: int
    lag: int
    lag_age_s: float
    progress: tuple[int, ...]
    in_flight: tuple[tuple[str, int], ...] = ()
    oldest_age_s: float = 0.0
    is_paused: bool = False
    waits_for: tuple[str, ...] = ()
    halted: str = ""
    is_stopping: bool = False
