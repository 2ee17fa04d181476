"""What is found in a plan: plans are written down here as Neo4j tells them; that it tells them so, see integration."""

import pytest

from consumer.graph.advice import Index, Kind, findings
from consumer.graph.advice_predicates import Predicate, predicates
from consumer.graph.plans import Notice, Operator, Plan

NAME = Index("name_entity_index", "RANGE", "Entity", ("name",))
WORDS = Index("node_name_and_summary", "FULLTEXT", "Entity", ("name", "summary", "group_id"))


def step(name, details="", *children, variables=()):
    return Operator(name, details, 10.0, variables, children=children)


def plan_of(root, *notices):
    return Plan(step("ProduceResults", "n", root), ("n",), "r", notices=notices)


def kinds(root, text="MATCH (n {group_id: $g}) RETURN n", indexes=(NAME, WORDS)):
    return [finding.kind for finding in findings(plan_of(root), text, indexes)]


@pytest.mark.parametrize(
    ("details", "found"),
    [
        ("cache[n.name] = $a AND n.age > $b", [("name", "=", ""), ("age", ">", "")]),
        ("toLower(n.name) = $a", [("name", "=", "toLower")]),
        ("(n.a = $x AND m.b = $y)", [("a", "=", "")]),
        ("n.a = $x OR n.b = $y", []),
        ("NOT n.a = $x", []),
        ("n.a <> $x", []),
        ("n.a STARTS WITH $x AND n.b IS NOT NULL AND size(n.c) > $d", [("a", "STARTS", ""), ("c", ">", "size")]),
        ("`n`.`odd name` CONTAINS $x", [("odd name", "CONTAINS", "")]),
        ("n:Entity AND n.a IN $list", [("a", "IN", "")]),
    ],
)
def test_predicates_are_read_from_a_filters_words(details, found):
    """What is not surely a predicate on the variable's property is left out."""
    asked = predicates([step("Filter", details), step("Limit", "n.z = 1")], "n")
    assert [(each.name, each.how, each.function) for each in asked] == found


def test_a_function_or_parts_of_words_are_not_for_a_range_index():
    """Which index could serve a predicate."""
    assert Predicate("n", "a", "IN").is_for_range
    assert not Predicate("n", "a", "=", "toLower").is_for_range
    assert Predicate("n", "a", "CONTAINS").is_for_text


def test_a_scan_that_an_index_could_serve_is_found():
    """With the statement that creates it."""
    root = step("Filter", "n.summary = $x", step("NodeByLabelScan", "n:Entity"))
    (finding,) = findings(plan_of(root), "MATCH (n {group_id: $g})", [NAME])
    assert finding.kind == Kind.LABEL_SCAN
    assert finding.statement == "CREATE INDEX entity_summary IF NOT EXISTS FOR (x:`Entity`) ON (x.`summary`)"


def test_a_scan_beside_an_index_gets_a_hint():
    """The planner chose it: few nodes, or old statistics."""
    root = step("Filter", "cache[n.name] = $x", step("NodeByLabelScan", "n:Entity"))
    (finding,) = findings(plan_of(root), "MATCH (n:Entity {group_id: $g, name: $x}) RETURN n", [NAME])
    assert "USING INDEX n:Entity(name)" in finding.better
    assert finding.statement is None


def test_words_are_for_the_full_text_index():
    """Where there is one on the property."""
    root = step("Filter", "n.summary CONTAINS $x", step("NodeByLabelScan", "n:Entity"))
    (finding,) = findings(plan_of(root), "MATCH (n {group_id: $g})", [WORDS])
    assert "db.index.fulltext.queryNodes('node_name_and_summary'" in finding.mend


def test_a_function_that_hides_a_property_is_told():
    """No index is offered, for it would not be used."""
    root = step("Filter", "toLower(n.name) = $x", step("NodeByLabelScan", "n:Entity"))
    (finding,) = findings(plan_of(root), "MATCH (n {group_id: $g})", [NAME])
    assert "toLower(…) hides Entity.name" in finding.mend
    assert finding.statement is None


@pytest.mark.parametrize(
    ("root", "found"),
    [
        (step("NodeByLabelScan", "n:Entity"), []),
        (step("AllNodesScan", "n"), [Kind.ALL_NODES]),
        (step("PartitionedAllNodesScan", "n"), [Kind.ALL_NODES]),
        (step("DirectedAllRelationshipsScan", "(a)-->()"), [Kind.ALL_RELATIONSHIPS]),
        (step("Filter", "r.x = $a", step("DirectedRelationshipTypeScan", "()-[r:X]->()")), [Kind.TYPE_SCAN]),
        (step("DirectedRelationshipTypeScan", "()-[r:X]->()"), []),
        (step("CartesianProduct", "", step("NodeIndexSeek", "a"), step("NodeByLabelScan", "b:B")), [Kind.CARTESIAN]),
        (
            step("CartesianProduct", "", step("NodeIndexSeek", "a"), step("NodeUniqueIndexSeek", "WHERE uuid = $u")),
            [],
        ),
        (
            step("CartesianProduct", "", step("NodeIndexSeek", "a"), step("NodeUniqueIndexSeek", "uuid IN $us")),
            [Kind.CARTESIAN],
        ),
        (step("Eager", "read/delete conflict for variable: n"), [Kind.EAGER]),
        (step("EagerAggregation", "count(*)"), []),
        (step("VarLengthExpand(All)", "(a)-[:X*]->(b)"), [Kind.UNBOUNDED]),
        (step("VarLengthExpand(All)", "(a)-[r:X*2..]->(b)"), [Kind.UNBOUNDED]),
        (step("VarLengthExpand(Pruning,BFS,All)", "(a)-[:X*..2147483647]-(b)"), [Kind.UNBOUNDED]),
        (step("StatefulShortestPath(Into, Trail)", "SHORTEST 2 (a) ((x)-[y]->(z)){1, } (b)"), [Kind.UNBOUNDED]),
        (step("VarLengthExpand(All)", "(a)-[:X*..5]->(b)"), []),
        (step("Expand(All)", "(a)-[r]->(b)"), [Kind.UNTYPED]),
        (step("Expand(All)", "(a)-->(b)"), [Kind.UNTYPED]),
        (step("Expand(All)", "(a)-[r:X]->(b)"), []),
        (step("Projection", "", step("Sort", "n.x ASC")), [Kind.NO_LIMIT]),
        (step("Top", "n.x ASC LIMIT 5"), []),
        (step("EagerAggregation", "collect(n)", step("Sort", "n.x ASC")), []),
    ],
)
def test_shapes_of_plans(root, found):
    """What is slow is found, and what only looks like it is not."""
    assert kinds(root) == found


def test_names_that_are_not_there_are_told_with_their_line():
    """The server's remark, in the query's own lines."""
    notice = Notice("01N50", "UNRECOGNIZED", "warn: … The label `Nope` does not exist in database `neo4j`.", 10)
    plan = plan_of(step("NodeIndexSeek"), notice)
    (finding,) = findings(plan, "MATCH\n(n:Nope {group_id: $g}) RETURN n", [])
    assert (finding.kind, finding.line) == (Kind.UNKNOWN, 2)
    assert "no label `Nope`" in finding.seen


def test_a_query_over_all_groups_is_noted():
    """Our labels hold every tenant's data."""
    assert kinds(step("NodeIndexSeek"), "MATCH (n:Entity) RETURN n") == [Kind.ALL_GROUPS]
    assert kinds(step("NodeIndexSeek"), "MATCH (n:Entity {uuid: $u}) RETURN n") == []
