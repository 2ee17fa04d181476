"""What the end-to-end tests share: a fresh topic, the simulator, pods in this process, a clean-up of their groups."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

import neo4j
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete

from consumer.app.runtime import Runtime, open_runtime
from consumer.graph import connect, digest
from consumer.settings import Engine, Settings
from consumer.testing.gold import gold
from consumer.testing.simulator import Simulator

BASE_MS = 1_700_000_000_000

PATIENCE = 4
"""Times as long as a quick machine needs is waited for what has to happen; then it never will."""


@dataclass
class Log:
    """One topic with its dead-letter topic, and the settings of pods that read it."""

    settings: Settings
    groups: set[str] = field(default_factory=set)

    @property
    def topic(self):
        return self.settings.kafka.topic

    async def publish(self, events: Sequence[dict], first: int = 0) -> None:
        """Send events with fixed record timestamps, so that two logs of the same events are equal."""
        records = [(event["group_id"].encode(), json.dumps(event).encode(), ()) for event in events]
        self.groups |= {event["group_id"] for event in events}
        await self.publish_raw(records, first)

    async def publish_raw(self, records: Sequence[tuple], first: int = 0) -> list:
        """Send (key, value, headers); return where each record landed."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.settings.kafka.bootstrap_servers,
            enable_idempotence=True,
            max_request_size=4_000_000,
            linger_ms=5,
        )
        await producer.start()
        try:
            sent = [
                await producer.send(
                    self.topic, value, key=key, timestamp_ms=BASE_MS + first + number, headers=list(headers)
                )
                for number, (key, value, headers) in enumerate(records)
            ]
            return await asyncio.gather(*sent)
        finally:
            await producer.stop()

    async def ends(self) -> dict[int, int]:
        """Log end of each partition."""
        return (await self._offsets())[0]

    async def committed(self) -> dict[int, int]:
        """Committed offset of each partition that has records."""
        return (await self._offsets())[1]

    async def _offsets(self):
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.settings.kafka.bootstrap_servers,
            group_id=self.settings.kafka.consumer_group,
            enable_auto_commit=False,
        )
        await consumer.start()
        try:
            partitions = [TopicPartition(self.topic, n) for n in range(self.settings.kafka.partitions)]
            ends = await consumer.end_offsets(partitions)
            committed = {p.partition: await consumer.committed(p) or 0 for p in partitions}
            return {p.partition: end for p, end in ends.items()}, committed
        finally:
            await consumer.stop()

    async def remove_before(self, offsets: dict[int, int]) -> None:
        """Have the broker forget all records of each partition below its offset, as retention does."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.settings.kafka.bootstrap_servers)
        await admin.start()
        try:
            await admin.delete_records(
                {TopicPartition(self.topic, p): RecordsToDelete(before_offset=o) for p, o in offsets.items()}
            )
        finally:
            await admin.close()

    async def dead_letters(self) -> list:
        """All records of the dead-letter topic."""
        topic = self.settings.kafka.dead_letter_topic
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.settings.kafka.bootstrap_servers, max_partition_fetch_bytes=8_000_000
        )
        await consumer.start()
        try:
            partitions = [TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic) or ()] or [
                TopicPartition(topic, 0)
            ]
            consumer.assign(partitions)
            await consumer.seek_to_beginning()
            ends = await consumer.end_offsets(partitions)
            found = []
            while [p for p in partitions if await consumer.position(p) < ends[p]]:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found += records
            return found
        finally:
            await consumer.stop()

    async def digests(self) -> dict[str, str]:
        """Digest of each published group."""
        async with contextlib.aclosing(connect(self.settings.neo4j)) as database:
            return {group: await digest(database, group) for group in sorted(self.groups)}

    async def graph(self, group: str):
        """Entities (name, type) and facts of a group as the graph holds them."""
        async with neo4j.AsyncGraphDatabase.driver(self.settings.neo4j.uri) as driver:
            entities = await driver.execute_query(
                "MATCH (e:Entity {group_id: $g}) RETURN e.name AS name, [l IN labels(e) WHERE l <> 'Entity'] AS types",
                g=group,
            )
            facts = await driver.execute_query(
                "MATCH (s:Entity {group_id: $g})-[f:RELATES_TO]->(o:Entity) RETURN s.name AS subject, "
                "f.name AS relation, o.name AS object, f.valid_at AS valid_at, f.invalid_at AS invalid_at",
                g=group,
            )
            return [dict(r) for r in entities.records], [dict(r) for r in facts.records]

    async def wipe(self) -> None:
        """Take the groups of this log out of the database, bookkeeping and memory of removals included."""
        async with neo4j.AsyncGraphDatabase.driver(self.settings.neo4j.uri) as driver, driver.session() as session:
            for group in self.groups:
                await (
                    await session.run(
                        "MATCH (n {group_id: $g}) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 2000 ROWS", g=group
                    )
                ).consume()

    def assert_gold(self, events, group, entities, facts):
        """Compare a group with the grammar's gold, computed another way."""
        wanted = gold(events)[group]
        names = [entity["name"] for entity in entities]
        assert len(names) == len(set(names)), "a name twice in one group"
        assert set(names) == set(wanted.entities)
        got = {(f["subject"], f["relation"], f["object"], _utc(f["valid_at"]), _utc(f["invalid_at"])) for f in facts}
        assert len(got) == len(facts), "a fact twice"
        assert got == {(f.subject, f.relation, f.object, f.valid_at, f.invalid_at) for f in wanted.facts}


def _utc(value):
    return None if value is None else value.to_native()


@pytest.fixture
async def simulator():
    """An OpenAI-compatible server in this process."""
    async with Simulator() as server:
        yield server


@pytest.fixture
async def make_log(kafka_bootstrap, neo4j_uri, simulator):
    """Build fresh topics; at the end topics and groups are gone."""
    logs: list[Log] = []
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()

    async def make(partitions=4, base_url=None, **sections) -> Log:
        name = f"e2e-{uuid.uuid4().hex[:10]}"
        kafka = {
            "bootstrap_servers": kafka_bootstrap,
            "topic": name,
            "consumer_group": name,
            "partitions": partitions,
            "session_timeout_ms": 6_000,
            "rebalance_timeout_ms": 20_000,
            "drain_deadline_s": 12.0,
            "commit_timeout_s": 5.0,
            "commit_interval_s": 0.2,
        } | sections.pop("kafka", {})
        settings = Settings(
            kafka=kafka,
            neo4j={"uri": neo4j_uri} | sections.pop("neo4j", {}),
            embedding={"dimension": 64} | sections.pop("embedding", {}),
            extractor=Engine.OPENAI,
            embedder=Engine.OPENAI,
            openai_api_key="simulator",
            openai_base_url=base_url or simulator.base_url,
            **sections,
        )
        await admin.create_topics(
            [
                NewTopic(name, partitions, 1, topic_configs={"retention.ms": "-1"}),  # the timestamps are of 2023
                NewTopic(settings.kafka.dead_letter_topic, 1, 1, topic_configs={"max.message.bytes": "4000000"}),
            ]
        )
        log = Log(settings)
        logs.append(log)
        return log

    yield make
    for log in logs:
        await log.wipe()
        await admin.delete_topics([log.topic, log.settings.kafka.dead_letter_topic])
    await admin.close()


@contextlib.asynccontextmanager
async def pods(log: Log, count: int, **engines):
    """Run `count` pods in this process until the block ends; each has an assignment when it begins."""
    async with contextlib.AsyncExitStack() as opened:
        runtimes: list[Runtime] = [
            await opened.enter_async_context(open_runtime(log.settings, **engines)) for _ in range(count)
        ]
        running = [asyncio.ensure_future(runtime.run()) for runtime in runtimes]
        try:
            await until(lambda: all(r.pipeline.assignments.partitions for r in runtimes), 40)
            yield runtimes
        finally:
            for runtime in runtimes:
                runtime.stop()
            await asyncio.gather(*running)


async def until(condition, timeout_s: float) -> None:
    """Wait until `condition` holds; a coroutine function is awaited. `timeout_s` is what a quick machine may take."""
    async with asyncio.timeout(timeout_s * PATIENCE):
        while True:
            value = condition()
            if asyncio.iscoroutine(value):
                value = await value
            if value:
                return
            await asyncio.sleep(0.05)


async def drained(log: Log, timeout_s: float = 120) -> None:
    """Wait until the committed offsets are the log's ends."""

    async def is_drained():
        return await log.ends() == await log.committed()

    await until(is_drained, timeout_s)


def pod_environment(log: Log) -> dict[str, str]:
    """Environment of a pod process that reads `log`."""
    settings = log.settings
    environment = {
        "EPISODES_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "EPISODES_KAFKA__TOPIC": settings.kafka.topic,
        "EPISODES_KAFKA__CONSUMER_GROUP": settings.kafka.consumer_group,
        "EPISODES_KAFKA__SESSION_TIMEOUT_MS": str(settings.kafka.session_timeout_ms),
        "EPISODES_KAFKA__REBALANCE_TIMEOUT_MS": str(settings.kafka.rebalance_timeout_ms),
        "EPISODES_KAFKA__DRAIN_DEADLINE_S": str(settings.kafka.drain_deadline_s),
        "EPISODES_KAFKA__COMMIT_TIMEOUT_S": str(settings.kafka.commit_timeout_s),
        "EPISODES_KAFKA__COMMIT_INTERVAL_S": str(settings.kafka.commit_interval_s),
        "EPISODES_NEO4J__URI": settings.neo4j.uri,
        "EPISODES_EMBEDDING__DIMENSION": str(settings.embedding.dimension),
        "EPISODES_EXTRACTOR": "openai",
        "EPISODES_EMBEDDER": "openai",
        "OPENAI_API_KEY": "simulator",
        "OPENAI_BASE_URL": str(settings.openai_base_url),
    }
    return {**{k: v for k, v in os.environ.items() if k in {"PATH", "HOME"} or k.startswith("OPENBLAS")}, **environment}
