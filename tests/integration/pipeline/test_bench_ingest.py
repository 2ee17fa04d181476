"""`episodes bench ingest` in small: a pod of its own process on the real services, and what is said of it."""

import contextlib

import pytest

from consumer.bench.ingesting import IngestLoad, Way, measure_on, warm_rig
from consumer.bench.loads import Kind
from consumer.bench.rig import Setup
from consumer.bench.services import Wanted, open_services
from consumer.graph import Neo4jGraphStore
from consumer.model.episode import LogPosition, Removal
from consumer.model.instants import from_millis
from consumer.settings import Settings
from consumer.testing.named_profiles import Behaviour

LATENCY_MS = 30
SETUP = Setup(Behaviour.FIXED, latency_ms=LATENCY_MS, embedding_latency_ms=10, dimension=64)


@pytest.fixture
async def measured(kafka_bootstrap, neo4j_uri):
    """Measures loads on one pod, and takes their groups out of the graph."""
    async with contextlib.AsyncExitStack() as opened:
        settings = Settings()
        services = await opened.enter_async_context(open_services(settings, Wanted(kafka_bootstrap, neo4j_uri)))
        load = IngestLoad(warm_up=10, groups=3, setup=SETUP)
        rig = await opened.enter_async_context(warm_rig(settings, services, load, lambda _what: None))

        async def measure(load):
            return await measure_on(rig, load, on_progress=lambda _what: None)

        yield measure
        after = LogPosition(from_millis(4_000_000_000_000), 0, 1 << 40)
        groups = {item.group_id for item in rig.published}
        await Neo4jGraphStore(rig.database).write([Removal(group, None, after) for group in sorted(groups)])


@pytest.mark.timeout(280)
async def test_ingestion_is_measured_and_the_graph_is_the_gold(measured):
    """Under load, one at a time, mapped without a model, and in bulk; 150 episodes in all."""
    settled = {"groups": 3, "setup": SETUP}
    case = await measured(IngestLoad(Way.SUSTAINED, Kind.CHAT, seconds=3.0, rate=20.0, settle_s=0.5, **settled))
    value = {figure.name: figure.value for figure in case.figures}
    assert value["episodes"] > 0  # how many depends on the machine
    assert value["min"] >= LATENCY_MS / 1_000
    assert value["p50"] <= value["p95"] <= value["max"]
    assert value["LLM calls an episode"] > 0
    assert value["prompt characters an episode"] > 100
    assert value["CPU of pods an episode"] > 0
    assert value["memory of the pods, most"] > 20
    assert [value[name] for name in ("wrong entities", "wrong facts", "duplicate entities", "never written")] == [0] * 4
    assert value["facts"] > 0
    assert {"written", "lag", "memory of the pods", "extract: in use"} <= {series.name for series in case.series}
    assert 0 < sum(case.distributions[0].counts) <= 60

    idle = await measured(IngestLoad(Way.IDLE, Kind.TEXT, episodes=10, **settled))
    assert idle.figure("LLM calls an episode").value == 1
    assert idle.figure("beyond the models' latency, p50").value > 0
    assert idle.figure("wrong facts").value == 0

    mapped = await measured(IngestLoad(Way.IDLE, Kind.MAPPED, episodes=10, **settled))
    assert mapped.figure("LLM calls an episode").value == 0
    assert mapped.figure("facts").value > 0 == mapped.figure("wrong facts").value

    bulk = await measured(IngestLoad(Way.BULK, Kind.JSON, episodes=20, bulks=2, **settled))
    assert bulk.figure("episodes").value == 40
    assert bulk.figure("wrong facts").value == 0
    assert bulk.figure("p50").value < idle.figure("p50").value
