"""A pod's end: nothing that is stuck holds it up past its deadline."""

import asyncio
import json

import pytest

from consumer.app import runtime as module
from consumer.app.pod_health import PodHealth
from consumer.app.runtime import Runtime
from consumer.clock import SystemClock
from consumer.errors import UserError, WorldFault
from consumer.model.work import Record, TopicPartition
from consumer.pipeline.supervisor import Pipeline
from consumer.settings import PipelineSettings, Settings
from consumer.telemetry.observed import PipelineTelemetry
from consumer.testing.fakes import FakeDeadLetterSink, FakeEmbedder, FakeExtractor, FakeGraphStore

P0 = TopicPartition("t", 0)


class Source:
    """Offers one record, then stops as a source does: drains to a deadline and lets go."""

    def __init__(self, pipeline):
        self.pipeline = pipeline

    async def run(self):
        self.pipeline.assign({P0: 0})
        value = json.dumps({"group_id": "g", "event_id": "e", "content": "Ada Quill likes tea."}).encode()
        self.pipeline.offer([Record("t", 0, 0, 0, b"g", value)])
        for _ in range(50):  # the record reaches the call that will not end
            await asyncio.sleep(0)
        await self.pipeline.drain([P0], 0.05)
        self.pipeline.revoke([P0])


class DownStore(FakeGraphStore):
    """A database that never answers well."""

    async def present(self, episodes):
        raise WorldFault("neo4j", "down")


class StuckExtractor(FakeExtractor):
    """A model that never answers."""

    async def extract(self, episode):
        await asyncio.Event().wait()


def build(store, extractor):
    pipeline = Pipeline(
        extractor=extractor,
        embedder=FakeEmbedder(),
        store=store,
        dead_letters=FakeDeadLetterSink(),
        settings=PipelineSettings(),
        telemetry=PipelineTelemetry("test"),
    )
    return Runtime(pipeline, Source(pipeline), "fake", "fake", health=PodHealth(Settings(), SystemClock()))


@pytest.mark.parametrize(
    ("store", "extractor"),
    [(DownStore(), FakeExtractor()), (FakeGraphStore(), StuckExtractor())],
    ids=["store", "model"],
)
async def test_a_stop_waits_for_no_outage(store, extractor, monkeypatch):
    """With Neo4j down, or a model that never answers, a stopped pod ends soon after its drain deadline."""
    monkeypatch.setattr(module, "LEFTOVER_S", 0.1)
    runtime = build(store, extractor)
    async with asyncio.timeout(60):
        await runtime.run()
    assert runtime.pipeline.assignments.committable() == {}
    assert store.episodes == {}


async def test_what_the_operator_must_mend_is_raised():
    """An error of the pipeline reaches the command as itself, not as a group."""

    class Refusing(FakeExtractor):
        async def extract(self, episode):
            raise UserError("the key is wrong")

    class Waiting(Source):
        async def run(self):
            await super().run()
            await asyncio.Event().wait()

    runtime = build(FakeGraphStore(), Refusing())
    runtime.source = Waiting(runtime.pipeline)
    with pytest.raises(UserError, match="key is wrong"):
        async with asyncio.timeout(60):
            await runtime.run()
