"""`episodes communities` as a child process, against a real Neo4j and a simulated model provider."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from plugins.graph import fact, person

from consumer.testing.simulator import Simulator

EPISODES = str(Path(sys.executable).with_name("episodes"))
CIRCLES = (("Ada", "Bob", "Cem", "Dan"), ("Uma", "Vic", "Wes", "Xia"))


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
        [EPISODES, "communities", *arguments],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env=os.environ | variables,
    )


@pytest.fixture
async def circles(store, narrator):
    """A group of two circles."""
    for number, names in enumerate(CIRCLES, start=1):
        facts = [fact(a, "KNOWS", b) for place, a in enumerate(names) for b in names[place + 1 :]]
        await store.write([narrator.said(number, *facts, mentions=[person(name) for name in names])])
    return narrator.group_id


async def test_build_list_and_show(circles, neo4j_uri):
    """As tables and as JSON; what is not there is told in one line."""
    at = {"EPISODES_NEO4J__URI": neo4j_uri, "EPISODES_EMBEDDER": "local"}
    none = await run("list", circles, **at)
    assert (none.returncode, none.stdout) == (0, "")
    assert "has no communities" in none.stderr
    built = await run("build", circles, "--json", **at)
    assert built.returncode == 0, built.stderr
    (report,) = json.loads(built.stdout)["groups"]
    assert (report["outcome"], report["communities"], report["members"], report["without_vector"]) == (
        "written",
        2,
        8,
        2,  # its vectors are of the tests' own model, which no embedder has
    )
    again = await run("build", circles, **at)
    assert "unchanged" in again.stdout
    listed = await run("list", circles, **at)
    assert listed.stdout.splitlines()[0] == "community\tlevel\tmembers\tname"
    assert {line.split("\t", 1)[1] for line in listed.stdout.splitlines()[1:]} == {
        "0\t4\tAda, Bob, Cem",
        "0\t4\tUma, Vic, Wes",
    }
    as_json = json.loads((await run("list", circles, "--json", **at)).stdout)
    assert as_json["is_current"] is True
    shown = json.loads((await run("show", circles, "uma", "--json", **at)).stdout)
    assert [member["name"] for member in shown["communities"][0]["members"]] == list(CIRCLES[1])
    text = (await run("show", circles, as_json["communities"][0]["uuid"][:8], **at)).stdout
    assert "4 entities: 4 Person." in text
    missing = await run("show", circles, "Zoe", **at)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "no community 'Zoe'" in missing.stderr


async def test_what_a_model_would_cost_is_told_before_it_is_asked(circles, provider, neo4j_uri):
    """Without --yes nothing is changed; the simulator gives no usable answer, so all is told by rule."""
    at = {
        "EPISODES_NEO4J__URI": neo4j_uri,
        "EPISODES_EMBEDDER": "local",
        "OPENAI_API_KEY": "sk-simulated-key",
        "OPENAI_BASE_URL": provider.base_url,
        "EPISODES_LLM__PRICES": '{"*": {"input": 1.0, "output": 2.0}}',
    }
    told = await run("build", circles, "--summaries", "llm", **at)
    assert told.returncode == 0, told.stderr
    assert "is asked about 2 communities in 1 calls" in told.stdout
    assert "USD" in told.stdout
    assert "--yes asks the model" in told.stderr
    assert provider.stats.chat_calls == 0
    assert "has no communities" in (await run("list", circles, **at)).stderr
    done = await run("build", circles, "--summaries", "llm", "--yes", "--json", **at)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["cost"]["communities"], found["cost"]["calls"]) == (2, 1)
    assert found["groups"][0]["communities"] == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("build",), "name groups, or all with --all"),
        (("build", "g", "--all"), "name groups, or all with --all"),
        (("build", "g", "--yes"), "--summaries llm"),
    ],
)
async def test_wrong_use_is_one_line(arguments, said):
    """And exit code 2."""
    found = await run(*arguments)
    assert (found.returncode, found.stdout) == (2, "")
    assert said in found.stderr


async def test_a_model_needs_a_key(neo4j_uri):
    """Told in one line."""
    found = await run("build", "g", "--summaries", "llm", EPISODES_NEO4J__URI=neo4j_uri, OPENAI_API_KEY="")
    assert found.returncode == 1
    assert "OPENAI_API_KEY" in found.stderr
