"""/debug/profile of a real pod at work: stages by name, what they wait for, the bottleneck; off unless allowed."""

import asyncio
import json

import aiohttp
from cpu_time import in_some_go
from plugins.end_to_end import until

from consumer.app.runtime import open_runtime
from consumer.bench.profile import profiled_pods
from consumer.testing.generate import generate


async def ask(port, query):
    """Return status and text."""
    address = f"http://127.0.0.1:{port}/debug/profile{query}"
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        return answer.status, await answer.text()


@in_some_go
async def test_a_pod_at_work_is_profiled(make_log):
    """Episodes are extracted, embedded and written over the real Kafka and Neo4j while it looks."""
    log = await make_log(partitions=2, health={"port": 0, "profiling": True})
    await log.publish(generate(5, 600, 6))
    async with open_runtime(log.settings) as runtime:
        running = asyncio.ensure_future(runtime.run())
        await until(lambda: runtime.pipeline.outcomes["written"] > 0, 60)
        (findings,) = await profiled_pods([f"http://127.0.0.1:{runtime.server.port}"], 2)
        status, page = await ask(runtime.server.port, "?seconds=0.3&format=html")
        status_of_top, top = await ask(runtime.server.port, "?seconds=0.3&format=top")
        runtime.stop()
        await running
    profile = findings.profile
    assert set(profile.workers) >= {"intake", "extract", "embed", "write"}
    assert profile.workers["write"].workers == log.settings.pipeline.write_workers
    assert {"extract", "write"} <= set(profile.cpu())
    assert any("consumer.graph" in line for line in profile.collapsed() if line.startswith("write;"))
    assert profile.queues["write"].done > 0
    assert findings.notes[0]
    assert (status, status_of_top) == (200, 200)
    assert 'class="flame"' in page
    assert json.loads(top)["functions"]
    told = json.dumps(profile.as_dict()) + page + top
    assert "simulator" not in told.replace("consumer.testing.simulator", "")


async def test_a_pod_is_not_profiled_unless_allowed(make_log):
    """Whoever reaches the port gets a refusal that names the setting."""
    log = await make_log(partitions=1, health={"port": 0})
    async with open_runtime(log.settings) as runtime:
        status, text = await ask(runtime.server.port, "?seconds=1")
    assert status == 403
    assert "EPISODES_HEALTH__PROFILING" in text
