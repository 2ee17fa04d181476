"""The queue between two stages: bounded by items and by bytes, closable, read singly or in batches.

`asyncio.Queue` counts items only and cannot be closed before Python 3.13; episodes range from ten bytes to a
megabyte, so items alone bound nothing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from consumer.clock import Clock

T = TypeVar("T")

LINGER_STEP_S = 0.005
"""How often a lingering reader looks whether its batch is full, in seconds."""


class QueueClosed(Exception):  # noqa: N818 - a state, not a fault
    """The queue is closed and empty (on get), or closed (on put): the reader is done."""


class BoundedQueue(Generic[T]):
    """First in, first out.

    Q1: holds at most `max_items` items and `max_bytes` bytes, except that one larger item may be in it alone.
    Q2: a cancelled put has put nothing; a cancelled get has taken nothing; neither eats another's wake-up.
    Q3: after `close`, what is in it can still be taken; then `QueueClosed`.
    """

    def __init__(self, max_items: int, max_bytes: int, size_of: Callable[[T], int], clock: Clock) -> None:
        """Start empty and open; `size_of` gives an item's bytes."""
        self.max_items = max_items
        self.max_bytes = max_bytes
        self._size_of = size_of
        self._clock = clock
        self._items: deque[T] = deque()
        self._getters: deque[asyncio.Future[None]] = deque()
        self._putters: deque[asyncio.Future[None]] = deque()
        self._is_closed = False
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._items)

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will be put."""
        return self._is_closed

    def offer(self, item: T) -> bool:
        """Append `item` at once if there is room and the queue is open; return whether it was."""
        size = self._size_of(item)
        if self._is_closed or not self._has_room(size):
            return False
        self._append(item)
        self.bytes += size
        _wake(self._getters)
        return True

    async def put(self, item: T) -> None:
        """Wait for room and append `item`.

        Raises:
            QueueClosed: the queue was closed.
        """
        while not self.offer(item):
            if self._is_closed:
                raise QueueClosed
            await self._wait(self._putters)
        if self._has_room(0):
            _wake(self._putters)

    async def get(self) -> T:
        """Wait for an item and take it.

        Raises:
            QueueClosed: nothing is left and nothing will come.
        """
        await self._wait_until_not_empty()
        return self._take()

    async def get_batch(
        self, max_items: int, linger_s: float | Callable[[], float], max_bytes: int | None = None
    ) -> list[T]:
        """Wait for a first item, then take up to `max_items`, waiting at most `linger_s` seconds for more.

        A function is asked at each look, so that the wait can end with its reason. With `max_bytes`, what is taken
        after the first item stays within so many bytes together.

        Raises:
            QueueClosed: nothing is left and nothing will come.
        """
        while True:
            await self._wait_until_not_empty()
            since = self._clock.monotonic()
            while 0 < len(self) < max_items and not self._is_closed:
                most_s = linger_s() if callable(linger_s) else linger_s
                rest = (since + most_s) - self._clock.monotonic()
                if rest <= 0:
                    break
                await self._clock.sleep(min(rest, LINGER_STEP_S))
            if self._is_ready():  # else another reader was faster, and the wait for company begins anew
                break
        batch = [self._take()]
        room = float("inf") if max_bytes is None else max_bytes - self._size_of(batch[0])
        while self._is_ready() and len(batch) < max_items and (room := room - self._size_of(self._peek())) >= 0:
            batch.append(self._take())
        return batch

    def close(self) -> None:
        """Let readers finish what is in it, then end them; wakes everybody who waits."""
        self._is_closed = True
        while self._getters:
            _wake(self._getters)
        while self._putters:
            _wake(self._putters)

    def _has_room(self, size: int) -> bool:
        return len(self) < self.max_items and (self.bytes + size <= self.max_bytes or not len(self))

    def _take(self) -> T:
        item = self._pop()
        self.bytes -= self._size_of(item)
        _wake(self._putters)
        if self._is_ready():
            _wake(self._getters)
        return item

    async def _wait_until_not_empty(self) -> None:
        while not self._is_ready():
            if self._is_closed and not len(self):
                raise QueueClosed
            await self._wait(self._getters)

    def _look_again(self) -> None:
        """Wake a reader, for what could not be taken may be ready now."""
        _wake(self._getters)

    # What a queue of another order does otherwise.

    def _is_ready(self) -> bool:
        """Whether something can be taken now."""
        return bool(self._items)

    def _append(self, item: T) -> None:
        self._items.append(item)

    def _peek(self) -> T:
        return self._items[0]

    def _pop(self) -> T:
        return self._items.popleft()

    async def _wait(self, waiters: deque[asyncio.Future[None]]) -> None:
        """Wait to be woken; cancelled after the wake-up, pass it on."""
        waiter = asyncio.get_running_loop().create_future()
        waiters.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter in waiters:
                waiters.remove(waiter)
            else:
                _wake(waiters)
            raise


def _wake(waiters: deque[asyncio.Future[None]]) -> None:
    """Wake the longest waiting of `waiters` that still waits."""
    while waiters:
        waiter = waiters.popleft()
        if not waiter.done():
            waiter.set_result(None)
            return
