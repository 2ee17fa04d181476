"""Topics and what stands in them: made when missing, described for a person; existing ones are never changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, errors
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from consumer.errors import WorldFault
from consumer.kafka.connection import client_options, connect, started
from consumer.kafka.faults import DEPENDENCY, translated
from consumer.settings import KafkaSettings

DEAD_LETTER_MIN_BYTES = 4_194_304
"""A dead-letter topic must take values so large: a rejected record may be larger than the episodes topic's limit."""
DEAD_LETTER_MAX_BYTES = 5_242_880
"""What a dead-letter topic of ours takes: the value, its original headers and ours."""
DEAD_LETTER_RETENTION_MS = 30 * 24 * 3_600 * 1_000
_READY_DEADLINE_S = 15.0
_READY_POLL_S = 0.1
_MOST_REPLICAS = 3


@dataclass(frozen=True, slots=True)
class EnsuredTopic:
    """A topic that is there now; `was_created` by us, or found with so many `partitions` and left alone."""

    name: str
    partitions: int
    was_created: bool


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as it stands: retention and size limit in milliseconds and bytes (-1: for ever, None: not told)."""

    name: str
    partitions: int
    retention_ms: int | None = None
    cleanup_policy: str | None = None
    max_message_bytes: int | None = None
    log_begins: Mapping[int, int] = field(default_factory=dict)
    log_ends: Mapping[int, int] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """Records held, transaction markers and gaps counted too."""
        return sum(end - self.log_begins.get(partition, 0) for partition, end in self.log_ends.items())


@dataclass(frozen=True, slots=True)
class LogState:
    """The log as it stands: None for a topic that is not there; `committed` only where the group committed."""

    brokers: int
    topic: TopicState | None
    dead_letters: TopicState | None
    committed: Mapping[int, int] = field(default_factory=dict)
    members: int = 0
    group_state: str = ""

    @property
    def lag(self) -> dict[int, int]:
        """Records behind the log's end per partition; a partition without a commit is behind by all it holds."""
        if self.topic is None:
            return {}
        begins = self.topic.log_begins
        return {
            partition: max(0, end - max(self.committed.get(partition, 0), begins.get(partition, 0)))
            for partition, end in self.topic.log_ends.items()
        }


async def ensure_topics(settings: KafkaSettings, *, topic: str | None = None) -> list[EnsuredTopic]:
    """Return the episodes topic and its dead-letter topic, made if they were missing; existing ones are left alone.

    `topic` instead of the configured one. Replicas: three, or one a broker where there are fewer.

    Raises:
        WorldFault: no broker answers, or a new topic gets no leaders in 15 s.
        UserError: the broker refuses a name or the configuration.
    """
    name = topic or settings.topic
    dead_letters = name + settings.dead_letter_suffix
    async with admin_client(settings) as admin:
        existing = await partition_counts(admin, [name, dead_letters])
        replicas = min(_MOST_REPLICAS, await _brokers(admin))
        wanted = [
            # The log is what the graph is a function of. Time retention goes by the record's own timestamp, which
            # a replay keeps: old records would go within minutes, unread.
            NewTopic(name, settings.partitions, replicas, topic_configs={"retention.ms": "-1"}),
            NewTopic(
                dead_letters,
                1,
                replicas,
                topic_configs={
                    "max.message.bytes": str(DEAD_LETTER_MAX_BYTES),
                    "retention.ms": str(DEAD_LETTER_RETENTION_MS),
                },
            ),
        ]
        missing = [new for new in wanted if new.name not in existing]
        created = await _create(admin, missing)
        counts = existing | await _await_leaders(admin, [new.name for new in missing])
    return [EnsuredTopic(new.name, counts[new.name], new.name in created) for new in wanted]


async def describe(settings: KafkaSettings) -> LogState:
    """Return the state of topic, dead-letter topic and consumer group.

    Raises:
        WorldFault: no broker answers.
        UserError: the broker refuses us.
    """
    names = [settings.topic, settings.dead_letter_topic]
    async with admin_client(settings) as admin:
        counts = await partition_counts(admin, names)
        brokers = await _brokers(admin)
        configs = {name: await topic_config(admin, name) for name in counts}
        coordinator = await coordinator_of(admin, settings.consumer_group)
        committed = await _committed(admin, coordinator, settings)
        state, members = await _group(admin, coordinator, settings.consumer_group)
    ends = await _all_log_bounds(settings, counts)
    topics = {
        name: TopicState(
            name=name,
            partitions=count,
            retention_ms=_number(configs[name].get("retention.ms")),
            cleanup_policy=configs[name].get("cleanup.policy"),
            max_message_bytes=_number(configs[name].get("max.message.bytes")),
            log_begins=ends[name][0],
            log_ends=ends[name][1],
        )
        for name, count in counts.items()
    }
    return LogState(brokers, topics.get(names[0]), topics.get(names[1]), committed, members, state)


@asynccontextmanager
async def admin_client(settings: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    """Connect an admin client, and close it at the end."""
    client = AIOKafkaAdminClient(**client_options(settings))
    try:
        await connect(client, settings)
        yield client
    finally:
        await client.close()


async def partition_counts(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, int]:
    """Return the number of partitions of those of `names` that exist; asks for all, so that none is auto-created."""
    with translated("list topics"):
        topics = await admin.describe_topics()
    return {entry["topic"]: len(entry["partitions"]) for entry in topics if entry["topic"] in names}


async def _brokers(admin: AIOKafkaAdminClient) -> int:
    """Return how many brokers the cluster has."""
    with translated("describe cluster"):
        cluster = await admin.describe_cluster()
    return len(cluster["brokers"])


async def _create(admin: AIOKafkaAdminClient, topics: Sequence[NewTopic]) -> set[str]:
    """Create `topics` and return those that nobody else created meanwhile."""
    if not topics:
        return set()
    created = set()
    with translated("create topics"):
        answer = await admin.create_topics(list(topics))
        for name, code, *message in answer.topic_errors:
            if code == errors.TopicAlreadyExistsError.errno:
                continue
            if code:
                raise errors.for_code(code)(f"{name}: {message[0] if message else code}")
            created.add(name)
    return created


async def _await_leaders(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, int]:
    """Return the partition counts of new topics when each partition has a leader; a send before that would wait."""
    try:
        async with asyncio.timeout(_READY_DEADLINE_S):
            while True:
                with translated("list topics"):
                    topics = [entry for entry in await admin.describe_topics() if entry["topic"] in names]
                partitions = [partition for entry in topics for partition in entry["partitions"]]
                if len(topics) == len(names) and all(partition["leader"] >= 0 for partition in partitions):
                    return {entry["topic"]: len(entry["partitions"]) for entry in topics}
                await asyncio.sleep(_READY_POLL_S)
    except TimeoutError:
        raise WorldFault(DEPENDENCY, f"new topics {', '.join(names)} have no leaders yet") from None


async def topic_config(admin: AIOKafkaAdminClient, name: str) -> dict[str, str]:
    """Return the topic's settings that we look at."""
    names = ("retention.ms", "cleanup.policy", "max.message.bytes", "message.timestamp.type")
    wanted = dict.fromkeys(names)
    with translated(f"describe {name}"):
        answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name, wanted)])
    found: dict[str, str] = {}
    for answer in answers:
        for _code, _message, _kind, _name, entries in answer.resources:
            found.update({entry[0]: entry[1] for entry in entries})
    return found


async def coordinator_of(admin: AIOKafkaAdminClient, group: str) -> int:
    """Return the broker that keeps the group's offsets; a new cluster takes some seconds to name one."""
    with translated(f"coordinator of group {group}"):
        async with asyncio.timeout(_READY_DEADLINE_S):
            while True:
                try:
                    return int(await admin.find_coordinator(group))
                except (errors.GroupCoordinatorNotAvailableError, errors.GroupLoadInProgressError):
                    await asyncio.sleep(_READY_POLL_S)


async def _committed(admin: AIOKafkaAdminClient, coordinator: int, settings: KafkaSettings) -> dict[int, int]:
    """Return the group's committed offset per partition of the topic, where there is one."""
    group = settings.consumer_group
    with translated(f"offsets of group {group}"):
        offsets: Mapping[Any, Any] = await admin.list_consumer_group_offsets(group, coordinator)
    return {
        partition.partition: stored.offset
        for partition, stored in offsets.items()
        if partition.topic == settings.topic and stored.offset >= 0
    }


async def _group(admin: AIOKafkaAdminClient, coordinator: int, group: str) -> tuple[str, int]:
    """Return state and number of members of the group; a group nobody joined is `Dead`."""
    with translated(f"describe group {group}"):
        answers = await admin.describe_consumer_groups([group], coordinator)
    for answer in answers:
        for entry in answer.groups:
            return str(entry[2]), len(entry[5])
    return "", 0


async def _all_log_bounds(
    settings: KafkaSettings, counts: Mapping[str, int]
) -> dict[str, tuple[dict[int, int], dict[int, int]]]:
    """Return first and next offset per partition of each topic."""
    if not counts:
        return {}  # a reader stopped before it did anything raises CancelledError (aiokafka's NoGroupCoordinator)
    async with started(AIOKafkaConsumer(**client_options(settings)), settings) as reader:
        return {name: await _log_bounds(reader, name, count) for name, count in counts.items()}


async def _log_bounds(reader: AIOKafkaConsumer, name: str, partitions: int) -> tuple[dict[int, int], dict[int, int]]:
    """Return first and next offset per partition."""
    everything = [KafkaPartition(name, partition) for partition in range(partitions)]
    with translated(f"log bounds of {name}"):
        begins = await reader.beginning_offsets(everything)
        ends = await reader.end_offsets(everything)
    return (
        {partition.partition: offset for partition, offset in begins.items()},
        {partition.partition: offset for partition, offset in ends.items()},
    )


def _number(text: str | None) -> int | None:
    """Return a configuration value as a number, None when it is not told."""
    return None if text is None else int(text)
