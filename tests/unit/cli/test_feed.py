"""A blocking source is read beside the event loop, in order, a bounded distance ahead."""

import asyncio
import threading

import pytest

from consumer.cli.feed import AHEAD, Feed


async def test_items_come_in_order():
    """Nothing is lost, nothing twice, and the end is the end."""
    assert [item async for item in Feed(iter(range(1_000)))] == list(range(1_000))


async def test_empty_source_ends_at_once():
    """No item, no wait."""
    assert [item async for item in Feed(iter(()))] == []


async def test_error_of_the_source_is_raised_after_its_items():
    """What was read before the failure still counts."""

    def source():
        yield 1
        raise OSError("disk")

    feed = aiter(Feed(source()))
    assert await anext(feed) == 1
    with pytest.raises(OSError, match="disk"):
        await anext(feed)


async def test_reads_a_bounded_distance_ahead():
    """A slow reader holds the source back."""
    produced = []

    def source():
        for number in range(100):
            produced.append(number)
            yield number

    feed = aiter(Feed(source()))
    await anext(feed)
    for _ in range(20):
        await asyncio.sleep(0.005)
    assert len(produced) <= 2 * AHEAD + 2
    await feed.aclose()


async def test_loop_goes_on_while_the_source_waits():
    """A standard input without its next line does not stop what is being sent."""
    release = threading.Event()

    def source():
        yield 1
        release.wait(10)
        yield 2

    feed = aiter(Feed(source()))
    assert await anext(feed) == 1
    ticks = 0
    for _ in range(10):
        await asyncio.sleep(0)
        ticks += 1
    release.set()
    assert (ticks, await anext(feed)) == (10, 2)
