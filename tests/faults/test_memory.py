"""Memory is bounded by the budget, not by what waits."""

import asyncio
import json
import sys

import psutil
import pytest
from plugins.end_to_end import drained, pod_environment, until

from consumer.testing.generate import generate
from consumer.testing.simulator import Profile, Simulator

ALLOWED_MB = 150


async def consume_and_watch(make_log, episodes, timeout_s):
    """Let a pod process drain `episodes` of 400 bytes at 20 ms a model call; return RSS at start and peak, in MB."""
    events = generate(seed=31, n=episodes, groups=20, people=12, content_bytes=400)
    async with Simulator(Profile(latency_ms=20)) as model:
        log = await make_log(base_url=model.base_url)
        pod = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "from consumer.cli.main import run; run()", "run", "--json",
            env=pod_environment(log), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        process = psutil.Process(pod.pid)
        try:
            await log.publish(events[:20])
            await until(lambda: _is_drained(log), 60)  # connected, everything imported, warm
            start = process.memory_info().rss
            await log.publish(events[20:], first=20)
            peak = start

            async def watch():
                nonlocal peak
                while True:
                    peak = max(peak, process.memory_info().rss)
                    await asyncio.sleep(0.05)

            watching = asyncio.ensure_future(watch())
            await drained(log, timeout_s)
            watching.cancel()
        finally:
            pod.terminate()
            out, _ = await pod.communicate()
    return start / 1e6, peak / 1e6, json.loads(out), log


async def _is_drained(log):
    return await log.ends() == await log.committed()


async def bounded(make_log, episodes, timeout_s):
    start, peak, told, log = await consume_and_watch(make_log, episodes, timeout_s)
    print(
        f"episodes={episodes} rss_start_mb={start:.0f} rss_peak_mb={peak:.0f} peak_in_flight={told['peak_in_flight']}"
    )
    assert peak - start < ALLOWED_MB
    assert 0 < told["peak_in_flight"] <= log.settings.pipeline.budget_items
    assert told["outcomes"] == {"written": episodes}


@pytest.mark.timeout(200)
async def test_memory_stays_flat_while_3000_wait(make_log):
    """The short form: RSS within 150 MB of its start, never more in flight than the budget."""
    await bounded(make_log, 3_000, 150)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_memory_stays_flat_while_20000_wait(make_log):
    """20,000 episodes of 400 bytes waiting at 20 ms a call: RSS within 150 MB of its start."""
    await bounded(make_log, 20_000, 800)
