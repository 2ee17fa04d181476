"""A disk that is full, by the kernel's own word: a process whose files may not grow."""

import subprocess
import sys

SCRIPT = """
import asyncio, logging, resource, sys
from pathlib import Path
from consumer.cache.levels import tiered
from consumer.settings import CacheSettings

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")

async def main():
    settings = CacheSettings(disk_dir=Path(sys.argv[1]), cool_down_s=0.01)
    cache = tiered("chat", 10_000_000, settings)
    await cache.set("before", b"1")
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
    for number in range(100):
        await cache.set(str(number), bytes(20_000))
        assert await cache.get(str(number)) == bytes(20_000)
        await asyncio.sleep(0.002)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    kept = [None, None]
    for _ in range(1_000):  # it is left alone for as long as it had failed, and a slow machine takes its time to fail
        await cache.set("after", b"2")
        await asyncio.sleep(0.05)
        again = tiered("chat", 10_000_000, settings)
        kept = await again.multi_get(["before", "after"])
        await again.close()
        if kept[1]:
            break
    await cache.close()
    print(kept)

asyncio.run(main())
"""


def test_a_full_disk_costs_the_cache_and_nothing_else(tmp_path):
    """No call fails, one warning; with space again it is used again, and what was kept before is there."""
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", SCRIPT, str(tmp_path / "cache")],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[b'1', b'2']\n", done.stderr
    warnings = [line for line in done.stderr.splitlines() if line.startswith("WARNING")]
    assert len(warnings) == 1
    assert warnings[0].startswith("WARNING the disk cache is out of use, work goes on without it: OperationalError")
    assert "in use again" in done.stderr
