"""Persistence: who is called again, how long it waits, and when it gives up."""

import random

import pytest

from consumer.errors import AssignmentLost, EpisodeFault, UserError, WorldFault
from consumer.pipeline.retry import Persistence, Unexpected


class Clock:
    def __init__(self):
        self.slept = []

    async def sleep(self, seconds):
        self.slept.append(seconds)


def persistence(clock, **changes):
    options = {"initial_s": 1.0, "max_s": 8.0, "max_unexpected": 3, "jitter": random.Random(7)} | changes
    return Persistence(clock, **options)


def failing(*errors):
    left = list(errors)

    async def once():
        if left:
            raise left.pop(0)
        return "done"

    return once


async def test_world_faults_are_outlasted_with_growing_waits():
    """The same call again until it works; waits double up to the limit, with jitter between half and whole."""
    clock = Clock()
    result = await persistence(clock).call("x", failing(*[WorldFault("llm", "down")] * 8))
    assert result == "done"
    assert len(clock.slept) == 8
    for wait, ceiling in zip(clock.slept, [1, 2, 4, 8, 8, 8, 8, 8], strict=True):
        assert ceiling / 2 <= wait <= ceiling


async def test_the_dependencys_own_wait_is_respected():
    """A Retry-After longer than our backoff wins."""
    clock = Clock()
    await persistence(clock).call("x", failing(WorldFault("llm", "throttled", retry_after_s=42)))
    assert clock.slept == [42]


@pytest.mark.parametrize("error", [EpisodeFault("refused"), AssignmentLost("gone"), UserError("key")])
async def test_verdicts_are_not_retried(error):
    """What a retry cannot mend leaves at once."""
    clock = Clock()
    with pytest.raises(type(error)):
        await persistence(clock).call("x", failing(error))
    assert clock.slept == []


async def test_the_unexpected_is_tried_a_few_times():
    """A bug may be a fluke: three tries, then the verdict with the cause chained."""
    clock = Clock()
    with pytest.raises(Unexpected, match="KeyError") as caught:
        await persistence(clock).call("x", failing(*[KeyError("k")] * 5))
    assert caught.value.attempts == 3
    assert isinstance(caught.value.__cause__, KeyError)
    assert len(clock.slept) == 2


async def test_world_faults_do_not_use_up_the_tries_of_bugs():
    """Outages in between are not counted against the episode."""
    errors = [KeyError("k"), WorldFault("neo4j", "down"), WorldFault("neo4j", "down"), KeyError("k")]
    assert await persistence(Clock()).call("x", failing(*errors)) == "done"
