"""How a pod is told to stop, and that it does: one deadline over draining, committing, leaving and closing."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading

from consumer.app.runtime import Runtime

logger = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT)

CLOSING_S = 3.0
"""How long closing the clients may take after the deadline; then the process leaves without them."""

LEFT_BY_FORCE = 130
"""Exit code of a process that had to leave: what the shell gives a program ended by Ctrl-C."""


async def run_until_stopped(
    runtime: Runtime, *, until_drained: bool = False, deadline_s: float, owns_process: bool = False
) -> bool:
    """Run `runtime`; the first SIGTERM or SIGINT stops it gracefully, a second one, or the deadline, at once.

    At once means cancelled: nothing more is committed, so nothing is lost; the next start reads it again. With
    `owns_process`, the process itself ends when closing the clients hangs too. Return whether it finished.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(runtime.run(until_drained=until_drained), name="runtime")
        seen = 0

        def on_signal(name: str) -> None:
            nonlocal seen
            seen += 1
            if seen == 1:
                logger.warning("%s: finishing what was started (again to stop at once)", name)
                runtime.stop()
                overdue = f"not finished {deadline_s:g} s after {name}"
                deadline.append(loop.call_later(deadline_s, at_once, overdue))
                if owns_process:
                    _leave_after(deadline_s + CLOSING_S)  # by a thread: the event loop may hang
            else:
                at_once(f"{name} again")

        def at_once(why: str) -> None:
            logger.warning("%s: stopping at once; what is unfinished is read again", why)
            running.cancel()
            if owns_process:
                _leave_after(CLOSING_S)

        deadline: list[asyncio.TimerHandle] = []
        for number in SIGNALS:
            loop.add_signal_handler(number, on_signal, number.name)
        try:
            await asyncio.wait([running])
        finally:
            for number in SIGNALS:
                loop.remove_signal_handler(number)
            for handle in deadline:
                handle.cancel()
    return not running.cancelled()


def _leave_after(seconds: float) -> None:
    """End the process in so many seconds, whatever hangs: a client's close, a thread, the event loop itself."""

    def leave() -> None:
        logger.error("closing hangs %.0f s after the signal: leaving without it", seconds)
        os._exit(LEFT_BY_FORCE)

    timer = threading.Timer(seconds, leave)
    timer.daemon = True
    timer.start()
