"""A topic of one's own on the shared Kafka."""

import uuid

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from consumer.kafka.admin import ensure_topics
from consumer.settings import KafkaSettings


@pytest.fixture
def unmade(kafka_bootstrap):
    """Settings of a topic that is not there yet."""
    name = f"produce-{uuid.uuid4().hex[:10]}"
    return KafkaSettings(bootstrap_servers=kafka_bootstrap, topic=name, consumer_group=name)


@pytest.fixture
async def settings(unmade):
    """Settings of a topic that is there, with its dead-letter topic."""
    await ensure_topics(unmade)
    return unmade


@pytest.fixture
async def read_topic(kafka_bootstrap):
    """Returns a coroutine that reads everything of a topic, ordered by partition and offset."""

    async def read(topic):
        reader = AIOKafkaConsumer(
            bootstrap_servers=kafka_bootstrap,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=8_000_000,
            isolation_level="read_committed",
        )
        await reader.start()
        try:
            numbers = await reader._client._wait_on_metadata(topic)
            partitions = [TopicPartition(topic, number) for number in sorted(numbers)]
            reader.assign(partitions)
            ends = await reader.end_offsets(partitions)
            found = []
            for partition in partitions:
                while await reader.position(partition) < ends[partition]:
                    batch = await reader.getmany(partition, timeout_ms=1_000)
                    found.extend(record for records in batch.values() for record in records)
            return found
        finally:
            await reader.stop()

    return read
