"""Which stage a pipeline waits for, in a sentence: by utilisation, and by how long works wait in front. Pure.

The rules, in this order:
    B1: the event loop ran, or wanted to, nearly always: Python on one core is the limit, whatever stage it ran; or the
        machine is, where the loop got much less of a core than it wanted.
    B2: of the stages whose workers were nearly always busy, the one that works waited longest for.
    B3: no stage was nearly always busy: the busiest is told, and that there was not enough to do.
A stage that cannot hand on is not busy: the one behind it is what it waits for. In front of intake waits the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from consumer.profiling.profile import Profile, StageUse

FULL = 0.85
"""Share of its time from which a worker, or the loop, counts as always busy."""
_LITTLE = 0.05
_GOT = 0.7
"""Share of what the loop wanted under which it counts as starved."""
_TOLD_CALLS = 2


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """The stage that limits (`loop`, `machine`; None: none does), and why, in whole sentences."""

    stage: str | None
    sentence: str


def bottleneck(profile: Profile) -> Bottleneck:
    """Return what limits the pipeline that was looked at."""
    uses = [use for use in profile.uses() if use.workers]
    if profile.loop_busy >= FULL:
        is_starved = profile.loop_cpu is not None and profile.loop_cpu < _GOT * profile.loop_busy
        return Bottleneck("machine" if is_starved else "loop", _loop_told(profile, is_starved=is_starved))
    full = [use for use in uses if use.busy >= FULL and use.stage != "intake"]
    if full:
        worst = max(full, key=lambda use: (use.wait_s or 0.0, use.busy))
        return Bottleneck(worst.stage, _stage_told(worst, uses, profile))
    if not uses:
        return Bottleneck(None, f"The event loop was busy for {profile.loop_busy:.0%} of the time; no stage was seen.")
    busiest = max(uses, key=lambda use: use.busy)
    return Bottleneck(
        None,
        f"No stage is the bottleneck: the busiest, {busiest.stage}, had works in hand for {busiest.busy:.0%} of its "
        f"workers' time, and the event loop ran for {profile.loop_busy:.0%}; more could have come in.",
    )


def _loop_told(profile: Profile, *, is_starved: bool) -> str:
    parts = [f"{stage} {share:.0%}" for stage, share in profile.cpu().items() if share >= _LITTLE]
    if is_starved:
        return (
            f"The machine is the bottleneck: the event loop had something to run for {profile.loop_busy:.0%} of the "
            f"time and got {profile.loop_cpu:.0%} of a core; other processes had the rest (of what ran, "
            f"{', '.join(parts) or 'many small things'})."
        )
    return (
        f"The event loop is the bottleneck: it ran for {profile.loop_busy:.0%} of the time, so one core of Python is "
        f"full (of it {', '.join(parts) or 'many small things'})."
    )


def _stage_told(use: StageUse, uses: Sequence[StageUse], profile: Profile) -> str:
    told = (
        f"{use.stage} is the bottleneck: its {use.workers} worker{'s' if use.workers > 1 else ''} had works in hand "
        f"for {use.busy:.0%} of the time"
    )
    if use.queued is not None:
        told += f", and {use.queued:.0f} works waited in front of it"
        told += "." if use.wait_s is None else f", {_seconds(use.wait_s)} each."
    else:
        told += "."
    calls = _waits(profile, use.stage)
    if calls:
        told += f" Most of that time went into {' and '.join(calls)}."
    others = [f"{other.stage} {other.busy:.0%}" for other in uses if other.stage != use.stage]
    return told + (f" Others were less busy: {', '.join(others)}." if others else "")


def _waits(profile: Profile, stage: str) -> list[str]:
    """Return where the stage's workers were found most often: the innermost function of the product itself."""
    found: dict[str, int] = {}
    stacks = profile.waiting.get(stage, {})
    for stack, looks in stacks.items():
        frames = stack.split(";")
        own = next((frame for frame in reversed(frames) if frame.startswith("consumer.")), frames[-1])
        found[own] = found.get(own, 0) + looks
    whole = sum(found.values())
    most = sorted(found.items(), key=lambda item: -item[1])[:_TOLD_CALLS]
    return [f"{name} ({looks / whole:.0%})" for name, looks in most if looks >= whole * 0.2]


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1_000 * seconds:.0f} ms"
