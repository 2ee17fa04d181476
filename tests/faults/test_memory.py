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

LARGE_BYTES = 950_000
COPIES = 8
"""What a megabyte in flight may cost beyond ALLOWED_MB: its bytes (kept whole for a dead letter), the text decoded from
them, and, when all of the budget is written in one transaction, that text encoded, packed into the driver's message (a
buffer that grows by doubling), and cut into chunks. Measured: 64 MB of budget, 520 MB more than at the start."""


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


@pytest.mark.timeout(1_200)
async def test_memory_stays_flat_while_3000_wait(make_log):
    """The short form: RSS within 150 MB of its start, never more in flight than the budget."""
    await bounded(make_log, 3_000, 150)


@pytest.mark.slow
@pytest.mark.timeout(2_400)
async def test_memory_stays_flat_while_20000_wait(make_log):
    """20,000 episodes of 400 bytes waiting at 20 ms a call: RSS within 150 MB of its start."""
    await bounded(make_log, 20_000, 800)


async def consume_large(make_log, episodes, budget_mb, timeout_s):
    """Let a pod with a small budget drain `episodes` of 950 kB each; return RSS at start and peak, and its report."""
    events = generate(seed=33, n=episodes + 20, groups=5)
    async with Simulator(Profile(latency_ms=20)) as model:
        log = await make_log(base_url=model.base_url)
        limits = {
            "EPISODES_PIPELINE__BUDGET_BYTES": str(budget_mb * 1_000_000),
            "EPISODES_PIPELINE__MAX_CONTENT_CHARS": "1000000",
        }
        pod = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "from consumer.cli.main import run; run()", "run", "--json",
            env=pod_environment(log) | limits, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        process = psutil.Process(pod.pid)
        peak = 0
        try:
            await log.publish(events[:20])
            await until(lambda: _is_drained(log), 60)
            start = process.memory_info().rss
            peak = start

            async def watch():
                nonlocal peak
                while True:
                    peak = max(peak, process.memory_info().rss)
                    await asyncio.sleep(0.02)

            watching = asyncio.ensure_future(watch())
            for first in range(20, len(events), 20):
                await log.publish([_padded(event) for event in events[first : first + 20]], first=first)
            await drained(log, timeout_s)
            watching.cancel()
        finally:
            pod.terminate()
            out, _ = await pod.communicate()
    return start / 1e6, peak / 1e6, json.loads(out)


def _padded(event):
    """Return the event with 950 kB of words that say nothing behind its content."""
    return event | {"content": f"{event['content']} {'lorem ipsum ' * (LARGE_BYTES // 12)}"}


async def large_is_bounded(make_log, episodes, budget_mb, timeout_s):
    start, peak, told = await consume_large(make_log, episodes, budget_mb, timeout_s)
    print(f"episodes={episodes} budget_mb={budget_mb} rss_start_mb={start:.0f} rss_peak_mb={peak:.0f} told={told}")
    assert told["outcomes"] == {"written": episodes + 20}
    assert 0 < told["peak_in_flight"] <= max(20, budget_mb * 1_000_000 // LARGE_BYTES)
    assert peak - start < ALLOWED_MB + COPIES * budget_mb


@pytest.mark.timeout(1_200)
async def test_memory_is_bounded_in_bytes_with_25_episodes_of_a_megabyte(make_log):
    """The short form: 24 MB of values through a budget of 16 MB; RSS within 150 MB and eight times the budget."""
    await large_is_bounded(make_log, 25, 16, 90)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
async def test_memory_is_bounded_in_bytes_with_300_episodes_of_a_megabyte(make_log):
    """285 MB of values through a budget of 64 MB: RSS within 150 MB and eight times the budget."""
    await large_is_bounded(make_log, 300, 64, 500)
