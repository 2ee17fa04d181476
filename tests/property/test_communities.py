"""Communities D1 to D5 and P1 to P3 of consumer.communities, on random graphs."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.communities.detect import Rules, divided
from consumer.communities.network import Network
from consumer.communities.planning import Before, draft
from consumer.communities.telling import TELLER, text_print, told
from consumer.model.community import Community, GroupEntity, GroupGraph, Prints

NAMES = [f"{n:02x}" for n in range(24)]
TIES = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=60)
RULES = st.builds(
    Rules,
    resolution=st.sampled_from([0.3, 1.0, 2.5]),
    least=st.integers(1, 5),
    levels=st.integers(1, 3),
    seed=st.integers(0, 3),
    rounds=st.integers(1, 3),
    sweeps=st.sampled_from([1, 50]),
)


def graph_of(ties, order=None):
    """Entities and facts of ties; an entity's age and a fact's dates depend on its name alone."""
    entities = [GroupEntity(name, f"name {name}", "Person", int(name, 16) * 7 % 24) for name in NAMES]
    counted = {}
    facts = []
    for one, other in ties:
        pair = tuple(sorted((one, other)))
        counted[pair] = counted.get(pair, 0) + 1
        facts.append((f"{pair}{counted[pair]}", *pair, "KNOWS", counted[pair], counted[pair]))
    if order is not None:
        order.shuffle(entities)
        order.shuffle(facts)
    return GroupGraph(tuple(entities), tuple(facts))


def joined(ties):
    """The sets of names that hang together, by union and find: another way than the network's."""
    root = {}

    def find(name):
        while root.setdefault(name, name) != name:
            name = root[name]
        return name

    for one, other in ties:
        if one != other:
            root[find(one)] = find(other)
    sets = {}
    for name in list(root):
        sets.setdefault(find(name), set()).add(name)
    return {frozenset(each) for each in sets.values()}


def named(network, sets):
    return {frozenset(network.uuids[node] for node in nodes) for nodes in sets}


@given(TIES)
@settings(deadline=None)
def test_components_are_what_hangs_together(ties):
    """Against union and find."""
    network = Network.of(ties)
    assert named(network, network.components()) == joined(ties)


@given(TIES, RULES, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_d1_equal_ties_give_equal_communities(ties, rules, order):
    """In any order, and whichever end is named first."""
    network = Network.of(ties)
    turned = [pair if order.random() < 0.5 else pair[::-1] for pair in ties]
    order.shuffle(turned)
    other = Network.of(turned)
    assert network.uuids == other.uuids
    first, second = divided(network, rules), divided(other, rules)
    assert [nodes.tolist() for nodes in first] == [nodes.tolist() for nodes in second]


@given(TIES, TIES, RULES)
@settings(deadline=None)
def test_d2_one_part_changes_nothing_in_another(ties, others, rules):
    """What hangs together is divided as if nothing else were there."""
    apart = [(f"x{one}", f"x{other}") for one, other in others]
    network, whole = Network.of(ties), Network.of([*ties, *apart])
    assert named(network, divided(network, rules)) <= named(whole, divided(whole, rules))


@given(TIES, RULES)
@settings(deadline=None)
def test_d3_d4_each_node_of_a_large_enough_part_is_in_exactly_one(ties, rules):
    """And no community is too small, or of two parts that do not hang together."""
    network = Network.of(ties)
    found = named(network, divided(network, rules))
    assert all(len(each) >= rules.least for each in found)
    parts = joined(ties)
    inside = [name for each in found for name in each]
    assert sorted(inside) == sorted(name for part in parts if len(part) >= rules.least for name in part)
    assert all(any(each <= part for part in parts) for each in found)


@given(TIES, RULES, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_p1_equal_graphs_give_equal_drafts(ties, rules, order):
    """Ids, members, material, prints and what is told, at every level; no id twice."""
    first, second = draft("g", graph_of(ties), rules), draft("g", graph_of(ties, order), rules)
    assert first == second
    ids = [each.uuid for each in first.drafts]
    assert len(set(ids)) == len(ids)
    for each in first.drafts:
        assert text_print(each.material, {}, TELLER) == text_print(each.material, {}, TELLER)
        assert told(each.material, {}).name


@given(TIES, RULES)
@settings(deadline=None)
def test_each_level_divides_the_one_below(ties, rules):
    """A community is in one above it at most, and holds the entities of those in it."""
    found = draft("g", graph_of(ties), rules).drafts
    by_id = {each.uuid: each for each in found}
    for level in range(rules.levels):
        members = [uuid for each in found if each.level == level for uuid in each.members]
        assert len(set(members)) == len(members)
    for each in found:
        if each.level:
            assert sorted(each.leaves) == sorted(leaf for uuid in each.members for leaf in by_id[uuid].leaves)
            assert {by_id[uuid].level for uuid in each.members} == {each.level - 1}


def stood(division):
    """What stands after a build."""
    return Before(
        tuple(Community(each.uuid, each.level, "", "", 0, each.members) for each in division.drafts),
        {each.uuid: Prints(each.shape, "") for each in division.drafts},
    )


@given(TIES, TIES, RULES)
@settings(max_examples=200, deadline=None)
def test_p3_what_has_not_changed_stays(ties, more, rules):
    """A community none of whose entities has other ties than before is there as it was, unless small ones joined it."""
    before = draft("g", graph_of(ties), rules)
    after = draft("g", graph_of([*ties, *more]), rules, stood(before))
    if after.divided == len({name for pair in [*ties, *more] if pair[0] != pair[1] for name in pair}):
        return  # more than half had changed, so all was divided
    touched = {name for one, other in more if one != other for name in (one, other)}
    homes = {leaf: set(each.leaves) for each in after.drafts if each.level == 0 for leaf in each.leaves}
    for each in before.drafts:
        if each.level == 0 and not touched & set(each.leaves):
            assert set(each.leaves) <= homes[each.leaves[0]]
    inside = [leaf for each in after.drafts if each.level == 0 for leaf in each.leaves]
    parts = joined([*ties, *more])
    assert sorted(inside) == sorted(name for part in parts if len(part) >= rules.least for name in part)


@given(TIES, RULES)
@settings(deadline=None)
def test_p3_without_a_change_nothing_is_divided(ties, rules):
    """And the drafts are those of the full build."""
    full = draft("g", graph_of(ties), rules)
    again = draft("g", graph_of(ties), rules, stood(full))
    assert again.drafts == full.drafts
    in_none = {name for part in joined(ties) if len(part) < rules.least for name in part}
    assert again.divided in {len(in_none), len({name for part in joined(ties) for name in part})}


@pytest.mark.parametrize("seed", range(5))
def test_planted_communities_are_found(seed):
    """Ten circles of thirty, a fifth of the ties between them: each is found whole, by nine tenths of it at least."""
    rng = random.Random(seed)
    ties = []
    for name in range(300):
        for _ in range(6):
            near = name // 30 * 30 + rng.randrange(30)
            ties.append((f"{name:03}", f"{near if rng.random() < 0.8 else rng.randrange(300):03}"))
    network = Network.of(ties)
    found = named(network, divided(network, Rules(seed=seed)))
    assert len(found) == 10
    for circle in range(10):
        planted = {f"{name:03}" for name in range(circle * 30, circle * 30 + 30)}
        assert max(len(planted & each) / len(planted | each) for each in found) > 0.9


@pytest.mark.parametrize("rounds", [1, 100])
@pytest.mark.parametrize("weight", [1, 2, 7])
def test_d5_two_nodes_are_one_community(weight, rounds):
    """Where label propagation swaps two labels for ever."""
    network = Network.of([("a", "b")] * weight)
    assert named(network, divided(network, Rules(rounds=rounds, sweeps=10_000))) == {frozenset("ab")}


@pytest.mark.parametrize("names", [4, 40, 400])
def test_d5_rings_and_stars_end(names):
    """Where every move is as good as another."""
    ring = [(f"{n:03}", f"{(n + 1) % names:03}") for n in range(names)]
    star = [("hub", f"{n:03}") for n in range(names)]
    full = [(f"{a:03}", f"{b:03}") for a in range(min(names, 60)) for b in range(a)]
    for ties in (ring, star, full):
        network = Network.of(ties)
        found = divided(network, Rules(rounds=100, sweeps=10_000))
        assert np.concatenate(found).size == len(network)
