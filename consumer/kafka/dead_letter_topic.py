"""The dead-letter topic itself: what it takes, and deletion of its oldest records.

Not here: how it is made (`admin.ensure_topics`).
"""

from __future__ import annotations

from collections.abc import Mapping

from aiokafka import TopicPartition as KafkaPartition
from aiokafka.admin import RecordsToDelete

from consumer.errors import UserError
from consumer.kafka.admin import admin_client, partition_counts, topic_config
from consumer.kafka.faults import translated
from consumer.settings import KafkaSettings


async def most_bytes(settings: KafkaSettings) -> int | None:
    """Return how large a batch the dead-letter topic takes (`max.message.bytes`), or None when we may not see it.

    Raises:
        WorldFault: no broker answers.
    """
    try:
        async with admin_client(settings) as admin:
            found = (await topic_config(admin, settings.dead_letter_topic)).get("max.message.bytes")
    except UserError:
        return None
    return None if found is None else int(found)


async def retention_ms(settings: KafkaSettings, topic: str) -> int | None:
    """Return how long `topic` keeps records, None for ever or when we may not see it.

    Raises:
        WorldFault: no broker answers.
    """
    try:
        async with admin_client(settings) as admin:
            found = int((await topic_config(admin, topic)).get("retention.ms") or -1)
    except UserError:
        return None
    return found if found >= 0 else None


async def partitions_of(settings: KafkaSettings, topic: str) -> int | None:
    """Return how many partitions `topic` has, None when it is not there.

    Raises:
        WorldFault: no broker answers.
        UserError: the broker refuses us.
    """
    async with admin_client(settings) as admin:
        return (await partition_counts(admin, [topic])).get(topic)


async def delete_before(settings: KafkaSettings, offsets: Mapping[int, int]) -> dict[int, int]:
    """Delete the records of the dead-letter topic below an offset per partition; return where each begins now.

    Raises:
        WorldFault: no broker answers.
        UserError: the broker refuses us.
    """
    topic = settings.dead_letter_topic
    wanted = {KafkaPartition(topic, number): RecordsToDelete(before_offset=at) for number, at in offsets.items()}
    async with admin_client(settings) as admin:
        with translated(f"delete records of {topic}"):
            begins = await admin.delete_records(wanted)
    return {partition.partition: offset for partition, offset in begins.items()}
