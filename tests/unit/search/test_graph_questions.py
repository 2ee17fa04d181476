"""Small parts of graph questions: cursors, plain data, near names, and what is refused before the graph is asked."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.errors import UserError
from consumer.graph.reading.edges import Direction, EntityNode
from consumer.graph.reading.entity_names import near_names
from consumer.search.cursors import cursor_text, cursor_values
from consumer.search.intervals import Interval
from consumer.search.question_json import as_json
from consumer.search.question_models import Lane, Neighbour, NeighbourQuestion, Timeline


@given(st.lists(st.text(), max_size=6), st.none() | st.integers())
def test_a_cursor_keeps_what_it_is_given(place, told):
    """Names in any script; and it is one word."""
    text = cursor_text(after=place, told=told)
    assert cursor_values(text, "told", "after") == [told, place]
    assert text.isascii()
    assert not set(text) & set(" +/=\n")


@pytest.mark.parametrize("text", ["", "x", "é", "e30", "W10", "////", cursor_text(other=1)])
def test_what_is_no_cursor_is_told(text):
    """In one line, as wrong usage."""
    with pytest.raises(UserError, match="no cursor") as told:
        cursor_values(text, "after")
    assert told.value.exit_code == 2


def test_answers_are_plain_data():
    """Instants in RFC 3339, intervals by their ends, choices by value."""
    at = datetime(2024, 1, 1, tzinfo=UTC)
    node = EntityNode("u", "Ada", ("Person",), 3)
    lane = Lane("R", Direction.IN, (), (Interval(at, None),), (), 0)
    found = as_json(Timeline(node, at, None, (lane,), None, ("a note",)))
    assert found["as_of"] == "2024-01-01T00:00:00Z"
    assert found["entity"] == {"uuid": "u", "name": "Ada", "types": ["Person"], "facts": 3}
    assert found["lanes"][0]["gaps"] == [{"start": "2024-01-01T00:00:00Z", "end": None}]
    assert found["lanes"][0]["direction"] == "in"
    assert as_json((Neighbour(node, 1), NeighbourQuestion("g", "Ada")))[1]["direction"] == "both"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Trumann", ["Truman", "Harry S. Truman"]),
        ("harry truman", ["Harry S. Truman", "Truman"]),
        ("北京大學", ["北京大学"]),
        ("Zzyzx", []),
    ],
)
def test_near_names(name, near):
    """The likest first; nothing when nothing is alike."""
    known = ["Harry S. Truman", "Truman", "北京大学", "東京", "Bob"]
    assert near_names(name, known) == near


def test_directions_turn():
    """From the other end out is in; both stays."""
    assert [each.turned for each in Direction] == [Direction.IN, Direction.OUT, Direction.BOTH]
