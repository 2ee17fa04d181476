"""The Redis level on a real server: what is kept, and what happens when the server dies, hangs, forgets or is full."""

import asyncio
import logging
import time

import pytest
import redis.asyncio

from consumer.cache.keys import cache_key
from consumer.cache.levels import shared_levels, tiered
from consumer.settings import CacheSettings

KEYS = [cache_key("chat", [number]) for number in range(20)]


@pytest.fixture
async def make_cache(redis_server):
    """Build tiered caches over the server, each with memory of its own; all are closed at the end."""
    made = []

    def make(**settings):
        settings = {"cool_down_s": 0.2, "redis_timeout_s": 5.0, **settings}
        made.append(tiered("chat", 1_000_000, CacheSettings(redis_url=redis_server.url, **settings)))
        return made[-1]

    yield make
    for cache in made:
        await cache.close()


@pytest.fixture
async def level(redis_server):
    """The level as commands use it."""
    (level,) = shared_levels(CacheSettings(redis_url=redis_server.url), redis_timeout_s=5)
    yield level
    await level.close()


async def test_pods_share_what_one_of_them_learned(make_cache):
    """Kept by one, found by another; bytes of any kind."""
    one, other = make_cache(), make_cache()
    await one.multi_set([(KEYS[0], b"\x00\xff"), (KEYS[1], b"")])
    assert await other.multi_get(KEYS[:3]) == [b"\x00\xff", b"", None]


async def test_entries_end_by_themselves(make_cache):
    """The time to live is the server's."""
    await make_cache(redis_ttl_s=0.2).set(KEYS[0], b"1")
    await asyncio.sleep(0.4)
    assert await make_cache().get(KEYS[0]) is None


async def test_stats_and_clear_touch_our_keys_only(make_cache, level, redis_server):
    """What others keep in the same database stays; the password is in no figure."""
    await make_cache().multi_set([(key, b"x" * 100) for key in KEYS])
    async with redis.asyncio.Redis.from_url(redis_server.url) as theirs:
        await theirs.set("theirs", "1")
        stats = await level.stats()
        assert (stats.entries, stats.by_kind, stats.max_bytes) == (20, {"chat": 20}, 32 * 1024 * 1024)
        assert stats.used_bytes == 20 * 104
        assert "geheim" not in str(stats)
        assert stats.note == ""
        await theirs.config_set("maxmemory-policy", "noeviction")
        assert "evicts nothing" in (await level.stats()).note
        assert await level.drop_all() == 20
        assert (await level.stats()).entries == 0
        assert await theirs.get("theirs") == b"1"


async def test_what_others_write_under_our_keys_is_a_miss(make_cache, redis_server):
    """Damaged values and values of other types change nothing."""
    async with redis.asyncio.Redis.from_url(redis_server.url) as theirs:
        await theirs.set(KEYS[0], b"not ours")
        await theirs.lpush(KEYS[1], "a", "list")
        assert await make_cache().multi_get(KEYS[:2]) == [None, None]


@pytest.mark.parametrize("what", ["kill", "freeze"])
async def test_a_server_that_dies_or_hangs_is_outlasted(make_cache, redis_server, caplog, what):
    """Killed or stopped mid-run: calls go on at once, one warning without the password, and it is used again after."""
    caplog.set_level(logging.INFO)
    cache = make_cache(redis_timeout_s=1.0)
    await cache.multi_set([(key, b"1") for key in KEYS[:10]])
    getattr(redis_server, what)()
    began = time.monotonic()
    for _ in range(30):
        await cache.multi_get(KEYS[10:])
        await cache.set(KEYS[0], b"2")
    assert await cache.get(KEYS[0]) == b"2"
    assert time.monotonic() - began < 30, "calls wait for a server that does not answer"
    redis_server.start() if what == "kill" else redis_server.thaw()
    async with asyncio.timeout(60):
        while "in use again" not in caplog.text:
            await cache.multi_get(KEYS[10:])
            await asyncio.sleep(0.05)
    await cache.set(KEYS[11], b"3")
    assert await make_cache().get(KEYS[11]) == b"3"
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert warnings[0].startswith("the redis cache is out of use, work goes on without it")
    assert "geheim" not in caplog.text


async def test_calls_under_way_when_it_is_killed_come_back(make_cache, redis_server):
    """Fifty callers at once while the server dies and comes back: no error, no caller left hanging."""
    cache = make_cache()

    async def work(number):
        for turn in range(40):
            await cache.set(cache_key("chat", [number, turn]), bytes(2_000))
            await cache.get(cache_key("chat", [number, turn - 1, "other"]))

    async with asyncio.timeout(120), asyncio.TaskGroup() as group:
        for number in range(50):
            group.create_task(work(number))
        await asyncio.sleep(0.1)
        redis_server.kill()
        await asyncio.sleep(0.1)
        redis_server.start()


async def test_a_wrong_password_is_told_without_it(redis_server, caplog):
    """A misconfigured pod works without the cache, and the log says why."""
    url = redis_server.url.replace("geheim-42", "wrong-secret")
    cache = tiered("chat", 1_000_000, CacheSettings(redis_url=url))
    assert await cache.get(KEYS[0]) is None
    assert "AuthenticationError" in caplog.text
    assert "wrong-secret" not in caplog.text
    await cache.close()


async def test_a_full_server_that_evicts_nothing_is_outlasted(make_cache, redis_server):
    """Writes are refused: what is there is still read, and nothing is raised."""
    cache = make_cache(cool_down_s=0.01)
    await cache.set(KEYS[0], b"1")
    async with redis.asyncio.Redis.from_url(redis_server.url) as theirs:
        await theirs.config_set("maxmemory-policy", "noeviction")
        await theirs.config_set("maxmemory", "1mb")
    for key in KEYS[1:]:
        await cache.set(key, bytes(500_000))
    await asyncio.sleep(0.05)
    assert await make_cache().get(KEYS[0]) == b"1"
