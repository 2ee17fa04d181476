"""The topics of one seed: made, read as they stand, sent again in the calm, removed."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from faults.chaos.producer import Sent
from faults.chaos.world import World
from plugins.end_to_end import Log

from consumer.settings import Engine, Settings

DIMENSION = 64
SESSION_MS = 6_000


def settings_for(world: World, topic: str, partitions: int) -> Settings:
    """Return the settings of an undisturbed pod: it goes to the services directly."""
    return Settings(
        kafka={
            "bootstrap_servers": world.services.kafka_bootstrap,
            "topic": topic,
            "consumer_group": topic,
            "partitions": partitions,
            "session_timeout_ms": SESSION_MS,
            "rebalance_timeout_ms": 15_000,
            "drain_deadline_s": 8.0,
            "commit_timeout_s": 3.0,
            "commit_interval_s": 0.2,
        },
        neo4j={"uri": world.neo4j_direct},
        embedding={"dimension": DIMENSION},
        extractor=Engine.OPENAI,
        embedder=Engine.OPENAI,
        openai_api_key="simulator",
        openai_base_url=world.simulator_url,
    )


@contextlib.asynccontextmanager
async def fresh_log(world: World, partitions: int) -> AsyncIterator[Log]:
    """Make a topic and its dead-letter topic; at the end both are gone."""
    name = f"chaos-{uuid.uuid4().hex[:10]}"
    settings = settings_for(world, name, partitions)
    async with _admin(world) as admin:
        await admin.create_topics(
            [
                NewTopic(name, partitions, 1, topic_configs={"retention.ms": "-1"}),  # the timestamps are of 2023
                NewTopic(settings.kafka.dead_letter_topic, 1, 1, topic_configs={"max.message.bytes": "4000000"}),
            ]
        )
    log = Log(settings)
    try:
        yield log
    finally:
        async with _admin(world) as admin:
            await admin.delete_topics([name, settings.kafka.dead_letter_topic])


async def add_partitions(world: World, log: Log, count: int) -> None:
    """Let the topic have `count` more partitions; waits while the broker is away."""
    total = log.settings.kafka.partitions + count
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(Exception):  # whatever the client raises while the broker is away
                async with _admin(world) as admin:
                    await admin.create_partitions({log.topic: NewPartitions(total)})
                break
            await asyncio.sleep(0.5)
    kafka = log.settings.kafka.model_copy(update={"partitions": total})
    log.settings = log.settings.model_copy(update={"kafka": kafka})


async def read_topic(log: Log) -> list[ConsumerRecord]:
    """Return every record of the topic, by partition and offset."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=log.settings.kafka.bootstrap_servers, max_partition_fetch_bytes=8_000_000
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(log.topic, n) for n in range(log.settings.kafka.partitions)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(partitions)
        found: list[ConsumerRecord] = []
        while [p for p in partitions if await consumer.position(p) < ends[p]]:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found += records
    finally:
        await consumer.stop()
    return sorted(found, key=lambda record: (record.partition, record.offset))


async def send_again(log: Log, records: Sequence[Sent]) -> None:
    """Send records with the timestamps they had."""
    producer = AIOKafkaProducer(
        bootstrap_servers=log.settings.kafka.bootstrap_servers, enable_idempotence=True, max_request_size=4_000_000
    )
    await producer.start()
    try:
        for record in records:
            await producer.send(
                log.topic, record.value, key=record.key, timestamp_ms=record.timestamp_ms, headers=list(record.headers)
            )
        await producer.flush()
    finally:
        await producer.stop()


@contextlib.asynccontextmanager
async def _admin(world: World) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=world.services.kafka_bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()
