"""What is wrong with a graph, counted."""

from dataclasses import replace
from datetime import UTC, datetime

from consumer.bench.graph_errors import GraphErrors, graph_errors, without_ends
from consumer.testing.generate import generate
from consumer.testing.gold import GoldFact, GoldGraph, gold


def day(number):
    """The start of a day of May 2024."""
    return datetime(2024, 5, number, tzinfo=UTC)


WORKS = GoldFact("Ada", "WORKS_AT", "Initech", day(1), day(9))
KNOWS = GoldFact("Ada", "KNOWS", "Bob", day(2), None)
GOLD = GoldGraph({"Ada": "Person", "Bob": "Person", "Initech": "Organization"}, frozenset({WORKS, KNOWS}))
LEFT = GoldFact("Ada", "NO_LONGER_WORKS_AT", "Initech", day(9), None)


def test_a_right_graph_has_no_errors():
    """Only what should be there is counted."""
    assert graph_errors(GOLD, GOLD.entities, GOLD.facts) == GraphErrors(entities=3, facts=2)


def test_a_generated_graph_compared_with_itself_has_no_errors():
    """Whatever the language can say."""
    for graph in gold(generate(5, 200, 2)).values():
        found = graph_errors(graph, graph.entities, graph.facts)
        assert found == GraphErrors(entities=len(graph.entities), facts=len(graph.facts))


def test_nodes_of_one_name_are_counted_beyond_the_first():
    """Three of a name are two too many; a name that is not there is missing."""
    found = graph_errors(GOLD, ["Ada", "Ada", "Ada", "Bob"], GOLD.facts)
    assert (found.duplicate_entities, found.missing_entities) == (2, 1)


def test_a_fact_with_another_date_is_wrong_and_the_right_one_missing():
    """A fact is its triple with both dates."""
    found = graph_errors(GOLD, GOLD.entities, [replace(WORKS, invalid_at=None), KNOWS])
    assert (found.wrong_facts, found.missing_facts) == (1, 1)


def test_a_fact_that_is_there_twice_is_wrong_once():
    """And nothing is missing."""
    found = graph_errors(GOLD, GOLD.entities, [WORKS, KNOWS, KNOWS])
    assert (found.wrong_facts, found.missing_facts) == (1, 0)


def test_groups_are_summed_up():
    """Field by field."""
    one = GraphErrors(1, 2, 3, 4, 5, 6)
    assert one.plus(one) == GraphErrors(2, 4, 6, 8, 10, 12)


def test_an_end_counts_as_what_it_did():
    """Whether it closed its fact is seen at the fact."""
    assert without_ends([WORKS, LEFT, KNOWS]) == [WORKS, KNOWS]
    assert without_ends([LEFT, replace(WORKS, invalid_at=None)]) == [replace(WORKS, invalid_at=None)]


def test_an_end_of_nothing_is_a_fact_whose_start_nobody_knows():
    """The first end, if there are several; a fact that began later is another."""
    ended = replace(WORKS, valid_at=None, invalid_at=day(9))
    later = replace(WORKS, valid_at=day(12), invalid_at=None)
    assert without_ends([LEFT, replace(LEFT, valid_at=day(20))]) == [ended]
    assert without_ends([LEFT, later]) == [later, ended]
