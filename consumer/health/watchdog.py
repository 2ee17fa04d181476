"""Decides whether a pod is stuck (liveness) and whether it takes part (readiness). Reads no clock, awaits nothing.

Liveness asks one question: would a restart help? It is never tied to what is outside. Kafka, Neo4j or a model that is
down is waited for, and a pod that is restarted meanwhile only loses what it has read.
"""

from __future__ import annotations

from consumer.health.vitals import Verdict, Vitals

LOOK_EVERY_S = 1.0
"""How often `look` should be called, in seconds."""

MAX_STEP_S = 10.0
"""Most that one look adds to the time without progress."""

BROKER_SILENT_S = 15.0
"""Without news of the log's ends for so long, the broker is taken to be away."""

STOPPING = Verdict(ok=False, why="stopping: what was started is finished, nothing new is taken")
STARTING = Verdict(ok=False, why="starting: clients and engines are being opened")


class Watchdog:
    """Finds the pod that has work and does none.

    H1: while there is no assignment, no lag, a dependency that is waited for, a silent broker, halted intake or a stop
        under way, nothing counts as stuck, and what was counted before is forgotten.
    H2: otherwise looks without any progress add up; at `stuck_after_s` seconds the pod is stuck.
    H3: a look that sees progress makes the pod alive again, whatever was before.
    H4: time in which nobody looked (a stopped process, a suspended machine) counts `MAX_STEP_S` at most.

    A full admission budget excuses nothing: paused partitions that never resume are a pod that is stuck.
    """

    def __init__(self, stuck_after_s: float) -> None:
        """Judge from the first look on."""
        self._stuck_after_s = stuck_after_s
        self._looked: float | None = None
        self._progress: tuple[int, ...] | None = None
        self._still_s = 0.0

    def look(self, vitals: Vitals, now: float) -> Verdict:
        """Return whether the pod lives, given its `vitals` at the monotonic instant `now`."""
        excuse = _excuse(vitals)
        if excuse or vitals.progress != self._progress or self._looked is None:
            self._still_s = 0.0
        else:
            self._still_s += min(max(0.0, now - self._looked), MAX_STEP_S)
        self._looked = now
        self._progress = vitals.progress
        if self._still_s >= self._stuck_after_s:
            return Verdict(ok=False, why=_told(vitals, self._still_s))
        return Verdict(ok=True, why=excuse or "making progress")


def readiness(vitals: Vitals) -> Verdict:
    """Return whether the pod takes part: it has joined its group, is not halted and not stopping.

    No partition is enough: with more pods than partitions some stand by. An outage of Neo4j, the model or, once the
    group was joined, Kafka changes nothing here: the pod is where it should be, and waits.
    """
    if vitals.is_stopping:
        return STOPPING
    if vitals.halted:
        return Verdict(ok=False, why=f"halted: {vitals.halted}")
    if not vitals.has_joined:
        return Verdict(ok=False, why="waiting for the first assignment of the consumer group")
    return Verdict(ok=True, why=f"{vitals.partitions} partitions assigned" + _waits(vitals))


def _excuse(vitals: Vitals) -> str:
    """Return why no progress would be no fault of the pod, or nothing."""
    excuses = (
        (vitals.is_stopping, "stopping"),
        (bool(vitals.halted), "halted: a restart alone would not help"),
        (not vitals.partitions, "no partition is assigned"),
        (not vitals.lag, "nothing waits in the log"),
        (bool(vitals.waits_for), _waits(vitals).removeprefix(", ")),
        (vitals.lag_age_s > BROKER_SILENT_S, "waits for kafka: it does not tell the log's ends"),
    )
    return next((why for is_so, why in excuses if is_so), "")


def _waits(vitals: Vitals) -> str:
    return f", waits for {', '.join(vitals.waits_for)}" if vitals.waits_for else ""


def _told(vitals: Vitals, still_s: float) -> str:
    """Return what is stuck, in one line: for how long, how much waits, and where works are held."""
    held = ", ".join(f"{stage} {count}" for stage, count in vitals.in_flight if count)
    where = f"held in {held}; oldest {vitals.oldest_age_s:.0f} s" if held else "nothing is in flight"
    paused = "; partitions are paused" if vitals.is_paused else ""
    return (
        f"stuck: no progress for {still_s:.0f} s with lag {vitals.lag} on {vitals.partitions} partitions; "
        f"{where}{paused}"
    )
