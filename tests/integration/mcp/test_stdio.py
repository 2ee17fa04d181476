"""`episodes mcp` as an assistant starts it, asked by the official client, on the real Kafka and Neo4j with a pod."""

import asyncio
import socket
import sys

import aiohttp
import pytest
from mcp import Client, StdioServerParameters
from plugins.end_to_end import drained, pod_environment, pods, until

COMMAND = ["-c", "from consumer.cli.main import run; run()", "mcp"]


def server(log, *options, **environment):
    """The command as an assistant's configuration has it."""
    given = pod_environment(log) | {"EPISODES_MCP__GROUP": "main"} | environment
    return StdioServerParameters(command=sys.executable, args=[*COMMAND, *options], env=given)


async def call(client, tool, **arguments):
    """What a tool answers; its error as a text."""
    result = await client.call_tool(tool, arguments)
    return result.content[0].text if result.is_error else result.structured_content


@pytest.mark.timeout(1_800)
async def test_a_memory_is_added_found_and_removed(make_log):
    """The whole way: tool, log, pod, graph, tool."""
    log = await make_log()
    group = f"mcp-{log.topic[-8:]}"
    log.groups.add(group)
    async with pods(log, 1), Client(server(log, "--group", group), read_timeout_seconds=120) as client:
        assert client.server_info.name == "episodes"
        assert "temporal knowledge graph" in client.instructions
        assert (await call(client, "get_status"))["status"] == "ok"
        added = await call(
            client,
            "add_triplet",
            source_node_name="Ada Lovelace",
            edge_name="WORKS_AT",
            fact="Ada Lovelace works at Globex",
            target_node_name="Globex",
        )
        twice = [
            await call(
                client,
                "add_memory",
                name="Chat",
                episode_body="Bob: hello there",
                source="message",
                uuid="m-1",
                reference_time="2024-05-01T09:00:00Z",
            )
            for _ in range(2)
        ]
        assert twice[0]["episode_uuid"] == twice[1]["episode_uuid"]
        await drained(log, 240)
        found = await call(client, "search_memory_facts", query="where does Ada work")
        assert [fact["fact"] for fact in found["facts"]] == ["Ada Lovelace works at Globex"]
        fact = found["facts"][0]
        assert fact["episodes"] == [added["episode_uuid"]]
        assert await call(client, "get_entity_edge", uuid=fact["uuid"]) == fact
        assert "Ada Lovelace works at Globex" in (await call(client, "get_context", query="Ada"))["context"]
        episodes = (await call(client, "get_episodes"))["episodes"]
        assert {each["uuid"] for each in episodes} == {added["episode_uuid"], twice[0]["episode_uuid"]}
        made = await call(client, "get_episode_entities", episode_uuids=[added["episode_uuid"]])
        assert {node["name"] for node in made["nodes"]} == {"Ada Lovelace", "Globex"}
        assert added["episode_uuid"] in await call(client, "delete_entity_edge", uuid=fact["uuid"])
        await call(client, "delete_episode", uuid=added["episode_uuid"])
        await drained(log, 240)
        assert (await call(client, "search_facts", query="Ada Globex"))["facts"] == []
        assert "(1 episodes," in await call(client, "clear_graph", group_ids=[group])
        await call(client, "clear_graph", group_ids=[group], confirm=True)
        await drained(log, 240)
        assert (await call(client, "get_episodes"))["episodes"] == []


async def test_over_http_with_a_token(make_log):
    """Streamable HTTP at /mcp: 401 without the token, the tools with it; SIGTERM ends it."""
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    log = await make_log()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = "a-token-of-sixteen-and-more"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *COMMAND, "--transport", "http", "--port", str(port), "--read-only"),
        env=pod_environment(log) | {"EPISODES_MCP__TOKEN": token},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        address = f"http://127.0.0.1:{port}/mcp"

        async def refused():
            try:
                async with aiohttp.ClientSession() as session, session.post(address, json={}) as answer:
                    return answer.status
            except aiohttp.ClientConnectorError:
                return None

        await until(refused, 60)
        assert await refused() == 401
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http,
            Client(streamable_http_client(address, http_client=http)) as client,
        ):
            assert {tool.name for tool in (await client.list_tools()).tools} >= {"search_nodes", "get_status"}
            assert (await call(client, "get_status"))["status"] == "ok"
        process.terminate()
        await asyncio.wait_for(process.wait(), 60)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
