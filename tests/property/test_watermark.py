"""W1 to W3 of the offset tracker, against a list of what was begun and a set of what was finished."""

from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.pipeline.watermark import OffsetTracker


@st.composite
def logs(draw):
    """A start, offsets in rising order with gaps, and the order in which they finish."""
    start = draw(st.integers(0, 5))
    gaps = draw(st.lists(st.integers(1, 4), max_size=25))
    offsets, last = [], start - 1
    for gap in gaps:
        last += gap
        offsets.append(last)
    return start, offsets, draw(st.permutations(offsets)), draw(st.randoms(use_true_random=False))


@settings(max_examples=200, deadline=None)
@given(logs())
def test_w1_w2_w3_any_order_of_finishing_passes_no_gap_and_never_goes_back(log):
    """After each step the watermark is the first begun offset that is not finished, else one past the last begun."""
    start, offsets, finishing, rng = log
    tracker = OffsetTracker(start)
    begun, finished, passed = [], set(), start
    to_begin, to_finish = list(offsets), list(finishing)
    while to_begin or to_finish:
        ready = [offset for offset in to_finish if offset in begun]
        if to_begin and (not ready or rng.random() < 0.5):
            begun.append(to_begin.pop(0))
            tracker.begin(begun[-1])
        else:
            offset = ready[0]
            to_finish.remove(offset)
            finished.add(offset)
            assert tracker.finish(offset) == (offset == min(o for o in begun if o == offset or o not in finished))
        open_offsets = [offset for offset in begun if offset not in finished]
        assert tracker.next_offset == (min(open_offsets) if open_offsets else begun[-1] + 1)
        assert tracker.next_offset >= passed
        assert tracker.pending == sum(offset >= tracker.next_offset for offset in begun)
        passed = tracker.next_offset
    assert tracker.next_offset == (offsets[-1] + 1 if offsets else start)


@settings(max_examples=100, deadline=None)
@given(logs(), st.integers(0, 200))
def test_w1_a_jump_past_markers_passes_no_open_offset(log, position):
    """Skipping to a position does nothing while anything is open, and never goes back."""
    start, offsets, finishing, _ = log
    tracker = OffsetTracker(start)
    for offset in offsets:
        tracker.begin(offset)
    tracker.skip_to(position)
    assert tracker.next_offset == (offsets[0] if offsets else max(start, position))
    for offset in finishing:
        tracker.finish(offset)
    before = tracker.next_offset
    tracker.skip_to(position)
    assert tracker.next_offset == max(before, position)
