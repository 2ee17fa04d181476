"""Differences between a graph and its gold are counted and told."""

from collections import Counter
from datetime import UTC, datetime

from consumer.bench.gold_check import GoldCheck, compared
from consumer.testing.gold import GoldFact, GoldGraph

START = datetime(2020, 1, 1, tzinfo=UTC)
WORKS = GoldFact("Ada", "WORKS_AT", "Acme", START, None)
LIKES = GoldFact("Ada", "LIKES", "Tea", None, None)
WANTED = GoldGraph({"Ada": "Person", "Acme": "Organization", "Tea": "Work"}, frozenset({WORKS, LIKES}))


def test_the_same_is_right():
    """Nothing to tell."""
    found = compared("g", Counter(WANTED.entities.keys()), Counter(WANTED.facts), WANTED)
    assert found == GoldCheck(groups=1, entities=3, facts=2)
    assert found.is_right


def test_each_difference_counts_and_is_told():
    """A name twice, a name too many, one that is not there; a fact with another end, a fact twice."""
    closed = GoldFact("Ada", "WORKS_AT", "Acme", START, START)
    found = compared("g", Counter({"Ada": 2, "Acme": 1, "Coffee": 1}), Counter({closed: 1, LIKES: 2}), WANTED)
    assert (found.duplicate_entities, found.wrong_entities) == (1, 2)
    assert (found.duplicate_facts, found.wrong_facts) == (1, 2)
    assert not found.is_right
    assert found.differences[0] == "g: no entity 'Tea'"
    assert "g: no fact Ada WORKS_AT Acme [2020-01-01, ?)" in found.differences


def test_counts_add_up_and_only_the_first_differences_are_told():
    """Over groups."""
    one = compared("g", Counter(), Counter(), WANTED)
    both = one.plus(compared("h", Counter(WANTED.entities.keys()), Counter(WANTED.facts), WANTED))
    assert (both.groups, both.entities, both.facts, both.wrong_entities, both.wrong_facts) == (2, 3, 2, 3, 2)
    assert both.differences == one.differences
