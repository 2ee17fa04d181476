"""The memory cache: bound in bytes, least recently used, time to live."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.cache.memory import ENTRY_OVERHEAD_BYTES, MemoryCache
from consumer.testing.fakes import FakeClock

ENTRY = ENTRY_OVERHEAD_BYTES + 1 + 100


async def test_values_come_back_as_they_went_in():
    """Bytes by key, singly and many, through aiocache's interface."""
    cache = MemoryCache(10_000)
    await cache.set("a", b"1")
    await cache.multi_set([("b", b"2"), ("c", b"3")])
    assert await cache.multi_get(["a", "b", "x"]) == [b"1", b"2", None]
    assert await cache.exists("c")
    assert await cache.delete("c") == 1
    assert not await cache.exists("c")
    with pytest.raises(ValueError, match="there already"):
        await cache.add("a", b"9")
    await cache.clear()
    assert (len(cache), cache.used_bytes) == (0, 0)


async def test_the_least_recently_used_go_first_down_to_four_fifths():
    """Reading keeps an entry alive; when full, room is made in one go."""
    cache = MemoryCache(10 * ENTRY)
    for number in range(10):
        await cache.set(str(number), b"x" * 100)
    await cache.get("0")
    await cache.set("n", b"x" * 100)
    assert await cache.get("0") is not None
    assert await cache.get("1") is None
    assert await cache.get("2") is None
    assert await cache.get("3") is not None
    assert cache.used_bytes <= 10 * ENTRY


async def test_a_value_larger_than_the_bound_is_not_kept():
    """It would push out everything and not fit; the value it replaces is gone too."""
    cache = MemoryCache(1_000)
    await cache.set("a", b"1")
    assert not await cache.set("a", b"x" * 2_000)
    assert await cache.get("a") is None
    assert cache.used_bytes == 0


async def test_an_entry_past_its_time_is_gone():
    """Time to live by the clock, default or per entry, and renewable."""
    clock = FakeClock()
    cache = MemoryCache(10_000, clock=clock, ttl_s=10)
    await cache.set("a", b"1")
    await cache.set("b", b"2", ttl=30)
    await cache.set("c", b"3")
    await clock.advance(9)
    await cache.expire("c", 10)
    await clock.advance(1)
    assert await cache.multi_get(["a", "b", "c"]) == [None, b"2", b"3"]
    assert (cache.hits, cache.misses) == (3, 1)


async def test_memory_can_be_given_back():
    """Under pressure the cache shrinks to what it is told."""
    cache = MemoryCache(100 * ENTRY)
    for number in range(50):
        await cache.set(str(number), b"x" * 100)
    cache.evict(5 * ENTRY)
    assert cache.used_bytes <= 5 * ENTRY
    assert await cache.get("49") is not None


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 900), st.booleans()), max_size=60))
async def test_m1_the_bound_and_the_count_hold_after_every_call(steps):
    """M1: whatever is set and deleted, used bytes are exact and within the bound."""
    cache = MemoryCache(2_500)
    for key, size, is_delete in steps:
        if is_delete:
            await cache.delete(str(key))
        else:
            await cache.set(str(key), b"x" * size)
        held = sum(len(key) + len(value) + ENTRY_OVERHEAD_BYTES for key, (value, _) in cache._entries.items())
        assert cache.used_bytes == held <= 2_500
