"""The tools, asked by the official client in this process, over a memory of fakes."""

from datetime import UTC, datetime

import pytest
from mcp import Client
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from consumer.app.access import Token
from consumer.app.event_log import Published
from consumer.app.memory import Memory
from consumer.errors import UserError, WorldFault
from consumer.graph.library import EpisodeLine, Named, WholeEntity, WholeEpisode, WholeFact, WholeGroup
from consumer.mcp.arguments import bounded, content_of, groups, instant
from consumer.mcp.server import AskedForToken, build, check_settings
from consumer.search import EntityHit, FactHit, Kind, Reranker, SearchResult
from consumer.settings import McpSettings, Settings, TelemetrySettings
from consumer.telemetry import names
from consumer.telemetry.setup import configure

GRAPHITI = {
    "add_memory": {
        "name", "episode_body", "group_id", "source", "source_description", "uuid", "reference_time",
        "excluded_entity_types", "custom_extraction_instructions", "previous_episode_uuids", "update_communities",
        "saga", "saga_previous_episode_uuid",
    },
    "search_nodes": {"query", "group_ids", "max_nodes", "entity_types", "center_node_uuid"},
    "search_memory_facts": {
        "query", "group_ids", "max_facts", "center_node_uuid", "edge_types", "valid_at_after", "valid_at_before",
        "invalid_at_after", "invalid_at_before",
    },
    "delete_entity_edge": {"uuid"},
    "delete_episode": {"uuid"},
    "get_entity_edge": {"uuid"},
    "get_episodes": {"group_ids", "max_episodes"},
    "add_triplet": {
        "source_node_name", "edge_name", "fact", "target_node_name", "group_id", "source_node_uuid", "target_node_uuid",
    },
    "get_episode_entities": {"episode_uuids"},
    "clear_graph": {"group_ids"},
    "get_status": set(),
}  # fmt: skip
"""Tools of Graphiti's server that its users have in their prompts, with their arguments."""


def day(number):
    return datetime(2024, 1, number, tzinfo=UTC)


def whole_fact(number, ends=None):
    return WholeFact(
        f"f{number}", "main", f"Ada likes T{number}", "LIKES", "Ada", "n1", f"T{number}", "n2", ("u1", "u2"),
        day(number), ends, day(number), None,
    )  # fmt: skip


class FakeSearch:
    """Facts of the first ten days, two a page; keeps what was asked."""

    def __init__(self):
        self.asked = []

    async def search(self, request):
        self.asked.append(request)
        if request.query == "world":
            raise WorldFault("neo4j", "is down")
        if request.query == "bug":
            raise RuntimeError("secret")
        if Kind.ENTITY in request.kinds and Kind.FACT not in request.kinds:
            return SearchResult((), (EntityHit("n1", "main", "Ada", ("Person",), "", 1.0, {}),))
        at, size = request.offset, min(request.limit, 2)
        hits = tuple(
            FactHit(f"f{n}", "main", f"Ada likes T{n}", "LIKES", "Ada", f"T{n}", day(n), None, 1 / n, {}, ())
            for n in range(at + 1, min(at + size, 10) + 1)
        )
        return SearchResult(hits, next_offset=at + size if at + size < 10 else None)


class FakeLibrary:
    """One entity, ten facts, one episode, one group."""

    async def is_open(self):
        return True

    async def entities_of(self, uuids):
        return {
            uuid: WholeEntity(uuid, "main", "Ada", ("Person",), "An engineer", {"age": 36}, 2, 1, day(1))
            for uuid in uuids
        }

    async def fact(self, uuid):
        return (await self.facts_of([uuid])).get(uuid)

    async def facts_of(self, uuids):
        return {uuid: whole_fact(int(uuid[1:])) for uuid in uuids if uuid[:1] == "f"}

    async def episode(self, uuid):
        if uuid != "u1":
            return None
        named = (Named("n1", "Ada"),)
        return WholeEpisode("u1", "main", "e1", "E1", "text", "", "said", day(1), day(1), named, ("f1",))

    async def episodes(self, group_ids, *, before=None, limit=20, excerpt_chars=280):
        return [EpisodeLine("u1", group_ids[0], "e1", "E1", "text", "chat", "said", 4, 1, day(1), day(2))][:limit]

    async def group(self, group_id):
        return WholeGroup(group_id, 3, 5, 7) if group_id == "main" else None


class FakeLog:
    """Keeps what is published."""

    def __init__(self):
        self.events = []

    async def publish(self, event):
        self.events.append(event)
        return Published("episodes", 0, 1, event["group_id"], event.get("event_id", "e"), "u9")


class Assistant:
    """A client of the server, with short ways to call."""

    def __init__(self, client, memory):
        self.client, self.search, self.log = client, memory._search, memory._log

    async def call(self, tool, **arguments):
        """What the tool answers; its error as a text."""
        result = await self.client.call_tool(tool, arguments)
        return result.content[0].text if result.is_error else result.structured_content


def memory(**settings):
    return Memory(
        Settings(mcp=McpSettings(**{"group": "main", **settings})),
        search=FakeSearch(),
        library=FakeLibrary(),
        questions=None,
        log=FakeLog(),
    )


async def with_assistant(work, **settings):
    """Run `work` with a client connected to a server."""
    behind = memory(**settings)
    async with Client(build(behind)) as client:
        return await work(Assistant(client, behind))


async def test_the_tools_have_the_names_and_arguments_of_graphitis_server():
    """Each argument that its users give is taken; what a tool does is told, and whether it changes anything."""

    async def work(assistant):
        return {tool.name: tool for tool in (await assistant.client.list_tools()).tools}

    tools = await with_assistant(work)
    for name, arguments in GRAPHITI.items():
        assert arguments <= set(tools[name].input_schema.get("properties", {})), name
    for tool in tools.values():
        assert tool.description
        assert tool.output_schema
        is_reading = tool.name.startswith(("search", "get"))
        assert tool.annotations.read_only_hint is is_reading
    assert {name for name, tool in tools.items() if tool.annotations.destructive_hint} == {
        "delete_episode",
        "delete_entity_edge",
        "clear_graph",
    }


async def test_a_read_only_server_has_no_tool_that_publishes():
    """Not merely refused: not there."""

    async def work(assistant):
        return {tool.name for tool in (await assistant.client.list_tools()).tools}

    names = await with_assistant(work, read_only=True)
    assert names
    assert all(name.startswith(("search", "get")) for name in names)


async def test_adding_a_memory_publishes_it():
    """With what was given; a time without a zone is UTC, JSON is parsed, and what is not used is said."""

    async def work(assistant):
        told = await assistant.call(
            "add_memory",
            name="News",
            episode_body='{"city": "Lyon"}',
            source="json",
            uuid="m-1",
            reference_time="2024-05-01T10:00:00",
            saga="trip",
            update_communities=True,
        )
        assert (told["episode_uuid"], told["group_id"], told["event_id"]) == ("u9", "main", "m-1")
        assert "update_communities is not used" in told["message"]
        told = await assistant.call("add_memory", name="x", episode_body="hi", source="mail", group_id="other")
        assert "taken as text" in told["message"]
        assert "is not JSON" in await assistant.call("add_memory", name="x", episode_body="{", source="json")
        assert "a group is" in await assistant.call("add_memory", name="x", episode_body="hi", group_id="a b")
        assert "reference_time" in await assistant.call(
            "add_memory", name="x", episode_body="hi", reference_time="yesterday"
        )
        return assistant.log.events

    first, second = await with_assistant(work)
    assert first == {
        "group_id": "main",
        "event_id": "m-1",
        "name": "News",
        "source": "json",
        "source_description": "",
        "content": {"city": "Lyon"},
        "reference_time": "2024-05-01T10:00:00Z",
        "saga": "trip",
    }
    assert (second["group_id"], second["source"], second["content"]) == ("other", "text", "hi")


async def test_a_triplet_is_a_given_fact():
    """No model call: the fact is in the event."""

    async def work(assistant):
        await assistant.call(
            "add_triplet", source_node_name="Ada", edge_name="KNOWS", fact="Ada knows Bob", target_node_name="Bob"
        )
        return assistant.log.events

    (event,) = await with_assistant(work)
    assert event["facts"] == [{"subject": "Ada", "relation": "KNOWS", "object": "Bob", "fact": "Ada knows Bob"}]


async def test_searching_nodes_and_facts():
    """The arguments arrive; a centre orders by distance from it."""

    async def work(assistant):
        found = await assistant.call(
            "search_nodes", query="ada", group_ids="a", max_nodes=3, entity_types=["Person"], center_node_uuid="n7"
        )
        assert found["nodes"][0]["labels"] == ["Entity", "Person"]
        assert found["nodes"][0]["attributes"] == {"age": 36}
        (asked,) = assistant.search.asked
        assert (asked.group_ids, asked.limit, asked.entity_types, asked.origins) == (("a",), 3, ("Person",), ("n7",))
        assert (asked.ranking.reranker, asked.ranking.center) == (Reranker.DISTANCE, "n7")
        found = await assistant.call("search_facts", query="ada", group_ids=["a", "b"], max_facts=2)
        assert [fact["uuid"] for fact in found["facts"]] == ["f1", "f2"]
        assert (found["facts"][0]["source_node_uuid"], found["facts"][0]["episodes"]) == ("n1", ["u1", "u2"])
        asked = assistant.search.asked[-1]
        assert (asked.group_ids, asked.include_invalid, asked.as_of) == (("a", "b"), False, None)
        found = await assistant.call("search_memory_facts", query="ada", edge_types=["LIKES"], as_of="2024-01-02")
        asked = assistant.search.asked[-1]
        assert (asked.relation_types, asked.as_of, asked.group_ids) == (("LIKES",), day(2), ("main",))
        assert "1 to 200" in await assistant.call("search_facts", query="ada", max_facts=0)
        assert "1 to 200" in await assistant.call("search_nodes", query="ada", max_nodes=1_000)

    await with_assistant(work)


async def test_dates_bound_the_facts_that_are_found():
    """As many as wanted, though they are on later pages; ends included; a fact without the date is in no range."""

    async def work(assistant):
        found = await assistant.call(
            "search_memory_facts",
            query="ada",
            max_facts=2,
            valid_at_after="2024-01-07",
            valid_at_before="2024-01-09T00:00:00Z",
        )
        assert [fact["uuid"] for fact in found["facts"]] == ["f7", "f8"]
        found = await assistant.call("search_memory_facts", query="ada", invalid_at_after="2024-01-01")
        assert (found["facts"], assistant.search.asked[-1].include_invalid) == ([], True)

    await with_assistant(work)


async def test_getting_and_deleting():
    """Episodes, facts and what comes of an episode; the one deletion that is not supported says why and what to do."""

    async def work(assistant):
        found = await assistant.call("get_episodes", max_episodes=5)
        assert found["episodes"][0]["content"] == "said"
        assert (await assistant.call("get_episodes", group_id="old", last_n=1))["episodes"][0]["group_id"] == "old"
        assert (await assistant.call("get_entity_edge", uuid="f3"))["fact"] == "Ada likes T3"
        assert "no fact x" in await assistant.call("get_entity_edge", uuid="x")
        found = await assistant.call("get_episode_entities", episode_uuids=["u1"])
        assert ([node["uuid"] for node in found["nodes"]], [edge["uuid"] for edge in found["edges"]]) == (
            ["n1"],
            ["f1"],
        )
        told = await assistant.call("delete_entity_edge", uuid="f1")
        assert "it is what its episodes say" in told
        assert "u1, u2" in told
        assert assistant.log.events == []
        await assistant.call("delete_episode", uuid="u1")
        assert assistant.log.events == [{"type": "episode.removed", "group_id": "main", "event_id": "e1"}]
        assert "no episode u7" in await assistant.call("delete_episode", uuid="u7")

    await with_assistant(work)


async def test_clearing_a_group_is_guarded():
    """It has no default, says first what would be lost, and is done only when confirmed."""

    async def work(assistant):
        assert "nothing is cleared by default" in await assistant.call("clear_graph")
        told = await assistant.call("clear_graph", group_ids=["main", "none"])
        assert "'main' (3 episodes, 5 entities, 7 facts); group 'none' (empty)" in told
        assert assistant.log.events == []
        await assistant.call("clear_graph", group_ids="main", confirm=True)
        assert assistant.log.events == [{"type": "group.removed", "group_id": "main"}]

    await with_assistant(work)


async def test_errors_are_told_in_a_sentence_and_bugs_tell_nothing():
    """What is wrong outside or with the arguments is for the assistant; a bug's text is not."""

    async def work(assistant):
        assert (await assistant.call("search_facts", query="world")).endswith(": neo4j: is down")
        assert "secret" not in await assistant.call("search_facts", query="bug")
        assert "query" in await assistant.call("search_facts")
        assert (await assistant.call("get_status"))["status"] == "ok"

    await with_assistant(work)


def test_groups_of_a_call():
    """One, several or the default; never none and never a name that is none."""
    assert groups(None, "main") == ("main",)
    assert groups("a", "main") == ("a",)
    assert groups(["a", "b", "a"], "main") == ("a", "b")
    for wrong in ([], "", ["a b"], "é", "x" * 201):
        with pytest.raises(UserError):
            groups(wrong, "main")


def test_small_arguments():
    """Blank instants are none, JSON is read, bounds hold."""
    assert instant("x", " ") is None
    assert instant("x", "2024-01-02T01:00:00+01:00") == day(2)
    assert content_of("text", "{") == "{"
    assert content_of("json", "[1]") == [1]
    assert bounded("n", 200, 200) == 200
    with pytest.raises(UserError):
        bounded("n", 201, 200)


async def test_over_http_the_token_is_asked():
    """Nothing gets to the server without it."""
    passed, sent = [], []

    async def app(scope, receive, send):
        passed.append(scope["path"])

    async def send(message):
        sent.append(message)

    asked = AskedForToken(app, Token(McpSettings(token="a-token-of-sixteen-and-more").token))
    right = [(b"authorization", b"Bearer a-token-of-sixteen-and-more")]
    scope = {"type": "http", "path": "/mcp", "method": "POST"}
    for headers in ([], [(b"authorization", b"Bearer wrong")], [(b"authorization", b"\xff\xfe")]):
        await asked(scope | {"headers": headers}, None, send)
        assert sent.pop(0)["status"] == 401
        sent.clear()
    await asked(scope | {"headers": right}, None, send)
    assert (passed, sent) == (["/mcp"], [])


def test_where_others_reach_it_asks_for_a_token():
    """As the HTTP API does."""
    check_settings(McpSettings())
    check_settings(McpSettings(host="0.0.0.0", token="a-token-of-sixteen-and-more"))  # noqa: S104 - not bound
    with pytest.raises(UserError, match="EPISODES_MCP__TOKEN"):
        check_settings(McpSettings(host="0.0.0.0"))  # noqa: S104 - not bound


async def test_a_call_of_a_tool_is_a_span_and_a_measurement():
    """By the tool's name, with what went wrong; nothing of what was asked."""
    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()

    async def work(assistant):
        await assistant.call("search_facts", query="ada")
        await assistant.call("search_facts", query="world")

    with configure(TelemetrySettings(), span_exporters=[spans], metric_readers=[reader]):
        await with_assistant(work)
        served = [span for span in spans.get_finished_spans() if span.name == "tools/call search_facts"]
        ours = [span for span in served if names.TOOL in span.attributes]
        assert len(ours) == 2
        assert "ada" not in str([dict(span.attributes) for span in ours])
        data = reader.get_metrics_data().resource_metrics
        found = [m for r in data for s in r.scope_metrics for m in s.metrics if m.name == names.MCP_DURATION]
        points = found[0].data.data_points
        assert {point.attributes[names.TOOL] for point in points} == {"search_facts"}
        assert len({point.attributes.get(names.ERROR_TYPE) for point in points}) == 2
