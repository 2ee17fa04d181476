"""Queues that are fair between groups, and the window that keeps room for the next group."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.model.work import Record, Timings, Work
from consumer.pipeline.fair_queue import FairQueue, WindowedQueue
from consumer.pipeline.group_window import LEAST, GroupWindow
from consumer.pipeline.queue import QueueClosed
from consumer.testing.fakes import FakeClock


class Payload:
    """What a work carries, for these queues: its group."""

    def __init__(self, group_id):
        self.group_id = group_id


def work_of(group, offset, size=100):
    """A work of `group`, its record of about `size` bytes."""
    record = Record("t", 0, offset, 0, None, b"x" * size)
    return Work(record, 1, group, Payload(group), Timings(0, 0))


def windowed(window, **bounds):
    """A queue with a window, works named by their offset."""
    return WindowedQueue(
        10_000, 10_000_000, FakeClock(), window=window, key_of=lambda work: work.record.offset, **bounds
    )


def groups_in(works):
    """The groups of works, in order."""
    return [work.payload.group_id for work in works]


async def test_a_batch_holds_some_of_every_group_that_waits():
    """Of a flood of a thousand and one other, the other is among the first."""
    queue = FairQueue(10_000, 10_000_000, FakeClock())
    for offset in range(1_000):
        queue.offer(work_of("flood", offset))
    queue.offer(work_of("other", 1_000))
    first = await queue.get_batch(3, 0)
    assert "other" in groups_in(first)
    assert [work.record.offset for work in first if work.payload.group_id == "flood"] == [0, 1]


async def test_large_episodes_cost_more_than_small_ones():
    """Shares are of bytes: a tenant of long documents gets fewer of them through."""
    queue = FairQueue(10_000, 10_000_000, FakeClock())
    for offset in range(100):
        queue.offer(work_of("long", offset, 10_000))
        queue.offer(work_of("short", 100 + offset, 100))
    counted = Counter(groups_in(await queue.get_batch(40, 0)))
    assert counted["short"] > 8 * counted["long"]


async def test_a_weight_gives_a_larger_share():
    """What an operator sets for a tenant that pays for it."""
    queue = FairQueue(10_000, 10_000_000, FakeClock(), {"gold": 3.0})
    for offset in range(100):
        queue.offer(work_of("gold", offset))
        queue.offer(work_of("tin", 100 + offset))
    counted = Counter(groups_in(await queue.get_batch(40, 0)))
    assert 28 <= counted["gold"] <= 32


async def test_the_bounds_of_a_queue_hold_in_fair_order_too():
    """Items and bytes, and a batch's bytes."""
    queue = FairQueue(3, 1_000, FakeClock())
    assert [queue.offer(work_of(group, number, 300)) for number, group in enumerate("abcd")] == [True] * 3 + [False]
    assert (len(queue), queue.bytes) == (3, 900)
    assert len(await queue.get_batch(3, 0, max_bytes=600)) == 2


async def test_a_group_alone_leaves_half_of_the_window_free():
    """A newcomer must find room, whenever it comes."""
    queue = windowed(20)
    for offset in range(50):
        queue.offer(work_of("flood", offset))
    taken = [await queue.get() for _ in range(10)]
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    assert not waiting.done()
    queue.offer(work_of("other", 99))
    assert (await waiting).payload.group_id == "other"
    waiting = asyncio.create_task(queue.get())
    for work in taken[:4]:
        queue.left(work)
        await asyncio.sleep(0)
        assert not waiting.done()  # with two groups under way a share is a third
    queue.left(taken[4])
    assert (await waiting).record.offset == 10


async def test_what_is_not_under_way_gives_back_no_place():
    """Works that leave before they were taken, or leave twice, free nothing."""
    queue = windowed(8)
    for offset in range(20):
        queue.offer(work_of("g", offset))
    taken = [await queue.get() for _ in range(4)]
    queue.left(work_of("g", 15))
    queue.left(taken[0])
    queue.left(taken[0])
    assert (await queue.get()).record.offset == 4
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()


async def test_a_closed_queue_ends_only_when_all_of_it_has_been_taken():
    """A reader that waits for the window to open waits on, and then gets the rest."""
    queue = windowed(8)
    for offset in range(5):
        queue.offer(work_of("g", offset))
    taken = [await queue.get() for _ in range(4)]
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.close()
    await asyncio.sleep(0)
    assert not waiting.done()
    queue.left(taken[0])
    assert (await waiting).record.offset == 4
    with pytest.raises(QueueClosed):
        await queue.get()


@given(st.integers(8, 600), st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans()), max_size=200))
def test_no_group_gets_beyond_its_share_and_a_newcomer_always_enters(size, steps):
    """V1 and V2, whatever enters and leaves."""
    window, inside, number = GroupWindow(size), Counter(), 0
    keys = {group: [] for group in "abcdef"}
    for group, is_entry in steps:
        if is_entry:
            groups = len([one for one in inside.values() if one])
            if window.may_enter(group, 0):
                number += 1
                window.enter(number, group)
                keys[group].append(number)
                inside[group] += 1
                assert inside[group] <= max(LEAST, size // (groups + 1), 1)
            else:
                assert inside[group] > 0
        elif keys[group]:
            assert window.left(keys[group].pop())
            inside[group] -= 1
    assert len(window) == inside.total()
    assert window.may_enter("newcomer", 0)
