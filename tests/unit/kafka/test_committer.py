"""The committer on a scripted client: a commit that fails is no loss, and one never waits for ever."""

import asyncio

import pytest
from aiokafka import TopicPartition as KafkaPartition
from aiokafka import errors
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from consumer.clock import SystemClock
from consumer.kafka.committer import Committer
from consumer.model.work import Record, Timings, TopicPartition, Work
from consumer.pipeline.assignments import Assignments
from consumer.settings import KafkaSettings, TelemetrySettings
from consumer.telemetry import names
from consumer.telemetry.setup import configure

P0 = TopicPartition("t", 0)


class Client:
    """Commits what it is told, after the next scripted failure."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.committed = []
        self.at_once = 0
        self.most_at_once = 0

    async def commit(self, offsets):
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(0)
            if self.failures:
                failure = self.failures.pop(0)
                if failure == "hang":
                    await asyncio.Event().wait()
                raise failure
            self.committed.append(offsets)
        finally:
            self.at_once -= 1


class Owner:
    """What a committer needs of a pipeline."""

    def __init__(self):
        self.assignments = Assignments()
        self.assignments.assign({P0: 0})

    def committed(self, offsets):
        self.assignments.committed(offsets)

    def write(self, offset):
        record = Record("t", 0, offset, 0, b"g", b"{}")
        self.assignments.finish(Work(record, self.assignments.begin(record), "", None, Timings(0, 0)))


def committer(client, owner, **settings):
    options = {"commit_timeout_s": 30.0, "commit_interval_s": 0.01} | settings
    return Committer(client, owner, KafkaSettings(**options), SystemClock())


async def test_what_is_written_is_committed_once_as_the_next_offset():
    """The offset after the last written one, and nothing more when nothing more is written."""
    client, owner = Client(), Owner()
    one = committer(client, owner)
    owner.write(0)
    owner.write(1)
    assert await one.commit()
    assert await one.commit()
    assert client.committed == [{KafkaPartition("t", 0): 2}]


@pytest.mark.parametrize(
    "failure",
    [
        errors.IllegalStateError("off assignment"),
        errors.CommitFailedError("fenced"),
        errors.RebalanceInProgressError(),
        errors.KafkaConnectionError("gone"),
        "hang",
    ],
    ids=str,
)
async def test_a_failed_commit_is_no_loss(failure):
    """Off assignment, fenced, without broker or without answer: told, and covered by the next commit."""
    client, owner = Client(failure), Owner()
    one = committer(client, owner, commit_timeout_s=0.5)
    owner.write(0)
    async with asyncio.timeout(60):
        assert not await one.commit()
    owner.write(1)
    assert await one.commit()
    assert client.committed == [{KafkaPartition("t", 0): 2}]


async def test_commits_never_overlap():
    """C2: a revoke and the interval commit one after the other."""
    client, owner = Client(), Owner()
    one = committer(client, owner)
    owner.write(0)
    await asyncio.gather(*(one.commit() for _ in range(5)))
    assert client.most_at_once == 1
    assert len(client.committed) == 1


async def test_it_commits_by_itself_until_stopped():
    """The interval makes it commit; the flag ends it."""
    client, owner = Client(), Owner()
    one, stop = committer(client, owner), asyncio.Event()
    running = asyncio.ensure_future(one.run(stop))
    owner.write(0)
    async with asyncio.timeout(60):
        while not client.committed:
            await asyncio.sleep(0.005)
    stop.set()
    await asyncio.wait_for(running, 60)


def test_a_rebalance_must_leave_time_to_drain_and_commit():
    """A rebalance timeout below drain and commit is refused with the numbers."""
    with pytest.raises(ValueError, match="must be above drain_deadline_s"):
        KafkaSettings(rebalance_timeout_ms=10_000)


async def test_each_commit_is_measured_by_how_it_ended():
    """One that the broker took, and one that failed; the topic is told, no offset is."""
    reader = InMemoryMetricReader()
    with configure(TelemetrySettings(), metric_readers=[reader]):
        client, owner = Client(errors.CommitFailedError()), Owner()
        one = committer(client, owner)
        owner.write(0)
        assert not await one.commit()
        assert await one.commit()
        told = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
    (durations,) = [metric for metric in told if metric.name == names.MESSAGING_DURATION]
    found = [dict(point.attributes) for point in durations.data.data_points]
    assert {each.pop(names.ERROR_TYPE, "") == "" for each in found} == {True, False}
    same = {names.MESSAGING_SYSTEM: "kafka", names.MESSAGING_OPERATION_NAME: "commit"}
    assert found == [same | {names.MESSAGING_DESTINATION: KafkaSettings().topic}] * 2
