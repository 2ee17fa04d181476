"""Single events for the doors: checked as intake checks them, sent with their id, and again after a failure."""

import json
from datetime import UTC, datetime

import pytest

from consumer.app import event_log
from consumer.app.event_log import EventLog, group_removal, removal
from consumer.errors import EpisodeFault, WorldFault
from consumer.kafka.producer import Delivery
from consumer.model.ids import episode_uuid
from consumer.model.work import Record
from consumer.pipeline.decode import decode
from consumer.settings import KafkaSettings, PipelineSettings

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)


class Still:
    """A clock that stands."""

    def now(self):
        return NOW


class FakePublisher:
    """Keeps what is sent; fails as often as it is told to, and is then of no more use (P3)."""

    opened, closed, sent, failures = 0, 0, [], 0

    def __init__(self, settings):
        self._is_broken = False

    async def __aenter__(self):
        FakePublisher.opened += 1
        return self

    async def __aexit__(self, *error):
        FakePublisher.closed += 1
        if self._is_broken:
            raise WorldFault("kafka", "is away")

    async def send(self, group_id, value, *, timestamp_ms=None):
        if FakePublisher.failures:
            FakePublisher.failures -= 1
            self._is_broken = True
        if self._is_broken:
            raise WorldFault("kafka", "is away")
        FakePublisher.sent.append((group_id, json.loads(value), timestamp_ms))

        async def delivered():
            return Delivery(1, len(FakePublisher.sent))

        return delivered()


@pytest.fixture
def log(monkeypatch):
    """A log whose broker is a fake."""

    async def no_topics(settings):
        return []

    FakePublisher.opened = FakePublisher.closed = FakePublisher.failures = 0
    FakePublisher.sent = []
    monkeypatch.setattr(event_log, "Publisher", FakePublisher)
    monkeypatch.setattr(event_log, "ensure_topics", no_topics)
    return EventLog(KafkaSettings(topic="t"), PipelineSettings(), Still())


async def test_l2_an_episode_is_sent_with_the_id_that_is_answered(log):
    """What intake makes of the record later is the node that was told, whenever it is read."""
    async with log:
        done = await log.publish({"group_id": "g", "content": "hello"})
    ((group, event, timestamp_ms),) = FakePublisher.sent
    assert (done.topic, done.partition, done.offset, group) == ("t", 1, 1, "g")
    assert event["event_id"] == done.event_id
    assert done.episode_uuid == episode_uuid("g", done.event_id)
    later = decode(Record("t", 0, 9, timestamp_ms + 5_000, b"g", json.dumps(event).encode()), PipelineSettings())
    assert later.uuid == done.episode_uuid


async def test_a_given_id_and_time_stay(log):
    """Nothing is put into an event that has what it needs."""
    given = {"group_id": "g", "event_id": "e", "content": "hello", "reference_time": NOW}
    done = await log.publish(given)
    assert FakePublisher.sent[0][1] == given | {"reference_time": "2024-05-01T12:00:00Z"}
    assert done.event_id == "e"


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({}, "invalid-event"),
        ({"group_id": "a b"}, "invalid-event"),
        ({"group_id": "\ud800"}, "invalid-json"),
        ({"group_id": "g", "content": 3}, "invalid-event"),
        ({"group_id": "g", "source": "json", "content": float("nan")}, "invalid-json"),
        ({"group_id": "g", "content": "x\x00"}, "nul-character"),
        ({"group_id": "g", "name": "x" * 600}, "name-too-long"),
        ({"group_id": "g", "type": "episode.gone"}, "unknown-type"),
        ({"group_id": "g", "content": "x" * 9_000_000}, "value-too-large"),
    ],
)
async def test_l1_what_intake_would_reject_is_never_sent(log, event, reason):
    """With the reason that the dead letter would have."""
    with pytest.raises(EpisodeFault) as refused:
        await log.publish(event)
    assert refused.value.reason == reason
    assert (FakePublisher.opened, FakePublisher.sent) == (0, [])


async def test_removals(log):
    """Of one episode and of a group; neither has a node."""
    first = await log.publish(removal("g", "e"))
    second = await log.publish(group_removal("g"))
    assert (first.event_id, first.episode_uuid, second.event_id) == ("e", "", "")
    assert [event["type"] for _, event, _ in FakePublisher.sent] == ["episode.removed", "group.removed"]


async def test_after_a_failure_the_next_event_has_a_new_connection(log):
    """The failure is told to who published; the connection that failed is closed, and one serves until it fails."""
    await log.publish({"group_id": "g", "content": "one"})
    FakePublisher.failures = 1
    with pytest.raises(WorldFault, match="is away"):
        await log.publish({"group_id": "g", "content": "two"})
    assert FakePublisher.closed == 1
    await log.publish({"group_id": "g", "content": "three"})
    await log.publish({"group_id": "g", "content": "four"})
    assert [event["content"] for _, event, _ in FakePublisher.sent] == ["one", "three", "four"]
    assert FakePublisher.opened == 2
