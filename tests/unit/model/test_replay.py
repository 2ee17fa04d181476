"""What a replay takes, and how its order is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.model.replay import RUN_ID, Order, Stretch, order_text, read_order
from consumer.model.work import Record


def record(key=b"alice", timestamp_ms=100, headers=()):
    """A record of the topic `episodes`."""
    return Record("episodes", 0, 0, timestamp_ms, key, b"{}", headers)


@pytest.mark.parametrize(
    ("groups", "key", "is_taken"),
    [
        ((), b"alice", True),
        ((), None, True),
        (("alice",), b"alice", True),
        (("alice",), b"Alice", False),
        (("bob", "al*"), b"alice", True),
        (("team-?",), b"team-1", True),
        (("team-?",), b"team-12", False),
        (("alice",), None, False),
        (("*",), b"\xff", True),
    ],
)
def test_groups_are_names_or_patterns_of_the_key(groups, key, is_taken):
    """Upper and lower case count; a record without a key is of no group."""
    assert (Order("episodes", "copy", groups=groups).leaves_out(record(key)) is None) == is_taken


def test_a_stretch_of_time_has_its_end_open():
    """The first instant is in it, the last is not."""
    order = Order("episodes", "copy", since_ms=100, until_ms=200)
    said = {time: order.leaves_out(record(timestamp_ms=time)) for time in (99, 100, 199, 200)}
    assert said == {99: "too early", 100: None, 199: None, 200: "too late"}


def test_copies_are_not_copied_within_a_topic():
    """Else each replay would double all earlier ones; from another topic they are records like others."""
    copy = record(headers=((RUN_ID, b"r1"),))
    assert Order("episodes", "episodes", "x-").leaves_out(copy) == "copies made by a replay"
    assert Order("episodes", "other", "x-").leaves_out(copy) is None


NAMES = st.text(st.characters(codec="utf-8"), max_size=20)


@given(
    st.builds(
        Order,
        NAMES,
        NAMES,
        NAMES,
        st.lists(NAMES, max_size=3).map(tuple),
        st.none() | st.integers(0, 10**15),
        st.none() | st.integers(0, 10**15),
        st.none() | st.floats(0.001, 1e6),
        st.none() | st.floats(0, 1e6),
    ),
    st.builds(Stretch, st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**12)),
)
def test_an_order_is_read_as_it_was_kept(order, stretch):
    """Whatever it says; the offset is kept beside it."""
    assert read_order(order_text(order, stretch), stretch.at) == (order, stretch)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"begin":1,"end":2}', '{"begin":1,"end":2,"a":"b"}'])
def test_what_no_replay_kept_is_told_as_such(text):
    """Somebody's own offsets under the name of a run."""
    with pytest.raises(ValueError, match=r"order of a replay|Expecting value"):
        read_order(text, 0)
