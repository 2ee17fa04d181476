"""The long run: many small episodes, a kill every half minute, nothing lost, nothing twice, memory flat."""

import asyncio
import json
import os
import random
import sys
import time

import neo4j
import pytest

from consumer.testing.generate import generate

SEED = int(os.environ.get("EPISODES_TEST_SEED", "20261125"))
EPISODES = int(os.environ.get("EPISODES_TEST_SOAK_EPISODES", "100000"))
GROUP_SIZE = 250
WARM_S = 8.0
LOOK_S = 3.0
FLAT_MB = 40.0
FAST = {
    "EPISODES_PIPELINE__CONCURRENCY": 32,
    "EPISODES_PIPELINE__BUDGET_ITEMS": 500,
    "EPISODES_KAFKA__GROUP_INSTANCE_ID": "soak-0",
    "EPISODES_KAFKA__MAX_PARTITION_FETCH_BYTES": 262_144,
}
PER_GROUP = (
    "UNWIND $groups AS g MATCH (e:Episodic {group_id: g}) RETURN g AS group, count(e) AS episodes, "
    "count(DISTINCT e.uuid) AS uuids"
)


@pytest.fixture
async def model():
    """The simulator as a process of its own, at 10 ms a call."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "consumer.testing.simulator", "--latency-ms", "10", "--dimension", "64", "--json"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    yield json.loads(await process.stdout.readline())["base_url"]
    process.stdin.close()
    await asyncio.wait_for(process.wait(), 20)


async def soak(make_log, start_pod, model, episodes, life_s):
    """Let one pod after the other work for about `life_s` and be killed, until all is written; check everything."""
    print(f"seed {SEED}")
    rng = random.Random(SEED)
    events = generate(seed=17, n=episodes, groups=max(episodes // GROUP_SIZE, 4), people=6)
    log = await make_log(base_url=model)
    await log.publish(events)
    began = time.monotonic()
    lives = []
    while True:
        pod = await start_pod(log, **FAST)
        drained_now, rss_mb = await live(log, pod, rng.uniform(0.8, 1.2) * life_s)
        lives.append(rss_mb)
        if drained_now:
            break
        await pod.kill()
    took_s = time.monotonic() - began
    await pod.stop()
    growths = [warm_growth(rss_mb) for rss_mb in lives if len(rss_mb) > WARM_S + 8]
    print(
        f"episodes={episodes} took_s={took_s:.0f} per_s={episodes / took_s:.0f} kills={len(lives) - 1} "
        f"rss_mb_at_end_of_lives={[round(rss_mb[-1]) for rss_mb in lives if rss_mb]} "
        f"growth_after_warm_up_mb={[round(growth) for growth in growths]}"
    )
    assert await log.committed() == await log.ends()
    assert await log.dead_letters() == []
    await assert_each_once(log, events)
    sample = set(rng.sample(sorted(log.groups), min(len(log.groups), 40)))
    for group in sorted(sample):
        log.assert_gold([e for e in events if e["group_id"] == group], group, *await log.graph(group))
    assert all(growth < FLAT_MB for growth in growths)
    return len(lives) - 1


async def live(log, pod, life_s):
    """Watch a pod until all is committed, or for `life_s` and until it has got on; return which, and its memory."""
    began = looked = time.monotonic()
    before = sum((await log.committed()).values())
    rss_mb, has_got_on = [], False
    while time.monotonic() - began < life_s or not has_got_on:
        await asyncio.sleep(1.0)
        assert pod.is_alive, pod.log()[-2_000:]
        if has_got_on:  # before that it imports, connects and waits for its partitions
            rss_mb.append(pod.memory_mb())
        if time.monotonic() - looked > LOOK_S:
            looked = time.monotonic()
            committed = await log.committed()
            has_got_on = sum(committed.values()) > before
            if committed == await log.ends():
                return True, rss_mb
    return False, rss_mb


def warm_growth(rss_mb):
    """How much more memory a life has at its end than after its warm-up; each a median of five seconds."""
    warm = int(WARM_S)
    return sorted(rss_mb[-5:])[2] - sorted(rss_mb[warm : warm + 5])[2]


async def assert_each_once(log, events):
    """Each published episode of each group is in the graph once: ids are of group and event."""
    wanted = {}
    for event in events:
        wanted.setdefault(event["group_id"], set()).add(event["event_id"])
    async with neo4j.AsyncGraphDatabase.driver(log.settings.neo4j.uri) as driver:
        found = await driver.execute_query(PER_GROUP, groups=sorted(wanted))
    got = {record["group"]: (record["episodes"], record["uuids"]) for record in found.records}
    assert got == {group: (len(ids), len(ids)) for group, ids in wanted.items()}


@pytest.mark.timeout(1_200)
async def test_3000_episodes_and_a_few_kills(make_log, start_pod, model):
    """The short form: a kill about every 12 seconds."""
    await soak(make_log, start_pod, model, 3_000, 12)


@pytest.mark.slow
@pytest.mark.timeout(7_200)
async def test_100000_episodes_and_a_kill_every_half_minute(make_log, start_pod, model):
    """100,000 episodes (or EPISODES_TEST_SOAK_EPISODES) through one pod at a time, killed about every 30 s."""
    kills = await soak(make_log, start_pod, model, EPISODES, 30)
    assert kills >= EPISODES / 10_000
