"""Plans, measurements and advice on a real Neo4j; and the plans of every query that we ship."""

import asyncio
import uuid

import pytest
from plugins.graph import fact

from consumer.errors import UserError
from consumer.graph import apply_schema, connect
from consumer.graph.advice import Kind, findings
from consumer.graph.advice_check import advise
from consumer.graph.cypher import body, query_names
from consumer.graph.cypher_tokens import statement
from consumer.graph.plans import explain, profile
from consumer.graph.schema import FILTERS_SINCE, server_version
from consumer.settings import Neo4jSettings

HOP = "MATCH (a:Entity {uuid: $u})"


@pytest.fixture
async def group(store, narrator):
    """A group that holds a few facts, so that labels, types and properties are known."""
    await store.write([narrator.said(n, fact(f"P{n}", "LIKES", f"T{n}")) for n in range(5)])
    return narrator.group_id


async def test_explain_needs_no_parameters_and_runs_nothing(database, group):
    """A write is planned and not made."""
    name = f"Plan{uuid.uuid4().hex[:8]}"
    plan = await explain(database, f"CREATE (n:{name} {{a: $a}}) RETURN n", {})
    assert "Create" in [operator.name for _, operator in plan.root.walk()]
    assert (plan.columns, plan.is_profiled, plan.db_hits) == (("n",), False, None)
    found, _, _ = await database.driver.execute_query(f"MATCH (n:{name}) RETURN count(n) AS c")
    assert found[0]["c"] == 0


async def test_profile_measures_rows_and_hits(database, group):
    """Of each step."""
    plan = await profile(database, "MATCH (e:Entity {group_id: $g}) RETURN e.name", {"g": group})
    assert plan.result_rows == 10
    assert plan.db_hits > 10
    assert plan.root.rows == 10


async def test_profile_refuses_to_write(database, group):
    """The server does, in access mode READ; nothing is left."""
    with pytest.raises(UserError, match="--write"):
        await profile(database, "MATCH (e:Entity {group_id: $g}) SET e.summary = 'x'", {"g": group})
    with pytest.raises(UserError, match="--write"):
        await profile(database, "CREATE INDEX never FOR (n:Never) ON (n.a)", {})


async def test_what_profile_writes_is_counted_and_rolled_back(database, group):
    """With leave to write."""
    plan = await profile(
        database, "MATCH (e:Entity {group_id: $g}) SET e.summary = 'profiled'", {"g": group}, is_writing=True
    )
    assert plan.counters == {"properties_set": 10}
    found, _, _ = await database.driver.execute_query(
        "MATCH (e:Entity {group_id: $g, summary: 'profiled'}) RETURN count(e) AS c", g=group
    )
    assert found[0]["c"] == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("MATCH (n)\nRETURN m", r"`m` not defined \(line 2, column 8\)"),
        ("CALL no.such()", "no.such"),
        ("MATCH (n:Entity {uuid: $u}) RETURN n", "--param"),
        ("UNWIND range(1, 10000000000) AS x RETURN sum(x)", "longer than 1 s"),
    ],
)
async def test_what_the_database_refuses_is_one_line(database, text, said):
    """With the place in the query's own text, and what to do."""
    with pytest.raises(UserError, match=said):
        await profile(database, text, {}, timeout_s=1.0)


@pytest.mark.parametrize(
    ("text", "kind", "has_better"),
    [
        ("MATCH (n {name: $x}) RETURN n", Kind.ALL_NODES, False),
        ("MATCH (a)-->(b) RETURN a.uuid, b.uuid", Kind.ALL_RELATIONSHIPS, False),
        ("MATCH (e:Entity {summary: $x}) RETURN e", Kind.LABEL_SCAN, False),
        ("MATCH ()-[r:RELATES_TO {fact: $x}]->() RETURN r", Kind.TYPE_SCAN, False),
        ("MATCH (a:Entity), (b:Episodic) RETURN a.uuid, b.uuid", Kind.CARTESIAN, False),
        (f"{HOP}-[r:RELATES_TO]->(b) SET b += $x, r.y = a.z RETURN b", Kind.EAGER, False),
        (f"{HOP}-[:RELATES_TO*]->(b) RETURN b.name", Kind.UNBOUNDED, True),
        (f"{HOP}-[:RELATES_TO*2..]->(b) RETURN DISTINCT b.name", Kind.UNBOUNDED, True),
        (f"{HOP}-[:RELATES_TO]->+(b) RETURN b.name", Kind.UNBOUNDED, True),
        (f"{HOP} ((x)-[:RELATES_TO]->(y) WHERE x.name <> y.name)+ (b) RETURN b.name", Kind.UNBOUNDED, True),
        ("MATCH p = shortestPath((:Entity {uuid: $u})-[:X*]-(:Entity {uuid: $v})) RETURN p", Kind.UNBOUNDED, True),
        ("MATCH p = ANY SHORTEST (:Entity {uuid: $u})-[:X]->*(:Entity {uuid: $v}) RETURN p", Kind.UNBOUNDED, True),
        (f"{HOP}-[r]->(b) RETURN b.name", Kind.UNTYPED, False),
        ("MATCH (e:Entity {group_id: $g}) RETURN e.name ORDER BY e.summary", Kind.NO_LIMIT, True),
        ("MATCH (e:Entity {group_id: 'team'}) RETURN e.name LIMIT 3", Kind.LITERAL, True),
        ("MATCH (e:Entety {group_id: $g}) RETURN e.name", Kind.UNKNOWN, False),
        ("MATCH (e:Entity) RETURN e.name LIMIT 3", Kind.ALL_GROUPS, False),
    ],
)  # fmt: skip
async def test_each_kind_is_found_in_a_real_plan(database, group, text, kind, has_better):
    """So that a new release of Neo4j that words its plans otherwise is seen here."""
    advice = await advise(database, text, {})
    found = [finding for finding in advice.findings if finding.kind == kind]
    assert found
    assert (found[0].better is not None) is has_better
    assert (advice.better is not None) is any(finding.better for finding in advice.findings)


async def test_the_better_query_lacks_what_was_found_and_gives_the_same_rows(database, group):
    """All changes at once, on data where the bounds don't matter."""
    text = (
        "MATCH (a:Entity {group_id: '"
        + group
        + "'})-[:RELATES_TO*]->(b:Entity) // all *\nRETURN b.name ORDER BY b.name"
    )
    advice = await advise(database, text, {})
    again = await advise(database, advice.better, dict(advice.parameters))
    assert [finding.kind for finding in again.findings] == []
    first, _, _ = await database.driver.execute_query(text)
    then, _, _ = await database.driver.execute_query(advice.better, dict(advice.parameters))
    assert [list(record) for record in then] == [list(record) for record in first]
    assert len(first) == 5
    assert advice.differs == ("longer paths than the bound are not found", "only the first 100 rows")


async def test_a_good_query_has_no_findings(database, group):
    """Nothing is found for the sake of finding."""
    advice = await advise(database, "MATCH (e:Entity {group_id: $g}) RETURN e.name ORDER BY e.name LIMIT 10", {})
    assert advice.findings == ()
    assert advice.better is None


# --- every query that we ship ---

FEW = 3_000
"""Nodes of each label, so that the planner has statistics in which a scan is dear."""


@pytest.fixture(scope="module")
def _filled(neo4j_uri):
    """While this module runs no label of ours is small, and one group is a small part of each."""

    async def run(*statements):
        database = connect(Neo4jSettings(uri=neo4j_uri, transaction_timeout_s=300))
        await apply_schema(database, None)
        for text in statements:
            await database.driver.execute_query(text, few=FEW, group=FILLED)
        await database.aclose()

    asyncio.run(run(EMPTY, FILL, "CALL db.prepareForReplanning(120)"))
    yield
    asyncio.run(run(EMPTY))


@pytest.fixture
def peopled(_filled, database):
    """A database with statistics in which a scan is dear."""
    return database


FILLED = "plans-of-shipped-queries"

EMPTY = "MATCH (n) WHERE n.group_id STARTS WITH $group DETACH DELETE n"

FILL = """
UNWIND range(1, $few) AS i
WITH i, $group + '-' + toString(i % 50) AS g, toString(i) AS t
CREATE (e:Entity {uuid: g + t, group_id: g, name: t, created_at: datetime()})
CREATE (p:Episodic {uuid: 'p' + g + t, group_id: g, name: t, created_at: datetime(), valid_at: datetime()})
CREATE (:ConsumerEpisode {uuid: 'p' + g + t, group_id: g, position: t, is_removed: false, saga_place: t})
CREATE (:ConsumerName {uuid: g + t, group_id: g, block_form: t, block_person: t, block_other: t})
CREATE (:ConsumerAssertion {triple: g + t, group_id: g, subject_side: t, object_side: t, exclusive_subject: t,
                            exclusive_object: t, episode: 'p' + g + t, ordinal: 0})
CREATE (:ConsumerVector {place: g + t, group_id: g, kind: 'fact', uuid: t, model: 'm'})
CREATE (:ConsumerDecision {uuid: g + t, group_id: g})
CREATE (p)-[:MENTIONS {uuid: 'm' + g + t, group_id: g}]->(e)
CREATE (e)-[:RELATES_TO {uuid: 'r' + g + t, group_id: g, name: 'LIKES', fact: t, created_at: datetime()}]->(e)
CREATE (s:Saga {uuid: 's' + g + t, group_id: g, name: t})-[:HAS_EPISODE {uuid: 'h' + g + t, group_id: g}]->(p)
CREATE (p)-[:NEXT_EPISODE {uuid: 'n' + g + t, group_id: g}]->(p)
CREATE (c:Community {uuid: 'c' + g + t, group_id: g, name: t})-[:HAS_MEMBER {uuid: 'x' + g + t, group_id: g}]->(e)
"""

SLOW = (Kind.ALL_NODES, Kind.ALL_RELATIONSHIPS, Kind.LABEL_SCAN, Kind.TYPE_SCAN, Kind.CARTESIAN, Kind.UNBOUNDED)

MEANT = {
    "remove_communities": Kind.UNBOUNDED,  # communities of communities: as many levels as were built, a handful
}
"""Queries that may have one of these."""


@pytest.mark.parametrize("name", query_names())
async def test_no_shipped_query_scans_or_multiplies(peopled, name):
    """By its plan, with statistics of a database that is not small: no full scan, product or unbounded path."""
    text = statement(body(name))
    if text.startswith("CYPHER 25") and await server_version(peopled) < FILTERS_SINCE:
        pytest.skip("a query for newer servers only")
    plan = await explain(peopled, text, {})
    slow = [f"{finding.kind}: {finding.seen}" for finding in findings(plan, text, []) if finding.kind in SLOW]
    assert [each for each in slow if not each.startswith(MEANT.get(name, "none"))] == []
