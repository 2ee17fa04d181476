"""What `episodes doctor` looks at: each check is one line that says what is so and, if wrong, how to mend it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta

from consumer.app.build import build_embedder, build_extractor
from consumer.clock import Clock, SystemClock
from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.graph import check_schema, connect
from consumer.kafka.admin import DEAD_LETTER_MIN_BYTES, LogState, TopicState, describe
from consumer.model.episode import Episode, LogPosition
from consumer.ports import Embedder, Extractor
from consumer.settings import Settings

ANSWER_WITHIN_S = 10.0
MODEL_WITHIN_S = 60.0
SHORTEST_RETENTION = timedelta(hours=1)
UNIT_LENGTH_TOLERANCE = 1e-3
OLDEST_NEO4J = (5, 26)
FILTERS_SINCE = (2026, 1)


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: what was looked at, whether it is right, what was seen, and how to mend it."""

    name: str
    is_ok: bool
    seen: str
    mend: str = ""


async def all_checks(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Check]:
    """Yield every check as soon as it is made: Kafka, models, Neo4j."""
    clock = clock or SystemClock()
    async for check in kafka_checks(settings):
        yield check
    yield await extractor_check(settings, clock)
    embedder, dimension = await embedder_check(settings, clock)
    yield embedder
    async for check in neo4j_checks(settings, dimension):
        yield check


async def kafka_checks(settings: Settings) -> AsyncIterator[Check]:
    """Yield what is so with the log."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            state = await describe(settings.kafka)
    except (WorldFault, UserError, TimeoutError) as error:
        mend = "start it (`episodes up`), or set EPISODES_KAFKA__BOOTSTRAP_SERVERS and the security settings"
        yield Check("kafka", False, _why(error), mend)
        return
    yield Check("kafka", True, f"{settings.kafka.bootstrap_servers}: {state.brokers} in the cluster")
    for check in log_findings(state, settings):
        yield check


def log_findings(state: LogState, settings: Settings) -> list[Check]:
    """Return what is so with topic, dead-letter topic and consumer group."""
    kafka = settings.kafka
    make = "`episodes publish --create-topic` makes it"
    found = []
    if state.topic is None:
        found.append(Check("topic", False, f"{kafka.topic} does not exist", make))
    else:
        found.extend((_partitions(state.topic), _retention(state.topic), _lag(state, kafka.consumer_group)))
    dead_letters = state.dead_letters
    if dead_letters is None:
        found.append(Check("dead letters", False, f"{kafka.dead_letter_topic} does not exist", make))
    elif (limit := dead_letters.max_message_bytes) is not None and limit < DEAD_LETTER_MIN_BYTES:
        mend = f"set max.message.bytes of {dead_letters.name} to {DEAD_LETTER_MIN_BYTES} or more"
        found.append(Check("dead letters", False, f"takes records of up to {limit} bytes only", mend))
    else:
        found.append(Check("dead letters", True, f"{dead_letters.records} records in {dead_letters.name}"))
    return found


def _partitions(topic: TopicState) -> Check:
    """Return how many pods can share the topic."""
    return Check("topic", True, f"{topic.name}: {topic.partitions} partitions, {topic.records} records")


def _retention(topic: TopicState) -> Check:
    """Return whether the log keeps what it is given long enough; compaction would keep one event a group."""
    if "compact" in (topic.cleanup_policy or ""):
        mend = (
            f"set cleanup.policy of {topic.name} to delete: the key is the group, compaction keeps its last event only"
        )
        return Check("retention", False, f"cleanup.policy is {topic.cleanup_policy}", mend)
    if topic.retention_ms is None or topic.retention_ms < 0:
        return Check("retention", True, "records are kept for ever")
    kept = timedelta(milliseconds=topic.retention_ms)
    if kept < SHORTEST_RETENTION:
        return Check("retention", False, f"records are kept for {kept} only", f"raise retention.ms of {topic.name}")
    return Check(
        "retention", True, f"records are kept for {kept.days} days" if kept.days else f"records are kept for {kept}"
    )


def _lag(state: LogState, group: str) -> Check:
    """Return how far the group is behind, and whether retention has overtaken it."""
    begins = state.topic.log_begins if state.topic else {}
    lost = sum(max(0, begins.get(partition, 0) - offset) for partition, offset in state.committed.items())
    lag = sum(state.lag.values())
    seen = f"{group}: {state.members} members, lag {lag} records"
    if lost:
        return Check(
            "lag",
            False,
            f"{seen}; retention removed {lost} before they were read",
            "raise retention.ms; publish them again",
        )
    return Check("lag", True, seen)


async def extractor_check(settings: Settings, clock: Clock) -> Check:
    """Return whether the configured extractor answers a small call."""
    mend = "set OPENAI_API_KEY and OPENAI_BASE_URL, or EPISODES_EXTRACTOR=local"
    extractor: Extractor | None = None
    started = clock.monotonic()
    try:
        async with asyncio.timeout(MODEL_WITHIN_S):
            extractor = build_extractor(settings)
            knowledge = await extractor.extract(_probe(clock.now()))
    except (WorldFault, EpisodeFault, UserError, TimeoutError) as error:
        return Check("extractor", False, _why(error), mend)
    finally:
        if extractor is not None:
            await extractor.aclose()
    took_s = clock.monotonic() - started
    counts = f"{len(knowledge.mentions)} entities, {len(knowledge.assertions)} facts"
    if not knowledge.mentions:
        return Check("extractor", False, f"{extractor.name} found nothing in a plain sentence", "use a larger model")
    return Check("extractor", True, f"{extractor.name} answered in {took_s:.1f} s ({counts})")


async def embedder_check(settings: Settings, clock: Clock) -> tuple[Check, int | None]:
    """Return whether the configured embedder answers with unit vectors of its dimension, and that dimension."""
    mend = "set OPENAI_API_KEY and OPENAI_BASE_URL, or EPISODES_EMBEDDER=local"
    embedder: Embedder | None = None
    started = clock.monotonic()
    try:
        async with asyncio.timeout(MODEL_WITHIN_S):
            embedder = build_embedder(settings)
            vectors = await embedder.embed(["Ada joined Acme."])
            dimension, model = embedder.dimension, embedder.model
    except (WorldFault, EpisodeFault, UserError, TimeoutError) as error:
        return Check("embedder", False, _why(error), mend), None
    finally:
        if embedder is not None:
            await embedder.aclose()
    took_s = clock.monotonic() - started
    if vectors.shape != (1, dimension):
        mend = "set EPISODES_EMBEDDING__DIMENSION to what the model gives"
        return Check("embedder", False, f"{model} gave {vectors.shape[-1]} numbers, not {dimension}", mend), dimension
    if abs(float((vectors[0] ** 2).sum()) - 1) > UNIT_LENGTH_TOLERANCE:
        return Check(
            "embedder", False, f"{model} gives vectors that are not of unit length", "choose another model"
        ), dimension
    return Check("embedder", True, f"{model} answered in {took_s:.1f} s"), dimension


async def neo4j_checks(settings: Settings, dimension: int | None) -> AsyncIterator[Check]:
    """Yield what is so with the graph; without a dimension its vector indexes are not looked at."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S), aclosing(connect(settings.neo4j)) as database:
            report = await check_schema(database, dimension)
    except (WorldFault, EpisodeFault, UserError, TimeoutError) as error:
        mend = "start it (`episodes up`), or set EPISODES_NEO4J__URI and EPISODES_NEO4J__PASSWORD"
        yield Check("neo4j", False, f"{settings.neo4j.uri}: {_why(error)}", mend)
        return
    version = ".".join(str(part) for part in report.version)
    if report.version < OLDEST_NEO4J:
        yield Check("neo4j", False, f"version {version}", "upgrade to 5.26 or later")
    else:
        how = (
            "filters inside vector indexes"
            if report.version >= FILTERS_SINCE
            else "no filters in vector indexes: slower search"
        )
        yield Check("neo4j", True, f"version {version} at {settings.neo4j.uri}, {how}")
    if report.missing:
        missing = ", ".join(report.missing)
        yield Check(
            "schema", False, f"{len(report.missing)} missing: {missing}", "`episodes schema apply` creates them"
        )
    for problem in report.problems:
        yield Check("schema", False, problem, "see docs/operations.md")
    if report.is_complete:
        vectors = f", vectors of dimension {dimension}" if dimension else ""
        yield Check("schema", True, f"{len(report.present)} constraints and indexes are there{vectors}")


def _probe(now: datetime) -> Episode:
    """Return a small episode with an entity and a fact in it."""
    return Episode(
        uuid="00000000-0000-5000-8000-000000000000",
        group_id="doctor",
        event_id="doctor",
        name="doctor",
        source="text",
        source_description="episodes doctor",
        content="Ada Lovelace works at Acme Corporation in London.",
        reference_time=now,
        position=LogPosition(now, 0, 0),
    )


def _why(error: BaseException) -> str:
    """Return an error in one line."""
    return " ".join(str(error).split()) or "no answer in time"
