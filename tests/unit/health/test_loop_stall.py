"""What holds the event loop is named; what is not the loop's fault is not."""

import asyncio
import logging
import os
import re
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from consumer.health.loop_stall import BEAT_S, LoopWatcher, Place, Stall, StallDetector, culprit


def looks(detector, times):
    """Feed (beat, now, cpu) triples; return what was told."""
    return [stall for stall in (detector.look(*moment) for moment in times) if stall]


def test_a_free_loop_is_not_told():
    """Beats at each look: silence."""
    assert not looks(StallDetector(1.0, 0.0, 0.0), [(t / 10, t / 10 + 0.01, 0.0) for t in range(1, 100)])


def test_a_stall_is_told_once_and_once_when_it_is_over():
    """L1: at the limit, then at the end with the whole duration."""
    held = [(0.1, t / 10, 0.0) for t in range(2, 31)]
    told = looks(StallDetector(1.0, 0.0, 0.0), [(0.1, 0.1, 0.0), *held, (3.05, 3.1, 0.0), (3.15, 3.2, 0.0)])
    assert [(stall.is_over, stall.is_news) for stall in told] == [(False, True), (True, False)]
    assert told[0].seconds == pytest.approx(1.0, abs=0.11)
    assert told[1].seconds == pytest.approx(3.05 - 0.1 - BEAT_S)


def test_a_second_stall_is_told_anew():
    """L1: each stall has its own warning."""
    first = [(0.0, t / 10, 0.0) for t in range(1, 15)]
    second = [(1.5, t / 10, 0.0) for t in range(15, 30)]
    told = looks(StallDetector(1.0, 0.0, 0.0), [*first, *second])
    assert [stall.is_over for stall in told] == [False, True, False]


@pytest.mark.parametrize("is_beat_first", [True, False])
def test_a_process_that_was_stopped_is_not_told(is_beat_first):
    """L2: again and again, whoever runs first when it goes on."""
    detector = StallDetector(1.0, 0.0, 0.0)
    now = 0.0
    for _ in range(5):
        for _ in range(5):
            now += 0.1
            assert detector.look(now, now, 0.0) is None
        before, now = now, now + 30.0
        assert detector.look(now if is_beat_first else before, now, 0.01) is None


def test_a_call_that_keeps_the_interpreter_is_told():
    """L2: the looker was late too, but the process was busy all the time."""
    told = looks(StallDetector(1.0, 0.0, 0.0), [(0.1, 0.1, 0.0), (0.1, 2.1, 2.0), (2.15, 2.2, 2.0)])
    assert [(stall.is_over, stall.is_news) for stall in told] == [(False, True), (True, False)]


def test_a_stall_nobody_could_see_is_told_when_it_is_over():
    """L1: the loop ran again before the looker did."""
    assert looks(StallDetector(1.0, 0.0, 0.0), [(0.1, 0.1, 0.0), (2.1, 2.12, 2.0)]) == [
        Stall(pytest.approx(1.9), is_over=True, is_news=True)
    ]


def test_the_innermost_place_of_ours_is_named():
    """With what it was doing when that is not ours; a foreign stack by its end."""
    foreign, own, outer = Place("re", 7, "match"), Place("consumer.a", 3, "read"), Place("consumer.b", 9, "run")
    assert culprit([foreign, own, outer], "consumer") == "consumer.a:3 read (in re.match)"
    assert culprit([own, outer], "consumer") == "consumer.a:3 read"
    assert culprit([foreign], "consumer") == "re:7 match"
    assert culprit([], "consumer") == "something"


def holds_the_loop(seconds):
    """Sleep as no coroutine should."""
    time.sleep(seconds)


def searches_without_end():
    """Match a pattern that backtracks for seconds and keeps the interpreter to itself."""
    re.match(r"(a+)+$", "a" * 23 + "b")


GOES = 5
"""A machine that lets nobody of us run for a while looks like a process that was stopped (L2): then once more."""


async def test_a_function_that_sleeps_is_named(caplog):
    """A real loop held for 1.3 s: one warning with module, line and function; the duration at the end."""
    for _ in range(GOES):
        caplog.clear()
        began = time.monotonic()
        with caplog.at_level(logging.INFO, "consumer.health"), LoopWatcher(1.0, package=__name__) as watcher:
            await asyncio.sleep(0.3)
            holds_the_loop(1.3)
            await asyncio.sleep(0.3)
        whole_s = time.monotonic() - began
        if [record.levelno for record in caplog.records] == [logging.WARNING, logging.INFO]:
            break
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert [re.sub(r":\d+", ":N", record.getMessage()).split(" has ")[0] for record in warnings] == [
        f"{__name__}:N holds_the_loop"
    ]
    assert any("test_a_function_that_sleeps_is_named" in place for place in warnings[0].stack)
    assert watcher.stalls == 1
    (over,) = [record for record in caplog.records if record.levelno == logging.INFO]
    assert 1.0 <= over.args[0] < whole_s - 0.3


async def test_a_call_that_keeps_the_interpreter_is_noticed(caplog):
    """No thread runs while a C function holds the lock; it is told afterwards."""
    for _ in range(GOES):
        began, began_cpu = time.monotonic(), time.process_time()
        searches_without_end()
        took, used = time.monotonic() - began, time.process_time() - began_cpu
        if took < 0.3:
            pytest.skip(f"this machine backtracks in {took:.2f} s")
        with caplog.at_level(logging.WARNING, "consumer.health"), LoopWatcher(took / 3, package=__name__) as watcher:
            await asyncio.sleep(0.3)
            searches_without_end()
            await asyncio.sleep(0.3)
        if watcher.stalls:
            return
    if used < took * 0.6:
        pytest.skip(f"we have {used / took:.0%} of a processor: a process that is starved is not told (L2)")
    raise AssertionError("nothing was told")


async def test_a_free_real_loop_is_silent(caplog):
    """Waiting is not holding."""
    for _ in range(GOES):
        caplog.clear()
        with caplog.at_level(logging.INFO, "consumer.health"), LoopWatcher(0.5, package=__name__) as watcher:
            await asyncio.sleep(1.0)
        if not watcher.stalls:
            break
    assert watcher.stalls == 0
    assert not caplog.records


async def test_it_ends_with_its_block():
    """No thread and no heartbeat stay."""
    with LoopWatcher(1.0) as watcher:
        await asyncio.sleep(0)
    assert not watcher._thread.is_alive()
    assert watcher._handle.cancelled()


def test_a_real_process_stopped_twice_is_silent(tmp_path):
    """SIGSTOP for longer than the limit and SIGCONT, twice: no warning."""
    program = textwrap.dedent(
        """
        import asyncio, logging
        from consumer.health.loop_stall import LoopWatcher
        logging.basicConfig(level=logging.INFO)
        async def main():
            with LoopWatcher(0.5):
                print("on", flush=True)
                await asyncio.sleep(4.5)
        asyncio.run(main())
        """
    )
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.readline()
        for _ in range(2):
            time.sleep(0.4)
            os.kill(process.pid, signal.SIGSTOP)
            time.sleep(1.2)
            os.kill(process.pid, signal.SIGCONT)
        _, errors = process.communicate(timeout=120)
    assert errors == ""
