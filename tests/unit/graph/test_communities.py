"""What makes stored communities the wanted ones, and how prints are kept."""

import numpy as np

from consumer.graph.communities import Changes, CommunityState, Stored, _stored, print_texts, prints_of
from consumer.model.community import Build, Community, Prints, Wanted
from consumer.model.ids import deterministic_uuid

G = "g"


def link(community, member):
    return deterministic_uuid(G, "has_member", community, member)


def community(uuid="c", name="n", members=("a", "b"), level=0, **rest):
    return Community(uuid, level, name, rest.get("summary", "s"), rest.get("created_ms", 1), members)


def stored(*communities, with_vector=()):
    return Stored(
        {each.uuid: each for each in communities},
        frozenset(with_vector),
        {(each.uuid, member): link(each.uuid, member) for each in communities for member in each.members},
    )


def changes(before, *after, model="m", **vectors):
    return Changes.between(G, before, Wanted(after, Build(1, "r"), model, vectors))


def names(found):
    return {name: len(rows) for name, rows in found.steps}


def test_equal_ones_need_nothing():
    """No step at all, so the group's version stays."""
    assert not changes(stored(community(), with_vector=["c"]), community())


def test_a_first_community_is_written_whole():
    """Node, vector, members."""
    found = changes(Stored(), community(), n=np.ones(3))
    assert names(found) == {"write_communities": 1, "write_community_vectors": 1, "write_entity_members": 2}
    assert found.links == {("c", "a"), ("c", "b")}


def test_members_come_and_go_alone():
    """A community that is told the same is not written."""
    found = changes(stored(community(), with_vector=["c"]), community(members=("b", "d")))
    assert names(found) == {"drop_members": 1, "write_entity_members": 1}


def test_what_is_told_otherwise_is_written_and_its_links_dated():
    """A new name needs a new vector."""
    before = stored(community(), with_vector=["c"])
    assert changes(before, community(name="other")).lacks_vectors
    found = changes(before, community(name="other", created_ms=2), other=np.ones(3))
    assert not found.lacks_vectors
    assert names(found) == {"write_communities": 1, "write_community_vectors": 1, "write_entity_members": 2}
    assert {row["created_ms"] for row in dict(found.steps)["write_entity_members"]} == {2}


def test_a_missing_vector_is_added_unless_there_is_none():
    """A name may have no usable vector; a group without a model has none at all."""
    before = stored(community())
    assert changes(before, community()).lacks_vectors
    assert names(changes(before, community(), n=np.ones(3))) == {"write_community_vectors": 1}
    assert not changes(before, community(), n=None)
    assert not changes(before, community(), n=None).lacks_vectors
    assert not changes(before, community(), model=None).lacks_vectors


def test_somebody_elses_link_is_replaced_and_communities_go():
    """Ours have uuids of our own."""
    before = Stored(
        {"c": community(members=("a", "b", "z")), "old": community("old")},
        frozenset({"c"}),
        {("c", "a"): "random", ("c", "b"): link("c", "b"), ("c", "z"): "random"},
    )
    found = changes(before, community())
    assert dict(found.steps)["drop_communities"] == [{"uuid": "old"}]
    assert [row["member"] for row in dict(found.steps)["drop_members"]] == ["a", "z"]
    assert [row["member"] for row in dict(found.steps)["write_entity_members"]] == ["a"]


def test_members_above_the_first_level_are_communities():
    """Another query, since they have another label."""
    found = changes(Stored(), community(), community("top", members=("c",), level=1), n=None)
    assert [row["member"] for row in dict(found.steps)["write_community_members"]] == ["c"]


def test_levels_are_told_by_what_is_below():
    """Whoever built them; a ring of communities is no level, and ends."""
    rows = [{"uuid": uuid, "name": "n", "summary": "s", "created_ms": 0, "has_vector": uuid == "a"} for uuid in "abcxy"]
    members = [["a", "e1", "r", False], ["b", "a", "r", True], ["c", "b", "r", True], ["c", "a", "r", True]]
    members += [["x", "y", "r", True], ["y", "x", "r", True]]
    found = _stored(rows, members)
    assert [found.communities[uuid].level for uuid in "abc"] == [0, 1, 2]
    assert found.communities["c"].members == ("a", "b")
    assert found.with_vector == {"a"}


def test_prints_are_kept_as_texts():
    """And read back."""
    prints = {"u1": Prints("2-ff", "aa"), "u2": Prints("3-00", "bb")}
    assert prints_of(print_texts(prints)) == prints


def test_a_state_is_current_for_its_version_and_rules_only():
    """And never without a build."""
    state = CommunityState(version=4, build=Build(4, "r"))
    assert state.is_current("r")
    assert not state.is_current("other")
    assert not CommunityState(version=5, build=Build(4, "r")).is_current("r")
    assert not CommunityState(version=4).is_current("r")
