"""A pod that starts in the middle of an outage waits for its end, for a while."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from consumer.clock import Clock
from consumer.errors import WorldFault

T = TypeVar("T")
logger = logging.getLogger(__name__)

TRY_EVERY_S = 2.0


async def entered(
    opening: Callable[[], AbstractAsyncContextManager[T]], wait_s: float, clock: Clock
) -> tuple[AbstractAsyncContextManager[T], T]:
    """Return what `opening` returns, entered, and what entering gave; tried again for `wait_s` seconds.

    Restarts with growing waits in between, which whoever runs the pod would make of its exits, come later.

    Raises:
        WorldFault: it cannot be opened still.
    """
    until = clock.monotonic() + wait_s
    is_told = False
    while True:
        context = opening()
        try:
            return context, await context.__aenter__()
        except WorldFault as fault:
            if clock.monotonic() >= until:
                raise
            if not is_told:
                logger.warning("waiting up to %.0f s: %s", wait_s, fault)
            is_told = True
        await clock.sleep(TRY_EVERY_S)
