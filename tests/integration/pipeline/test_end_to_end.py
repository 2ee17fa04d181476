"""The main job on the real Kafka and the real Neo4j: the graph is a function of the log."""

import pytest
from plugins.end_to_end import drained, pods

from consumer.testing.generate import generate
from consumer.testing.gold import gold


@pytest.mark.timeout(1_200)
async def test_any_concurrency_and_two_pods_give_the_same_gold_graph(make_log):
    """500 episodes, 5 groups, 4 partitions, two pods, concurrency 1, 4 and 32: one digest, the grammar's gold."""
    events = generate(seed=7, n=500, groups=5)
    seen = []
    for concurrency in (1, 4, 32):
        log = await make_log(pipeline={"concurrency": concurrency})
        async with pods(log, 2) as runtimes:
            await log.publish(events)
            await drained(log)
            assert all(sum(runtime.pipeline.outcomes.values()) for runtime in runtimes), "one pod did nothing"
        seen.append(await log.digests())
        for group in sorted(log.groups):
            log.assert_gold(events, group, *await log.graph(group))
        await log.wipe()
    assert seen[0] == seen[1] == seen[2]
    assert len(set(seen[0].values())) == 5
    assert sum(len(graph.facts) for graph in gold(events).values()) > 200
