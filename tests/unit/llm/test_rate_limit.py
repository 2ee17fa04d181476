"""The limits of a minute: never more than they allow in any minute, and never longer a wait than needed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.llm.concurrency import AdaptiveConcurrency
from consumer.llm.rate_headers import Told, seconds_of, told_limits
from consumer.llm.rate_limit import LATE_S, RateLimit
from consumer.llm.token_count import TokenCount

CALLS = st.lists(st.tuples(st.floats(0, 40), st.integers(1, 150)), min_size=1, max_size=60)
NOTHING = Told()


def run(limit, calls, now=0.0):
    """Let calls (pause before, tokens) begin as soon as they may; return when each began, and what it counts for."""
    begun = []
    for pause, tokens in calls:
        now += pause
        now += limit.wait_s(now, tokens)
        assert limit.wait_s(now, tokens) < 1e-6
        limit.begin(now, tokens)
        begun.append((now, tokens))
    return begun


@given(calls=CALLS, requests=st.integers(1, 10), tokens=st.integers(1, 300))
def test_r1_no_minute_sees_more_than_its_limit(calls, requests, tokens):
    """R1, R2: counted anew over every minute that begins with a request; each begins after exactly its wait."""
    begun = run(RateLimit(requests, tokens), calls)
    for start, _ in begun:
        within = [(at, used) for at, used in begun if start <= at < start + 60.0]
        assert len(within) <= requests
        assert sum(used for _, used in within) <= tokens or len(within) == 1


@given(calls=CALLS, requests=st.integers(1, 10))
def test_r2_nobody_waits_longer_than_a_minute(calls, requests):
    """R2: without others and Retry-After, a minute and what a request may come late is the longest wait."""
    limit, now = RateLimit(requests, 100), 0.0
    for pause, tokens in calls:
        now += pause
        wait_s = limit.wait_s(now, tokens)
        assert wait_s <= 60.0 + LATE_S + 1e-6
        now += wait_s
        limit.begin(now, tokens)


def test_r3_nothing_begins_before_the_time_asked_for():
    """R3: the longer of two waits counts."""
    limit = RateLimit()
    limit.hold(0.0, 5.0)
    limit.hold(1.0, 2.0)
    assert limit.wait_s(2.0, 1) == 3.0
    assert limit.wait_s(5.0, 1) == 0.0


def test_without_a_limit_nothing_waits():
    """A server that tells nothing, and settings that say nothing."""
    assert run(RateLimit(), [(0.0, 10**6)] * 100)[-1] == (0.0, 10**6)


def test_the_lower_of_both_limits_counts():
    """A server's limit is learned with each answer; the settings can only lower it."""
    limit = RateLimit(50)
    limit.learn(0.0, Told(20, 20, 0.0), NOTHING)
    assert limit.limits == (20, None)
    limit.learn(0.0, Told(80, 80, 0.0), Told(1_000, 1_000, 0.0))
    assert limit.limits == (50, 1_000)
    limit.learn(0.0, NOTHING, NOTHING)
    assert limit.limits == (50, 1_000)


def test_what_others_took_is_left_to_them_until_it_is_back():
    """Under one key, what the server misses and we have not used belongs to another pod."""
    limit = RateLimit()
    limit.begin(0.0, 10)
    limit.learn(1.0, Told(3, 0, 30.0), NOTHING)
    assert limit.wait_s(1.0, 10) == pytest.approx(30.0)
    assert limit.wait_s(31.0, 10) == 0.0


def test_what_we_took_ourselves_is_not_counted_twice():
    """Remaining 1 of 3 after two of ours: one more may begin at once."""
    limit = RateLimit()
    limit.begin(0.0, 10)
    limit.begin(0.0, 10)
    limit.learn(1.0, Told(3, 1, 60.0), NOTHING)
    assert limit.wait_s(1.0, 10) == 0.0


def test_a_minute_is_counted_from_when_the_server_can_have_seen_the_request():
    """Answered after half a second: free again half a second after the minute; unanswered: two seconds after it."""
    limit = RateLimit(2)
    first, second = limit.begin(0.0, 1), limit.begin(0.0, 1)
    limit.answered(second, 0.5)
    assert limit.wait_s(1.0, 1) == pytest.approx(59.5)
    limit.answered(first, 30.0)
    assert limit.wait_s(60.5, 1) == 0.0
    limit.begin(60.5, 1)
    assert limit.wait_s(60.5, 1) == pytest.approx(1.5)


def test_tokens_are_counted_as_used_once_that_is_known():
    """The estimate holds until the answer; of a request whose minute is over nothing is corrected."""
    limit = RateLimit(None, 100)
    begun = limit.begin(0.0, 90)
    assert limit.wait_s(1.0, 20) == pytest.approx(61.0)
    limit.answered(begun, 1.5)
    assert limit.wait_s(1.5, 20) == pytest.approx(60.0)
    limit.correct(begun, 30)
    assert limit.wait_s(1.5, 70) == 0.0
    assert limit.wait_s(62.0, 100) == 0.0
    limit.correct(begun, 500)
    assert limit.wait_s(62.0, 100) == 0.0


@pytest.mark.parametrize(
    "case",
    [
        ("1s", 1),
        ("6m0s", 360),
        ("120ms", 0.12),
        ("1h2m3.5s", 3_723.5),
        ("7", 7),
        ("", None),
        ("soon", None),
        ("-1", None),
    ],
)
def test_a_reset_is_read_in_the_forms_that_servers_send(case):
    """Durations as OpenAI writes them, bare seconds, and nothing for anything else."""
    text, seconds = case
    assert seconds_of(text) == pytest.approx(seconds)


def test_headers_that_are_missing_or_odd_tell_nothing():
    """A gateway's -1 and words are no limits."""
    headers = {
        "x-ratelimit-limit-requests": "20",
        "x-ratelimit-remaining-requests": "-1",
        "x-ratelimit-limit-tokens": "x",
    }
    assert told_limits(headers) == (Told(20), Told())


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 5), st.floats(0, 5)), max_size=200), st.integers(1, 30))
def test_c1_concurrency_stays_between_one_and_its_ceiling(events, ceiling):
    """C1: whatever happens."""
    places, now = AdaptiveConcurrency(ceiling), 0.0
    for is_good, pause, age in events:
        now += pause
        if is_good:
            places.succeeded()
        else:
            places.overloaded(now, now - age)
        assert 1 <= places.places <= ceiling


def test_c2_c3_it_falls_once_for_what_was_under_way_and_climbs_again():
    """C2, C3: ten calls throttled together cost one decrease; a round of successes adds one place."""
    places = AdaptiveConcurrency(10)
    for _ in range(10):
        places.overloaded(1.0, 0.5)
    assert places.places == 7
    for _ in range(7):
        places.succeeded()
    assert places.places == 8
    places.overloaded(3.0, 2.0)
    assert places.places == 5


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10**9)), max_size=50), st.integers(0, 10**6))
def test_e1_an_estimate_is_bounded(seen, size):
    """E1: no claimed use makes an estimate below one, or above eight times that of the texts."""
    count = TokenCount()
    for text_tokens, tokens in seen:
        count.learn(text_tokens, tokens)
    assert 1 <= count.estimate(size) <= max(1, size * 8)


def test_an_estimate_follows_what_calls_use():
    """Another tokenizer, or long answers: after some calls the estimate is near the truth."""
    count = TokenCount()
    for _ in range(60):
        count.learn(1_000, 900)
    assert count.estimate(1_000) == pytest.approx(900, rel=0.02)
