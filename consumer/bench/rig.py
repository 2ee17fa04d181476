"""What ingestion is measured on: services, a simulated provider, pods, a publisher, and an eye on the graph.

Everything is a process of its own but the publisher and the eye, which are in ours.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from os import getpid
from pathlib import Path

from pydantic import SecretStr

from consumer.bench.loads import Item, ontology_text
from consumer.bench.pods import Pods, running_pods
from consumer.bench.profile import VARIABLES
from consumer.bench.services import Services
from consumer.bench.sightings import Watch
from consumer.bench.simulated import SimulatedProvider, simulated_provider
from consumer.clock import Clock, SystemClock
from consumer.graph import Database, Neo4jGraphStore, connect
from consumer.kafka.admin import ensure_topics
from consumer.kafka.producer import Publisher
from consumer.settings import Engine, Settings
from consumer.testing.named_profiles import PROFILES, Behaviour
from consumer.testing.simulator_profile import Profile

_UNSET = (
    "EPISODES_CACHE__REDIS_URL",
    "EPISODES_CACHE__DISK_DIR",
    "EPISODES_KAFKA__GROUP_INSTANCE_ID",
    "EPISODES_ONTOLOGY__DIR",
    "EPISODES_ONTOLOGY__DEFAULT",
    "EPISODES_HEALTH__HOST",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
)
"""What would have a pod measure something else: answers that it knows already, another's identity."""
_UNSET_ON_OWN = (
    "EPISODES_KAFKA__SECURITY_PROTOCOL",
    "EPISODES_KAFKA__SASL_USERNAME",
    "EPISODES_KAFKA__SASL_PASSWORD",
    "EPISODES_KAFKA__SSL_CA_FILE",
    "EPISODES_NEO4J__PASSWORD",
    "EPISODES_NEO4J__DATABASE",
)
_LOOK_S = 0.05
_ONTOLOGY = "records.json"


@dataclass(frozen=True, slots=True)
class Setup:
    """What is put together; `strategy` is of the pods, None: as the settings are.

    `keeps_answers`: the pods share a cache on disk, which is empty at first.
    """

    behaviour: Behaviour = Behaviour.LOGNORMAL
    latency_ms: float | None = None
    embedding_latency_ms: float | None = None
    dimension: int = 384
    pods: int = 1
    partitions: int = 4
    strategy: str | None = None
    keeps_answers: bool = False


@dataclass(frozen=True, slots=True)
class Rig:
    """All of it, running. `name` begins the ids of groups, so that two rigs on one graph do not meet."""

    name: str
    setup: Setup
    services: Services
    settings: Settings
    provider: SimulatedProvider
    pods: Pods
    publisher: Publisher
    database: Database
    watch: Watch
    clock: Clock
    published: list[Item]
    variables: Mapping[str, str | None]
    folder: Path

    async def publish(self, item: Item, at: float | None = None) -> None:
        """Hand one episode to the producer, for whom it was due at the monotonic instant `at` (now, if None)."""
        self.watch.awaited.publish(item.group_id, item.uuid, self.clock.monotonic() if at is None else at)
        self.published.append(item)
        await self.publisher.send(item.group_id, item.value)

    def processes(self) -> dict[str, Sequence[int]]:
        """Return the processes that take part, by name; `bench` is the publisher and the eye."""
        return {
            "pods": [pod.pid for pod in self.pods.running],
            **self.services.pids,
            "simulator": [self.provider.pid],
        }

    @property
    def own_pid(self) -> int:
        """Our own process."""
        return getpid()


@asynccontextmanager
async def open_rig(
    settings: Settings, services: Services, setup: Setup, clock: Clock | None = None
) -> AsyncIterator[Rig]:
    """Put everything together, on a topic of its own; at the end only what was written is left.

    Raises:
        UserError: a pod does not start.
        WorldFault: a service is down.
    """
    clock = clock or SystemClock()
    name = f"bench-{uuid.uuid4().hex[:8]}"
    async with AsyncExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="episodes-bench-")))
        (folder / _ONTOLOGY).write_text(ontology_text(), encoding="utf-8")
        provider = await opened.enter_async_context(simulated_provider(_profile(setup)))
        settings = _settings(settings, services, setup, name, provider.base_url)
        database = await opened.enter_async_context(aclosing(connect(settings.neo4j)))
        await ensure_topics(settings.kafka)
        variables = _variables(settings, services, setup, folder)
        pods = await opened.enter_async_context(running_pods(setup.pods, variables, folder, clock))
        publisher = await opened.enter_async_context(Publisher(settings.kafka, max_in_flight=5_000))
        watch = Watch(Neo4jGraphStore(database).present, clock, _LOOK_S)
        yield Rig(
            name, setup, services, settings, provider, pods, publisher, database, watch, clock, [], variables, folder
        )


def _profile(setup: Setup) -> Profile:
    profile = replace(PROFILES[setup.behaviour], dimension=setup.dimension)
    if setup.latency_ms is not None:
        profile = replace(profile, latency_ms=setup.latency_ms)
    if setup.embedding_latency_ms is not None:
        profile = replace(profile, embedding_latency_ms=setup.embedding_latency_ms)
    return profile


def _settings(settings: Settings, services: Services, setup: Setup, name: str, base_url: str) -> Settings:
    kafka = services.kafka.model_copy(
        update={"topic": name, "consumer_group": name, "partitions": setup.partitions, "group_instance_id": None}
    )
    return settings.model_copy(
        update={
            "kafka": kafka,
            "neo4j": services.neo4j,
            "extractor": Engine.OPENAI,
            "embedder": Engine.OPENAI,
            "openai_api_key": SecretStr("simulator"),
            "openai_base_url": base_url,
            "embedding": settings.embedding.model_copy(update={"dimension": setup.dimension}),
        }
    )


def _variables(settings: Settings, services: Services, setup: Setup, folder: Path) -> dict[str, str | None]:
    kafka, neo4j = settings.kafka, settings.neo4j
    unset = (*_UNSET, *(_UNSET_ON_OWN if services.is_own else ()))
    return {
        **dict.fromkeys(unset),
        "EPISODES_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "EPISODES_KAFKA__TOPIC": kafka.topic,
        "EPISODES_KAFKA__CONSUMER_GROUP": kafka.consumer_group,
        "EPISODES_KAFKA__PARTITIONS": str(kafka.partitions),
        "EPISODES_NEO4J__URI": neo4j.uri,
        "EPISODES_EXTRACTOR": "openai",
        "EPISODES_EMBEDDER": "openai",
        "EPISODES_OPENAI_API_KEY": "simulator",
        "EPISODES_OPENAI_BASE_URL": str(settings.openai_base_url),
        "EPISODES_EMBEDDING__DIMENSION": str(setup.dimension),
        "EPISODES_ONTOLOGY__FILES": f'["{folder / _ONTOLOGY}"]',
        **(VARIABLES if settings.health.profiling else {}),
        **({} if setup.strategy is None else {"EPISODES_STRATEGY": setup.strategy}),
        **({"EPISODES_CACHE__DISK_DIR": str(folder / "answers")} if setup.keeps_answers else {}),
    }
