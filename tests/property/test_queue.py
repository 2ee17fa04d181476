"""Q1 to Q3 of the bounded queue while producers and consumers are cancelled at any moment."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.pipeline.queue import BoundedQueue, QueueClosed
from consumer.testing.fake_clock import FakeClock

STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "put", "get", "get", "batch", "cancel", "turn"]), st.integers(0, 12)), max_size=60
)


class Course:
    """Runs the steps on a queue of items (number, size) and notes who got what."""

    def __init__(self, max_items, max_bytes):
        self.clock = FakeClock()
        self.queue = BoundedQueue(max_items, max_bytes, lambda item: item[1], self.clock)
        self.tasks, self.put, self.taken = [], [], []
        self.offered = 0

    async def putting(self, item):
        await self.queue.put(item)
        self.put.append(item)

    async def getting(self):
        self.taken.append(await self.queue.get())

    async def batching(self):
        self.taken += await self.queue.get_batch(3, 0.02)

    async def step(self, kind, number):
        match kind:
            case "put":
                self.tasks.append(asyncio.ensure_future(self.putting((self.offered, number))))
                self.offered += 1
            case "get":
                self.tasks.append(asyncio.ensure_future(self.getting()))
            case "batch":
                self.tasks.append(asyncio.ensure_future(self.batching()))
            case "cancel" if self.tasks:
                self.tasks[number % len(self.tasks)].cancel()
            case "turn":
                await self.clock.advance(0.003 * number)
        if number % 3 == 0:
            await asyncio.sleep(0)
        assert len(self.queue) <= self.queue.max_items
        assert self.queue.bytes <= self.queue.max_bytes or len(self.queue) == 1

    async def finish(self):
        """Cancel who still waits, take what is left, close."""
        await self.clock.advance(1)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        while len(self.queue):
            await asyncio.wait_for(self.getting(), 60)
        assert self.queue.bytes == 0
        room = [(1_000 + number, 0) for number in range(self.queue.max_items)]
        assert all(self.queue.offer(item) for item in room), "a permit was lost"
        self.queue.close()
        rest = [await self.queue.get() for _ in room]
        assert rest == room
        try:
            await self.queue.get()
        except QueueClosed:
            return
        raise AssertionError("closed and empty, and yet an item")


@settings(max_examples=120, deadline=None)
@given(st.integers(1, 4), st.integers(5, 20), STEPS)
def test_q1_q2_q3_nothing_is_lost_or_doubled_whoever_is_cancelled(max_items, max_bytes, steps):
    """What was put is taken, each once; a cancelled put has put nothing, a cancelled get has taken nothing."""

    async def run():
        course = Course(max_items, max_bytes)
        for kind, number in steps:
            await course.step(kind, number)
        await course.finish()
        assert sorted(course.taken) == sorted(course.put)

    asyncio.run(run())


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 4), st.lists(st.integers(0, 6), min_size=1, max_size=20), st.sets(st.integers(0, 30)))
def test_q2_first_in_first_out_past_cancelled_readers(max_items, sizes, cancelled):
    """One producer's items arrive in its order, though readers in between are cancelled."""

    async def run():
        queue = BoundedQueue(max_items, 10, lambda item: item[1], FakeClock())
        items, taken = list(enumerate(sizes)), []

        async def produce():
            for item in items:
                await queue.put(item)

        async def take():
            taken.append(await queue.get())

        producing = asyncio.ensure_future(produce())
        readers = [asyncio.ensure_future(take()) for _ in range(len(items) + len(cancelled))]
        for number in sorted(cancelled):
            await asyncio.sleep(0)
            readers[number % len(readers)].cancel()
        await producing
        await asyncio.wait_for(asyncio.sleep(0), 60)
        while len(taken) < len(items):
            await asyncio.wait_for(take(), 60) if all(reader.done() for reader in readers) else await asyncio.sleep(0)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        assert taken == items
        assert (len(queue), queue.bytes) == (0, 0)

    asyncio.run(run())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 6), max_size=4), st.integers(0, 5), st.integers(0, 5))
def test_q3_close_wakes_everybody(sizes, readers, writers):
    """After close what is in it can be taken; whoever waits is ended, nobody hangs."""

    async def run():
        queue = BoundedQueue(4, 100, lambda item: item[1], FakeClock())
        for item in enumerate(sizes):
            queue.offer(item)
        getting = [asyncio.ensure_future(queue.get()) for _ in range(readers)]
        await asyncio.sleep(0)
        putting = [asyncio.ensure_future(queue.put((99, 99))) for _ in range(writers)]
        await asyncio.sleep(0)
        queue.close()
        ended = await asyncio.wait_for(asyncio.gather(*getting, *putting, return_exceptions=True), 60)
        assert all(isinstance(end, QueueClosed | tuple | None) for end in ended)
        while len(queue):
            await queue.get()
        assert queue.bytes == 0

    asyncio.run(run())
