"""A dead letter is the original record with the reason beside it."""

import pytest

from consumer.errors import WorldFault
from consumer.kafka.dead_letters import KafkaDeadLetters
from consumer.model.episode import Rejected
from consumer.model.events import DeadLetterHeaders
from consumer.model.work import Record

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
VERDICT = Rejected("g", "invalid-json", "line 1: 北", "intake", attempts=2)


def rejected(settings, value=b"\xff{bad", key=b"g", headers=(("a", b"1"), ("a", b"\xff"))):
    """Return a record as it was read from the episodes topic."""
    return Record(settings.topic, 3, 41, 1_700_000_000_123, key, value, headers)


async def test_record_is_kept_whole_with_reason_and_origin(settings, read_topic):
    """Key, value and headers byte for byte, ours after them, readable by the contract's model."""
    async with KafkaDeadLetters(settings) as sink:
        await sink.send(rejected(settings), VERDICT, {"traceparent": TRACEPARENT})
        (kept,) = await read_topic(settings.dead_letter_topic)
    assert (kept.key, kept.value) == (b"g", b"\xff{bad")
    assert kept.headers[:2] == (("a", b"1"), ("a", b"\xff"))
    ours = DeadLetterHeaders.model_validate({name: value.decode() for name, value in kept.headers[2:]})
    assert (ours.reason, ours.detail, ours.stage, ours.attempts) == ("invalid-json", "line 1: 北", "intake", "2")
    assert (ours.origin_topic, ours.origin_partition, ours.origin_offset) == (settings.topic, "3", "41")
    assert ours.origin_timestamp == "1700000000123"
    assert ours.trace_id == "0af7651916cd43dd8448eb211c80319c"
    assert ours.failed_at.endswith("Z")
    assert len(kept.headers) == 2 + len(DeadLetterHeaders.model_fields)


async def test_four_megabytes_are_kept_whole(settings, read_topic):
    """An oversized record, the usual dead letter, is not cut."""
    value = bytes(range(256)) * 16_384
    async with KafkaDeadLetters(settings) as sink:
        await sink.send(rejected(settings, value), VERDICT, {})
    (kept,) = await read_topic(settings.dead_letter_topic)
    assert kept.value == value


async def test_larger_still_is_kept_without_its_value(settings, read_topic):
    """Nothing blocks the partition: the headers say where the value still is."""
    async with KafkaDeadLetters(settings) as sink:
        await sink.send(rejected(settings, b"x" * 6_000_000), VERDICT, {})
    (kept,) = await read_topic(settings.dead_letter_topic)
    assert kept.value is None
    assert b"6000000 bytes left out" in dict(kept.headers)["episodes.dead_letter.detail"]


@pytest.mark.parametrize(
    ("key", "value", "kept_key"), [(None, b"x", None), (b"g", None, b"g"), (None, None, b""), (b"\xff", b"", b"\xff")]
)
async def test_any_key_and_value_can_be_kept(settings, read_topic, key, value, kept_key):
    """Tombstones, records without key, and neither."""
    async with KafkaDeadLetters(settings) as sink:
        await sink.send(rejected(settings, value, key, ()), VERDICT, {})
    (kept,) = await read_topic(settings.dead_letter_topic)
    assert (kept.key, kept.value) == (kept_key, value)


async def test_lone_surrogates_and_long_details_are_tamed(settings, read_topic):
    """A detail that quotes broken text never keeps a dead letter from being written."""
    verdict = Rejected("g", "invalid-json", "\ud800" + "x" * 10_000, "intake")
    async with KafkaDeadLetters(settings) as sink:
        await sink.send(rejected(settings), verdict, {"traceparent": "broken"})
    (kept,) = await read_topic(settings.dead_letter_topic)
    assert len(dict(kept.headers)["episodes.dead_letter.detail"]) <= 2_000


async def test_sink_connects_again_after_closing(settings, read_topic):
    """A closed sink is no dead end: the next letter opens a new producer."""
    async with KafkaDeadLetters(settings) as sink:
        await sink.send(rejected(settings), VERDICT, {})
        await sink.aclose()
        await sink.send(rejected(settings), VERDICT, {})
    assert len(await read_topic(settings.dead_letter_topic)) == 2


async def test_missing_topic_is_the_worlds_fault(unmade, monkeypatch):
    """The record must not be lost while somebody makes the topic: it is retried, not rejected."""
    monkeypatch.setattr("consumer.kafka.connection.REQUEST_TIMEOUT_MS", 500)
    async with KafkaDeadLetters(unmade) as sink:
        with pytest.raises(WorldFault, match="dead letters"):
            await sink.send(rejected(unmade), VERDICT, {})
