"""Killed at random moments, nothing is lost and nothing is twice."""

import asyncio
import os
import random
import signal
import sys

import pytest
from plugins.end_to_end import drained, pod_environment, pods, until

from consumer.testing.generate import generate
from consumer.testing.simulator import Profile, Simulator

SEED = int(os.environ.get("EPISODES_TEST_SEED", "20261125"))


@pytest.fixture
async def pod():
    """Start pods as processes of their own; none outlives its test."""
    started = []

    async def start(log, **environment):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from consumer.cli.main import run; run()",
            "run",
            env=pod_environment(log) | environment,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def kill_and_drain(make_log, pod, kills, episodes):
    """Kill a pod `kills` times while it works, then let one drain the topic; compare with an undisturbed run."""
    print(f"seed {SEED}")
    rng = random.Random(SEED)
    events = generate(seed=5, n=episodes, groups=5)
    async with Simulator(Profile(latency_ms=150)) as slow:
        undisturbed = await make_log(base_url=slow.base_url)
        await undisturbed.publish(events)
        async with pods(undisturbed, 1):
            await drained(undisturbed)
        wanted = await undisturbed.digests()
        await undisturbed.wipe()

        log = await make_log(base_url=slow.base_url)
        await log.publish(events)
        moments = []
        for _ in range(kills):
            process = await pod(log)
            before = sum((await log.committed()).values())

            async def has_worked(before=before):
                return sum((await log.committed()).values()) > before

            try:
                # Each pod gets to work (past the rebalance that the killed one causes), then dies at a random moment.
                await until(has_worked, 40)
                await asyncio.sleep(rng.uniform(0, 0.6))
            finally:
                process.send_signal(signal.SIGKILL)
                await process.wait()
            moments.append(sum((await log.committed()).values()))
        print(f"committed at each kill: {moments}")
        assert moments[-1] < episodes, "the kills came too late to disturb anything"
        async with pods(log, 1):
            await drained(log)
    assert await log.digests() == wanted
    assert await log.committed() == await log.ends()
    assert await log.dead_letters() == []
    for group in sorted(log.groups):
        log.assert_gold(events, group, *await log.graph(group))


@pytest.mark.timeout(1_200)
async def test_killed_twice_in_a_row(make_log, pod):
    """The short form: two kills, the same graph, the committed offset at the log's end."""
    await kill_and_drain(make_log, pod, kills=2, episodes=400)


@pytest.mark.slow
@pytest.mark.timeout(2_400)
async def test_killed_ten_times_in_a_row(make_log, pod):
    """Ten kills in a row, then drained: the same digest as the undisturbed run."""
    await kill_and_drain(make_log, pod, kills=10, episodes=2_500)


@pytest.mark.timeout(1_200)
async def test_one_sigterm_finishes_and_commits(make_log, pod):
    """A graceful stop leaves the group, commits what was written, and exits with 0."""
    events = generate(seed=6, n=200, groups=3)
    async with Simulator(Profile(latency_ms=50)) as slow:
        log = await make_log(base_url=slow.base_url)
        await log.publish(events)
        process = await pod(log)
        await until(lambda: _some(log), 40)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 90) == 0
        stopped_at = sum((await log.committed()).values())
        assert stopped_at > 0
        async with pods(log, 1):  # at once: a graceful stop leaves no dead member behind
            await drained(log)
    for group in sorted(log.groups):
        log.assert_gold(events, group, *await log.graph(group))


@pytest.mark.timeout(1_200)
async def test_a_second_signal_stops_at_once_and_loses_nothing(make_log, pod):
    """With a model that never answers, the first signal waits for it and the second does not."""
    events = generate(seed=8, n=60, groups=3)
    async with Simulator(Profile(latency_ms=600_000)) as stuck:
        # The first signal would be waited out for longer than is waited here for the second.
        patient = {"drain_deadline_s": 200.0, "rebalance_timeout_ms": 220_000}
        log = await make_log(base_url=stuck.base_url, kafka=patient)
        await log.publish(events)
        process = await pod(log, EPISODES_STOP_DEADLINE_S="300")
        await until(lambda: stuck.stats.chat_calls > 0, 40)
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.5)
        assert process.returncode is None
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 60) != 0
    async with Simulator() as answering:
        log.settings = log.settings.model_copy(update={"openai_base_url": answering.base_url})
        async with pods(log, 1):
            await drained(log)
    for group in sorted(log.groups):
        log.assert_gold(events, group, *await log.graph(group))


async def _some(log):
    return sum((await log.committed()).values()) > 0
