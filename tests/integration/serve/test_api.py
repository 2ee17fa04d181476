"""The API over the real graph and log: every endpoint answers, and each answer is as the OpenAPI document says."""

import asyncio
import json
import os
import re
import signal
import sys

import aiohttp
import pytest
from jsonschema import Draft202012Validator
from plugins.end_to_end import pod_environment
from repository import text

DOCUMENT = json.loads(text("schemas/openapi.json"))
LISTENS = re.compile(r"memory on (http://127\.0\.0\.1:\d+)")


def assert_as_described(name, answer):
    """The answer keeps the schema of the operation `name`."""
    for item in DOCUMENT["paths"].values():
        for operation in item.values():
            if operation["operationId"] == name:
                (told,) = [each for status, each in operation["responses"].items() if status.startswith("2")]
                schema = {**told["content"]["application/json"]["schema"], "components": DOCUMENT["components"]}
                Draft202012Validator(schema).validate(answer)
                return
    raise AssertionError(name)


class Asker:
    """Asks by the name of the operation, and holds each answer to the document."""

    def __init__(self, told):
        self.told, self.seen = told, set()
        self.base = f"/v1/groups/{told.group}"

    async def ask(self, name, path, **rest):
        """The answer, as described."""
        (method,) = [
            method.upper()
            for item in DOCUMENT["paths"].values()
            for method, operation in item.items()
            if operation["operationId"] == name
        ]
        answer = await self.told.ask(method, path, **rest)
        assert_as_described(name, answer)
        self.seen.add(name)
        return answer

    async def names(self):
        """The entities by name, over two pages."""
        first = await self.ask("listEntities", f"{self.base}/entities?limit=4")
        rest = await self.ask("listEntities", f"{self.base}/entities?cursor={first['next_cursor']}")
        assert (len(first["items"]), rest["next_cursor"]) == (4, None)
        return {each["name"]: each["uuid"] for each in first["items"] + rest["items"]}


@pytest.mark.timeout(1_800)
async def test_every_endpoint_answers_about_a_story(told):
    """Search, lists, entities in time, questions along the graph, publishing and removing: none is left out."""
    asker = Asker(told)
    await searches(asker)
    await lists(asker)
    await entities_in_time(asker)
    await questions(asker)
    await publishes_and_removes(asker)
    described = {operation["operationId"] for item in DOCUMENT["paths"].values() for operation in item.values()}
    left = described - asker.seen - {"page", "openapi", "livez", "readyz", "metrics", "asset", "readCommunity"}
    assert left == set()


async def searches(asker):
    """What is true now, what was then, and text for a prompt."""
    question = {
        "query": "where does Maya Lindqvist live",
        "group_ids": [asker.told.group],
        "kinds": ["fact", "entity", "episode"],
    }
    found = await asker.ask("search", "/v1/search", json=question)
    facts = [hit["fact"] for hit in found["hits"]]
    assert "Maya Lindqvist lives in Bergen" in facts
    assert "Maya Lindqvist lives in Porto" not in facts
    assert found["hits"][0]["provenance"]
    then = await asker.ask("search", "/v1/search", json=question | {"as_of": "2023-02-01"})
    assert "Maya Lindqvist lives in Porto" in [hit["fact"] for hit in then["hits"]]
    block = await asker.ask("context", "/v1/context", json=question | {"max_tokens": 150})
    assert "Maya Lindqvist lives in Bergen (since 2025-03-01)" in block["text"]
    assert block["tokens"] <= 150
    assert await printed_context(asker.told, question["query"]) == block["text"]


async def printed_context(told, query):
    """What the command prints for the same question: the same graph gives the same text."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from consumer.cli.main import run; run()", "context", query),
        *("--group", told.group, "--max-tokens", "150", "--limit", "10"),
        env=pod_environment(told.log),
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0
    return printed.decode().removesuffix("\n")


async def lists(asker):
    """Groups and episodes, in pages."""
    group, base = asker.told.group, asker.base
    groups = await asker.ask("listGroups", f"/v1/groups?limit=1&cursor={_just_before(group)}")
    told = {name: groups["items"][0][name] for name in ("group_id", "episodes", "entities", "facts")}
    assert told == {"group_id": group, "episodes": 4, "entities": 7, "facts": 7}
    size = await asker.ask("readGroup", base)
    assert (size["first_at"], size["last_at"]) == ("2019-06-01T00:00:00Z", "2025-03-01T00:00:00Z")
    first = await asker.ask("listEpisodes", f"{base}/episodes?limit=3")
    rest = await asker.ask("listEpisodes", f"{base}/episodes?cursor={first['next_cursor']}")
    assert [each["event_id"] for each in first["items"] + rest["items"]] == ["s4", "s3", "s2", "s1"]
    whole = await asker.ask("readEpisode", f"{base}/episodes/{first['items'][0]['uuid']}")
    assert whole["content"] == "Maya: Bought a flat in Bergen. Moving in March."
    assert {each["name"] for each in whole["entities"]} == {"Maya Lindqvist", "Bergen"}


async def entities_in_time(asker):
    """An entity, its timeline, and what was around it on a day."""
    names = await asker.names()
    maya = f"{asker.base}/entities/{names['Maya Lindqvist']}"
    entity = await asker.ask("readEntity", maya)
    assert (entity["types"], entity["facts"], entity["episodes"]) == (["Person"], 5, 3)
    line = await asker.ask("timeline", f"{maya}/timeline?relation=LIVES_IN")
    facts = line["lanes"][0]["facts"]
    assert [each["object"] for each in facts] == ["Lisbon", "Porto", "Bergen"]
    around = await asker.ask("neighbourhood", f"{maya}/neighbourhood?as_of=2023-02-01")
    near = {each["entity"]["name"] for each in around["entities"]}
    assert near == {"Maya Lindqvist", "Porto", "Northwind", "Tomás Ferreira"}
    fact = await asker.ask("readFact", f"{asker.base}/facts/{facts[0]['uuid']}")
    assert fact["invalid_at"] == "2022-12-28T00:00:00Z"


async def questions(asker):
    """Paths, a snapshot, a difference, communities, and where everything stands."""
    base = asker.base
    ways = await asker.ask("paths", f"{base}/paths?source=Maya Lindqvist&target=Globex")
    assert [each["name"] for each in ways["paths"][0]["entities"]] == ["Maya Lindqvist", "Tomás Ferreira", "Globex"]
    state = await asker.ask("snapshot", f"{base}/snapshot?as_of=2022-06-01")
    assert "Maya Lindqvist lives in Lisbon" in [each["sentence"] for each in state["facts"]]
    changes = await asker.ask("diff", f"{base}/diff?start=2022-06-01&end=2023-02-01")
    told = {(each["kind"], each["fact"]["object"]) for each in changes["changes"]}
    assert told == {("ended", "Lisbon"), ("began", "Porto")}
    assert (await asker.ask("listCommunities", f"{base}/communities"))["items"] == []
    await asker.told.ask("GET", f"{base}/communities/none", status=404)
    status = await asker.ask("status", "/v1/status")
    assert (status["graph"], status["pods"][0]["state"]["state"]) == (True, "running")


async def publishes_and_removes(asker):
    """An episode is there once a pod has come to it, and gone once it is removed; so is the group."""
    told, base = asker.told, asker.base
    given = {"content": "Bob drinks tea", "facts": [{"subject": "Bob", "relation": "DRINKS", "object": "Tea"}]}
    done = await asker.ask("publishEpisode", f"{base}/episodes", status=202, json=given)
    await told.settle()
    episode = f"{base}/episodes/{done['episode_uuid']}"
    assert (await asker.ask("readEpisode", episode))["event_id"] == done["event_id"]
    await asker.ask("removeEpisode", episode, status=202)
    await told.settle()
    await told.ask("GET", episode, status=404)
    await asker.ask("removeGroup", f"{base}?confirm={told.group}", status=202)
    await told.settle()
    await told.ask("GET", base, status=404)


def _just_before(group):
    """A cursor after which `group` comes first."""
    from consumer.serve.endpoint import cursor_of

    return cursor_of(group[:-1] + chr(ord(group[-1]) - 1) + "z")


async def test_the_command_serves_until_it_is_told_to_stop(make_log):
    """It tells its address, is ready, shows metrics with the token, and ends in order at SIGTERM."""
    log = await make_log()
    token = "a-token-of-sixteen-and-more"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from consumer.cli.main import run; run()", "serve", "--port", "0"),
        env=pod_environment(log) | {"EPISODES_SERVE__TOKEN": token},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(120):
            while not (found := LISTENS.search((await process.stderr.readline()).decode())):
                assert process.returncode is None
        async with aiohttp.ClientSession(found[1], headers={"Authorization": f"Bearer {token}"}) as session:
            async with session.get("/readyz") as answer:
                assert answer.status == 200
            async with session.get("/v1/groups?limit=1") as answer:
                assert answer.status == 200
            async with session.get("/metrics") as answer:
                assert "http_server_request_duration_seconds_count" in await answer.text()
        process.send_signal(signal.SIGTERM)
        _, errors = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0, errors.decode()
        assert "Traceback" not in errors.decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_where_others_reach_it_the_command_asks_for_a_token(make_log):
    """One line, exit code 2, and nothing listens."""
    log = await make_log()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from consumer.cli.main import run; run()", "serve", "--host", "0.0.0.0"),  # noqa: S104
        env=pod_environment(log) | {"TMPDIR": os.environ.get("TMPDIR", "/tmp")},  # noqa: S108 - as the machine has it
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 2
    assert "EPISODES_SERVE__TOKEN" in errors.decode()
