"""One episode is one trace, from the producer's send to the commit, through real services."""

import json

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from consumer.app.runtime import open_runtime
from consumer.kafka.producer import Publisher
from consumer.settings import EmbeddingSettings, Engine, Neo4jSettings, Settings
from consumer.telemetry import names
from consumer.telemetry.setup import configure
from consumer.telemetry.waterfall import rows, traces
from consumer.testing.simulator import Simulator


@pytest.fixture
async def pod(settings, neo4j_uri):
    """Settings of a pod with simulated models; vectors as long as those of the shared graph's indexes."""
    async with Simulator() as model:
        yield Settings(
            kafka=settings,
            neo4j=Neo4jSettings(uri=neo4j_uri),
            embedding=EmbeddingSettings(dimension=384),
            extractor=Engine.OPENAI,
            embedder=Engine.OPENAI,
            openai_api_key="sk-simulated-key",
            openai_base_url=model.base_url,
        )


async def consumed(pod, *values):
    """Publish values to the pod's topic, consume them, take the group out again, and return the ended spans."""
    group = pod.kafka.topic
    spans = InMemorySpanExporter()
    with configure(pod.telemetry, span_exporters=[spans]):
        async with Publisher(pod.kafka) as publisher:
            for value in values:
                await publisher.send(group, value)
        async with open_runtime(pod) as runtime:
            await runtime.run(until_drained=True)
    async with Publisher(pod.kafka) as publisher:
        await publisher.send(group, json.dumps({"type": "group.removed", "group_id": group}).encode())
    async with open_runtime(pod) as runtime:
        await runtime.run(until_drained=True)
    return spans.get_finished_spans()


async def test_episode_is_one_trace_from_send_to_commit(pod):
    """Every step is a child where it belongs, and nothing stays open."""
    topic = pod.kafka.topic
    event = json.dumps({"group_id": topic, "content": "Ada Lovelace works at Acme Corporation."}).encode()
    spans = await consumed(pod, event)
    (send,) = [span for span in spans if span.name == names.send(topic)]
    found = [(row.depth, row.name.split()[0]) for row in rows(traces(spans)[send.context.trace_id])]
    assert found == [
        (0, "send"),
        (1, "process"),
        (2, "intake"),
        (3, "neo4j"),
        (3, "neo4j"),
        (2, "extract"),
        (3, "chat"),
        (2, "embed"),
        (3, "embeddings"),
        (2, "write"),
        (3, "neo4j"),
        (2, "commit"),
    ]
    (process,) = [span for span in spans if span.name == names.process(topic)]
    assert process.attributes[names.OUTCOME] == "written"


async def test_dead_letter_is_in_the_trace_of_its_episode(pod):
    """A rejected record's trace shows the reason and the send to the dead-letter topic."""
    spans = await consumed(pod, b"{bad")
    (process,) = [span for span in spans if span.name == names.process(pod.kafka.topic)]
    (letter,) = [span for span in spans if span.name == names.send(pod.kafka.dead_letter_topic)]
    assert process.status.status_code is StatusCode.ERROR
    assert process.attributes[names.OUTCOME] == "rejected"
    assert letter.context.trace_id == process.context.trace_id
