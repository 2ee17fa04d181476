"""The watchdog: which pod is stuck, which is ready; each invariant bears its number."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.errors import WorldFault
from consumer.health.vitals import Vitals
from consumer.health.watchdog import BROKER_SILENT_S, MAX_STEP_S, Watchdog, readiness
from consumer.pipeline.breaker import Limits
from consumer.pipeline.breakers import Breakers
from consumer.testing.fakes import FakeClock

BUSY = Vitals(
    has_joined=True,
    partitions=2,
    lag=7,
    lag_age_s=1.0,
    progress=(1, 2, 3),
    in_flight=(("extract", 4), ("embed", 0), ("write", 1)),
    oldest_age_s=301.0,
)
EXCUSES = {
    "a stop is under way": {"is_stopping": True},
    "intake is halted": {"halted": "100 dead letters in a row"},
    "no partition is assigned": {"partitions": 0},
    "nothing waits": {"lag": 0},
    "a breaker is open": {"waits_for": ("llm",)},
    "the broker is silent": {"lag_age_s": BROKER_SILENT_S + 1},
}


def watched(watchdog, vitals, seconds, start=0.0):
    """Look once a second for so long; return the last verdict."""
    verdict = None
    for second in range(int(seconds) + 1):
        verdict = watchdog.look(vitals, start + second)
    return verdict


def test_a_pod_with_lag_and_no_progress_is_stuck():
    """H2: at the limit, not before."""
    watchdog = Watchdog(300.0)
    assert watched(watchdog, BUSY, 299).ok
    assert not watchdog.look(BUSY, 300.0).ok


def test_the_reason_names_what_is_held_and_for_how_long():
    """A person sees from the probe's answer which stage holds works."""
    why = watched(Watchdog(300.0), replace(BUSY, is_paused=True), 300).why
    assert why == (
        "stuck: no progress for 300 s with lag 7 on 2 partitions; held in extract 4, write 1; oldest 301 s; "
        "partitions are paused"
    )


def test_a_full_budget_excuses_nothing():
    """Paused partitions that never resume are what stuck looks like."""
    assert not watched(Watchdog(10.0), replace(BUSY, is_paused=True), 10).ok


def test_lag_with_nothing_in_flight_is_stuck_too():
    """A poll loop that takes nothing is no better than a stage that hands nothing on."""
    verdict = watched(Watchdog(10.0), replace(BUSY, in_flight=()), 10)
    assert not verdict.ok
    assert "nothing is in flight" in verdict.why


@pytest.mark.parametrize("place", range(3))
def test_any_progress_makes_it_alive_again(place):
    """H3: one number of the tuple is enough."""
    watchdog = Watchdog(10.0)
    assert not watched(watchdog, BUSY, 10).ok
    moved = list(BUSY.progress)
    moved[place] += 1
    assert watchdog.look(replace(BUSY, progress=tuple(moved)), 11.0).ok


@pytest.mark.parametrize("excuse", EXCUSES.values(), ids=EXCUSES.keys())
def test_what_is_no_fault_of_the_pod_is_not_stuck(excuse):
    """H1: neither while it lasts, nor is the time before it counted afterwards."""
    watchdog = Watchdog(10.0)
    assert watched(watchdog, BUSY, 9).ok
    assert watched(watchdog, replace(BUSY, **excuse), 1_000, start=10.0).ok
    assert watched(watchdog, BUSY, 8, start=1_011.0).ok


def test_a_resumed_process_is_not_stuck_at_once():
    """H4: an hour in which the process was stopped counts as one short step."""
    watchdog = Watchdog(60.0)
    watched(watchdog, BUSY, 5)
    assert watchdog.look(BUSY, 3_600.0).ok
    assert watchdog.look(BUSY, 7_200.0).ok


@given(
    st.lists(
        st.tuples(
            st.floats(0.0, 40.0),
            st.integers(0, 2),
            st.sampled_from([None, *EXCUSES.values()]),
        ),
        min_size=1,
        max_size=60,
    )
)
def test_stuck_is_exactly_a_still_stretch_that_is_long_enough(looks):
    """H1 to H4: equal to measuring, at each look, the stretch of still looks that ends with it."""
    watchdog = Watchdog(30.0)
    now, moved = 0.0, 0
    history = []
    for step, progress, excuse in looks:
        now += step
        moved += progress
        vitals = replace(BUSY, progress=(moved,), **(excuse or {}))
        verdict = watchdog.look(vitals, now)
        history.append((step, progress, excuse))
        still_s = 0.0
        for index in range(len(history) - 1, 0, -1):
            past_step, past_progress, past_excuse = history[index]
            if past_progress or past_excuse:
                break
            still_s += min(past_step, MAX_STEP_S)
        if abs(still_s - 30.0) > 1e-6:
            assert verdict.ok is (still_s < 30.0)


def test_before_the_first_assignment_it_lives_and_is_not_ready():
    """A group that never comes together is Kafka's trouble: readiness tells it, liveness does not restart for it."""
    waiting = replace(BUSY, has_joined=False, partitions=0, lag=0, lag_age_s=float("inf"))
    assert watched(Watchdog(10.0), waiting, 1_000).ok
    assert not readiness(waiting).ok
    assert "first assignment" in readiness(waiting).why


def test_a_pod_without_a_partition_is_ready():
    """With more pods than partitions some stand by."""
    assert readiness(replace(BUSY, partitions=0)).ok


@pytest.mark.parametrize("breaker", ["llm", "embeddings", "neo4j-write", "kafka-produce"])
def test_an_outage_leaves_it_ready_and_alive(breaker):
    """What is down outside is waited for."""
    waiting = replace(BUSY, waits_for=(breaker,))
    assert readiness(waiting).ok
    assert breaker in readiness(waiting).why
    assert watched(Watchdog(10.0), waiting, 1_000).ok


@pytest.mark.parametrize("change", [{"is_stopping": True}, {"halted": "a burst of dead letters"}])
def test_a_pod_that_stops_or_is_halted_is_not_ready(change):
    """It takes nothing new."""
    verdict = readiness(replace(BUSY, **change))
    assert not verdict.ok
    assert next(iter(change.values())) is True or "a burst of dead letters" in verdict.why


async def test_a_provider_that_asks_for_patience_is_waited_for():
    """Throttled for longer than the limit with its breaker closed: a restart would only ask again."""
    clock = FakeClock()
    breakers = Breakers(Limits(5, 0.5, 5.0), clock)
    breakers.failed("llm", WorldFault("llm", "quota", 900.0, is_throttling=True), probe=0)
    assert breakers.open == []
    assert breakers.waiting == ["llm"]
    await clock.advance(901.0)
    assert breakers.waiting == []
