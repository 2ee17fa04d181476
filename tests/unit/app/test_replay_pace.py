"""When replayed records are due."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from consumer.app.replay_pace import Pace

STAMPS = st.lists(st.integers(0, 10**9), min_size=1, max_size=50)


@given(STAMPS.map(sorted), st.floats(0.01, 1_000))
def test_distances_are_the_recorded_ones_over_the_speed(stamps, speed):
    """P1: for timestamps in order, whatever lies between."""
    pace = Pace(speed)
    dues = [pace.due_s(stamp) for stamp in stamps]
    assert dues[0] == 0
    for stamp, due in zip(stamps, dues, strict=True):
        wanted = (stamp - stamps[0]) / 1_000 / speed
        assert abs(due - wanted) <= 1e-6 * max(1, wanted)


@given(STAMPS, st.floats(0.01, 1_000))
def test_a_timestamp_that_goes_back_waits_for_nothing(stamps, speed):
    """P1: what follows is due as if it had not been there; never earlier than what came before."""
    pace = Pace(speed)
    dues = [pace.due_s(stamp) for stamp in stamps]
    assert dues == sorted(dues)
    highest = max(0, max(stamps) - stamps[0]) / 1_000 / speed
    assert abs(dues[-1] - highest) <= 1e-6 * max(1, highest)


@given(STAMPS, st.floats(0.01, 100))
def test_no_pause_is_longer_than_the_longest(stamps, longest_s):
    """P2: whatever was recorded."""
    pace = Pace(2.0, longest_s)
    dues = [pace.due_s(stamp) for stamp in stamps]
    assert all(later - due <= longest_s / 2 + 1e-6 * max(1, later) for due, later in itertools.pairwise(dues))


def test_without_a_speed_all_is_due_at_once():
    """Flat out."""
    pace = Pace(None)
    assert [pace.due_s(stamp) for stamp in (5, 10**12)] == [0.0, 0.0]
