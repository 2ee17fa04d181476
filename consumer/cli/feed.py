"""A blocking iterator, read by a thread of its own while the event loop goes on.

A standard input that waits for its next line must not hold up what is being sent, nor the end of the command: the
thread is a daemon, and is simply left when the command ends.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

AHEAD = 4
"""Items read ahead at most."""


class Feed(Generic[T]):
    """Yields what `source` yields, in order; at most `AHEAD` items wait. One reader, once."""

    def __init__(self, source: Iterator[T]) -> None:
        self._source = source
        self._room = threading.Semaphore(AHEAD)
        self._waiting: list[T] = []
        self._error: BaseException | None = None
        self._is_done = False
        self._news = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[T]:
        """Yield the items; raises what the source raises."""
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, args=(loop,), name="feed", daemon=True).start()
        while True:
            await self._news.wait()
            self._news.clear()
            taken, self._waiting = self._waiting, []
            for item in taken:
                yield item
                self._room.release()
            if self._error is not None:
                raise self._error
            if self._is_done and not self._waiting:
                return

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        """Read the source on its thread and hand each item to the loop."""
        try:
            for item in self._source:
                self._room.acquire()
                loop.call_soon_threadsafe(self._take, item)
        except RuntimeError:
            if loop.is_closed():
                return  # the command has ended without us
            raise
        except BaseException as error:  # noqa: BLE001 - raised again where the items are read
            loop.call_soon_threadsafe(self._end, error)
        else:
            loop.call_soon_threadsafe(self._end, None)

    def _take(self, item: T) -> None:
        """Put an item where the reader finds it; runs on the loop."""
        self._waiting.append(item)
        self._news.set()

    def _end(self, error: BaseException | None) -> None:
        """Tell the reader that nothing follows; runs on the loop."""
        self._error = error
        self._is_done = True
        self._news.set()
