"""Ids that last, and the same communities in every process."""

import json
import subprocess
import sys

import pytest

from consumer.communities.detect import Rules
from consumer.communities.planning import Before, draft
from consumer.errors import UserError
from consumer.model.community import Community, GroupEntity, GroupGraph, Prints


def graph(*circles, bridges=()):
    """Each two of a circle know each other; the number in a name is its age."""
    names = sorted({name for circle in circles for name in circle})
    pairs = [(one, two) for circle in circles for one in circle for two in circle if one < two]
    return GroupGraph(
        tuple(GroupEntity(name, name, "Person", int(name[1:])) for name in names),
        tuple((f"{a}-{b}", a, b, "KNOWS", None, 0) for a, b in [*pairs, *bridges]),
    )


FIRST = ("a1", "a2", "a3", "a4")
SECOND = ("b5", "b6", "b7", "b8")


def ids(division):
    return {frozenset(each.members): each.uuid for each in division.drafts}


def test_what_grows_keeps_its_id():
    """The id is made of the oldest: newer ones may come, others may go."""
    before = ids(draft("g", graph(FIRST, SECOND), Rules()))
    after = ids(draft("g", graph((*FIRST, "a90", "a91"), ("b5", "b6", "b7")), Rules()))
    assert before[frozenset(FIRST)] == after[frozenset((*FIRST, "a90", "a91"))]
    assert before[frozenset(SECOND)] == after[frozenset(("b5", "b6", "b7"))]
    assert ids(draft("h", graph(FIRST), Rules())).keys() & before.keys() == {frozenset(FIRST)}
    assert not set(ids(draft("h", graph(FIRST), Rules())).values()) & set(before.values()), "another group's are others"


def test_facts_of_entities_that_were_not_read_are_left_out():
    """A graph that is written while it is read may name an entity that came later."""
    whole = graph(FIRST, bridges=[("a1", "b9"), ("c1", "c2")])
    assert ids(draft("g", whole, Rules())).keys() == {frozenset(FIRST)}


def test_most_of_it_changed_so_all_is_divided():
    """Beyond a half there is nothing to save."""
    old = draft("g", graph(FIRST, SECOND), Rules())
    stood = Before(
        tuple(Community(each.uuid, 0, "", "", 0, each.members) for each in old.drafts),
        {each.uuid: Prints(each.shape, "") for each in old.drafts},
    )
    new = ("c10", "c11", "c12", "c13", "c14", "c15", "c16", "c17", "c18")
    assert draft("g", graph(FIRST, SECOND, new), Rules(), stood).divided == 17
    assert draft("g", graph(FIRST, SECOND, new[:4]), Rules(), stood).divided == 4


def test_a_community_that_somebody_changed_is_divided_anew():
    """Its members are others than its print says."""
    old = draft("g", graph(FIRST, SECOND, ("c10", "c11", "c12")), Rules())
    prints = {each.uuid: Prints(each.shape, "") for each in old.drafts}
    stored = [Community(each.uuid, 0, "", "", 0, each.members) for each in old.drafts]
    (third,) = [each for each in stored if "c10" in each.members]
    stored[stored.index(third)] = Community(third.uuid, 0, "", "", 0, ("c10", "c11"))
    again = draft("g", graph(FIRST, SECOND, ("c10", "c11", "c12")), Rules(), Before(tuple(stored), prints))
    assert (again.divided, again.drafts) == (3, old.drafts)


SCRIPT = """
import json, random
from consumer.communities.detect import Rules
from consumer.communities.planning import draft
from consumer.model.community import GroupEntity, GroupGraph
rng = random.Random(1)
pairs = [(rng.randrange(400), rng.randrange(400)) for _ in range(1200)]
names = {f"n{n}" for pair in pairs for n in pair}
graph = GroupGraph(
    tuple(GroupEntity(name, name, "Person", 0) for name in names),
    tuple({(f"{n}", f"n{a}", f"n{b}", "KNOWS", n, n) for n, (a, b) in enumerate(pairs)}),
)
print(json.dumps([[each.uuid, each.members, each.shape] for each in draft("g", graph, Rules(levels=3)).drafts]))
"""


def test_other_processes_find_the_same():
    """Whatever seed Python's hashes have, and so whatever order sets come in."""
    found = [
        json.loads(
            subprocess.run(  # noqa: S603 - our own interpreter and script
                [sys.executable, "-c", SCRIPT], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True, text=True
            ).stdout
        )
        for seed in ("1", "2")
    ]
    assert found[0] == found[1]
    assert len(found[0]) > 5


def test_without_the_library_the_message_says_what_to_install(monkeypatch):
    """In one line; two entities need no library."""
    monkeypatch.setitem(sys.modules, "graspologic_native", None)
    assert len(draft("g", graph(("a1", "a2")), Rules()).drafts) == 1
    with pytest.raises(UserError, match=r"pip install 'episodes\[communities\]'"):
        draft("g", graph(FIRST), Rules())
