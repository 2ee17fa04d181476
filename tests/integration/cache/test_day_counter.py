"""The day's spending in a real Redis: shared by processes, added to atomically, and no budget lost when it goes."""

import asyncio

import pytest

from consumer.cache.day_counter import day_counter
from consumer.cache.levels import shared_levels
from consumer.errors import WorldFault
from consumer.llm.budget import REFRESH_S, DayBudget
from consumer.settings import CacheSettings
from consumer.testing.fake_clock import FakeClock


@pytest.fixture
def settings(redis_server):
    """The cache in the server of this test."""
    return CacheSettings(redis_url=redis_server.url)


async def test_many_add_at_once_and_nothing_is_lost(settings):
    """Two connections, forty additions at the same time; clearing the cache leaves the count."""
    first, second = day_counter(settings), day_counter(settings)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(20):
            tasks.create_task(first.add("2024-01-01", 3))
            tasks.create_task(second.add("2024-01-01", 4))
    for level in shared_levels(settings):
        await level.drop_all()
        await level.close()
    assert await first.add("2024-01-01", 0) == 140
    await first.close()
    await second.close()


async def test_a_budget_outlives_the_pod_and_a_redis_that_dies(settings, redis_server, caplog):
    """A new pod knows what the last one spent; without Redis the pod that runs counts on, and says so."""
    clock = FakeClock()
    before = DayBudget(1.0, day_counter(settings), clock=clock)
    before.spend(0.9)
    await before.aclose()
    after = DayBudget(1.0, day_counter(settings), clock=clock)
    with pytest.raises(WorldFault, match="day's budget"):
        async with after.admitted(0.2):
            pass
    redis_server.kill()
    await clock.advance(REFRESH_S)
    with pytest.raises(WorldFault, match="day's budget"):
        async with after.admitted(0.2):
            pass
    assert "cannot be shared in redis://127.0.0.1" in caplog.text
    assert "geheim" not in caplog.text
    async with after.admitted(0.05):
        after.spend(0.05)
    await after.aclose()
    assert after.spent_usd == pytest.approx(0.95)
