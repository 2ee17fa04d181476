"""Persistence: who is called again, how long it waits, and when it gives up."""

import asyncio
import random

import pytest

from consumer.errors import AssignmentLost, EpisodeFault, UserError, WorldFault
from consumer.pipeline.breaker import Limits, State
from consumer.pipeline.breakers import Breakers
from consumer.pipeline.retry import Persistence
from consumer.pipeline.verdicts import GivenUp
from consumer.settings import PipelineSettings
from consumer.testing.fake_clock import FakeClock

NEVER_OPEN = Limits(10**9, 0.5, 5.0)


class Caller:
    """Persistence on a clock that passes every sleep at once."""

    def __init__(self, limits=NEVER_OPEN, **settings):
        self.clock = FakeClock(skips_sleep=True)
        self.breakers = Breakers(limits, self.clock)
        options = {"retry_initial_s": 1.0, "retry_max_s": 8.0} | settings
        self.persistence = Persistence(
            self.clock, PipelineSettings(**options), self.breakers, jitter=random.Random(7), on_retry=self.told
        )
        self.waits = []
        self._began = 0.0

    def told(self, _what, _dependency):
        self.waits.append(self.clock.monotonic() - self._began)
        self._began = self.clock.monotonic()

    async def call(self, once, **options):
        return await self.persistence.call("extract", "llm", once, **options)


def failing(*errors):
    left = list(errors)

    async def once():
        if left:
            raise left.pop(0)
        return "done"

    return once


def down(count=1):
    return [WorldFault("llm", "down")] * count


async def test_world_faults_are_outlasted_with_growing_waits():
    """The same call again until it works; waits double up to the limit, with jitter between half and whole."""
    caller = Caller()
    assert await caller.call(failing(*down(9))) == "done"
    for wait, ceiling in zip(caller.waits[1:], [1, 2, 4, 8, 8, 8, 8, 8], strict=True):
        assert ceiling / 2 <= wait <= ceiling + 0.001


async def test_the_dependencys_own_wait_is_respected():
    """A Retry-After longer than our backoff wins, for every caller of that dependency."""
    caller = Caller()
    await caller.call(failing(WorldFault("llm", "throttled", retry_after_s=42, is_throttling=True)))
    assert caller.clock.monotonic() >= 42
    assert caller.breakers.open == []


@pytest.mark.parametrize("error", [AssignmentLost("gone"), UserError("key")])
async def test_what_a_retry_cannot_mend_leaves_at_once(error):
    """Neither is tried again, and neither says anything about the dependency."""
    caller = Caller()
    with pytest.raises(type(error)):
        await caller.call(failing(error))
    assert caller.clock.slept == []


async def test_an_episodes_fault_is_a_verdict_at_once():
    """The reason, the tries it had, and when the first of them failed go on; the dependency has answered."""
    caller = Caller()
    with pytest.raises(GivenUp) as caught:
        await caller.call(failing(*down(2), EpisodeFault("refused", "no")))
    verdict = caught.value.verdict("g", "extract")
    assert (verdict.reason, verdict.detail, verdict.family, verdict.attempts) == ("refused", "no", "episode", 3)
    assert verdict.first_at is not None
    assert verdict.first_at < caller.clock.now()
    assert caller.breakers.successes("llm") == 1


async def test_the_unexpected_is_tried_a_few_times():
    """A bug may be a fluke: three tries, then the verdict with cause and digest of the place."""
    caller = Caller()
    digests = []
    for message in ("k", "another message"):
        with pytest.raises(GivenUp, match="KeyError") as caught:
            await caller.call(failing(*[KeyError(message)] * 5))
        assert isinstance(caught.value.__cause__, KeyError)
        verdict = caught.value.verdict("g", "extract")
        assert (verdict.reason, verdict.family, verdict.attempts) == ("unexpected", "unexpected", 3)
        digests.append(verdict.traceback_digest)
    assert digests[0] == digests[1] != ""


async def test_world_faults_do_not_use_up_the_tries_of_bugs():
    """Outages in between are not counted against the episode."""
    errors = [KeyError("k"), *down(2), KeyError("k")]
    assert await Caller().call(failing(*errors)) == "done"


async def test_an_episode_that_alone_keeps_failing_is_given_up():
    """While others are answered in between, so many failures in a row are this episode's own."""
    caller = Caller(max_lone_attempts=5)

    async def once():
        caller.breakers.succeeded("llm")  # another call, meanwhile
        raise WorldFault("llm", "no answer in time")

    with pytest.raises(GivenUp) as caught:
        await caller.call(once)
    verdict = caught.value.verdict("g", "extract")
    assert (verdict.reason, verdict.family, verdict.attempts) == ("keeps-failing", "world", 5)


async def test_an_outage_or_throttling_is_never_a_lone_failure():
    """With nobody answered, or a provider that slows everybody down, there is no limit."""
    assert await Caller(max_lone_attempts=2).call(failing(*down(50))) == "done"
    caller = Caller(max_lone_attempts=2)
    left = [1] * 50

    async def once():
        caller.breakers.succeeded("llm")
        if left.pop():
            raise WorldFault("llm", "slower", is_throttling=True)

    with pytest.raises(GivenUp, match="IndexError"):  # the list is used up: no limit before that
        await caller.call(once)


async def test_a_batch_too_large_goes_back_to_who_can_divide_it():
    """Divisible, it leaves at once and is no outage; else it is outlasted like any fault of the world."""
    too_large = WorldFault("neo4j", "memory", is_batch_too_large=True)
    caller = Caller()
    with pytest.raises(WorldFault):
        await caller.call(failing(too_large), is_divisible=True)
    assert caller.breakers.view()[0].failures == 0
    assert await caller.call(failing(too_large)) == "done"


async def test_while_the_breaker_is_open_one_call_probes_and_the_others_wait():
    """Ten callers meet an outage: after it opened, one try at a time; its success lets all go."""
    caller = Caller(Limits(5, 0.5, 5.0))
    tries = 0
    at_once = 0
    is_down = True

    async def once():
        nonlocal tries, at_once
        tries += 1
        at_once += 1
        await asyncio.sleep(0)
        if is_down and caller.breakers.open:
            assert at_once == 1 or tries <= 10
        at_once -= 1
        if is_down:
            raise WorldFault("llm", "down")
        return "done"

    running = [asyncio.ensure_future(caller.call(once)) for _ in range(10)]
    while caller.clock.monotonic() < 60:
        await asyncio.sleep(0)
    assert caller.breakers.open == ["llm"]
    assert tries < 40, "ten callers over a minute, in full backoff, would make more"
    is_down = False
    assert await asyncio.gather(*running) == ["done"] * 10
    assert caller.breakers.open == []


async def test_a_call_wanted_no_longer_waits_for_nothing():
    """Neither for an open breaker nor for its own backoff."""
    caller = Caller(Limits(1, 1_000.0, 1_000.0))
    is_wanted = True

    async def once():
        nonlocal is_wanted
        is_wanted = False
        raise WorldFault("llm", "down")

    with pytest.raises(AssignmentLost):
        await caller.call(once, is_wanted=lambda: is_wanted)
    assert caller.clock.monotonic() < 1


async def test_a_cancelled_probe_leaves_its_place():
    """The next caller may probe; a cancelled one must not hold the breaker half open for ever."""
    caller = Caller(Limits(1, 0.5, 5.0))
    stuck = asyncio.Event()

    async def hangs():
        if not caller.breakers.open:
            raise WorldFault("llm", "down")
        await stuck.wait()

    probe = asyncio.ensure_future(caller.call(hangs))
    while caller.breakers.view()[0].state is not State.PROBING:
        await asyncio.sleep(0)
    probe.cancel()
    await asyncio.wait([probe])
    assert await caller.call(failing()) == "done"
