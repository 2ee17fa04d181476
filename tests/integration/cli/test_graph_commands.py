"""`episodes schema` and `episodes cypher` as child processes, against a real Neo4j. No Kafka is needed."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from plugins.graph import fact

EPISODES = str(Path(sys.executable).with_name("episodes"))


@pytest.fixture
def run(neo4j_uri, tmp_path):
    """Runs the command; without a key, so that vector indexes are left out: the shared graph has others' in it."""
    environment = os.environ | {
        "EPISODES_NEO4J__URI": neo4j_uri,
        "EPISODES_EMBEDDER": "openai",
        "TMPDIR": str(tmp_path),
    }

    async def call(*arguments, stdin=None):
        return await asyncio.to_thread(
            subprocess.run,
            [EPISODES, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
            env=environment,
        )

    return call


async def test_the_schema_is_planned_applied_and_told(run, database):
    """Where all is there already: nothing to run, and each element online."""
    assert (await run("schema", "apply")).returncode == 0
    plan = await run("schema", "plan", "--json")
    assert (plan.returncode, json.loads(plan.stdout)["statements"]) == (0, [])
    status = await run("schema", "status")
    assert status.returncode == 0
    lines = [line.split("\t") for line in status.stdout.splitlines()]
    assert lines[0] == ["element", "kind", "on", "state", "filled", "why"]
    assert ["entity_uuid", "uniqueness", "Entity", "online", "100 %"] in [line[:5] for line in lines]
    assert "migrated to 1 at " in status.stderr


async def test_a_query_is_explained_measured_and_advised(run, store, narrator):
    """From text, from a file and from standard input, for people and for scripts."""
    await store.write([narrator.said(1, fact("Ada", "LIKES", "Tea"))])
    explained = await run("cypher", "explain", "MATCH (e:Entity {uuid: $u}) RETURN e.name")
    assert explained.returncode == 0
    assert "NodeUniqueIndexSeek" in explained.stdout
    query = "MATCH (e:Entity {group_id: $g}) RETURN e"
    profiled = await run("cypher", "profile", "-", "-p", f"g={narrator.group_id}", "--json", stdin=query)
    found = json.loads(profiled.stdout)
    assert (found["is_profiled"], found["result_rows"]) == (True, 2)
    advised = await run("cypher", "advise", "--strict", "--json", "MATCH (a:Entity {uuid: 'x'})-[*]->(b) RETURN b.name")
    found = json.loads(advised.stdout)
    assert advised.returncode == 1
    assert "[*1..5]" in found["better"]
    assert found["parameters"] == {"value_1": "x"}


async def test_a_writing_query_is_refused_and_with_leave_rolled_back(run):
    """One line and exit code 1; with --write the counts, and nothing is kept."""
    query = "CREATE (n:CommandProfiled) RETURN n"
    refused = await run("cypher", "profile", query)
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: the query writes")
    assert len(refused.stderr.splitlines()) == 1
    allowed = await run("cypher", "profile", query, "--write", "--json")
    assert json.loads(allowed.stdout)["rolled_back"] == {"nodes_created": 1, "labels_added": 1}
    counted = await run("cypher", "profile", "MATCH (n:CommandProfiled) RETURN n", "--json")
    assert json.loads(counted.stdout)["result_rows"] == 0


async def test_the_memory_of_the_graph_that_is_there(run, store, narrator):
    """Counts are read from the database when none are given."""
    await store.write([narrator.said(1, fact("Ada", "LIKES", "Tea"))])
    told = await run("doctor", "--memory", "--json")
    found = json.loads(told.stdout)
    assert told.returncode == 0
    assert found["size"]["facts"] >= 1
    assert found["size"]["dimension"] > 0
