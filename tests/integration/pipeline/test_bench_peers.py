"""`episodes bench peers` in small: graphiti-core and a pod of ours on the real services, and what is said of both."""

import uuid

import pytest
from plugins.graph_dump import wipe

pytest.importorskip("graphiti_core", reason="graphiti-core is not installed: pip install '.[peers]'")

from consumer.bench.graphiti_peer import Mode
from consumer.bench.peers import PeerLoad, measure_peers
from consumer.bench.services import Wanted, open_services
from consumer.settings import Settings

EPISODES = 8
GROUPS = 2


@pytest.fixture
async def name(database):
    """How the ids of the groups begin; they are gone afterwards."""
    chosen = f"peers{uuid.uuid4().hex[:8]}"
    yield chosen
    for part in ("concurrent", "bulk", "warmconcurrent", "warmbulk", "warm", "ours"):
        for number in range(GROUPS):
            await wipe(database, f"{chosen}{part}g{number}")
    for number in range(20):
        await wipe(database, f"{chosen}more-{number}")


@pytest.mark.timeout(280)
async def test_both_are_measured_on_the_same_episodes(kafka_bootstrap, neo4j_uri, name):
    """A case for each mode: ours with the right graph and fewer calls, theirs as what is usual."""
    load = PeerLoad(
        episodes=EPISODES,
        groups=GROUPS,
        latency_ms=20,
        modes=(Mode.CONCURRENT, Mode.BULK),
        bulk=4,
        seconds=2.0,
        search_facts=0,
        warm_up=10,
    )
    told = []
    async with open_services(Settings(), Wanted(kafka_bootstrap, neo4j_uri)) as services:
        cases = [case async for case in measure_peers(Settings(), services, load, told.append, name)]
    assert [case.title for case in cases] == ["peers: 10 at once", "peers: bulks of 4"]
    for case in cases:
        (peer,) = case.baselines
        ours = {figure.name: figure.value for figure in case.figures}
        assert peer.figures.keys() < ours.keys()
        assert peer.name.startswith("graphiti-core 0.")
        assert peer.figures["failed episodes"] == 0
        assert [ours[what] for what in ("duplicate entities", "missing entities", "wrong facts", "missing facts")] == [
            0
        ] * 4
        assert 0 < ours["LLM calls an episode"] <= 1
        assert peer.figures["LLM calls an episode"] >= 2
        assert 0 < ours["prompt characters an episode"] < peer.figures["prompt characters an episode"]
        assert min(ours["episodes/s"], peer.figures["episodes/s"]) > 0
        assert ours["facts of the gold"] > 0
    assert any(what.startswith("graphiti-core, concurrent: 8 of 8") for what in told)
    assert any("telemetry" in note for note in cases[0].notes)
