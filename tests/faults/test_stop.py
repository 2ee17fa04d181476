"""SIGTERM to exit, with a backlog and a slow model: within the deadline, and nothing lost."""

import asyncio
import os
import random
import statistics

import pytest
from plugins.end_to_end import until
from plugins.pod_process import assert_all_is_right

from consumer.testing.generate import generate
from consumer.testing.simulator import Profile, Simulator

SEED = int(os.environ.get("EPISODES_TEST_SEED", "20261125"))
DEADLINE_S = 25.0
TYPICAL_S = 2.0
LOAD_ADDS_S = 12.0
"""What is under way is written first: some two hundred episodes, a second's work where nothing else runs. A stop that
waited for more would take until the deadline of its drain, twenty seconds."""
PRODUCTS_OWN = {
    "EPISODES_KAFKA__DRAIN_DEADLINE_S": 20,
    "EPISODES_KAFKA__COMMIT_TIMEOUT_S": 10,
    "EPISODES_KAFKA__REBALANCE_TIMEOUT_MS": 60_000,
}
"""The defaults, which the other tests make shorter."""


async def stop_under_load(make_log, start_pod, written, *, latency_ms, repeats, episodes):
    """Stop a pod `repeats` times in the middle of a backlog; return how long each took, and one without load."""
    print(f"seed {SEED}")
    rng = random.Random(SEED)
    events = generate(seed=13, n=episodes, groups=8)
    took_s = []
    async with Simulator(Profile(latency_ms=latency_ms)) as model:
        log = await make_log(base_url=model.base_url)
        await log.publish(events)
        for _ in range(repeats):
            pod = await start_pod(log, **PRODUCTS_OWN)
            before = await written(log)

            async def has_worked(before=before):
                return await written(log) > before

            await until(has_worked, 60)
            await asyncio.sleep(rng.uniform(0, latency_ms / 1_000))
            took_s.append(await pod.stop())
            assert model.stats.in_flight == 0
        assert await written(log) < episodes, "it stopped because there was nothing left to do"
        model.profile = Profile()
        pod = await start_pod(log, **PRODUCTS_OWN)
        await assert_all_is_right(log, events)
        idle_s = await pod.stop()
        print(f"latency_ms={latency_ms} stops_s={[round(s, 2) for s in sorted(took_s)]} idle_stop_s={idle_s:.2f}")
    return took_s, idle_s


@pytest.mark.timeout(1_200)
async def test_a_stop_under_load_takes_no_longer_than_the_call_it_waits_for(make_log, start_pod, written):
    """The short form: at 2 s a model call, two stops, each within the deadline."""
    took_s, _ = await stop_under_load(make_log, start_pod, written, latency_ms=2_000, repeats=2, episodes=3_000)
    assert max(took_s) < DEADLINE_S


@pytest.mark.slow
@pytest.mark.timeout(1_800)
async def test_eight_stops_under_load_are_within_the_deadline(make_log, start_pod, written):
    """At 2 s a model call, eight stops, each within the deadline of 25 s."""
    took_s, _ = await stop_under_load(make_log, start_pod, written, latency_ms=2_000, repeats=8, episodes=6_000)
    assert max(took_s) < DEADLINE_S


@pytest.mark.timeout(1_200)
async def test_load_adds_little_to_a_stop(make_log, start_pod, written):
    """At 200 ms a model call, the median of three stops is little more than a stop with nothing to do here takes."""
    took_s, idle_s = await stop_under_load(make_log, start_pod, written, latency_ms=200, repeats=3, episodes=1_500)
    assert statistics.median(took_s) - idle_s < LOAD_ADDS_S


@pytest.mark.slow
@pytest.mark.timeout(1_800)
async def test_a_stop_typically_takes_less_than_two_seconds(make_log, start_pod, written):
    """At 200 ms a model call, on a machine with nothing else to do, the median of eight stops."""
    took_s, _ = await stop_under_load(make_log, start_pod, written, latency_ms=200, repeats=8, episodes=4_000)
    assert statistics.median(took_s) < TYPICAL_S
