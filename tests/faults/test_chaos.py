"""Chaos by seeds: whatever goes wrong, nothing is lost, nothing is twice, nothing is stuck (docs/guides/chaos.md)."""

import logging
import os
from pathlib import Path

import pytest
from faults.chaos.conductor import play, warm_up
from faults.chaos.report import failure, summary
from faults.chaos.schedule import schedule
from faults.chaos.world import World

FIRST_SEED = 1
SHORT_SEED = 3461
"""A stop, a kill -9, cut connections, a commit without an answer, and a failing model, in a few seconds."""


def keep(outcome):
    """Add an outcome to the report, if one is asked for."""
    report = os.environ.get("EPISODES_TEST_CHAOS_REPORT")
    if report:
        with Path(report).open("a", encoding="utf-8") as lines:
            lines.write(outcome.line() + "\n")


async def run(seeds, **shape):
    """Play `seeds` one after another in one world, tell of each, and fail at the end if one has failed."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells of every moment a broker is away
    outcomes = []
    async with World() as world:
        await warm_up(world)
        for seed in seeds:
            plan = schedule(seed, **shape)
            print(f"\n{plan}", flush=True)
            outcome = await play(world, plan)
            outcomes.append(outcome)
            print(outcome.line(), flush=True)
            keep(outcome)
            if not outcome.has_passed:
                print(failure(outcome, str(plan)), flush=True)
    print(summary(outcomes), flush=True)
    assert not [outcome.problems for outcome in outcomes if not outcome.has_passed]


@pytest.mark.timeout(1_200)
async def test_one_short_seed_of_chaos():
    """Five faults in twelve seconds: every event is written once or dead-lettered for its own reason."""
    await run(
        [int(os.environ.get("EPISODES_TEST_CHAOS_SEED") or SHORT_SEED)], count=5, length_s=12.0, most_episodes=200
    )


@pytest.mark.slow
@pytest.mark.timeout(7_200)
async def test_many_seeds_of_chaos():
    """`make chaos SEEDS=n` plays n seeds, `make chaos SEED="7 9"` some of them again."""
    some = [int(seed) for seed in os.environ.get("EPISODES_TEST_CHAOS_SEED", "").split()]
    count = int(os.environ.get("EPISODES_TEST_CHAOS_SEEDS") or 5)
    await run(some or range(FIRST_SEED, FIRST_SEED + count))
