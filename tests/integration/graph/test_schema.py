"""The schema on a real Neo4j. Migrations are tried on labels of the test's own, since the database is shared."""

import asyncio
import uuid

import pytest
from plugins.graph import DIMENSION

from consumer.errors import UserError
from consumer.graph import apply_schema, check_schema, migrations
from consumer.graph.schema import FILTERS_SINCE, apply_elements, server_version
from consumer.graph.schema_compare import Duplicates
from consumer.graph.schema_elements import Element, Kind, elements


@pytest.fixture
async def label(database):
    """A label nobody else has; its indexes and nodes go afterwards."""
    name = f"Schema{uuid.uuid4().hex[:10]}"
    yield name
    await database.driver.execute_query(f"MATCH (n:{name}) DETACH DELETE n")
    found, _, _ = await database.driver.execute_query("SHOW INDEXES YIELD name, labelsOrTypes, owningConstraint")
    for record in found:
        if record["labelsOrTypes"] == [name]:
            what = "CONSTRAINT" if record["owningConstraint"] else "INDEX"
            await database.driver.execute_query(f"DROP {what} {record['name']} IF EXISTS")


def unique(label):
    return Element(f"u_{label}", Kind.UNIQUE, label, ("uuid",))


async def test_the_applied_schema_is_complete(database):
    """After apply nothing is missing or wrong, and applying again does nothing."""
    report = await apply_schema(database, None)
    assert report.is_complete
    assert report.statements == []
    assert len(report.present) == len(elements(None, with_filters=True))


async def test_two_pods_apply_at_once(database, label):
    """Two that start together both end with a complete schema."""
    wanted = [unique(label), Element(f"r_{label}", Kind.RANGE, label, ("a", "b"))]
    wanted.append(Element(f"f_{label}", Kind.FULLTEXT, label, ("name",)))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(apply_elements(database, wanted)) for _ in range(2)]
    assert all(task.result().is_complete for task in tasks)


async def test_graphitis_uuid_index_becomes_a_constraint(database, label):
    """On a graph that Graphiti made, its range index of the same name gives way to the constraint."""
    await database.driver.execute_query(f"CREATE INDEX u_{label} FOR (n:{label}) ON (n.uuid)")
    dry = await apply_elements(database, [unique(label)], dry_run=True)
    assert (dry.missing, len(dry.statements)) == ([f"u_{label}"], 2)
    assert (await apply_elements(database, [unique(label)])).is_complete
    again, _, _ = await database.driver.execute_query(
        f"CREATE INDEX u_{label} IF NOT EXISTS FOR (n:{label}) ON (n.uuid)"
    )
    assert again == []


async def test_duplicate_uuids_are_counted_and_all_else_is_done(database, label):
    """With uuids held twice the plain index stays, the report says how many and which, and the rest is made."""
    await database.driver.execute_query(f"CREATE INDEX u_{label} FOR (n:{label}) ON (n.uuid)")
    await database.driver.execute_query(
        f"UNWIND ['same', 'same', 'same', 'too', 'too', 'one'] AS u CREATE (:{label} {{uuid: u}})"
    )
    wanted = [unique(label), Element(f"r_{label}", Kind.RANGE, label, ("a",))]
    report = await apply_elements(database, wanted)
    assert report.duplicates == [Duplicates(label, 2, 5, ("same", "too"))]
    assert (report.present, report.missing) == ([f"r_{label}"], [f"u_{label}"])
    assert [each.state for each in report.elements] == ["plain", "online"]
    await database.driver.execute_query(f"MATCH (n:{label}) WHERE n.uuid <> 'one' DETACH DELETE n")
    assert (await apply_elements(database, wanted)).is_complete


async def test_without_graphitis_index_one_is_made_until_duplicates_are_mended(database, label):
    """Reads by uuid must not scan meanwhile."""
    await database.driver.execute_query(f"CREATE (:{label} {{uuid: 'same'}}), (:{label} {{uuid: 'same'}})")
    report = await apply_elements(database, [unique(label)])
    assert report.statements == [f"CREATE INDEX u_{label} IF NOT EXISTS FOR (x:{label}) ON (x.uuid)"]
    assert report.duplicates[0].examples == ("same",)


async def test_a_pod_does_not_start_on_duplicates(database, label, monkeypatch):
    """It says which; what can be made is made."""
    await database.driver.execute_query(f"CREATE (:{label} {{uuid: 'same'}}), (:{label} {{uuid: 'same'}})")
    monkeypatch.setattr(migrations, "wanted_elements", lambda version, dimension: (unique(label),))
    with pytest.raises(UserError, match="same"):
        await apply_schema(database, None)


async def test_duplicate_relationships_are_found(database, label):
    """Of a type of their own."""
    element = Element(f"u_{label}", Kind.UNIQUE, f"R_{label}", ("uuid",), is_relationship=True)
    await database.driver.execute_query(
        f"CREATE (a:{label})-[:R_{label} {{uuid: 'same'}}]->(:{label}), (a)-[:R_{label} {{uuid: 'same'}}]->(a)"
    )
    report = await apply_elements(database, [element], dry_run=True)
    assert report.duplicates == [Duplicates(f"R_{label}", 1, 2, ("same",))]


async def test_graphitis_full_text_index_is_made_anew_only_when_asked(database, label):
    """It works, so a pod that starts leaves it; while it is filled nothing is found."""
    element = Element(f"f_{label}", Kind.FULLTEXT, label, ("name",))
    await database.driver.execute_query(f"CREATE FULLTEXT INDEX f_{label} FOR (n:{label}) ON EACH [n.name]")
    await database.driver.execute_query(f"CREATE (:{label} {{name: 'Müller'}})")
    left = await apply_elements(database, [element])
    assert (left.is_complete, left.statements, left.replaceable) == (True, [], [f"f_{label}"])
    seen = []
    replaced = await apply_elements(database, [element], replaces=True, on_progress=lambda *told: seen.append(told))
    assert (replaced.is_complete, replaced.replaceable, len(replaced.statements)) == (True, [], 2)
    found, _, _ = await database.driver.execute_query(
        f"CALL db.index.fulltext.queryNodes('f_{label}', 'Muller') YIELD node RETURN node.name AS name"
    )
    assert [row["name"] for row in found] == ["Müller"]


async def test_an_index_of_another_name_in_the_way_is_told(database, label):
    """Somebody's own index on the property: it is not taken away for a constraint, and serves as a plain one."""
    await database.driver.execute_query(f"CREATE INDEX mine_{label} FOR (n:{label}) ON (n.uuid)")
    report = await apply_elements(database, [unique(label), Element(f"r_{label}", Kind.RANGE, label, ("uuid",))])
    assert f"mine_{label} on {label} is in the way" in report.problems[0]
    assert report.present == [f"r_{label}"]
    assert report.statements == []


async def test_a_vector_index_nobody_uses_is_made_anew(database, label):
    """Another dimension that no group has: the index is replaced; one that is used stays, and is reported."""
    filters = ("group_id",) if await server_version(database) >= FILTERS_SINCE else ()
    for dimension in (3, 5):
        element = Element(f"v_{label}", Kind.VECTOR, label, ("v",), False, dimension, filters)
        assert (await apply_elements(database, [element])).is_complete
    group = f"schema-{label}"
    await database.driver.execute_query("MERGE (:ConsumerGroup {group_id: $g, dimension: 5})", g=group)
    try:
        other = Element(f"v_{label}", Kind.VECTOR, label, ("v",), False, 7, filters)
        report = await apply_elements(database, [other])
        assert "dimension 5, not 7" in report.problems[0]
        assert report.statements == []
    finally:
        await database.driver.execute_query("MATCH (g:ConsumerGroup {group_id: $g}) DELETE g", g=group)


async def test_an_index_on_something_else_is_reported(database, label):
    """An index of the right name with other properties is a problem a person must mend."""
    await database.driver.execute_query(f"CREATE INDEX r_{label} FOR (n:{label}) ON (n.other)")
    report = await apply_elements(database, [Element(f"r_{label}", Kind.RANGE, label, ("a",))])
    assert "has properties" in report.problems[0]


async def test_check_changes_nothing(database):
    """`check_schema` reports only."""
    report = await check_schema(database, DIMENSION)
    assert report.version >= (5, 26)
