"""graphiti-core, one episode after the other, with the simulated models: its graph is the right one.

So what is wrong with it when it does several at once is its own doing, and not what the models said.
"""

import uuid
from contextlib import aclosing

import pytest
from plugins.graph_dump import wipe

pytest.importorskip("graphiti_core", reason="graphiti-core is not installed: pip install '.[peers]'")

from consumer.bench.graph_errors import GraphErrors, graph_errors, without_ends
from consumer.bench.graphiti_peer import DIMENSION, GraphitiPeer, Mode
from consumer.settings import Neo4jSettings
from consumer.testing.generate import generate
from consumer.testing.gold import gold
from consumer.testing.simulator import Simulator
from consumer.testing.simulator_profile import Profile

EPISODES = 20


@pytest.fixture
async def peer(neo4j_uri):
    """graphiti-core on the database, its models simulated."""
    async with (
        Simulator(Profile(dimension=DIMENSION)) as simulator,
        aclosing(GraphitiPeer(Neo4jSettings(uri=neo4j_uri), simulator.base_url, 10)) as opened,
    ):
        opened.simulator = simulator
        yield opened


@pytest.fixture
async def log(database):
    """Makes the events of a seed, of one group whose id is one word."""
    groups = []

    def events(seed):
        groups.append(f"gold{uuid.uuid4().hex[:12]}")
        return [event | {"group_id": groups[-1]} for event in generate(seed, EPISODES)]

    yield events
    for group in groups:
        await wipe(database, group)


async def errors(peer, events):
    """What is wrong with the graph of the events' one group."""
    ((group_id, wanted),) = gold(events).items()
    names, facts = await peer.graph(group_id)
    return graph_errors(wanted, names, without_ends(facts))


@pytest.mark.parametrize("seed", [1, 3])
async def test_in_order_its_graph_is_the_right_one(peer, log, seed):
    """Names, triples and dates."""
    events = log(seed)
    done = await peer.ingest(events, Mode.SEQUENTIAL, 1)
    found = await errors(peer, events)
    assert not done.failed
    assert found == GraphErrors(entities=found.entities, facts=found.facts)
    assert found.facts > EPISODES // 2
    assert peer.simulator.stats.chat_calls >= 2 * EPISODES


async def test_of_two_rivals_of_one_day_it_keeps_both(peer, log):
    """Its rule closes what began earlier only; nothing else is wrong with this log, which has three such pairs."""
    events = log(2)
    await peer.ingest(events, Mode.SEQUENTIAL, 1)
    found = await errors(peer, events)
    assert (found.wrong_facts, found.missing_facts) == (3, 3)
    assert (found.duplicate_entities, found.missing_entities) == (0, 0)


@pytest.mark.parametrize("mode", [Mode.CONCURRENT, Mode.BULK])
async def test_at_once_every_episode_is_taken(peer, log, mode):
    """Each name is there once at least, and no call raises."""
    events = log(1)
    told = []
    done = await peer.ingest(events, mode, 10, told.append)
    assert not done.failed
    assert told[-1] == EPISODES
    names, _ = await peer.graph(events[0]["group_id"])
    assert set(names) <= set(next(iter(gold(events).values())).entities)
