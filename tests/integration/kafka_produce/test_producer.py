"""Published records are durable, in order per group, traced, and bounded on their way."""

import asyncio
import socket

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.kafka.producer import Publisher
from consumer.model.work import Record
from consumer.settings import KafkaSettings, TelemetrySettings
from consumer.telemetry import names
from consumer.telemetry.observed import PipelineTelemetry
from consumer.telemetry.setup import configure


async def test_groups_arrive_in_order_within_a_bound(settings, read_topic):
    """P1, P2: one partition a group, its records in order, never more on the way than allowed."""
    peak = 0
    async with Publisher(settings, max_in_flight=20) as publisher:
        for number in range(600):
            await publisher.send(f"group-{number % 7}", b"%d" % number)
            peak = max(peak, publisher.in_flight)
        await publisher.flush()
        assert publisher.delivered == 600
        assert publisher.in_flight == 0
    assert peak <= 20
    records = await read_topic(settings.topic)
    for group in range(7):
        mine = [record for record in records if record.key == b"group-%d" % group]
        assert len({record.partition for record in mine}) == 1
        assert [int(record.value) for record in mine] == list(range(group, 600, 7))


async def test_leaving_the_block_makes_all_durable(settings, read_topic):
    """What was handed over is in the log when the block ends, headers, tombstones and times included."""
    async with Publisher(settings) as publisher:
        future = await publisher.send("g", None, headers=[("event_id", b"7")], timestamp_ms=1_700_000_000_000)
    (record,) = await read_topic(settings.topic)
    assert (record.value, record.headers, record.timestamp) == (None, (("event_id", b"7"),), 1_700_000_000_000)
    assert (future.result().partition, future.result().offset) == (record.partition, record.offset)


async def test_trace_goes_from_the_producer_to_the_consumer(settings, read_topic):
    """The send span's context is in the header, and the process span is its child."""
    spans = InMemorySpanExporter()
    with configure(TelemetrySettings(), span_exporters=[spans]):
        async with Publisher(settings) as publisher:
            await publisher.send("g", b"{}")
        (read,) = await read_topic(settings.topic)
        record = Record(read.topic, read.partition, read.offset, read.timestamp, read.key, read.value, read.headers)
        telemetry = PipelineTelemetry("pods")
        telemetry.received(record)
        telemetry.finished(record, "written")
        telemetry.committed(record.topic, record.partition, record.offset + 1)
    by_name = {span.name: span for span in spans.get_finished_spans()}
    send, process = by_name[names.send(settings.topic)], by_name[names.process(settings.topic)]
    assert send.kind is SpanKind.PRODUCER
    assert send.attributes[names.MESSAGING_PARTITION] == str(read.partition)
    assert send.attributes[names.MESSAGING_OFFSET] == read.offset
    assert process.parent.span_id == send.context.span_id
    assert process.context.trace_id == send.context.trace_id


async def test_traceparent_of_the_caller_stays(settings, read_topic):
    """A header that is already there is not doubled."""
    parent = ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    with configure(TelemetrySettings(), span_exporters=[InMemorySpanExporter()]):
        async with Publisher(settings) as publisher:
            await publisher.send("g", b"{}", headers=[parent])
    (record,) = await read_topic(settings.topic)
    assert record.headers == (parent,)


@pytest.mark.parametrize("size", [3_000_000, 6_000_000], ids=["over-the-topics-limit", "over-the-clients-limit"])
async def test_too_large_record_is_told_and_stops_the_rest(settings, read_topic, size):
    """P3: the fault names the reason, and what was delivered before is counted."""
    publisher = Publisher(settings)

    async def publish():
        async with publisher:
            await publisher.send("g", b"first")
            await publisher.send("g", b"x" * size)
            await publisher.flush()

    with pytest.raises(EpisodeFault) as caught:
        await publish()
    assert caught.value.reason == "value-too-large"
    assert (publisher.delivered, publisher.failed) == (1, 1)
    assert [record.value for record in await read_topic(settings.topic)] == [b"first"]


async def test_missing_topic_is_told_at_once(unmade):
    """No half-minute wait for a topic that nobody made."""
    async with asyncio.timeout(10):
        with pytest.raises(UserError, match="does not exist"):
            async with Publisher(unmade):
                pass


async def test_unreachable_broker_is_the_worlds_fault():
    """The address is in the message."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(WorldFault, match=address):
        async with Publisher(KafkaSettings(bootstrap_servers=address)):
            pass


async def test_cancelled_send_leaves_room_and_order(settings, read_topic):
    """Cancelling a send that waits for room loses nothing that was handed over."""
    async with Publisher(settings, max_in_flight=1) as publisher:
        await publisher.send("g", b"1")
        try:
            async with asyncio.timeout(0):
                await publisher.send("g", b"never")
        except TimeoutError:
            pass
        await publisher.send("g", b"2")
    assert [record.value for record in await read_topic(settings.topic)] == [b"1", b"2"]
