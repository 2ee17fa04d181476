"""Neo4j 5.26 LTS beside the current release: the same schema, the same graph, the same hits, without vectors in Bolt.

All other tests run on it too: `make lts JAVA=/path/to/java`.
"""

import pytest
from plugins.graph import DIMENSION, FakeEmbedder, fact, person
from plugins.own_neo4j import LTS, lts, lts_java
from repository import ROOT

from consumer.graph import GraphReader, Neo4jGraphStore, apply_schema, connect, digest, migrate
from consumer.model.knowledge import Exclusive
from consumer.search import Search, SearchRequest
from consumer.settings import Neo4jSettings


def events(narrator):
    """A history with an end, a second name, a saga, and an episode that is taken back."""
    return [
        narrator.said(1, fact("Ada", "WORKS_AT", "Initech", exclusive=Exclusive.SUBJECT), saga="work"),
        narrator.said(2, fact("Ada", "WORKS_AT", "Globex", exclusive=Exclusive.SUBJECT), saga="work"),
        narrator.said(3, mentions=[person("Ada", summary="An engineer.", attributes={"age": 41})]),
        narrator.said(4, fact("Initech GmbH", "BASED_IN", "Köln")),
        narrator.said(5, fact("Bob", "LIKES", "Green Tea")),
        narrator.removed(5, at=6),
    ]


async def told(database, narrator):
    """Write it twice; return the group's digest and what a search finds."""
    store = Neo4jGraphStore(database)
    assert (await store.write(events(narrator))).episodes_written == 4
    assert (await store.write(events(narrator))).episodes_written == 0
    search = Search(GraphReader(database), FakeEmbedder())
    found = await search.facts(SearchRequest("where does Ada work", (narrator.group_id,)))
    return await digest(database, narrator.group_id), [hit.fact for hit in found.hits]


def patient(uri):
    """A connection that waits for a server which has just been started on a busy machine."""
    return connect(Neo4jSettings(uri=uri, transaction_timeout_s=300))


@pytest.mark.timeout(2_400)
async def test_5_26_holds_the_same_graph(database, neo4j_uri, narrator):
    """Schema complete, vectors as lists, digest and hits equal to those on the current release."""
    java = lts_java()
    if java is None:
        pytest.skip("no Java 17 or 21 is installed, and Neo4j 5.26 runs on no other: set EPISODES_STACK__JAVA to one")
    async with lts(java) as own:
        old = patient(own.uri)
        report = await apply_schema(old, DIMENSION)
        assert (report.is_complete, report.version) == (True, (5, 26))
        assert not await old.takes_vectors()
        there = await told(old, narrator)
        assert (await migrate(old, DIMENSION, dry_run=True)).statements == []
        await old.aclose()
    current = patient(neo4j_uri)
    assert there == await told(current, narrator)
    await current.aclose()
    assert there[1][0] == "Ada works at Globex"


def test_make_runs_the_suite_on_the_same_release():
    """The version of the target `lts` is the one tried here."""
    assert f"EPISODES_STACK__NEO4J_VERSION={LTS} " in (ROOT / "Makefile").read_text(encoding="utf-8")
