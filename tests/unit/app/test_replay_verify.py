"""Which groups are compared, and how what differs is told."""

import pytest

from consumer.app.replay_verify import compare, pairs
from consumer.graph import Element, Portrait


def portrait(*elements):
    """A portrait of (kind, name, properties)."""
    made = Portrait(digest=repr(sorted(map(repr, elements))))
    for kind, name, properties in elements:
        hashed = repr((kind, name, properties)).encode()
        made.counts[kind] += 1
        made.hashes[hashed] += 1
        made.elements[hashed] = Element(kind, name, properties)
    return made


@pytest.mark.parametrize(
    ("prefix", "other", "groups", "wanted"),
    [
        ("r1-", "", (), [("r1-a", "a"), ("r1-b", "b")]),
        ("r1-", "r2-", (), [("r1-a", "r2-a"), ("r1-b", "r2-b"), ("r1-c", "r2-c")]),
        ("r1-", "", ("c", "a"), [("r1-a", "a"), ("r1-c", "c")]),
        ("r3-", "", (), []),
    ],
)
def test_groups_meet_their_like(prefix, other, groups, wanted):
    """All of both namespaces; against the source those of the namespace; or those that are named."""
    assert pairs(["a", "b", "d", "r1-a", "r1-b", "r2-a", "r2-c"], prefix, other, groups) == wanted


def test_equal_portraits_have_no_difference():
    """Also when an element is there twice."""
    found = compare("x", "y", *[portrait(("fact", "f", {"a": 1}), ("fact", "f", {"a": 1}))] * 2, shown=10)
    assert found.is_equal
    assert (found.differences, found.more) == ((), 0)


def test_what_differs_is_told_by_side_kind_and_name():
    """Facts first; what both call by one name by its properties, once; the rest is counted."""
    one = portrait(("entity", "Ada", {"type": "Person"}), ("fact", "Ada KNOWS Bo", {}), ("episode", "e1", {}))
    other = portrait(("entity", "Ada", {"type": "Robot"}), ("episode", "e1", {}), ("mention", "e1 Ada", {}))
    found = compare("x-g", "g", one, other, 10)
    assert not found.is_equal
    assert [(each.side, each.kind, each.name, each.properties) for each in found.differences] == [
        ("x-g", "fact", "Ada KNOWS Bo", ()),
        ("x-g", "entity", "Ada", ("type",)),
        ("g", "mention", "e1 Ada", ()),
    ]
    short = compare("x-g", "g", one, other, 1)
    assert (len(short.differences), short.more) == (1, 2)


def test_an_element_more_often_on_one_side_is_a_difference():
    """A duplicate is no equality."""
    one, other = portrait(*[("fact", "f", {})] * 2), portrait(("fact", "f", {}))
    assert [(each.side, each.name) for each in compare("x", "y", one, other, 10).differences] == [("x", "f")]
