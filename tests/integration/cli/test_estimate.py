"""`episodes estimate` on a topic of a real broker: all of it or a range of time, in no consumer group."""

import json
import time

import pytest
from aiokafka import AIOKafkaProducer

from consumer.kafka.admin import describe, ensure_topics
from consumer.kafka.topic_log import TopicLog
from consumer.model.instants import from_millis, iso
from consumer.settings import KafkaSettings

STEP_MS = 6 * 3_600 * 1_000
FIRST_MS = int(time.time() * 1_000) // STEP_MS * STEP_MS - 12 * STEP_MS
"""Three days ago: a broker takes no record of the future, and keeps none for ever."""


def iso_of(step):
    """The time of a record as a person would write it."""
    return iso(from_millis(FIRST_MS + step * STEP_MS))


@pytest.fixture
async def settings(kafka_bootstrap, topic):
    """Settings of a topic with a record every six hours, ten in all, alternating between two partitions."""
    settings = KafkaSettings(bootstrap_servers=kafka_bootstrap, topic=topic, consumer_group=topic)
    await ensure_topics(settings)
    async with AIOKafkaProducer(bootstrap_servers=kafka_bootstrap) as producer:
        for day in range(10):
            event = {"group_id": f"g{day % 2}", "event_id": str(day), "content": f"Ada met Bob on day {day}."}
            await producer.send_and_wait(
                topic,
                json.dumps(event).encode(),
                event["group_id"].encode(),
                partition=day % 2,
                timestamp_ms=FIRST_MS + day * STEP_MS,
            )
    return settings


async def test_a_topic_is_estimated_and_left_as_it_is(episodes, settings, topic):
    """The configured one without a name; no group is joined and nothing is committed."""
    for arguments in ((), (topic,)):
        result = episodes("estimate", *arguments, "--json")
        assert result.returncode == 0, result.stderr
        found = json.loads(result.stdout)
        assert (found["records"], found["episodes"], found["groups"], found["calls"]) == (10, 10, 2, 2)
    state = await describe(settings)
    assert (state.committed, state.members) == ({}, 0)


async def test_a_range_of_time_is_by_the_records_timestamps(episodes, settings, topic):
    """From the third on and before the sixth: three records of two partitions."""
    result = episodes("estimate", "--since", iso_of(2), "--until", iso_of(5), "--json")
    assert json.loads(result.stdout)["records"] == 3, result.stderr
    async with TopicLog(settings, topic) as log:
        assert log.offsets == 10
        found = [record.timestamp_ms async for record in log.records(FIRST_MS + 2 * STEP_MS, FIRST_MS + 5 * STEP_MS)]
    assert sorted(found) == [FIRST_MS + day * STEP_MS for day in (2, 3, 4)]
    assert json.loads(episodes("estimate", "--since", iso_of(10), "--json").stdout)["records"] == 0


def test_a_topic_that_is_not_there_is_told_in_a_line(episodes):
    """It may have been meant as a file."""
    result = episodes("estimate", "no-such-thing")
    assert result.returncode == 1
    assert result.stderr == "error: topic 'no-such-thing' does not exist, and there is no file of that name\n"
