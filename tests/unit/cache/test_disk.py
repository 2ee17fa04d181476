"""The disk level: a real file, bounded, shared, and replaced when it is damaged."""

import asyncio
import sqlite3
import stat

import pytest

from consumer.cache.disk import DiskCache
from consumer.cache.disk_file import ENTRY_OVERHEAD_BYTES, FILE_NAME, DiskFile
from consumer.testing.fakes import FakeClock


@pytest.fixture
async def make_disk(tmp_path):
    """Build disk levels over one folder; all are closed at the end."""
    made = []

    def make(max_bytes=100_000, **options):
        made.append(DiskCache(tmp_path / "cache", max_bytes, **options))
        return made[-1]

    yield make
    for disk in made:
        if not disk._thread._shutdown:
            await disk.close()


async def test_values_outlive_the_process_that_kept_them(make_disk):
    """Another object over the same folder finds them, also while the first has the file open."""
    disk = make_disk()
    await disk.set("a", b"1\x00\xff")
    await disk.multi_set([("b", b"2"), ("c", b"")])
    other = make_disk()
    assert await other.multi_get(["a", "b", "c", "x"]) == [b"1\x00\xff", b"2", b"", None]
    assert await other.delete("b") == 1
    assert not await disk.exists("b")


async def test_only_its_owner_may_read_the_file(make_disk, tmp_path):
    """Answers quote what people wrote."""
    await make_disk().set("a", b"1")
    assert stat.S_IMODE((tmp_path / "cache" / FILE_NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "cache").stat().st_mode) == 0o700


def test_d1_the_least_recently_used_go_first_down_to_four_fifths(tmp_path):
    """D1: reading keeps an entry alive (noted once a minute); the bound holds after every call."""
    size = ENTRY_OVERHEAD_BYTES + 2 + 1_000
    file = DiskFile(tmp_path, 10 * size)
    for number in range(10):
        file.set({f"{number:02}": b"x" * 1_000}, now=float(number), ttl_s=None)
    assert list(file.get(["00"], now=100.0)) == ["00"]
    file.set({"10": b"x" * 1_000}, now=101.0, ttl_s=None)
    left = file.get([f"{number:02}" for number in range(11)], now=101.0)
    assert sorted(left) == ["00", "04", "05", "06", "07", "08", "09", "10"]
    assert file.stats()[0] == 8 * size
    file.set({"big": b"x" * 11 * size}, now=102.0, ttl_s=None)
    assert file.get(["big"], now=102.0) == {}
    file.close()


def test_the_file_itself_stays_near_the_bound(tmp_path):
    """Space of what went out is used again: 20 times the bound written leaves a file of about the bound."""
    file = DiskFile(tmp_path, 500_000)
    for number in range(100):
        file.set({f"{number}-{each}": bytes(10_000) for each in range(10)}, now=float(number), ttl_s=None)
    assert file.stats()[0] <= 500_000
    assert file.path.stat().st_size < 1_500_000
    assert file.clear() > 0
    assert file.path.stat().st_size < 100_000
    file.close()


async def test_d2_an_entry_past_its_time_is_gone(make_disk):
    """D2: by the wall clock, for the file outlives the process."""
    clock = FakeClock()
    disk = make_disk(ttl_s=10, clock=clock)
    await disk.set("a", b"1")
    await clock.advance(9)
    assert await disk.get("a") == b"1"
    await clock.advance(2)
    assert await disk.get("a") is None


@pytest.mark.parametrize("damage", ["text", "torn"])
async def test_d3_a_damaged_file_is_replaced(make_disk, tmp_path, caplog, damage):
    """D3: what is no database, or one with torn pages, becomes an empty one; one line in the log says so."""
    disk = make_disk(max_bytes=10_000_000)
    await disk.multi_set([(str(number), bytes(3_000)) for number in range(100)])
    await disk.close()
    path = tmp_path / "cache" / FILE_NAME
    good = path.read_bytes()
    path.write_bytes(b"no database at all" * 500 if damage == "text" else good[:4_096] + b"\xa5" * (len(good) - 4_096))
    disk = make_disk(max_bytes=10_000_000)
    await disk.multi_get([str(number) for number in range(100)])
    await disk.multi_set([(str(number), bytes(3_000)) for number in range(100)])
    await disk.set("a", b"1")
    assert await disk.get("a") == b"1"
    assert len([record for record in caplog.records if "damaged" in record.message]) == 1


async def test_what_the_disk_refuses_is_raised_and_changes_nothing(make_disk):
    """A full database raises; what was there is there."""
    disk = make_disk(max_bytes=10_000_000)
    await disk.set("a", b"1")
    pages = disk._file._connection.execute("PRAGMA page_count").fetchone()[0]
    disk._file._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        await disk.set("b", bytes(100_000))
    assert await disk.multi_get(["a", "b"]) == [b"1", None]
    await disk.set("c", b"3")


async def test_the_loop_goes_on_while_the_disk_works(make_disk):
    """Work is done on a thread; a call that is cancelled leaves the cache usable."""
    disk = make_disk(max_bytes=50_000_000)
    async with asyncio.TaskGroup() as group:
        writing = group.create_task(disk.multi_set([(str(number), bytes(50_000)) for number in range(200)]))
        await asyncio.sleep(0)
        assert not writing.done()
        writing.cancel()
    assert writing.cancelled()
    await disk.set("a", b"1")
    assert await disk.get("a") == b"1"


async def test_stats_and_dropping_tell_what_there_was(make_disk):
    """Entries by the kind in their key, bytes and bound."""
    disk = make_disk()
    await disk.multi_set([("episodes:cache:1:chat:aa", b"1"), ("episodes:cache:1:vector:bb", b"2")])
    stats = await disk.stats()
    assert (stats.level, stats.entries, stats.max_bytes) == ("disk", 2, 100_000)
    assert stats.by_kind == {"chat": 1, "vector": 1}
    assert stats.used_bytes > 2 * ENTRY_OVERHEAD_BYTES
    assert await disk.drop_all() == 2
    assert (await disk.stats()).used_bytes == 0
