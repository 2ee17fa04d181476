"""Pods join, leave, die and come back under load: short pauses, and the graph of the log."""

import asyncio
import itertools
import re
import time
from datetime import datetime

import pytest
from plugins.end_to_end import until
from plugins.pod_process import assert_all_is_right

from consumer.testing.generate import generate
from consumer.testing.simulator import Profile, Simulator

PAUSE_S = 3.0
SHORT_PAUSE_S = 10.0
"""On any machine; a member that is waited for until its session ends takes longer."""
PARTITIONS = 12
LATENCY = Profile(latency_ms=200)


class Watch:
    """Samples what is written, and finds the longest times without anything new."""

    def __init__(self, log, written, episodes):
        self.log, self.written, self.episodes = log, written, episodes
        self.seen = 0
        self.samples = []

    async def __aenter__(self):
        self.task = asyncio.ensure_future(self.run())
        return self

    async def __aexit__(self, *exc_info):
        self.task.cancel()
        await asyncio.wait([self.task])

    async def run(self):
        while True:
            self.seen = await self.written(self.log)
            self.samples.append((time.time(), self.seen))
            await asyncio.sleep(0.2)

    def pauses(self, rebalances):
        """Longest times without a new episode, in seconds: those that touch a rebalance, and those that do not."""
        news = [at for (at, seen), (_, before) in zip(self.samples[1:], self.samples, strict=False) if seen > before]
        touching, apart = [0.0], [0.0]
        for earlier, later in itertools.pairwise(news):
            is_touching = any(begin < later and earlier < end for begin, end in rebalances)
            (touching if is_touching else apart).append(round(later - earlier, 2))
        return sorted(touching, reverse=True)[:4], sorted(apart, reverse=True)[:4]

    async def until_written(self, more, timeout_s=60):
        goal = min(self.seen + more, self.episodes)
        await until(lambda: self.seen >= goal, timeout_s)


class Feed:
    """Keeps so many episodes waiting in the log, however fast they are written."""

    WAITING, STEP = 800, 200

    def __init__(self, log, events, watch):
        self.log, self.events, self.watch = log, events, watch
        self.sent = 0

    async def __aenter__(self):
        self.task = asyncio.ensure_future(self.run())
        return self

    async def __aexit__(self, *exc_info):
        self.task.cancel()
        await asyncio.wait([self.task])

    async def run(self):
        self.is_wanted = True
        while self.is_wanted and self.sent < len(self.events):
            if self.sent - self.watch.seen < self.WAITING:
                await self.log.publish(self.events[self.sent : self.sent + self.STEP], first=self.sent)
                self.sent += self.STEP
            else:
                await asyncio.sleep(0.1)

    async def stop(self):
        """Send no more, once what is being sent is."""
        self.is_wanted = False
        await self.task


@pytest.mark.timeout(1_200)
async def test_three_pods_join_and_leave_without_a_long_pause(make_log, start_pod, written):
    """One after the other joins, then leaves; no rebalance adds much to the pauses that there are without one."""
    await join_and_leave(make_log, start_pod, written, SHORT_PAUSE_S)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
async def test_a_rebalance_adds_less_than_three_seconds(make_log, start_pod, written):
    """The same, held to the number that docs tell, on a machine with nothing else to do."""
    await join_and_leave(make_log, start_pod, written, PAUSE_S)


async def join_and_leave(make_log, start_pod, written, pause_s):
    """Let pods join and leave under load, and compare the pauses with and without a rebalance."""
    events = generate(seed=14, n=20_000, groups=48)
    async with Simulator(LATENCY) as model:
        log = await make_log(PARTITIONS, base_url=model.base_url)
        pods, told = [], []
        async with Watch(log, written, len(events)) as watch, Feed(log, events, watch) as feed:
            for _ in range(3):
                pods.append(await start_pod(log, EPISODES_PIPELINE__CONCURRENCY=4))
                await until(lambda: has_joined(pods[-1]), 40)
                await watch.until_written(100)
            for pod in pods[:2]:
                told.append(round(await pod.stop(), 2))
                await watch.until_written(100)
            assert feed.sent < len(events), "too few episodes: the last change came after the work"
            await feed.stop()
            model.profile = Profile()
            await assert_all_is_right(log, events[: feed.sent])
    rebalances = [interval for pod in pods for interval in rebalances_of(pod)]
    touching, apart = watch.pauses(rebalances)
    took_s = sorted((round(end - begin, 2) for begin, end in rebalances), reverse=True)
    print(f"pauses_s={touching} pauses_without_rebalance_s={apart} rebalances_s={took_s} stops_s={told}")
    # What a busy machine and a slow database hold up without any rebalance is not the rebalance's.
    assert touching[0] < pause_s + apart[0]


def rebalances_of(pod):
    """When each rebalance of a pod began and ended, by its log."""
    found = []
    for line in pod.log().splitlines():
        told = re.search(r'"time": "([^"]+)".*rebalance took ([0-9.]+) s', line)
        if told:
            end = datetime.fromisoformat(told[1]).timestamp()
            found.append((end - float(told[2]), end))
    return found


async def has_joined(pod):
    """Whether the pod says it has partitions."""
    if not pod.is_alive:
        raise AssertionError(pod.log()[-2_000:])
    try:
        return bool((await pod.statistics()).get("partitions"))
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.timeout(1_200)
async def test_a_static_member_comes_back_to_its_partitions(make_log, start_pod, written):
    """Killed and started again under its name, it takes up long before its session would have ended."""
    events = generate(seed=15, n=900, groups=12)
    session_s = 60
    async with Simulator(LATENCY) as model:
        log = await make_log(
            base_url=model.base_url, kafka={"session_timeout_ms": session_s * 1_000, "rebalance_timeout_ms": 40_000}
        )
        await log.publish(events)

        def start(name):
            return start_pod(log, EPISODES_KAFKA__GROUP_INSTANCE_ID=name)

        first, second = await start("pod-0"), await start("pod-1")
        for pod in (first, second):
            await until(lambda pod=pod: has_joined(pod), 60)
        before = {p["partition"] for p in (await second.statistics())["partitions"]}
        rebalances = (await first.statistics())["rebalances"]
        await second.kill()
        killed = time.monotonic()
        second = await start("pod-1")
        await until(lambda: has_joined(second), 60)
        back_s = time.monotonic() - killed
        after = {p["partition"] for p in (await second.statistics())["partitions"]}
        print(f"session_s={session_s} back_after_s={back_s:.1f} partitions={sorted(before)}->{sorted(after)}")
        assert after == before
        assert (await first.statistics())["rebalances"] == rebalances
        assert back_s < session_s / 2  # most of it is the start of a process
        model.profile = Profile()
        await assert_all_is_right(log, events)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
async def test_a_second_pod_of_one_name_ends_one_of_them_in_one_line(make_log, start_pod, written):
    """Two pods under one static name: one ends with what to do, the other one does the work."""
    events = generate(seed=16, n=300, groups=6)
    async with Simulator(LATENCY) as model:
        log = await make_log(base_url=model.base_url)
        await log.publish(events)
        pods = [await start_pod(log, EPISODES_KAFKA__GROUP_INSTANCE_ID="pod-0")]
        await until(lambda: has_joined(pods[0]), 60)
        pods.append(await start_pod(log, EPISODES_KAFKA__GROUP_INSTANCE_ID="pod-0"))
        await until(lambda: any(not pod.is_alive for pod in pods), 90)
        ended = next(pod for pod in pods if not pod.is_alive)
        told = ended.log().strip().splitlines()
        print(f"ended={pods.index(ended)} code={ended.process.returncode} told={told[-1][:300]}")
        assert ended.process.returncode not in {0, None}
        assert "EPISODES_KAFKA__GROUP_INSTANCE_ID" in told[-1]
        assert "Traceback" not in ended.log()
        model.profile = Profile()
        await assert_all_is_right(log, events)
