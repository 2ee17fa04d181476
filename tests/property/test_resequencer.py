"""R1 to R3 of the resequencer under any interleaving of lanes and any order of completion."""

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.pipeline.resequencer import Resequencer


@st.composite
def courses(draw):
    """Tickets (lane, offset) in log order, the order of completion, and the lanes that are given up half-way."""
    lanes = draw(st.lists(st.sampled_from("abcd"), max_size=30))
    tickets = [(lane, offset * 3) for offset, lane in enumerate(lanes)]
    abandoned = draw(st.sets(st.sampled_from("abcd"), max_size=2))
    return tickets, draw(st.permutations(tickets)), abandoned, draw(st.randoms(use_true_random=False))


@settings(max_examples=200, deadline=None)
@given(courses())
def test_r1_r2_r3_each_lane_in_order_each_once_at_once_and_nothing_is_stuck(course):
    """A lane releases the longest finished beginning of its tickets, whatever the others do or never do.

    Of an abandoned lane the works that were never finished hold nobody up but themselves; when they come back after
    all (discarded) the lane empties.
    """
    tickets, completing, abandoned, rng = course
    resequencer = Resequencer()
    expected, complete, released = defaultdict(list), set(), defaultdict(list)
    coming = list(tickets)
    lost = {ticket for ticket in tickets if ticket[0] in abandoned and rng.random() < 0.5}

    def hand_in(lane, offset):
        complete.add((lane, offset))
        released[lane] += resequencer.complete(lane, offset, (lane, offset))
        ready = []
        for ticket in expected[lane]:
            if ticket not in complete:
                break
            ready.append(ticket)
        assert released[lane] == ready

    for lane, offset in [ticket for ticket in completing if ticket not in lost]:
        while (lane, offset) not in expected[lane] or (coming and rng.random() < 0.3):
            ticket = coming.pop(0)
            expected[ticket[0]].append(ticket)
            resequencer.expect(*ticket)
        hand_in(lane, offset)
    for ticket in coming:
        expected[ticket[0]].append(ticket)
        resequencer.expect(*ticket)
    held = {lane for lane, _ in lost}
    assert all(released[lane] == expected[lane] for lane in "abcd" if lane not in held)
    assert resequencer.lanes == len(held)
    for ticket in sorted(lost):
        hand_in(*ticket)
    assert (resequencer.lanes, resequencer.waiting) == (0, 0)
    assert all(released[lane] == expected[lane] for lane in expected)
