"""A level that fails costs time once, and never an error."""

import asyncio
import logging

from consumer.cache.keys import seal
from consumer.cache.outlasted import Outlasted
from consumer.testing.fakes import FakeClock


class Level:
    """A level that does what it is told; keeps its calls."""

    NAME = "redis"

    def __init__(self):
        self.values = {}
        self.error = None
        self.gate = None
        self.calls = 0

    async def multi_get(self, keys):
        await self._behave()
        return [self.values.get(key) for key in keys]

    async def multi_set(self, pairs):
        await self._behave()
        self.values.update(pairs)

    async def close(self):
        await self._behave()

    async def _behave(self):
        self.calls += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error


def outlasted(level, clock=None, timeout_s=5.0):
    """The level with a cool-down of two seconds."""
    return Outlasted(level, timeout_s=timeout_s, cool_down_s=2.0, clock=clock or FakeClock())


async def test_values_go_through():
    """What is kept is found; what is not there is not."""
    cache = outlasted(Level())
    await cache.set({"a": b"1", "b": b""})
    assert await cache.get(["a", "b", "c"]) == {"a": b"1", "b": b""}
    assert await cache.get([]) == {}


async def test_g1_a_fault_is_a_miss():
    """G1: reading and writing while it is down raise nothing."""
    level = Level()
    level.error = ConnectionError("down")
    cache = outlasted(level)
    await cache.set({"a": b"1"})
    assert await cache.get(["a"]) == {}
    assert not cache.is_in_use
    await cache.aclose()


async def test_g2_a_level_that_hangs_is_waited_for_once():
    """G2: until the timeout; calls after it pass by at once."""
    level = Level()
    level.gate = asyncio.Event()
    cache = outlasted(level, timeout_s=0.02)
    assert await cache.get(["a"]) == {}
    assert await cache.get(["a"]) == {}
    assert level.calls == 1
    level.gate.set()


async def test_g3_a_level_that_fails_is_left_alone_longer_and_longer():
    """G3: 2, 4, 8 … 60 s; then one call tries, and success ends it."""
    level, clock = Level(), FakeClock()
    level.error = ConnectionError("down")
    cache = outlasted(level, clock)
    await cache.get(["a"])
    waits = []
    for _ in range(7):
        waited = 0
        before = level.calls
        while level.calls == before:
            await clock.advance(1)
            waited += 1
            await cache.get(["a"])
        waits.append(waited)
    assert waits == [2, 4, 8, 16, 32, 60, 60]
    level.error = None
    level.values = {"a": seal("a", b"1")}
    await clock.advance(60)
    assert await cache.get(["a"]) == {"a": b"1"}
    assert cache.is_in_use


async def test_g3_calls_that_fail_together_count_once_and_one_tries_again():
    """G3: ten callers at the start of an outage; after the cool-down one of ten tries."""
    level, clock = Level(), FakeClock()
    level.gate, level.error = asyncio.Event(), ConnectionError("down")
    cache = outlasted(level, clock)

    async def ten():
        async with asyncio.TaskGroup() as group:
            for _ in range(10):
                group.create_task(cache.get(["a"]))
            for _ in range(5):
                await asyncio.sleep(0)
            level.gate.set()

    await ten()
    assert level.calls == 10
    await clock.advance(2)
    level.gate.clear()
    await ten()
    assert level.calls == 11


async def test_g4_what_is_damaged_or_another_keys_is_a_miss():
    """G4: cut, changed, swapped, of another type: not there."""
    level = Level()
    good = seal("a", b"value")
    level.values = {"a": good, "b": good, "c": good[:-1], "d": b"", "e": "text", "f": seal("f", b"x")[:-1] + b"y"}
    assert await outlasted(level).get(list("abcdef")) == {"a": b"value"}


async def test_an_outage_is_told_once_a_minute(caplog):
    """One line a minute, with the reason, however many calls; and one when it is over."""
    caplog.set_level(logging.INFO)
    level, clock = Level(), FakeClock()
    level.error = ConnectionError("refused")
    cache = outlasted(level, clock)
    for _ in range(90):
        await cache.get(["a"])
        await clock.advance(1)
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert warnings == ["the redis cache is out of use, work goes on without it: ConnectionError: refused"] * 2
    level.error = None
    await clock.advance(60)
    await cache.get(["a"])
    assert caplog.records[-1].message == "the redis cache is in use again"


async def test_a_cancelled_call_is_no_fault():
    """Cancellation leaves as it came, and the level stays in use."""
    level = Level()
    level.gate = asyncio.Event()
    cache = outlasted(level)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(cache.get(["a"]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
    assert task.cancelled()
    assert cache.is_in_use
