"""The resequencer, rule by rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.pipeline.resequencer import Resequencer


def test_a_lane_waits_for_its_first_and_others_pass():
    """R1, R2: a slow work holds up its own lane only."""
    sequencer = Resequencer()
    for lane, ticket in (("a", 0), ("b", 1), ("a", 2)):
        sequencer.expect(lane, ticket)
    assert sequencer.complete("a", 2, "a2") == []
    assert sequencer.complete("b", 1, "b1") == ["b1"]
    assert sequencer.waiting == 1
    assert sequencer.complete("a", 0, "a0") == ["a0", "a2"]


def test_idle_lanes_cost_nothing():
    """R3: a lane is forgotten when its last work is released."""
    sequencer = Resequencer()
    for ticket in range(100):
        sequencer.expect(f"group-{ticket}", ticket)
        sequencer.complete(f"group-{ticket}", ticket, ticket)
    assert sequencer.lanes == 0
    assert sequencer.waiting == 0


@pytest.mark.parametrize(("lane", "ticket"), [("a", 1), ("b", 0)])
def test_completing_the_unexpected_is_an_error(lane, ticket):
    """A work nobody expects is a bug that is noticed."""
    sequencer = Resequencer()
    sequencer.expect("a", 0)
    with pytest.raises(ValueError, match="not expected"):
        sequencer.complete(lane, ticket, None)


def test_tickets_rise_within_a_lane():
    """Taking tickets out of log order is an error."""
    sequencer = Resequencer()
    sequencer.expect("a", 5)
    with pytest.raises(ValueError, match="after 5"):
        sequencer.expect("a", 5)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_r1_any_completion_order_gives_log_order(lanes, random):
    """R1: whatever order works complete in, each lane comes out in log order, all of it, once."""
    sequencer = Resequencer()
    works = list(enumerate(lanes))
    for ticket, lane in works:
        sequencer.expect(lane, ticket)
    random.shuffle(works)
    out = [work for ticket, lane in works for work in sequencer.complete(lane, ticket, (lane, ticket))]
    assert sorted(out) == sorted((lane, ticket) for ticket, lane in enumerate(lanes))
    for lane in "abc":
        mine = [ticket for name, ticket in out if name == lane]
        assert mine == sorted(mine)


def test_the_last_tickets_can_be_given_back():
    """What will not come is waited for by nobody; only from the end, and not what has come."""
    sequencer = Resequencer()
    for ticket in (1, 2, 3):
        sequencer.expect("g", ticket)
    assert sequencer.complete("g", 2, "b") == []
    with pytest.raises(ValueError, match="not the last"):
        sequencer.withdraw("g", 1)
    sequencer.withdraw("g", 3)
    with pytest.raises(ValueError, match="not the last"):
        sequencer.withdraw("g", 2)
    assert sequencer.complete("g", 1, "a") == ["a", "b"]
    sequencer.expect("g", 4)
    sequencer.withdraw("g", 4)
    assert sequencer.lanes == 0
