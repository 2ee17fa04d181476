"""Warns when something holds the event loop, and says who: a thread looks while the loop can't.

The decision is `StallDetector`, pure; `LoopWatcher` is the thread and the loop's heartbeat around it.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Self

from consumer.clock import Clock, SystemClock
from consumer.telemetry import names
from consumer.telemetry.calls import measure

logger = logging.getLogger(__name__)

BEAT_S = 0.1
"""How often the loop says that it runs, and how often the thread looks, in seconds."""
_STACK_FRAMES = 15
_JOIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Stall:
    """A stall that was noticed: held for `seconds` so far, or, when it is over, altogether.

    `is_news` when nothing was told of it before.
    """

    seconds: float
    is_over: bool
    is_news: bool


class StallDetector:
    """Tells a loop that is held from a process that does not run.

    L1: a stall is told once when it begins to count and once when it is over; a short one that was over before
        anybody looked, only then.
    L2: time in which the looker itself was late and the process used little CPU (stopped, suspended, starved) is
        nobody's fault and starts the count anew. Late with much CPU used: a call kept the interpreter to itself.
    """

    def __init__(self, stall_s: float, now: float, cpu_s: float) -> None:
        """Count from the monotonic instant `now`; `cpu_s` is the process's CPU time."""
        self._stall_s = stall_s
        self._late_s = BEAT_S + stall_s / 4
        self._looked = now
        self._cpu_s = cpu_s
        self._beat = now
        self._is_told = False

    def look(self, beat: float, now: float, cpu_s: float) -> Stall | None:
        """Return what is new, given the loop's last beat (read before `now`) and the CPU time in seconds."""
        slept, used = now - self._looked, cpu_s - self._cpu_s
        self._looked, self._cpu_s = now, cpu_s
        if slept > self._late_s and used < slept / 2:
            self._beat = now
            self._is_told = False
            return None
        if beat > self._beat:
            held = beat - self._beat - BEAT_S
            was_told, self._is_told = self._is_told, False
            self._beat = beat
            return Stall(held, is_over=True, is_news=not was_told) if was_told or held >= self._stall_s else None
        held = now - self._beat
        if held < self._stall_s or self._is_told:
            return None
        self._is_told = True
        return Stall(held, is_over=False, is_news=True)


class LoopWatcher:
    """Watches the running loop while the `with` block runs; `stalls` counts what was found.

    Frames of `package` are the ones a warning names. Costs ten wake-ups a second.
    """

    def __init__(self, stall_s: float, *, clock: Clock | None = None, package: str = "consumer") -> None:
        """Store the limit in seconds."""
        self._stall_s = stall_s
        self._clock = clock or SystemClock()
        self._package = package
        self._stop = threading.Event()
        self._beat = 0.0
        self._handle: asyncio.TimerHandle | None = None
        self._thread: threading.Thread | None = None
        self.stalls = 0

    def __enter__(self) -> Self:
        """Start the heartbeat and the thread."""
        self._tick(asyncio.get_running_loop())
        self._thread = threading.Thread(
            target=self._watch, args=(threading.get_ident(),), name="loop-watcher", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop both."""
        self._stop.set()
        if self._handle is not None:
            self._handle.cancel()
        if self._thread is not None:
            self._thread.join(_JOIN_S)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        now = self._clock.monotonic()
        if self._handle is not None:  # not the first beat
            measure(names.LOOP_LAG, max(0.0, now - self._beat - BEAT_S), {})
        self._beat = now
        self._handle = loop.call_later(BEAT_S, self._tick, loop)

    def _watch(self, loop_thread: int) -> None:
        detector = StallDetector(self._stall_s, self._clock.monotonic(), time.process_time())
        while not self._stop.wait(BEAT_S):
            beat = self._beat  # first: what stops us in between then shows as our own delay
            stall = detector.look(beat, self._clock.monotonic(), time.process_time())
            if stall is not None:
                self._tell(stall, loop_thread)

    def _tell(self, stall: Stall, loop_thread: int) -> None:
        self.stalls += stall.is_news
        if not stall.is_over:
            stack = _stack(sys._current_frames().get(loop_thread))  # noqa: SLF001 - the documented way to see another thread
            logger.warning(
                "%s has held the event loop for %.1f s",
                culprit(stack, self._package),
                stall.seconds,
                extra={"stack": [str(place) for place in stack[:_STACK_FRAMES]]},
            )
            return
        measure(names.LOOP_STALL, stall.seconds, {})
        if stall.is_news:
            logger.warning(
                "something held the event loop for %.1f s; it was over before it could be seen", stall.seconds
            )
        else:
            logger.info("the event loop runs again, after %.1f s", stall.seconds)


@dataclass(frozen=True, slots=True)
class Place:
    """A line that a thread is at."""

    module: str
    line: int
    function: str

    def __str__(self) -> str:
        """Return `module:line function`."""
        return f"{self.module}:{self.line} {self.function}"


def culprit(stack: list[Place], package: str) -> str:
    """Return the innermost place of `package`, with what it called last when that is foreign."""
    if not stack:
        return "something"
    own = next((p for p in stack if p.module == package or p.module.startswith(f"{package}.")), None)
    if own is None:
        return str(stack[0])
    return str(own) if own is stack[0] else f"{own} (in {stack[0].module}.{stack[0].function})"


def _stack(frame: FrameType | None) -> list[Place]:
    """Return where the thread of `frame` is, innermost first; no source text and no values."""
    places = []
    while frame is not None:
        places.append(Place(str(frame.f_globals.get("__name__", "?")), frame.f_lineno, frame.f_code.co_name))
        frame = frame.f_back
    return places
