"""The services integration tests run against, started once a session.

Where they come from, in this order:
1. EPISODES_TEST_KAFKA and EPISODES_TEST_NEO4J: addresses of a running stack (several people, one stack);
2. EPISODES_TEST_TESTCONTAINERS=1: testcontainers' Kafka and Neo4j, where there is Docker;
3. else an ephemeral `LocalStack`, each service only when a test asks for it.

Tests isolate themselves: a topic of their own, a `group_id` of their own.
"""

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import pytest

from consumer.stack import LocalStack, Service, StackOptions

_CONTAINERS = os.environ.get("EPISODES_TEST_TESTCONTAINERS") == "1"


@dataclass
class SharedServices:
    """Addresses of the services, each started at first use and stopped with the session."""

    resources: ExitStack
    addresses: dict[Service, str] = field(default_factory=dict)

    @property
    def kafka_bootstrap(self) -> str:
        """`host:port` of a broker without authentication."""
        return self._address(Service.KAFKA, "EPISODES_TEST_KAFKA")

    @property
    def neo4j_uri(self) -> str:
        """`bolt://host:port` of a Neo4j without authentication."""
        return self._address(Service.NEO4J, "EPISODES_TEST_NEO4J")

    def _address(self, service: Service, variable: str) -> str:
        if service not in self.addresses:
            given = os.environ.get(variable)
            if given:
                self.addresses[service] = given
            else:
                starter = _container if _CONTAINERS else _local
                self.addresses[service] = self.resources.enter_context(starter(service))
        return self.addresses[service]


@contextmanager
def _local(service: Service) -> Iterator[str]:
    """Run `service` alone in a stack; its lifecycle has a thread and loops of its own, apart from the tests'."""
    stack = LocalStack(StackOptions(ephemeral=True, services=frozenset({service})))
    with ThreadPoolExecutor(1, thread_name_prefix="stack") as thread:
        thread.submit(asyncio.run, stack.start()).result()
        try:
            yield stack.kafka_bootstrap if service is Service.KAFKA else stack.neo4j_uri
        finally:
            thread.submit(asyncio.run, stack.stop()).result()


@contextmanager
def _container(service: Service) -> Iterator[str]:
    """Run `service` in Docker; imported here because testcontainers talks to Docker when it is imported."""
    if service is Service.KAFKA:
        from testcontainers.kafka import KafkaContainer

        with KafkaContainer("apache/kafka:4.4.0") as kafka:
            yield kafka.get_bootstrap_server()
    else:
        from testcontainers.neo4j import Neo4jContainer

        container = Neo4jContainer("neo4j:2026.08.1-community").with_env("NEO4J_AUTH", "none")
        with container as neo4j:
            yield neo4j.get_connection_url()


@pytest.fixture(scope="session")
def stack() -> Iterator[SharedServices]:
    """Give the services' addresses; a service starts when its address is first read."""
    with ExitStack() as resources:
        yield SharedServices(resources)


@pytest.fixture(scope="session")
def kafka_bootstrap(stack: SharedServices) -> str:
    """Give `host:port` of a running Kafka."""
    return stack.kafka_bootstrap


@pytest.fixture(scope="session")
def neo4j_uri(stack: SharedServices) -> str:
    """Give the Bolt address of a running Neo4j that takes any credentials."""
    return stack.neo4j_uri
