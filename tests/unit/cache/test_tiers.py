"""Several levels as one: found anywhere, brought up, counted by where."""

from consumer.cache.disk import DiskCache
from consumer.cache.keys import cache_key
from consumer.cache.levels import shared_levels, tiered
from consumer.cache.memory import MemoryCache
from consumer.cache.outlasted import Outlasted
from consumer.cache.tiers import TieredCache
from consumer.settings import CacheSettings


class Shared(MemoryCache):
    """A level of another name, in memory."""

    def __init__(self, name):
        super().__init__(1_000_000)
        self.NAME = name
        self.is_closed = False

    async def _close(self, *_, **__):
        self.is_closed = True


def tiers():
    """Memory over two levels; returns all four."""
    memory, redis, disk = MemoryCache(1_000_000), Shared("redis"), Shared("disk")
    return TieredCache("chat", memory, [Outlasted(each, timeout_s=1, cool_down_s=1) for each in (redis, disk)]), (
        memory,
        redis,
        disk,
    )


async def test_t2_what_is_set_is_in_every_level():
    """T2: one write, three copies."""
    cache, levels = tiers()
    await cache.set("a", b"1")
    assert [len(level) for level in levels] == [1, 1, 1]
    assert await cache.get("a") == b"1"


async def test_t1_what_a_level_has_is_brought_up():
    """T1: found on disk, then in memory and in Redis; only what is missing goes down."""
    cache, (memory, redis, disk) = tiers()
    await cache.multi_set([("a", b"1"), ("b", b"2")])
    await memory.clear()
    await redis.clear()
    await memory.set("b", b"2")
    assert await cache.multi_get(["a", "b", "c"]) == [b"1", b"2", None]
    assert await memory.get("a") == b"1"
    assert await redis.exists("a")
    assert not await redis.exists("b")
    hits = disk.hits
    assert await cache.get("a") == b"1"
    assert disk.hits == hits


async def test_closing_closes_every_level():
    """The cache owns its levels."""
    cache, (_, redis, disk) = tiers()
    await cache.close()
    assert redis.is_closed
    assert disk.is_closed


async def test_the_disk_keeps_what_a_pod_knew(tmp_path):
    """A second cache over the same folder, as after a restart, finds it; memory alone does not."""
    settings = CacheSettings(disk_dir=tmp_path)
    first = tiered("chat", 10_000, settings)
    await first.set("a", b"1")
    await first.close()
    second = tiered("chat", 10_000, settings)
    assert await second.get("a") == b"1"
    await second.close()
    assert await tiered("chat", 10_000).get("a") is None


async def test_a_folder_that_cannot_be_made_is_a_miss(tmp_path, caplog):
    """The pod runs on, and the log says why the disk is not used."""
    (tmp_path / "file").write_text("in the way")
    cache = tiered("chat", 10_000, CacheSettings(disk_dir=tmp_path / "file" / "cache"))
    await cache.set("a", b"1")
    assert await cache.get("a") == b"1"
    assert await cache.get("b") is None
    await cache.close()
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "the disk cache is out of use, work goes on without it"
    ]


def test_levels_are_those_that_are_set(tmp_path):
    """None by default; Redis before the disk."""
    assert shared_levels(CacheSettings()) == []
    both = shared_levels(CacheSettings(disk_dir=tmp_path, redis_url="redis://u:secret@127.0.0.1:1/3"))
    assert [level.NAME for level in both] == ["redis", "disk"]
    assert both[0].place == "redis://127.0.0.1:1/3"
    assert isinstance(both[1], DiskCache)


def test_keys_are_apart_and_tell_nothing():
    """Each part counts, so does the border between two; the text is not in the key."""
    keys = {cache_key("chat", parts) for parts in (["ab", "c"], ["a", "bc"], ["abc"], ["abc", None], ["abc", "None"])}
    assert len(keys) == 5
    assert all(key.startswith("episodes:cache:1:chat:") and len(key) == 62 for key in keys)
    assert cache_key("vector", ["ab", "c"]) not in keys
    assert cache_key("chat", ["lone \ud800"]) != cache_key("chat", ["lone ?"])
