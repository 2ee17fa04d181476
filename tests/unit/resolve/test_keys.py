"""The exact key: writing habits go, what tells things apart stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.model.ids import name_key
from consumer.resolve.keys import exact_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("U.S.A.", "USA"),
        ("J. R. R. Tolkien", "J.R.R. Tolkien"),
        ("O’Brien", "o'brien"),
        ("AT&T", "AT & T"),
        ("Jean-Luc", "jean luc"),
        ("Ａｃｍｅ™", "acme"),
        ("Acme, Inc.", "ACME INC"),
        ("می\u200cخواهم", "میخواهم"),
    ],
)
def test_habits_are_folded(one, other):
    """Dots of initials, apostrophes, dashes, width, marks of ownership, invisible characters."""
    assert exact_key(one) == exact_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C++", "C"),
        ("C#", "C"),
        (".NET", "net"),
        ("3.1", "31"),
        ("1,000", "1 000"),
        ("10:30", "1030"),
        ("1/2", "12"),
        ("-5 °C", "5 °C"),
        ("!!!", "???"),
        ("Müller", "Muller"),
        ("北京", "上海"),
        ("5'10", "510"),
    ],
)
def test_what_tells_things_apart_stays(one, other):
    """Signs of languages, marks between digits, a minus, letters with marks, other scripts, names of signs alone."""
    assert exact_key(one) != exact_key(other)


@given(st.text(min_size=1, max_size=30))
def test_a_key_is_its_own_key(name):
    """Folding twice is folding once, and equal name keys have equal exact keys."""
    key = exact_key(name)
    assert exact_key(name_key(name)) == key
    assert bool(key) == bool(name_key(name))
