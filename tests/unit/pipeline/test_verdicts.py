"""Verdicts: what is told of a bug, and when dead letters are too many."""

from hypothesis import given
from hypothesis import strategies as st

from consumer.model.episode import Rejected
from consumer.pipeline.verdicts import BurstGuard, of_bug, traceback_digest

BAD, BUG = Rejected("g", "invalid-json", "", "intake"), Rejected("g", "unexpected", "", "write", family="unexpected")


def guard(**limits):
    return BurstGuard(**({"consecutive": 0, "unexpected": 0, "window": 0, "ratio": 0.5} | limits))


def raised(message):
    try:
        {}[message]
    except KeyError as error:
        return error


def elsewhere(message):
    try:
        {}[message]
    except KeyError as error:
        return error


def test_the_digest_names_the_place_and_not_the_data():
    """Equal bugs have equal digests whatever their message; another line has another one."""
    assert traceback_digest(raised("a")) == traceback_digest(raised("b\ud800"))
    assert traceback_digest(raised("a")) != traceback_digest(elsewhere("a"))
    assert of_bug(raised("a"), 3, None).traceback_digest == traceback_digest(raised("a"))


def test_u1_rejections_in_a_row_trip_and_an_accepted_one_starts_anew():
    """Four of five, one written, then five: only the last of those trips, and only once."""
    burst = guard(consecutive=5)
    assert not any(burst.rejected(BAD) for _ in range(4))
    burst.accepted()
    assert [burst.rejected(BAD) for _ in range(7)] == [False] * 4 + [True, False, False]
    assert "5 episodes in a row" in burst.reason


def test_u1_bugs_have_a_limit_of_their_own():
    """Another kind of verdict in between is no bug."""
    burst = guard(unexpected=3)
    assert [burst.rejected(v) for v in (BUG, BUG, BAD, BUG, BUG, BUG)] == [False] * 5 + [True]


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 12), st.sampled_from([0.2, 0.5, 0.8]))
def test_u2_a_share_of_a_full_window_trips(outcomes, window, ratio):
    """It trips exactly at the first rejection at which the last `window` episodes hold more than the share."""
    burst = guard(window=window, ratio=ratio)
    wanted = next(
        (
            n
            for n in range(window, len(outcomes) + 1)
            if outcomes[n - 1] and sum(outcomes[n - window : n]) > ratio * window
        ),
        None,
    )
    found = None
    for number, is_rejected in enumerate(outcomes, 1):
        if is_rejected:
            if burst.rejected(BAD):
                found = number
                break
        else:
            burst.accepted()
    assert found == wanted


@given(st.lists(st.sampled_from([BAD, BUG]), max_size=200))
def test_u3_without_limits_nothing_trips(verdicts):
    """A limit of 0 is off."""
    burst = guard()
    assert not any(burst.rejected(verdict) for verdict in verdicts)
    assert burst.reason == ""
