"""Where a model's limits stand, told at each call: under way, waiting, borne, and the limits themselves."""

import asyncio

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from consumer.llm.limiter import Limiter
from consumer.settings import TelemetrySettings
from consumer.telemetry import names
from consumer.telemetry.setup import configure
from consumer.testing.fakes import FakeClock


@pytest.fixture
def told():
    """Returns where a level stands, by its labels beside the model."""
    reader = InMemoryMetricReader()

    def read(name):
        found = {}
        data = reader.get_metrics_data()
        for metric in data.resource_metrics[0].scope_metrics[0].metrics if data else ():
            if metric.name == name:
                for point in metric.data.data_points:
                    found[point.attributes.get(names.LIMITED, "")] = point.value
        return found

    with configure(TelemetrySettings(), metric_readers=[reader]):
        yield read


async def test_calls_under_way_and_waiting_are_told(told):
    """Two places, three calls: one waits; in the end nothing does."""
    limiter = Limiter("m", 2, requests_per_min=100, clock=FakeClock())
    go_on = asyncio.Event()

    async def call():
        async with limiter.call(10):
            await go_on.wait()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(call())
        for _ in range(5):
            await asyncio.sleep(0)
        assert told(names.LLM_IN_FLIGHT) == {"": 2}
        assert told(names.LLM_WAITING) == {"": 1}
        go_on.set()
    assert told(names.LLM_IN_FLIGHT) == {"": 0}
    assert told(names.LLM_WAITING) == {"": 0}
    assert told(names.LLM_CONCURRENCY) == {"": 2}
    assert told(names.LLM_LIMIT) == {"requests": 100}


async def test_a_call_that_is_given_up_while_it_waits_waits_no_longer(told):
    """Cancelled in the queue: nothing is left of it."""
    limiter = Limiter("m", 1, clock=FakeClock())
    async with limiter.call(10):

        async def call():
            async with limiter.call(10):
                raise AssertionError("there is no place")

        waiting = asyncio.ensure_future(call())
        for _ in range(5):
            await asyncio.sleep(0)
        assert told(names.LLM_WAITING) == {"": 1}
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert told(names.LLM_WAITING) == {"": 0}
        assert limiter.waiting == 0
