"""Looks at an event loop from a thread, a hundred times a second: what it runs, and what its workers wait for.

In-process, so that it needs no privilege and knows tasks by name; the standard profilers know neither a task nor what
a coroutine waits for. What a C call does between two Python calls is told under the function that made it.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from types import CodeType, FrameType, TracebackType
from typing import Any, Protocol, Self

from consumer.clock import Clock, SystemClock
from consumer.profiling.attribution import (
    OTHER,
    Frame,
    is_idle,
    is_worker,
    stage_of_stack,
    stage_of_task,
    waits_for_room,
    waits_for_work,
    without_roots,
)
from consumer.profiling.profile import Profile, QueueLooks, WorkerLooks
from consumer.profiling.thread_time import Working, native_ids, ran_s

PERIOD_S = 0.01
"""How often it looks at what runs, in seconds."""
_TASKS_EVERY = 10
"""It looks at what tasks wait for at each tenth look: there may be hundreds."""
_SWITCH_S = 0.0001
"""While it looks, threads change over this fast. At the interpreter's 5 ms, a loop that works in bursts of 2 ms can
let us in only when it waits, and then seems idler than it is (.67 busy against .80, once, on a busy machine)."""
_JOIN_S = 2.0
_DEPTHS_S = 0.25
_MAX_FRAMES = 200


class Depth(Protocol):
    """A stage at an instant: works it has handed on, and works waiting in front of it."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def done(self) -> int:
        """Works handed on since the beginning."""
        ...

    @property
    def queued(self) -> int:
        """Works waiting in front of it."""
        ...


class Sampler:
    """Looks at the running loop while the `with` block runs; `profile` tells what it found.

    `depths` is asked on the loop, a few times a second, what waits in front of each stage and what it has done. One at
    a time in a process. `Profile.own_cpu_s` tells what it cost.
    """

    def __init__(
        self,
        depths: Callable[[], Iterable[Depth]] | None = None,
        *,
        period_s: float = PERIOD_S,
        clock: Clock | None = None,
    ) -> None:
        """Store how often to look; nothing is looked at yet."""
        self._depths = depths
        self._timer: asyncio.TimerHandle | None = None
        self._period_s = period_s
        self._clock = clock or SystemClock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_thread = 0
        self._modules: dict[CodeType, str] = {}
        self._ran: Counter[tuple[str, tuple[CodeType, ...]]] = Counter()
        self._elsewhere: Counter[tuple[int, tuple[CodeType, ...]]] = Counter()
        self._waited: Counter[tuple[str, tuple[CodeType, ...]]] = Counter()
        self._workers: dict[str, int] = {}
        self._queued: dict[str, list[int]] = defaultdict(list)
        self._done: dict[str, list[int]] = defaultdict(list)
        self._looks = self._idle = 0
        self._own_cpu_s = 0.0
        self._working = Working()
        self._loop_ran_s: float | None = None
        self._began = self._ended = 0.0
        self._switch_s = 0.0

    def __enter__(self) -> Self:
        """Begin to look at the loop that runs here."""
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._switch_s = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_S)
        self._began = self._clock.monotonic()
        self._loop_ran_s = self._ran_since(0.0)
        self._thread = threading.Thread(target=self._watch, name="profile", daemon=True)
        self._thread.start()
        self._note_depths()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Look no more."""
        self._note_depths()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_JOIN_S)
        sys.setswitchinterval(self._switch_s)
        self._ended = self._clock.monotonic()
        self._loop_ran_s = self._ran_since(self._loop_ran_s)

    def _note_depths(self) -> None:
        if self._depths is None or self._loop is None:
            return
        if self._timer is not None:
            self._timer.cancel()
        for stage in self._depths():
            self._queued[stage.name].append(stage.queued)
            self._done[stage.name].append(stage.done)
        self._timer = self._loop.call_later(_DEPTHS_S, self._note_depths)

    def profile(self) -> Profile:
        """Return what was found so far; outside of the block, all of it."""
        running: dict[str, Counter[str]] = defaultdict(Counter)
        threads = {thread.ident: thread.name for thread in threading.enumerate()}
        for (stage, codes), looks in self._ran.copy().items():
            frames = without_roots(self._frames(codes))
            running[stage or stage_of_stack(frames)][_told(frames)] += looks
        for (ident, codes), looks in self._elsewhere.copy().items():
            frames = without_roots(self._frames(codes))
            stage = stage_of_stack(frames)
            running[f"thread {threads.get(ident, ident)}" if stage == OTHER else stage][_told(frames)] += looks
        waiting, workers = self._waits()
        return Profile(
            seconds=round((self._ended or self._clock.monotonic()) - self._began, 3),
            period_s=self._period_s,
            looks=self._looks,
            idle=self._idle,
            running=running,
            waiting=waiting,
            workers=workers,
            queues={
                stage: QueueLooks(sum(queued) / len(queued), self._done[stage][-1] - self._done[stage][0])
                for stage, queued in self._queued.items()
            },
            own_cpu_s=round(self._own_cpu_s, 4),
            loop_cpu_s=self._loop_ran_s,
        )

    # In the sampler's thread.

    def _watch(self) -> None:
        own, number = threading.get_ident(), 0
        last = self._clock.monotonic()
        while not self._stop.wait(self._period_s):
            now = self._clock.monotonic()
            self._look(own, now - last)
            last = now
            if number % _TASKS_EVERY == 0:
                self._look_at_tasks()
            number += 1
            self._own_cpu_s = time.thread_time()

    def _look(self, own: int, elapsed_s: float) -> None:
        # A look that came late (a C call kept the interpreter) stands for all that were missed meanwhile.
        weight = max(1, round(elapsed_s / self._period_s))
        frames = sys._current_frames()  # noqa: SLF001 - the documented way to see another thread
        task = asyncio.current_task(self._loop)
        for ident, frame in frames.items():
            if ident == own:
                continue
            codes = self._codes(frame)
            idle = is_idle(self._frame(codes[0]))
            if ident == self._loop_thread:
                self._looks += weight
                if idle:
                    self._idle += weight
                else:
                    stage = (stage_of_task(task.get_name()) or "") if task is not None else ""
                    self._ran[stage, codes] += weight
            elif not idle and self._working.has_worked(ident, elapsed_s):
                self._elsewhere[ident, codes] += weight

    def _look_at_tasks(self) -> None:
        try:
            tasks = asyncio.all_tasks(self._loop)
        except RuntimeError:  # tasks came and went all the while
            return
        present: Counter[str] = Counter()
        for task in tasks:
            name = task.get_name()
            if is_worker(name):
                stage = stage_of_task(name) or OTHER
                present[stage] += 1
                self._waited[stage, self._chain(task.get_coro())] += 1
        self._workers.update(present)

    def _codes(self, frame: FrameType | None) -> tuple[CodeType, ...]:
        """Return the functions of a stack, innermost first."""
        codes: list[CodeType] = []
        while frame is not None and len(codes) < _MAX_FRAMES:
            code = frame.f_code
            if code not in self._modules:
                self._modules[code] = str(frame.f_globals.get("__name__", "?"))
            codes.append(code)
            frame = frame.f_back
        return tuple(codes)

    def _chain(self, awaited: Any) -> tuple[CodeType, ...]:
        """Return the functions of a chain of coroutines, innermost first: each waits for the one before it."""
        codes: list[CodeType] = []
        while awaited is not None and len(codes) < _MAX_FRAMES:
            for kind in ("cr", "gi", "ag"):
                code = getattr(awaited, f"{kind}_code", None)
                if code is not None:
                    frame = getattr(awaited, f"{kind}_frame", None)
                    if code not in self._modules:
                        self._modules[code] = "?" if frame is None else str(frame.f_globals.get("__name__", "?"))
                    codes.append(code)
                    awaited = getattr(awaited, "gi_yieldfrom" if kind == "gi" else f"{kind}_await", None)
                    break
            else:
                break  # a future: nobody knows who will set it
        return tuple(reversed(codes))

    # What was found.

    def _waits(self) -> tuple[dict[str, Counter[str]], dict[str, WorkerLooks]]:
        waiting: dict[str, Counter[str]] = defaultdict(Counter)
        starved: Counter[str] = Counter()
        blocked: Counter[str] = Counter()
        seen: Counter[str] = Counter()
        for (stage, codes), looks in self._waited.copy().items():
            frames = self._frames(codes)
            seen[stage] += looks
            if waits_for_work(frames):
                starved[stage] += looks
            elif waits_for_room(frames):
                blocked[stage] += looks
            elif frames:
                waiting[stage][_told(frames)] += looks
        return waiting, {
            stage: WorkerLooks(looks, starved[stage], blocked[stage], self._workers.get(stage, 0))
            for stage, looks in seen.items()
        }

    def _ran_since(self, before_s: float | None) -> float | None:
        """Return how long the loop's thread has run beyond `before_s` altogether; None where nobody tells."""
        now_s = ran_s(native_ids().get(self._loop_thread))
        return None if now_s is None or before_s is None else now_s - before_s

    def _frame(self, code: CodeType) -> Frame:
        return Frame(self._modules[code], code.co_qualname)

    def _frames(self, codes: tuple[CodeType, ...]) -> tuple[Frame, ...]:
        """Return the frames of `codes`, outermost first."""
        return tuple(self._frame(code) for code in reversed(codes))


async def sampled(
    seconds: float, depths: Callable[[], Iterable[Depth]] | None = None, clock: Clock | None = None
) -> Profile:
    """Return what this loop did in the next `seconds`."""
    clock = clock or SystemClock()
    with Sampler(depths, clock=clock) as sampler:
        await clock.sleep(seconds)
    return sampler.profile()


def _told(frames: Iterable[Frame]) -> str:
    return ";".join(str(frame) for frame in frames)
