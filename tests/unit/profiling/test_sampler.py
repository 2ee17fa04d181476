"""The sampler on a loop that really runs: what it says of bursts, of waits, of queues, and what it costs."""

import asyncio
import sys
import threading
import time
from dataclasses import dataclass

import pytest
from cpu_time import in_some_go

from consumer.clock import SystemClock
from consumer.pipeline.queue import BoundedQueue
from consumer.profiling.bottleneck import bottleneck
from consumer.profiling.sampler import Sampler, sampled
from consumer.profiling.thread_time import ran_s

LONG_ENOUGH_S = 1.5


@dataclass
class Depth:
    """A stage's queue."""

    name: str
    done: int
    queued: int


def burn(seconds):
    """Keep the interpreter busy for so much CPU of this thread, by Python code alone."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        sum(range(50))


async def in_bursts(work_s, rest_s):
    """Work and rest for ever."""
    while True:
        burn(work_s)
        await asyncio.sleep(rest_s)


@in_some_go
async def test_short_bursts_are_seen_by_stage():
    """2 ms of work at a time, which the interpreter's usual switch interval of 5 ms would hide."""
    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(in_bursts(0.002, 0.002), name="extract-0")
        profile = await sampled(LONG_ENOUGH_S)
        working.cancel()
    assert profile.loop_busy > 0.25  # about half on a quiet machine; more where the loop waits for a core
    assert profile.cpu()["extract"] > 0.8 * profile.loop_busy
    assert any("test_sampler:burn" in row["function"] for row in profile.top("extract"))


@in_some_go
async def test_a_loop_at_rest_is_idle():
    """Waiting is not running, and looking costs little."""
    profile = await sampled(0.6)
    assert profile.loop_busy < 0.2
    assert profile.own_cpu_s < 0.3
    assert profile.seconds == pytest.approx(0.6, abs=0.5)


@in_some_go
async def test_workers_are_told_by_what_they_await():
    """One waits for its inbox, one for room, one for an answer."""
    clock = SystemClock()
    empty = BoundedQueue(1, 100, len, clock)
    full = BoundedQueue(1, 100, len, clock)
    await full.put("x")

    async def asks():
        await answer()

    async def answer():
        await asyncio.Event().wait()

    async with asyncio.TaskGroup() as tasks:
        held = [
            tasks.create_task(empty.get(), name="write-0"),
            tasks.create_task(full.put("y"), name="embed-0"),
            tasks.create_task(asks(), name="extract-0"),
        ]
        await asyncio.sleep(0)  # each gets to where it waits
        profile = await sampled(0.5, lambda: [Depth("extract", 4, 9)])
        for task in held:
            task.cancel()
    uses = {use.stage: use for use in profile.uses()}
    assert (uses["write"].busy, uses["embed"].blocked, uses["extract"].busy) == (0, 1, 1)
    assert uses["extract"].workers == 1
    (stack,) = profile.waiting["extract"]
    assert [frame.rpartition(".")[2] for frame in stack.split(";")] == ["asks", "answer", "wait"]
    assert bottleneck(profile).stage == "extract"
    assert uses["extract"].queued == 9


async def test_depths_are_means_and_differences():
    """What waited on average, and what went through."""
    told = iter([(10, 4), (30, 2)])
    with Sampler(lambda: [Depth("write", *next(told))]) as sampler:
        burn(0.01)
    (use,) = sampler.profile().uses()
    assert use.queued == 3
    assert use.rate == pytest.approx(20 / sampler.profile().seconds)


@in_some_go
async def test_queues_are_looked_at_a_few_times_a_second():
    """On the loop, and no more once the block has ended."""
    asked = []

    def depths():
        asked.append(threading.get_ident())
        return []

    await sampled(0.9, depths)
    count = len(asked)
    await asyncio.sleep(0.4)
    assert 3 <= len(asked) == count
    assert set(asked) == {threading.get_ident()}


@in_some_go
async def test_other_threads_are_seen_when_they_work():
    """By their stage or their name; those that wait are not."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=lambda: [burn(0.001) for _ in iter(stop.is_set, True)], name="busy-one"),
        threading.Thread(target=stop.wait, name="idle-one"),
    ]
    for thread in threads:
        thread.start()
    profile = await sampled(0.5)
    stop.set()
    for thread in threads:
        thread.join()
    assert any("burn" in stack for stack in profile.running.get("thread busy-one", {}))
    assert not any("idle" in name for name in profile.running)


@pytest.mark.skipif(ran_s(threading.get_native_id()) is None, reason="the system does not tell what a thread used")
@in_some_go
async def test_a_thread_that_waits_in_a_c_call_is_not_at_work():
    """Its stack looks like that of one that works; its CPU time does not."""
    thread = threading.Thread(target=time.sleep, args=(0.8,), name="asleep")
    thread.start()
    profile = await sampled(0.5)
    thread.join()
    assert "thread asleep" not in profile.running


@pytest.mark.skipif(ran_s(threading.get_native_id()) is None, reason="the system does not tell what a thread used")
@in_some_go
async def test_the_loops_share_of_a_core_is_the_kernels():
    """What this thread used meanwhile, by another clock."""
    before = time.thread_time()
    with Sampler() as sampler:
        burn(0.3)
    assert sampler.profile().loop_cpu_s == pytest.approx(time.thread_time() - before, abs=0.1)


async def test_it_leaves_the_interpreter_as_it_was():
    """Also when the block fails: the switch interval is back, the thread gone."""
    before = sys.getswitchinterval()
    during = []

    def fails():
        with Sampler():
            during.append(sys.getswitchinterval())
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fails()
    assert during[0] < before
    assert sys.getswitchinterval() == before
    assert "profile" not in {thread.name for thread in threading.enumerate()}
