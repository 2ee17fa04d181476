"""The Kafka and the Neo4j that something is measured on: started for it and thrown away, or given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from consumer.settings import KafkaSettings, Neo4jSettings, Settings
from consumer.stack import LocalStack, Service, StackOptions

Progress = Callable[[str], None]
"""Hears in a few words what is being done."""


@dataclass(frozen=True, slots=True)
class Services:
    """Both, as settings have them; `pids` by name, without those that are not ours to look at."""

    kafka: KafkaSettings
    neo4j: Neo4jSettings
    pids: Mapping[str, list[int]] = field(default_factory=dict)
    is_own: bool = True


@dataclass(frozen=True, slots=True)
class Wanted:
    """Addresses that are given, None: started here; and the memory of an own Neo4j in MB."""

    kafka: str | None = None
    neo4j: str | None = None
    heap_mb: int = 1_024
    page_cache_mb: int = 512


@asynccontextmanager
async def open_services(
    settings: Settings, wanted: Wanted, on_progress: Progress = lambda _what: None
) -> AsyncIterator[Services]:
    """Have both until the block ends; those that were started leave nothing behind.

    Raises:
        UserError: a service cannot be started.
    """
    addresses = {Service.KAFKA: wanted.kafka, Service.NEO4J: wanted.neo4j}
    missing = frozenset(service for service, address in addresses.items() if address is None)
    stack_settings = settings.stack.model_copy(
        update={"neo4j_heap_mb": wanted.heap_mb, "neo4j_page_cache_mb": wanted.page_cache_mb}
    )
    stack = LocalStack(StackOptions(services=missing, ephemeral=True, settings=stack_settings))
    if missing:
        on_progress("starting " + " and ".join(sorted(service.value.capitalize() for service in missing)))
        await stack.start()
    try:
        yield Services(
            kafka=_kafka(settings.kafka, wanted.kafka)
            if wanted.kafka
            else KafkaSettings(bootstrap_servers=stack.kafka_bootstrap),
            neo4j=settings.neo4j.model_copy(update={"uri": wanted.neo4j})
            if wanted.neo4j
            else Neo4jSettings(uri=stack.neo4j_uri),
            pids={service.value: [pid] for service, pid in stack.pids.items()},
            is_own=len(missing) == len(addresses),
        )
    finally:
        await stack.stop()


def _kafka(settings: KafkaSettings, address: str) -> KafkaSettings:
    return settings.model_copy(update={"bootstrap_servers": address})
