"""What `episodes stats` reads, of a real pod that has written: every operation by name, with its counts."""

import asyncio

from plugins.end_to_end import drained, until

from consumer.app.pod_figures import pod_figures
from consumer.app.runtime import open_runtime
from consumer.health.exposition import Exposition
from consumer.telemetry.setup import configure
from consumer.testing.generate import generate


async def test_a_pods_operations_are_told_by_name(make_log):
    """Stages, the waits before them, model calls, transactions, commits, end to end; none is told twice."""
    log = await make_log(partitions=1, health={"port": 0})
    exposition = Exposition()
    with configure(log.settings.telemetry, metric_readers=[exposition.reader]):
        async with open_runtime(log.settings, metrics=exposition.text) as runtime:
            running = asyncio.ensure_future(runtime.run())
            await until(lambda: runtime.source.has_joined, 40)
            await log.publish(generate(5, 30, 3))
            await drained(log)
            found = await pod_figures(f"http://127.0.0.1:{runtime.server.port}")
            runtime.stop()
            await running
    assert (found.state, found.outcomes) == ("running", {"written": 30})
    assert found.episodes_per_s > 0
    operations = {one.operation: one for one in found.operations}
    assert len(operations) == len(found.operations)
    assert {"stage extract", "stage embed", "stage write", "wait for stage write"} <= set(operations)
    for kind in ("model chat ", "model embeddings ", "neo4j ", "end to end "):
        assert any(name.startswith(kind) for name in operations), kind
    assert operations["stage extract"].count == 30
    for one in found.operations:
        assert one.failed == 0
        assert 0 <= one.p50_s <= one.p95_s <= one.p99_s
