"""A database that Graphiti made first: what `schema plan` says, what `apply` changes, and that both go on in it."""

import pytest
from plugins.graph import DIMENSION, FakeEmbedder, Narrator, day, fact, person
from plugins.own_neo4j import OwnNeo4j

pytest.importorskip("graphiti_core", reason="graphiti-core is not installed: pip install '.[peers]'")

from compat.scripted import opened
from graphiti_core.edges import EntityEdge
from graphiti_core.nodes import EntityNode, EpisodeType, EpisodicNode
from graphiti_core.search import search_config_recipes as recipes

from consumer.errors import UserError
from consumer.graph import GraphReader, Neo4jGraphStore, apply_schema, connect, digest, migrate
from consumer.graph.adopting import adopt
from consumer.graph.deciding import EntityDesk
from consumer.graph.migrations import LATEST
from consumer.graph.schema_elements import GRAPHITI, Kind
from consumer.search import Search, SearchRequest
from consumer.settings import Neo4jSettings

GROUP = "graphitifirst"
MODEL = FakeEmbedder.model


async def everything(database):
    """All nodes and relationships that are not our bookkeeping, as text."""
    found, _, _ = await database.driver.execute_query(
        "MATCH (n) WHERE NOT any(l IN labels(n) WHERE l STARTS WITH 'Consumer') "
        "OPTIONAL MATCH (n)-[r]->(m) "
        "RETURN labels(n) AS l, properties(n) AS n, type(r) AS t, properties(r) AS r, m.uuid AS m"
    )
    return sorted(str(record.data()) for record in found)


async def test_graphiti_made_the_graph_and_both_go_on(monkeypatch):
    """From Graphiti's graph, with duplicates in it, to one that both write: every step in turn, no data lost."""
    async with OwnNeo4j() as own, opened(own.uri, monkeypatch) as (graphiti, script):
        database = connect(Neo4jSettings(uri=own.uri))
        script.tell(("Ada", "WORKS_AT", "Initech", "Ada works at Initech", "2024-01-02T00:00:00Z"))
        told = await graphiti.add_episode("one", "Ada works at Initech", "t", day(1), EpisodeType.text, GROUP)
        script.tell(("Müller", "KNOWS", "Ada", "Müller knows Ada", None))
        await graphiti.add_episode("two", "Müller knows Ada", "t", day(2), EpisodeType.text, GROUP)
        uuids = sorted(node.uuid for node in told.nodes)
        await database.driver.execute_query(
            "CREATE (:Entity {uuid: $u, group_id: $g, name: 'twice'})", u=uuids[0], g=GROUP
        )
        before = await everything(database)

        # The plan finds the duplicates and changes nothing.
        plan = await migrate(database, DIMENSION, model=MODEL, dry_run=True)
        assert [(each.target, each.values, each.elements, each.examples) for each in plan.duplicates] == [
            ("Entity", 1, 2, (uuids[0],))
        ]
        plain = {each.name for each in plan.elements if each.state == "plain"}
        assert plain == {each.name for each in GRAPHITI if each.kind is Kind.UNIQUE}
        assert len(plan.replaceable) == 4
        assert any("as long as" in note for note in plan.notes)
        assert any("4 entities of 1 groups that only Graphiti knows" in note for note in plan.notes)
        assert await everything(database) == before

        # A pod does not start on it; apply does all but the one constraint, and records nothing yet.
        with pytest.raises(UserError, match="held twice"):
            await apply_schema(database, DIMENSION, model=MODEL)
        partly = await migrate(database, DIMENSION, model=MODEL)
        assert (partly.missing, partly.schema_version) == (["entity_uuid"], 0)
        assert await everything(database) == before

        # Mended by a person, it is done, and again there is nothing to do.
        await database.driver.execute_query("MATCH (e:Entity {name: 'twice'}) DETACH DELETE e")
        kept = await everything(database)
        done = await migrate(database, DIMENSION, model=MODEL)
        assert (done.missing, done.problems, done.schema_version) == ([], [], LATEST)
        assert done.statements[0] == "DROP INDEX entity_uuid IF EXISTS"
        again = await migrate(database, DIMENSION, model=MODEL)
        assert (again.statements, again.is_complete) == ([], True)
        assert await everything(database) == kept

        # Graphiti builds its indexes again and finds them there; it searches, reads and writes as before.
        await graphiti.build_indices_and_constraints()
        assert (await migrate(database, DIMENSION, model=MODEL, dry_run=True)).is_complete
        await both_go_on(graphiti, script, database)
        await database.aclose()


async def both_go_on(graphiti, script, database):
    """Write and search with each in the other's presence."""
    assert (await graphiti.search("Ada works at Initech", group_ids=[GROUP]))[0].fact == "Ada works at Initech"
    found = await graphiti.search_("Muller", config=recipes.NODE_HYBRID_SEARCH_RRF, group_ids=[GROUP])
    assert "Müller" in [node.name for node in found.nodes]

    store, narrator = Neo4jGraphStore(database), Narrator(GROUP)
    items = [narrator.said(1, fact("Ada", "LIKES", "Tea")), narrator.said(2, fact("Eve", "KNOWS", "Ada"))]
    assert (await store.write(items)).episodes_written == 2
    assert (await store.write(items)).episodes_written == 0
    nodes = await EntityNode.get_by_group_ids(graphiti.driver, [GROUP])
    assert sorted(node.name for node in nodes) == ["Ada", "Eve", "Initech", "Müller", "Tea"]

    search = Search(GraphReader(database), FakeEmbedder())
    ours = await search.facts(SearchRequest("Ada works at Initech", (GROUP,)))
    assert ours.hits[0].fact == "Ada works at Initech"
    theirs = await graphiti.search("Ada likes Tea", group_ids=[GROUP])
    assert theirs[0].fact == "Ada likes Tea"

    script.tell(("Eve", "LIVES_IN", "Oslo", "Eve lives in Oslo", None))
    added = await graphiti.add_episode("three", "Eve lives in Oslo", "t", day(3), EpisodeType.text, GROUP)
    assert [edge.fact for edge in added.edges] == ["Eve lives in Oslo"]
    eves = [node for node in await EntityNode.get_by_group_ids(graphiti.driver, [GROUP]) if node.name == "Eve"]
    assert len(eves) == 1

    await store.write([narrator.removed(1, at=3)])
    facts = {edge.fact for edge in await EntityEdge.get_by_group_ids(graphiti.driver, [GROUP])}
    assert facts == {"Ada works at Initech", "Müller knows Ada", "Eve knows Ada", "Eve lives in Oslo"}
    assert len(await EpisodicNode.get_by_group_ids(graphiti.driver, [GROUP])) == 4


async def test_our_episodes_go_on_in_graphitis_entities(monkeypatch):
    """One entity a name, which keeps uuid, properties and facts; when our episodes go, all is as Graphiti left it."""
    async with OwnNeo4j() as own, opened(own.uri, monkeypatch) as (graphiti, script):
        database = connect(Neo4jSettings(uri=own.uri, transaction_timeout_s=300))
        script.tell(("Ada", "WORKS_AT", "Initech", "Ada works at Initech", "2024-01-02T00:00:00Z"))
        told = await graphiti.add_episode("one", "Ada works at Initech", "t", day(1), EpisodeType.text, GROUP)
        uuid_of = {node.name: node.uuid for node in told.nodes}
        script.tell(("Müller", "KNOWS", "Ada", "Müller knows Ada", None))
        told = await graphiti.add_episode("two", "Müller knows Ada", "t", day(2), EpisodeType.text, GROUP)
        uuid_of |= {node.name: node.uuid for node in told.nodes}
        twin = EntityNode(name="ada", group_id=GROUP, summary="A twin.", created_at=day(4_000), attributes={"age": 7})
        await twin.generate_name_embedding(graphiti.embedder)
        await twin.save(graphiti.driver)
        done = await migrate(database, DIMENSION, model=MODEL)
        assert done.schema_version == LATEST
        assert any("1 names are borne by several" in note for note in done.notes)
        script.tell(("Eve", "LIVES_IN", "Oslo", "Eve lives in Oslo", None))
        later = await graphiti.add_episode("three", "Eve lives in Oslo", "t", day(3), EpisodeType.text, GROUP)
        uuid_of |= {node.name: node.uuid for node in later.nodes}
        before = await everything(database)

        # By its key, by a rule, and Eve, whom Graphiti added after the migration; one of the facts it has already.
        store, narrator = Neo4jGraphStore(database), Narrator(GROUP)
        items = [
            narrator.said(
                11,
                fact("ADA", "LIKES", "Tea"),
                fact("Mueller", "LIKES", "Tea"),
                mentions=[person("ADA", summary="An engineer.", attributes={"age": 41})],
            ),
            narrator.said(12, fact("Eve", "KNOWS", "Ada"), fact("Ada", "WORKS_AT", "Initech")),
        ]
        assert (await store.write(items)).episodes_written == 2
        said = await digest(database, GROUP)
        assert (await store.write(items)).episodes_written == 0
        assert await digest(database, GROUP) == said
        nodes = await EntityNode.get_by_group_ids(graphiti.driver, [GROUP])
        assert {node.name: node.uuid for node in nodes if node.uuid != twin.uuid} == {
            **uuid_of,
            "Tea": next(node.uuid for node in nodes if node.name == "Tea"),
        }
        (ada,) = [node for node in nodes if node.uuid == uuid_of["Ada"]]
        assert (ada.attributes["age"], set(ada.labels)) == (41, {"Entity", "Person"})
        assert ada.summary.startswith("An engineer.")
        works = [e for e in await EntityEdge.get_by_group_ids(graphiti.driver, [GROUP]) if e.name == "WORKS_AT"]
        assert [(edge.fact, len(edge.episodes), edge.valid_at) for edge in works] == [
            ("Ada works at Initech", 2, day(1))
        ]
        found = {edge.fact for edge in await graphiti.search("Ada", group_ids=[GROUP], num_results=20)}
        assert found >= {"Ada works at Initech", "Müller knows Ada", "ADA likes Tea", "Eve knows Ada"}
        episodes = await EpisodicNode.get_by_group_ids(graphiti.driver, [GROUP])
        ours = next(each.uuid for each in episodes if each.name == "episode 12")
        assert works[0].uuid in {edge.uuid for edge in (await graphiti.get_nodes_and_edges_by_episode([ours])).edges}

        # By hand: shown like any entity; two that Graphiti made are not merged.
        desk = EntityDesk(database)
        (view,) = await desk.show(GROUP, ["Mueller"])
        assert [(name.name, name.link and name.link.reason) for name in view.names] == [
            ("Müller", None),
            ("Mueller", "diacritics"),
        ]
        with pytest.raises(UserError, match="Graphiti made"):
            await desk.merge(GROUP, ["Mueller", "ADA"], now=day(500))
        left = await adopt(database, dry_run=True)
        assert (left.entities, [each.others for each in left.twins]) == (1, [(twin.uuid,)])  # Oslo, and the twin

        # Nothing is left of us, and Graphiti's part is to the letter what it was.
        await store.write([narrator.removed(11, at=20), narrator.removed(12, at=21)])
        assert await everything(database) == before
        await database.aclose()


async def test_what_graphiti_takes_away_is_begun_anew(monkeypatch):
    """An entity that was adopted and that Graphiti removed with its episode gets no facts: ours is another one."""
    async with OwnNeo4j() as own, opened(own.uri, monkeypatch) as (graphiti, script):
        database = connect(Neo4jSettings(uri=own.uri, transaction_timeout_s=300))
        script.tell(("Ada", "WORKS_AT", "Initech", "Ada works at Initech", None))
        told = await graphiti.add_episode("one", "Ada works at Initech", "t", day(1), EpisodeType.text, GROUP)
        await migrate(database, DIMENSION, model=MODEL)
        await graphiti.remove_episode(told.episode.uuid)
        store, narrator = Neo4jGraphStore(database), Narrator(GROUP)
        await store.write([narrator.said(11, fact("Ada", "LIKES", "Tea"))])
        (edge,) = await EntityEdge.get_by_group_ids(graphiti.driver, [GROUP])
        assert edge.fact == "Ada likes Tea"
        names = sorted(node.name for node in await EntityNode.get_by_group_ids(graphiti.driver, [GROUP]))
        assert names == ["Ada", "Tea"]
        await database.aclose()
