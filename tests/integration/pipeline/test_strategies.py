"""How much is done at once changes how fast the graph comes about, never which graph it is."""

import pytest
from plugins.end_to_end import drained, pods

from consumer.settings import Strategy
from consumer.testing.generate import generate


@pytest.mark.timeout(560)
async def test_every_strategy_gives_the_same_graph(make_log):
    """The grammar's gold, and one digest of each group, by whichever strategy."""
    events = generate(seed=4711, n=80, groups=4)
    seen = {}
    for strategy in reversed(Strategy):
        log = await make_log(strategy=strategy)
        async with pods(log, 1) as (pod,):
            await log.publish(events)
            await drained(log)
        assert not pod.pipeline.outcomes["rejected"]
        seen[strategy] = await log.digests()
        for group in sorted(log.groups):
            log.assert_gold(events, group, *await log.graph(group))
        await log.wipe()
    assert all(digests == seen[Strategy.SEQUENTIAL] for digests in seen.values())
    assert len(seen) == len(Strategy)
