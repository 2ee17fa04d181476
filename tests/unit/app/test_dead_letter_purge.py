"""What a purge removes: the head of each partition, never half of a letter."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from consumer.app.dead_letter_purge import Cut, decide
from consumer.app.dead_letters import mark_superseded
from consumer.model.dead_letter import DeadLetter, Origin, Position, Stray

NOW = datetime(2024, 5, 31, tzinfo=UTC)


def letter(*offsets, days=10, partition=0, parts=None, origin=None):
    failed_at = NOW - timedelta(days=days)
    return DeadLetter(
        position=Position(partition, min(offsets)),
        offsets=offsets,
        expected_parts=parts or len(offsets),
        key=b"g",
        size=1,
        reason="refused",
        detail="",
        family="episode",
        stage="extract",
        attempts=1,
        first_at=failed_at,
        failed_at=failed_at,
        origin=Origin("episodes", 0, min(offsets) if origin is None else origin, 0),
        is_complete=parts is None,
    )


def decided(cut, *letters, strays=(), end=None):
    end = end or {0: 1 + max((one.last_offset for one in letters), default=-1)}
    return decide(cut, mark_superseded(letters), strays, first=dict.fromkeys(end, 0), end=end, now=NOW)


def test_all_goes_to_the_end():
    """Of every partition, strays too."""
    strays = [Stray(Position(1, 0), 1, 0, "no header")]
    purge = decided(Cut(), letter(0), letter(1, 2), strays=strays, end={0: 3, 1: 1, 2: 0})
    assert purge.offsets == {0: 3, 1: 1}
    assert (purge.by_reason(), purge.strays, purge.spared) == ({"refused": 2}, 1, [])


def test_a_letter_in_parts_is_not_cut_in_two():
    """The cut moves before it, and before another that is mixed with that one."""
    purge = decided(Cut(before=Position(0, 4)), letter(0), letter(1, 3), letter(2, 4), letter(5))
    assert purge.offsets == {0: 1}
    assert sorted(purge.spared) == [Position(0, 1), Position(0, 2)]


def test_age_cuts_before_the_first_that_is_younger():
    """What comes after it stays even if it is older: Kafka removes from the head only."""
    purge = decided(Cut(older_than=NOW - timedelta(days=7)), letter(0), letter(1, days=3), letter(2))
    assert purge.offsets == {0: 1}


def test_parts_that_may_still_be_coming_stay():
    """A letter that is being written right now is not spoiled; one that nobody finished goes."""
    assert decided(Cut(), letter(0), letter(1, days=0, parts=3)).offsets == {0: 1}
    assert decided(Cut(), letter(0), letter(1, days=1, parts=3)).offsets == {0: 2}


def test_a_position_cuts_its_own_partition_only():
    """Others keep what they have; a place beyond the end is the end."""
    purge = decided(Cut(before=Position(1, 99)), letter(0), letter(3, partition=1), end={0: 1, 1: 4})
    assert purge.offsets == {1: 4}


def test_the_newest_complete_letter_of_a_record_counts():
    """Rejected twice by a crash, once cut short: the others are marked."""
    marked = mark_superseded(
        [letter(0, origin=9), letter(4, 5, origin=9, parts=3, days=1), letter(2, origin=9, days=2)]
    )
    assert [(one.position.offset, one.is_superseded) for one in marked] == [(0, True), (2, False), (4, True)]


@given(
    spans=st.lists(st.integers(1, 4), min_size=1, max_size=6),
    order=st.randoms(use_true_random=False),
    before=st.integers(0, 30),
)
def test_no_cut_ever_goes_through_a_letter(spans, order, before):
    """Any mixture of letters, any place: each is removed whole or not at all, and no more than asked for."""
    places = list(range(sum(spans)))
    order.shuffle(places)
    letters = [letter(*(places.pop() for _ in range(span))) for span in spans]
    offset = decided(Cut(before=Position(0, before)), *letters).offsets.get(0, 0)
    assert offset <= before
    for one in letters:
        assert len({place < offset for place in one.offsets}) == 1
