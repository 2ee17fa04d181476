"""Topics are made once, described as they are, and never changed."""

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from consumer.errors import UserError
from consumer.kafka.admin import DEAD_LETTER_MIN_BYTES, EnsuredTopic, describe, ensure_topics
from consumer.kafka.producer import Publisher


async def test_missing_topics_are_made_and_found_again(unmade):
    """The first call makes both, the second finds them; the dead-letter topic takes 4 MB."""
    settings = unmade.model_copy(update={"partitions": 3})
    names = (settings.topic, settings.dead_letter_topic)
    assert await ensure_topics(settings) == [EnsuredTopic(names[0], 3, True), EnsuredTopic(names[1], 1, True)]
    assert await ensure_topics(settings) == [EnsuredTopic(names[0], 3, False), EnsuredTopic(names[1], 1, False)]
    state = await describe(settings)
    assert state.dead_letters.max_message_bytes >= DEAD_LETTER_MIN_BYTES
    assert state.topic.partitions == 3


async def test_existing_topic_is_left_as_it_is(unmade):
    """A topic that somebody made with other settings keeps them; only the missing one is made."""
    admin = AIOKafkaAdminClient(bootstrap_servers=unmade.bootstrap_servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(unmade.topic, 2, 1, topic_configs={"retention.ms": "12345000"})])
    finally:
        await admin.close()
    first, second = await ensure_topics(unmade)
    assert (first.partitions, first.was_created, second.was_created) == (2, False, True)
    assert (await describe(unmade)).topic.retention_ms == 12_345_000


async def test_impossible_name_is_a_user_error(unmade):
    """What the broker refuses is told in one line."""
    with pytest.raises(UserError, match="bad name"):
        await ensure_topics(unmade, topic="bad name")


async def test_absent_topics_are_described_as_absent(unmade):
    """Describing makes nothing."""
    for _ in range(2):
        state = await describe(unmade)
        assert (state.topic, state.dead_letters, state.lag) == (None, None, {})
    assert state.brokers >= 1


async def test_lag_is_what_the_group_has_not_committed(settings):
    """Per partition: log end minus committed offset; all of it where nothing is committed."""
    async with Publisher(settings) as publisher:
        for number in range(40):
            await publisher.send(f"group-{number}", b"{}")
    before = await describe(settings)
    assert sum(before.lag.values()) == before.topic.records == 40

    reader = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers, group_id=settings.consumer_group, enable_auto_commit=False
    )
    await reader.start()
    try:
        partition = TopicPartition(settings.topic, 0)
        reader.assign([partition])
        await reader.commit({partition: 3})
    finally:
        await reader.stop()
    after = await describe(settings)
    assert after.committed == {0: 3}
    assert after.lag[0] == before.lag[0] - 3
    assert after.members == 0
