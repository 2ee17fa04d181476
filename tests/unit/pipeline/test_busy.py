"""Busy time: counted while calls are under way, by all workers together."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.pipeline.busy import BusyTime
from consumer.testing.fakes import FakeClock


async def test_time_in_calls_counts_and_time_between_does_not():
    """Y1: also of a call that is not over yet."""
    clock = FakeClock()
    busy = BusyTime(clock)
    await clock.advance(5)
    with busy:
        await clock.advance(2)
        assert busy.seconds == pytest.approx(2)
        with busy:
            await clock.advance(1)
    await clock.advance(7)
    assert busy.seconds == pytest.approx(4)


async def test_a_call_that_fails_is_over():
    """However it ends."""
    clock = FakeClock()
    busy = BusyTime(clock)
    with contextlib.suppress(RuntimeError), busy:
        await clock.advance(1)
        raise RuntimeError
    await clock.advance(9)
    assert busy.seconds == pytest.approx(1)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 10)), max_size=30))
async def test_it_never_falls_and_never_outruns_the_workers(steps):
    """Y2: the sum over calls of how long each took, computed call by call."""
    clock = FakeClock()
    busy = BusyTime(clock)
    begun, total = [], 0.0
    now = 0.0
    for begins, seconds in steps:
        if begins:
            busy.__enter__()
            begun.append(now)
        elif begun:
            busy.__exit__(None, None, None)
            total += now - begun.pop()
        before = busy.seconds
        await clock.advance(seconds)
        now += seconds
        assert before <= busy.seconds <= before + len(begun) * seconds + 1e-6
    assert busy.seconds == pytest.approx(total + sum(now - start for start in begun))
