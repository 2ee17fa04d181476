"""The bounded queue, with cancellation at each await."""

import asyncio

import pytest

from consumer.clock import SystemClock
from consumer.pipeline.queue import BoundedQueue, QueueClosed
from consumer.testing.fakes import FakeClock


def make(max_items=2, max_bytes=100):
    return BoundedQueue(max_items, max_bytes, len, SystemClock())


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_first_in_first_out():
    """Q1: items come out in the order they went in."""
    queue = make(10)
    for item in "abc":
        await queue.put(item)
    assert [await queue.get() for _ in range(3)] == ["a", "b", "c"]


async def test_put_waits_for_room_by_items_and_by_bytes():
    """Q1: the third item waits, and so does one that is too many bytes."""
    queue = make(2, 10)
    await queue.put("aaa")
    waiting = asyncio.ensure_future(queue.put("b" * 8))
    await settle()
    assert not waiting.done()
    assert await queue.get() == "aaa"
    await waiting
    assert queue.bytes == 8


async def test_an_item_larger_than_the_queue_goes_in_alone():
    """Q1: nothing is stuck for ever for being large."""
    queue = make(2, 10)
    await queue.put("x" * 50)
    assert len(await queue.get()) == 50


async def test_cancelled_put_has_put_nothing_and_passes_its_wake_up_on():
    """Q2: the next waiting put gets the room that the cancelled one would have had."""
    queue = make(1)
    await queue.put("a")
    first = asyncio.ensure_future(queue.put("b"))
    second = asyncio.ensure_future(queue.put("c"))
    await settle()
    queue._take()  # wakes `first`
    first.cancel()
    await settle()
    assert second.done()
    assert await queue.get() == "c"
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_cancelled_get_has_taken_nothing_and_passes_its_wake_up_on():
    """Q2: an item is never lost with a cancelled reader."""
    queue = make()
    first = asyncio.ensure_future(queue.get())
    second = asyncio.ensure_future(queue.get())
    await settle()
    assert queue.offer("a")
    first.cancel()
    await settle()
    assert await second == "a"
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_closed_queue_is_emptied_first():
    """Q3: what is in it can still be taken; then readers and writers are told."""
    queue = make()
    await queue.put("a")
    queue.close()
    with pytest.raises(QueueClosed):
        await queue.put("b")
    assert await queue.get() == "a"
    with pytest.raises(QueueClosed):
        await queue.get()


async def test_close_wakes_all_who_wait():
    """Q3: readers that wait when it closes end."""
    queue = make()
    readers = [asyncio.ensure_future(queue.get()) for _ in range(3)]
    await settle()
    queue.close()
    results = await asyncio.gather(*readers, return_exceptions=True)
    assert all(isinstance(result, QueueClosed) for result in results)


async def test_batch_takes_what_is_there_without_linger():
    """Without linger a batch is whatever is there, up to the limit."""
    queue = make(10)
    for item in "abcde":
        await queue.put(item)
    assert await queue.get_batch(3, 0) == ["a", "b", "c"]
    assert await queue.get_batch(3, 0) == ["d", "e"]


async def test_batch_stays_within_its_bytes():
    """An item larger than that comes alone; the others as many as fit together, in order."""
    queue = make(10, 1_000)
    for size in (4, 4, 4, 30, 2, 2):
        await queue.put("x" * size)
    batches = [[len(item) for item in await queue.get_batch(10, 0, max_bytes=10)] for _ in range(4)]
    assert batches == [[4, 4], [4], [30], [2, 2]]
    assert queue.bytes == 0


async def test_batch_lingers_for_more():
    """With linger a batch waits for later items, and no longer than until it is full."""
    queue = make(10)
    await queue.put("a")
    batch = asyncio.ensure_future(queue.get_batch(2, 30))
    await settle()
    await queue.put("b")
    assert await asyncio.wait_for(batch, 25) == ["a", "b"]


async def test_a_linger_ends_with_its_reason():
    """A function is asked at each look: the wait is over once it says so."""
    queue = make(10)
    await queue.put("a")
    wait_s = [30.0]
    batch = asyncio.ensure_future(queue.get_batch(2, lambda: wait_s[0]))
    await settle()
    assert not batch.done()
    wait_s[0] = 0.0
    assert await asyncio.wait_for(batch, 25) == ["a"]


async def test_a_reader_who_found_nothing_lingers_anew():
    """Two linger for one item: whoever comes too late waits for company with the next item, too."""
    clock = FakeClock()
    queue = BoundedQueue(10, 100, len, clock)
    await queue.put("a")
    first, second = (asyncio.ensure_future(queue.get_batch(10, 0.1)) for _ in range(2))
    await clock.advance(0.2)
    assert first.result() == ["a"]
    await queue.put("b")
    await clock.advance(0.05)
    assert not second.done()
    await queue.put("c")
    await clock.advance(0.2)
    assert second.result() == ["b", "c"]


async def test_cancelled_batch_has_taken_nothing():
    """Q2: cancelled while lingering, the first item is still there."""
    queue = make(10)
    await queue.put("a")
    batch = asyncio.ensure_future(queue.get_batch(2, 30))
    await settle()
    batch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await batch
    assert await queue.get() == "a"


async def test_many_writers_and_readers_lose_nothing():
    """Every item put by many writers is taken once by many readers, at any bound."""
    queue = make(3)
    taken = []

    async def write(number):
        for index in range(50):
            await queue.put(f"{number}.{index}")

    async def read():
        while True:
            try:
                taken.extend(await queue.get_batch(4, 0))
            except QueueClosed:
                return

    readers = [asyncio.ensure_future(read()) for _ in range(3)]
    await asyncio.gather(*(write(number) for number in range(4)))
    queue.close()
    await asyncio.gather(*readers)
    assert len(taken) == len(set(taken)) == 200
