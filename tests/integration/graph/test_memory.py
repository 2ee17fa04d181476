"""The shipped configuration starts a real Neo4j, and the estimate of its memory fits the files of a real graph."""

import json

import pytest
from plugins.graph import DIMENSION, Narrator, fact
from plugins.own_neo4j import OwnNeo4j, settings_of
from repository import ROOT

from consumer.graph import Neo4jGraphStore, apply_schema, connect
from consumer.graph.memory import DataSize, counts, memory_advice
from consumer.settings import Neo4jSettings

SHIPPED = settings_of((ROOT / "ops" / "neo4j" / "neo4j.conf").read_text(encoding="utf-8"))


async def filled(database, episodes, per_episode):
    """Write episodes, each with so many facts between people of its own."""
    store, narrator = Neo4jGraphStore(database), Narrator("memory")
    told = "has been working together with"
    for start in range(0, episodes, 50):
        await store.write(
            [
                narrator.said(
                    number,
                    *[
                        fact(f"Person {number}x{k}", "WORKS_WITH", f"Company {number}y{k}",
                             sentence=f"Person {number}x{k} {told} Company {number}y{k} since then.")
                        for k in range(per_episode)
                    ],
                    content=f"word{number} " * 40,
                )
                for number in range(start, start + 50)
            ]
        )  # fmt: skip


async def test_neo4j_starts_with_the_shipped_configuration():
    """In strict mode, where a name that this release does not know is an error; and its values are those in use."""
    assert SHIPPED["server.config.strict_validation.enabled"] == "true"
    async with OwnNeo4j(**SHIPPED) as own:
        database = connect(Neo4jSettings(uri=own.uri))
        found, _, _ = await database.driver.execute_query(
            "SHOW SETTINGS YIELD name, isExplicitlySet WHERE isExplicitlySet RETURN name"
        )
        assert {row["name"] for row in found} >= set(SHIPPED)
        assert (await apply_schema(database, DIMENSION)).is_complete
        await filled(database, 50, 1)
        assert await counts(database) == DataSize(100, 50, 50, DIMENSION, 100, 272)
        await database.aclose()


async def test_a_name_that_neo4j_does_not_know_would_be_seen():
    """The test above could fail."""
    with pytest.raises(Exception, match=r"no\.such\.setting"):
        async with OwnNeo4j(**SHIPPED, **{"dbms.no.such.setting": "1"}):
            pass


def test_the_advice_names_settings_of_the_shipped_file():
    """So the lines it prints are known to this release too."""
    lines = settings_of("\n".join(memory_advice(DataSize(1, 1, 1, 1)).lines))
    assert set(lines) <= set(SHIPPED)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
async def test_the_estimate_fits_the_files_of_a_real_graph():
    """Within a third, above what an empty database takes; vectors and their index each within a quarter."""
    async with OwnNeo4j(**{"db.store.files.preallocate": "false"}) as own:  # files are as long as what is in them

        async def use(work):
            database = connect(Neo4jSettings(uri=own.uri, transaction_timeout_s=300))
            try:
                return await work(database)
            finally:
                await database.aclose()

        await use(lambda database: apply_schema(database, DIMENSION))
        own.stop()
        empty = sizes(own.files)
        await own.start()
        await use(lambda database: filled(database, 1_500, 4))
        size = await use(counts)
        own.stop()
        grown = {kind: now - empty[kind] for kind, now in sizes(own.files).items()}
    advice = memory_advice(size)
    print(json.dumps({"files": grown, "advice": [advice.store_mb, advice.stored_vectors_mb, advice.vector_indexes_mb]}))
    assert 0.67 < advice.store_mb * 1e6 / grown["graph"] < 1.5
    assert 0.75 < advice.stored_vectors_mb * 1e6 / grown["arrays"] < 1.25
    assert 0.75 < advice.vector_indexes_mb * 1e6 / grown["vector"] < 1.25


def sizes(files):
    """Bytes by what they are for."""
    found = dict.fromkeys(("graph", "arrays", "fulltext", "vector"), 0)
    for path, size in files:
        text = str(path)
        kind = next((each for each in ("fulltext-", "vector-", "arrays") if each in text), "graph").rstrip("-")
        found[kind] += size
    return found
