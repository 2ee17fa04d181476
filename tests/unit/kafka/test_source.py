"""The poll loop on a scripted client: what it does with each answer of a fetch."""

import asyncio
import json
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition as KafkaPartition
from aiokafka import errors

from consumer.clock import SystemClock
from consumer.errors import UserError
from consumer.kafka.source import KafkaSource
from consumer.model.work import TopicPartition
from consumer.pipeline.supervisor import Pipeline
from consumer.settings import KafkaSettings, PipelineSettings
from consumer.telemetry.observed import PipelineTelemetry
from consumer.testing.fakes import FakeDeadLetterSink, FakeEmbedder, FakeExtractor, FakeGraphStore

P0, OWN = KafkaPartition("t", 0), TopicPartition("t", 0)


class Clock(SystemClock):
    """Waits not at all, and counts how often."""

    slept = 0

    async def sleep(self, seconds):
        self.slept += 1
        await asyncio.sleep(0)


class Client:
    """Answers fetches by its script: a list of offsets, an exception, or a gate to wait for; then nothing."""

    def __init__(self, *script, begins=0):
        self.script = list(script)
        self.begins = begins
        self.sought = []
        self.paused_ones = set()
        self.cancelled = 0
        self.fetches = 0

    def assignment(self):
        return {P0}

    def pause(self, *partitions):
        self.paused_ones |= set(partitions)

    def paused(self):
        return set(self.paused_ones)

    def resume(self, *partitions):
        self.paused_ones -= set(partitions)

    def seek(self, partition, offset):
        self.sought.append(offset)

    async def beginning_offsets(self, partitions):
        return dict.fromkeys(partitions, self.begins)

    async def committed(self, partition):
        return None

    async def getmany(self, timeout_ms, max_records):
        self.fetches += 1
        await asyncio.sleep(0)
        if not self.script:
            return {}
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, asyncio.Event):
            try:
                await step.wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
            return {}
        return {P0: [message(offset) for offset in step]}


def message(offset):
    value = json.dumps({"group_id": "g", "event_id": str(offset), "content": "x" * 100}).encode()
    return SimpleNamespace(
        topic="t", partition=0, offset=offset, timestamp=offset, key=b"g", value=value, headers=()
    )  # fmt: skip


def build(**settings):
    telemetry = PipelineTelemetry("test")
    pipeline = Pipeline(
        extractor=FakeExtractor(),
        embedder=FakeEmbedder(),
        store=FakeGraphStore(),
        dead_letters=FakeDeadLetterSink(),
        settings=PipelineSettings(**settings),
        telemetry=telemetry,
    )
    pipeline.assign({OWN: 0})
    return pipeline, KafkaSource(pipeline, KafkaSettings(topic="t"), 0, telemetry, Clock())


def poll(source, client, fault=None):
    ownership = source._own(client, committer=None)
    ownership.fault = fault
    return source._poll(client, ownership)


async def polled(source, client, fetches, fault=None):
    """Poll until the client was asked `fetches` times, then stop and wait for the end."""
    polling = asyncio.ensure_future(poll(source, client, fault))
    async with asyncio.timeout(60):
        while client.fetches < fetches and not polling.done():
            await asyncio.sleep(0)
    source.stop()
    await asyncio.wait_for(polling, 60)


async def test_a_stop_lets_the_fetch_end():
    """K2: the flag is looked at between fetches; the fetch under way is not cancelled."""
    gate = asyncio.Event()
    client = Client(gate)
    _, source = build()
    polling = asyncio.ensure_future(poll(source, client))
    async with asyncio.timeout(60):
        while not client.fetches:
            await asyncio.sleep(0)
    source.stop()
    await asyncio.sleep(0.01)
    assert not polling.done()
    gate.set()
    await asyncio.wait_for(polling, 60)
    assert client.cancelled == 0


async def test_a_lost_broker_is_polled_on():
    """A fetch that fails for the world's reasons is tried again after a wait."""
    client = Client(errors.KafkaConnectionError("gone"), errors.RequestTimedOutError(), [0])
    pipeline, source = build()
    await polled(source, client, 4)
    assert source._clock.slept == 2
    assert pipeline.budget.items == 1


async def test_a_broker_that_refuses_us_ends_the_pod():
    """What only a person can mend is raised."""
    client = Client(errors.TopicAuthorizationFailedError("t"))
    _, source = build()
    with pytest.raises(UserError):
        await polled(source, client, 2)


async def test_a_fault_of_a_rebalance_callback_is_not_swallowed():
    """The client logs and swallows what its callbacks raise; the poll task raises it."""
    _, source = build()
    with pytest.raises(UserError, match="no offsets"):
        await polled(source, Client(), 2, UserError("no offsets for us"))


async def test_what_does_not_fit_is_sought_back_to_and_partitions_pause():
    """The budget takes three; the fourth stays with Kafka, and polling goes on with the partition paused."""
    client = Client([0, 1, 2, 3, 4])
    pipeline, source = build(budget_items=3)
    await polled(source, client, 5)
    assert client.sought == [3]
    assert client.paused_ones == {P0}
    assert pipeline.budget.items == 3


async def test_records_seen_already_are_dropped():
    """After seeking back, what a fetch brings again of the admitted ones is not admitted twice."""
    client = Client([0, 1], [1, 2])
    pipeline, source = build()
    await polled(source, client, 3)
    assert pipeline.budget.items == 3


async def test_records_of_a_partition_that_is_not_ours_are_left_alone():
    """K3: fetched before a revoke and handed over after it, they are neither admitted nor sought."""
    client = Client([0, 1])
    pipeline, source = build()
    pipeline.revoke([OWN])
    await polled(source, client, 2)
    assert pipeline.budget.items == 0
    assert client.sought == []


async def test_a_position_that_is_gone_is_told_and_passed(caplog):
    """Retention removed what was to be read next: an error says how much, and reading goes on where the log begins."""
    client = Client([0, 1], errors.OffsetOutOfRangeError({P0: 2}), [10, 11], begins=10)
    pipeline, source = build()
    await polled(source, client, 4)
    assert client.sought == [10]
    assert "8 offsets (2 to 9) of t[0] were removed" in caplog.text
    assert pipeline.budget.items == 4


class Member(Client):
    """A client of the group: it starts, subscribes and stops, and its fetches go by the script."""

    def __init__(self, *script, stops_with=None):
        super().__init__(*script)
        self.stops_with = stops_with
        self._coordinator = SimpleNamespace(member_id="member")
        self.is_stopped = False

    async def start(self):
        pass

    async def stop(self):
        self.is_stopped = True
        if self.stops_with is not None:
            raise self.stops_with

    async def topics(self):
        return {"t"}

    def subscribe(self, topics, listener):
        self.listener = listener

    async def end_offsets(self, partitions):
        return dict.fromkeys(partitions, 0)

    async def position(self, partition):
        return 0

    async def getmany(self, timeout_ms, max_records):
        if not self.fetches:
            await self.listener.on_partitions_revoked(set())
            await self.listener.on_partitions_assigned({P0})
        return await super().getmany(timeout_ms, max_records)


async def run_with(monkeypatch, *members):
    """Run a source whose clients are `members`, one after the other, until the last was asked for records."""
    left = list(members)
    monkeypatch.setattr("consumer.kafka.source.AIOKafkaConsumer", lambda **_: left.pop(0))
    pipeline, source = build()
    pipeline.revoke([OWN])
    running = asyncio.ensure_future(source.run())
    async with asyncio.timeout(60):
        while not running.done() and (left or members[-1].fetches < 3):
            await asyncio.sleep(0)
    source.stop()
    return pipeline, running


async def test_a_client_that_gives_up_is_replaced(monkeypatch, caplog):
    """Its heartbeat task is gone and it would fetch nothing more; the next one begins with a new assignment."""
    gave_up = errors.KafkaError("Unexpected exception in heartbeat task: UnknownError()")
    first, second = Member([], gave_up, stops_with=gave_up), Member()
    pipeline, running = await run_with(monkeypatch, first, second)
    await asyncio.wait_for(running, 60)
    assert first.is_stopped
    assert second.is_stopped
    assert "a new one takes its place" in caplog.text
    assert pipeline.assignments.partitions == []


async def test_clients_that_never_get_an_assignment_end_the_pod(monkeypatch):
    """Something is wrong that no new client mends: the pod ends, and whoever runs it sees it."""

    class Hopeless(Member):
        async def getmany(self, timeout_ms, max_records):
            await asyncio.sleep(0)
            raise errors.KafkaError("Unexpected error during coordination")

    _, running = await run_with(monkeypatch, *[Hopeless() for _ in range(9)])
    with pytest.raises(BaseExceptionGroup):
        await asyncio.wait_for(running, 60)
