"""The watermark, rule by rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.pipeline.watermark import OffsetTracker


def test_watermark_waits_at_the_first_gap():
    """An unfinished offset holds everything after it back."""
    tracker = OffsetTracker(10)
    for offset in (10, 11, 12):
        tracker.begin(offset)
    assert not tracker.finish(12)
    assert not tracker.finish(11)
    assert tracker.next_offset == 10
    assert tracker.finish(10)
    assert tracker.next_offset == 13


def test_gaps_in_the_log_are_passed():
    """Compacted offsets and transaction markers never arrive and hold nothing back."""
    tracker = OffsetTracker(0)
    tracker.begin(3)
    tracker.begin(7)
    tracker.finish(3)
    assert tracker.next_offset == 7
    tracker.finish(7)
    assert tracker.next_offset == 8


def test_nothing_begun_keeps_the_start():
    """A fresh assignment commits nothing new."""
    assert OffsetTracker(42).next_offset == 42


def test_skip_to_passes_markers_only_when_idle():
    """Offsets without a record are passed at the end of the log, not over works in flight."""
    tracker = OffsetTracker(5)
    tracker.begin(5)
    tracker.skip_to(9)
    assert tracker.next_offset == 5
    tracker.finish(5)
    tracker.skip_to(9)
    assert tracker.next_offset == 9
    tracker.skip_to(7)
    assert tracker.next_offset == 9


@pytest.mark.parametrize("offset", [4, 6, 9])
def test_finishing_what_is_not_pending_is_an_error(offset):
    """A work finished twice, or never begun, is a bug that is noticed."""
    tracker = OffsetTracker(5)
    tracker.begin(5)
    tracker.begin(8)
    with pytest.raises(ValueError, match="not pending"):
        tracker.finish(offset)


def test_finishing_twice_is_an_error():
    """The second finish of one offset raises, in and out of order."""
    tracker = OffsetTracker(0)
    tracker.begin(0)
    tracker.begin(1)
    tracker.finish(1)
    with pytest.raises(ValueError, match="not pending"):
        tracker.finish(1)


def test_beginning_a_passed_offset_is_an_error():
    """Records of an earlier assignment cannot slip in."""
    tracker = OffsetTracker(5)
    with pytest.raises(ValueError, match="begun after"):
        tracker.begin(4)


@given(st.data(), st.sets(st.integers(0, 200), min_size=1, max_size=60), st.integers(0, 10**6))
def test_w1_w2_any_finishing_order(data, offsets, base):
    """W1, W2: after every step the watermark is the lowest unfinished offset, computed the slow way."""
    begun = sorted(base + offset for offset in offsets)
    tracker = OffsetTracker(base)
    for offset in begun:
        tracker.begin(offset)
    left = set(begun)
    last = tracker.next_offset
    for offset in data.draw(st.permutations(begun)):
        tracker.finish(offset)
        left.remove(offset)
        assert tracker.next_offset == (min(left) if left else begun[-1] + 1)
        assert tracker.next_offset >= last
        last = tracker.next_offset
    assert tracker.pending == 0
