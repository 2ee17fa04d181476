"""A start in the middle of an outage: how long it is waited for, and what is told."""

from contextlib import asynccontextmanager

import pytest

from consumer.app.patience import entered
from consumer.errors import UserError, WorldFault
from consumer.testing.fake_clock import FakeClock


def opening(*faults):
    left = list(faults)

    @asynccontextmanager
    async def once():
        if left:
            raise left.pop(0)
        yield "open"

    return once


async def test_an_outage_shorter_than_the_wait_is_waited_for(caplog):
    """It is told once, however often it is tried."""
    clock = FakeClock(skips_sleep=True)
    context, value = await entered(opening(*[WorldFault("neo4j", "refused")] * 5), 60, clock)
    assert value == "open"
    assert clock.monotonic() == 10
    assert caplog.text.count("waiting up to 60 s: neo4j: refused") == 1
    await context.__aexit__(None, None, None)


@pytest.mark.parametrize("wait_s", [0, 60])
async def test_a_longer_one_ends_the_start(wait_s):
    """The last fault is the one that is told; with 0 the first one is."""
    clock = FakeClock(skips_sleep=True)
    with pytest.raises(WorldFault):
        await entered(opening(*[WorldFault("kafka", "gone")] * 1_000), wait_s, clock)
    assert wait_s <= clock.monotonic() <= wait_s + 2


async def test_what_waiting_cannot_mend_ends_it_at_once():
    """A wrong address stays wrong."""
    clock = FakeClock(skips_sleep=True)
    with pytest.raises(UserError):
        await entered(opening(UserError("no address")), 60, clock)
    assert clock.slept == []
