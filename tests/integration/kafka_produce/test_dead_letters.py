"""A dead letter is the original record with the reason beside it."""

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from contract.contracts import DeadLetterSinkContract
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from consumer.errors import UserError, WorldFault
from consumer.kafka.dead_letter_log import DeadLetterLog
from consumer.kafka.dead_letters import KafkaDeadLetters
from consumer.kafka.producer import Publisher
from consumer.model.dead_letter import Stray
from consumer.model.episode import Rejected
from consumer.model.events import DeadLetterHeaders
from consumer.model.work import Record
from consumer.settings import TelemetrySettings
from consumer.telemetry import names
from consumer.telemetry.setup import configure

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


@pytest.fixture
async def kept_whole(settings):
    """Returns a coroutine that keeps records as dead letters and asserts that they come back as they were."""

    async def keep(*records, sink_settings=settings):
        async with KafkaDeadLetters(sink_settings) as sink:
            for record in records:
                await sink.send(record, VERDICT, {})
        async with DeadLetterLog(sink_settings) as log:
            letters = sorted([letter async for letter in log.scan()], key=lambda letter: letter.position)
            for letter, record in zip(letters, records, strict=True):
                original, told = await log.original(letter)
                assert original == record
                assert told.headers.reason == letter.reason == VERDICT.reason
        return letters

    return keep


@pytest.mark.parametrize("size", [5_242_880, 6_000_000, 20_000_000])
async def test_larger_than_the_topic_takes_is_kept_in_parts(settings, kept_whole, size):
    """Nothing is dropped: several records in one partition, with one hash over all."""
    (letter,) = await kept_whole(rejected(settings, random.Random(size).randbytes(size)))
    assert letter.expected_parts == len(letter.offsets) > 1
    assert letter.key == b"g"


@pytest.mark.parametrize(
    ("key", "value", "headers"),
    [
        (None, b"x", ()),
        (b"g", None, ()),
        (None, None, ()),
        (b"\xff", b"", ()),
        (b"", b"", (("n", None), ("n", b""), ("episodes.dead_letter.reason", b"forged"))),
        (b"g", None, (("huge", b"h" * 6_000_000),)),
        (b"k" * 6_000_000, b"x", (("a", b"1"),)),
        (None, None, (("event_id", b"e1"),) * 1_000),
    ],
    ids=["no key", "no value", "neither", "empty", "odd headers", "huge headers", "huge key", "headers only"],
)
async def test_any_record_comes_back_byte_for_byte(settings, kept_whole, key, value, headers):
    """Tombstones, records without key, and neither; headers without value, of our names, or larger than the topic."""
    await kept_whole(rejected(settings, value, key, headers))


@pytest.mark.parametrize("limit", [4_000, 40_000, 900_000])
async def test_the_topics_own_limit_decides(unmade, kept_whole, limit):
    """A topic that somebody made with a low limit and several partitions still keeps all, and goes on keeping."""
    admin = AIOKafkaAdminClient(bootstrap_servers=unmade.bootstrap_servers)
    await admin.start()
    try:
        configs = {"max.message.bytes": str(limit)}
        await admin.create_topics([NewTopic(unmade.dead_letter_topic, 3, 1, topic_configs=configs)])
    finally:
        await admin.close()
    large = replace(rejected(unmade, b"x" * limit * 3, None), offset=7)
    small = rejected(unmade, b"small", None)
    async with KafkaDeadLetters(unmade) as sink:
        for record in (small, large, small):
            await sink.send(record, VERDICT, {})
    async with DeadLetterLog(unmade) as log:
        letters = [letter async for letter in log.scan()]
        originals = [(await log.original(letter))[0] for letter in letters]
    assert sorted(record.offset for record in originals) == [7, 41, 41]
    assert [record for record in originals if record.offset == 7] == [large]


async def test_a_topic_that_takes_next_to_nothing_is_the_worlds_fault(unmade):
    """The record stays where it is until somebody raises the limit; the message says so."""
    admin = AIOKafkaAdminClient(bootstrap_servers=unmade.bootstrap_servers)
    await admin.start()
    try:
        configs = {"max.message.bytes": "300"}
        await admin.create_topics([NewTopic(unmade.dead_letter_topic, 1, 1, topic_configs=configs)])
    finally:
        await admin.close()
    async with KafkaDeadLetters(unmade) as sink:
        with pytest.raises(WorldFault, match=r"raise its max\.message\.bytes"):
            await sink.send(rejected(unmade), VERDICT, {})


async def test_first_and_last_time_and_the_place_of_a_bug_are_told(settings, kept_whole):
    """When the first try failed, when it was given up, and which traceback: readable again."""
    first = datetime(2024, 5, 1, 9, tzinfo=UTC)
    verdict = Rejected("g", "unexpected", "KeyError: 'x'", "write", 3, "unexpected", first, "ab12")
    async with KafkaDeadLetters(settings) as sink:
        await sink.send(rejected(settings), verdict, {})
    async with DeadLetterLog(settings) as log:
        (letter,) = [letter async for letter in log.scan()]
    assert (letter.first_at, letter.traceback_digest, letter.attempts) == (first, "ab12", 3)
    assert letter.failed_at > first


async def test_a_crash_between_parts_leaves_the_letter_whole(settings, monkeypatch):
    """What was cut short is told as incomplete, and the complete later one is read."""
    record = rejected(settings, b"y" * 12_000_000)

    async def crash(*_arguments, **_options):
        raise WorldFault("kafka", "gone")

    async with KafkaDeadLetters(settings) as sink:
        put, sent = sink._put, 0

        async def put_one(*arguments, **options):
            nonlocal sent
            sent += 1
            return await (put if sent <= 2 else crash)(*arguments, **options)

        monkeypatch.setattr(sink, "_put", put_one)
        with pytest.raises(WorldFault):
            await sink.send(record, VERDICT, {})
    async with DeadLetterLog(settings) as log:
        (cut,) = [letter async for letter in log.scan()]
        assert not cut.is_complete
        with pytest.raises(UserError, match="of its 3 parts"):
            await log.original(cut)
    async with KafkaDeadLetters(settings) as sink:
        await sink.send(record, VERDICT, {})
    async with DeadLetterLog(settings) as log:
        cut, complete = [letter async for letter in log.scan()]
        assert (cut.is_complete, complete.is_complete) == (False, True)
        assert (await log.original(complete))[0] == record


async def test_a_record_that_is_no_dead_letter_is_told(settings):
    """Somebody wrote by hand: no crash, and what stands beside it is read."""
    async with Publisher(settings, topic=settings.dead_letter_topic) as publisher:
        await publisher.send("g", b"by hand")
        await publisher.send("g", None, headers=[("episodes.dead_letter.reason", b"half")])
    async with KafkaDeadLetters(settings) as sink:
        await sink.send(rejected(settings), VERDICT, {})
    async with DeadLetterLog(settings) as log:
        one, two, letter = [found async for found in log.scan()]
    assert (type(one), one.why) == (Stray, "no header episodes.dead_letter.reason")
    assert type(two) is Stray
    assert letter.reason == VERDICT.reason


class TestContract(DeadLetterSinkContract):
    @pytest.fixture
    async def sink(self, settings):
        """The sink on a real broker."""
        async with KafkaDeadLetters(settings) as sink:
            yield sink

    @pytest.fixture
    def letters(self, settings):
        """Value and reason of each letter."""

        async def kept():
            async with DeadLetterLog(settings) as log:
                letters = [letter async for letter in log.scan()]
                return [((await log.original(letter))[0].value, letter.reason) for letter in letters]

        return kept


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


async def test_letters_are_counted_whether_they_arrive_or_not(settings, monkeypatch):
    """Those that fail by their error: an alert looks at that."""
    reader = InMemoryMetricReader()
    missing = settings.model_copy(update={"topic": f"{settings.topic}-missing"})
    with configure(TelemetrySettings(), metric_readers=[reader]):
        async with KafkaDeadLetters(settings) as sink:
            await sink.send(rejected(settings), VERDICT, {})
        monkeypatch.setattr("consumer.kafka.connection.REQUEST_TIMEOUT_MS", 500)
        async with KafkaDeadLetters(missing) as sink:
            with pytest.raises(WorldFault):
                await sink.send(rejected(missing), VERDICT, {})
        told = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
    (sent,) = [metric for metric in told if metric.name == names.MESSAGING_SENT]
    found = {point.attributes[names.MESSAGING_DESTINATION]: point for point in sent.data.data_points}
    assert {topic: point.value for topic, point in found.items()} == {
        settings.dead_letter_topic: 1,
        missing.dead_letter_topic: 1,
    }
    assert names.ERROR_TYPE not in found[settings.dead_letter_topic].attributes
    assert found[missing.dead_letter_topic].attributes[names.ERROR_TYPE].startswith("world.")


async def test_missing_topic_is_the_worlds_fault(unmade, monkeypatch):
    """The record must not be lost while somebody makes the topic: it is retried, not rejected."""
    monkeypatch.setattr("consumer.kafka.connection.REQUEST_TIMEOUT_MS", 500)
    async with KafkaDeadLetters(unmade) as sink:
        with pytest.raises(WorldFault, match="dead letters"):
            await sink.send(rejected(unmade), VERDICT, {})
