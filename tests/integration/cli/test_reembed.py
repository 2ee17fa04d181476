"""`episodes reembed` as a child process, against a real Neo4j and a simulated model provider."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from plugins.graph import fact

from consumer.testing.simulator import Simulator

EPISODES = str(Path(sys.executable).with_name("episodes"))


@pytest.fixture
async def provider():
    """A simulated OpenAI-compatible provider."""
    async with Simulator() as running:
        yield running


async def run(*arguments, **variables):
    """What the command printed, and its exit code."""
    import asyncio
    import os

    return await asyncio.to_thread(
        subprocess.run,
        [EPISODES, *arguments],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env=os.environ | variables,
    )


async def test_a_group_is_moved_and_searched(provider, store, narrator, neo4j_uri):
    """The plan first, which changes nothing; then the move; then a search that finds by the new vectors."""
    await store.write(
        [narrator.said(n, fact(f"P{n}", "LIKES", f"T{n}", sentence=f"p{n} likes t{n}")) for n in range(9)]
    )
    variables = {
        "EPISODES_NEO4J__URI": neo4j_uri,
        "EPISODES_EMBEDDER": "openai",
        "OPENAI_API_KEY": "sk-simulated-key",
        "OPENAI_BASE_URL": provider.base_url,
    }
    move = ("reembed", narrator.group_id, "--model", "sim-embedding", "--dimension", "96")
    told = await run(*move, **variables)
    assert told.returncode == 0, told.stderr
    assert "27 vectors of 1 groups" in told.stdout
    assert "nothing was changed" in told.stderr
    assert provider.stats.embedding_calls == 0
    done = await run(*move, "--yes", "--json", **variables)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["moved"]["groups"], found["moved"]["vectors"]) == ([narrator.group_id], 27)
    assert found["plan"]["to"] == {"model": "sim-embedding/96", "dimension": 96, "is_switching": False}
    assert provider.stats.embedding_calls == found["plan"]["groups"][0]["calls"] == 1
    assert "EPISODES_EMBEDDING__MODEL=sim-embedding" in done.stderr
    asked = ("search", "p3 likes t3", "--group", narrator.group_id, "--all", "--json")
    for dimension in ("96", "384"):  # with the new settings, and with old ones: the group's own model is asked
        hits = json.loads((await run(*asked, **variables, EPISODES_EMBEDDING__DIMENSION=dimension)).stdout)["hits"]
        assert (hits[0]["fact"], hits[0]["ranks"]["vector"]) == ("p3 likes t3", 1)
    again = await run(*move, "--yes", **variables)
    assert (again.returncode, again.stdout.strip()) == (0, "nothing to move to sim-embedding/96")
