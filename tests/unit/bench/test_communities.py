"""The graph that communities are measured on, and the measure of a division."""

import random

import pytest

from consumer.bench.communities import CIRCLE, NEW_FACTS, measure_algorithm, modularity, news, planted
from consumer.communities.network import Network
from consumer.settings import CommunitySettings


def test_a_small_measurement_tells_everything():
    """Circles are found, twice the same, and what is new touches a part."""
    measured = measure_algorithm(600, 6_000, CommunitySettings())
    assert (measured.facts, measured.communities, measured.is_same) == (6_000, 12, True)
    assert measured.modularity == pytest.approx(measured.planted_modularity, abs=0.01)
    assert abs(measured.incremental_modularity - measured.full_modularity_then) < 0.01
    assert measured.as_dict()["build_total_s"] == 0


def test_the_planted_graph_leaves_nobody_out():
    """Every entity has a fact, most facts are inside circles, nobody has one with itself."""
    ties = planted(500, 3_000, random.Random(1))
    assert {n for tie in ties for n in tie} == set(range(500))
    inside = sum(one // CIRCLE == other // CIRCLE for one, other in ties)
    assert 0.75 < inside / len(ties) < 0.95
    assert all(one != other for one, other in ties)


def test_news_are_about_few_circles():
    """A fifth leads out of them."""
    ties = news(5_000, random.Random(1))
    assert len(ties) == NEW_FACTS
    assert len({one // CIRCLE for one, _ in ties}) <= 5


def test_modularity_by_its_definition():
    """Against the sum over all pairs of nodes."""
    rng = random.Random(3)
    ties = [(f"{rng.randrange(12):02}", f"{rng.randrange(12):02}") for _ in range(40)]
    network = Network.of(ties)
    sets = [network.uuids[:5], network.uuids[5:9]]
    label = {uuid: number for number, uuids in enumerate(sets) for uuid in uuids}
    label |= {uuid: uuid for uuid in network.uuids if uuid not in label}
    weight = {}
    for one, other in ties:
        if one != other:
            weight[one, other] = weight.get((one, other), 0) + 1
            weight[other, one] = weight.get((other, one), 0) + 1
    total = sum(weight.values())
    degree = {uuid: sum(w for (one, _), w in weight.items() if one == uuid) for uuid in network.uuids}
    expected = sum(
        weight.get((one, other), 0) / total - degree[one] * degree[other] / total**2
        for one in network.uuids
        for other in network.uuids
        if label[one] == label[other]
    )
    assert modularity(network, sets) == pytest.approx(expected)
