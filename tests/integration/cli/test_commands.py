"""The commands for people, against real Kafka and Neo4j and a simulated model provider."""

import asyncio
import json
import threading

import pytest

from consumer.testing.simulator import Simulator

FACT = {"subject": "Ada Young", "relation": "WORKS_AT", "exclusive": "subject"}


@pytest.fixture(scope="module")
def provider():
    """The address of a simulated OpenAI-compatible provider, on a loop of its own."""
    ready, ended, address = threading.Event(), asyncio.Event(), []

    async def serve():
        async with Simulator() as simulator:
            address.append(simulator.base_url)
            ready.set()
            await ended.wait()

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(30)
    yield address[0]
    loop.call_soon_threadsafe(ended.set)
    thread.join(30)
    loop.close()


@pytest.fixture
def services(neo4j_uri, provider):
    """Settings of Neo4j and the models; vectors as long as those of the shared graph's indexes."""
    return {
        "EPISODES_NEO4J__URI": neo4j_uri,
        "EPISODES_EXTRACTOR": "openai",
        "EPISODES_EMBEDDER": "openai",
        "OPENAI_API_KEY": "sk-simulated-key",
        "OPENAI_BASE_URL": provider,
        "EPISODES_EMBEDDING__DIMENSION": "384",
    }


def test_doctor_finds_all_well(episodes, services, topic):
    """With topics, schema and models there, every line is ok and the exit code 0."""
    assert episodes("schema", "apply", **services).returncode == 0
    assert episodes("publish", "-", stdin='{"group_id":"a","content":"x"}\n').returncode == 0
    result = episodes("doctor", "--json", **services)
    found = json.loads(result.stdout)
    assert [check for check in found["checks"] if not check["is_ok"]] == []
    assert (result.returncode, found["ok"]) == (0, True)
    names = [check["name"] for check in found["checks"]]
    assert names == [
        "kafka", "topic", "retention", "lag", "dead letters", "extractor", "embedder", "neo4j", "schema"
    ]  # fmt: skip
    assert "lag 1 records" in next(check["seen"] for check in found["checks"] if check["name"] == "lag")
    assert "sk-simulated-key" not in result.stdout + result.stderr


def test_doctor_says_what_is_wrong_and_how_to_mend_it(episodes, services, topic):
    """Missing topics and unreachable models: exit code 1, a cure under each line, no stack trace."""
    result = episodes("doctor", **services | {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"})
    assert result.returncode == 1
    assert f"WRONG  topic         {topic} does not exist" in result.stdout
    assert "`episodes publish --create-topic` makes it" in result.stdout
    assert "WRONG  extractor" in result.stdout
    assert "WRONG  embedder" in result.stdout
    assert "ok     neo4j" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr


def test_schema_apply_is_repeatable(episodes, services):
    """The second run has nothing to do, and a dry run says the same."""
    assert episodes("schema", "apply", **services).returncode == 0
    result = episodes("schema", "apply", "--dry-run", "--json", **services)
    assert result.returncode == 0
    report = json.loads(result.stdout)
    assert (report["missing"], report["problems"], report["statements"]) == ([], [], [])
    assert report["present"]


def test_digest_of_a_group_without_episodes_is_the_empty_one(episodes, services, topic):
    """Two empty groups have the same digest, and the counts are zero."""
    first, second = (episodes("digest", "--group", name, **services) for name in (topic, topic + "-2"))
    assert first.returncode == 0
    assert first.stdout == second.stdout
    assert len(first.stdout.strip()) == 64
    assert first.stderr.startswith("0 episodes, 0 entities, 0 facts")
    as_json = json.loads(episodes("digest", "--group", topic, "--json", **services).stdout)
    assert as_json["digest"] == first.stdout.strip()
    assert as_json["facts"] == 0


@pytest.mark.parametrize("command", [["digest"], ["schema", "apply"]], ids=" ".join)
def test_unreachable_graph_is_one_line(episodes, services, command):
    """Neo4j down: the address, exit code 1, no stack trace."""
    result = episodes(*command, **services | {"EPISODES_NEO4J__URI": "bolt://127.0.0.1:1"})
    assert result.returncode == 1
    assert result.stderr.startswith("error: neo4j: ")
    assert "127.0.0.1:1" in result.stderr
    assert result.stderr.count("\n") == 1


def test_search_shows_what_is_true_and_what_was(episodes, services, topic):
    """Published facts are found with dates and source; --as-of and --all change what is true; nothing is no failure."""
    facts = [
        {"group_id": topic, "name": "hr", "facts": [{**FACT, "object": "Acme", "valid_at": "2023-01-01T00:00:00Z"}]},
        {"group_id": topic, "name": "hr2", "facts": [{**FACT, "object": "Globex", "valid_at": "2024-05-01T00:00:00Z"}]},
    ]
    lines = "".join(json.dumps(event) + "\n" for event in facts)
    assert episodes("publish", "-", stdin=lines).returncode == 0
    assert episodes("run", "--until-drained", **services).returncode == 0
    try:
        ask = ("search", "where does Ada work", "--group", topic)
        now = episodes(*ask, **services)
        assert now.returncode == 0, now.stderr
        assert now.stdout.splitlines()[0].split("\t")[:3] == ["fact", "true since", "until"]
        assert "Globex\t2024-05-01\t\thr2" in now.stdout
        assert "Acme" not in now.stdout
        then = episodes(*ask, "--as-of", "2023-06-01", **services)
        assert "Acme\t2023-01-01\t2024-05-01\thr" in then.stdout
        every = json.loads(episodes(*ask, "--all", "--json", **services).stdout)
        assert {hit["object"]: hit["invalid_at"] for hit in every["hits"]} == {
            "Acme": "2024-05-01T00:00:00Z",
            "Globex": None,
        }
        nothing = episodes("search", "x", "--group", topic + "-other", **services)
        assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, "", "nothing found\n")
    finally:
        episodes("publish", "-", stdin=json.dumps({"type": "group.removed", "group_id": topic}))
        episodes("run", "--until-drained", **services)
