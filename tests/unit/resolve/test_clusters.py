"""C1 to C4: one entity for each set of names, whatever the order in which they are looked at."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.resolve.blocks import blocks_of
from consumer.resolve.clusters import BY_HAND, Choice, PlacedName, are_linked, clusters
from consumer.resolve.judge import Named, Verdict, judge

POOL = (
    "Acme",
    "Acme Inc.",
    "Acme GmbH",
    "Acme AG",
    "ACME",
    "The Acme",
    "J. F. Kennedy",
    "John F. Kennedy",
    "John Fitzgerald Kennedy",
    "John Patrick Kennedy",
    "J. P. Kennedy",
    "Jürgen Müller",
    "Jurgen Muller",
    "Juergen Mueller",
    "Report 1",
    "Report 2",
    "IBM",
    "IBM (International Business Machines)",
    "International Business Machines",
)
TYPES = ("Entity", "Person", "Organization")


def names_of(*texts, kind="Entity"):
    """Names in the order of the log."""
    return [PlacedName(text, Named(text, kind), (number,)) for number, text in enumerate(texts)]


def roots(names, decisions=None):
    """The root of each name."""
    found = clusters(names, decisions or {})
    return {name: link.root if link else name for name, link in found.items()}


def pair(one, other):
    """The key of a decision."""
    return frozenset((one, other))


placed = st.lists(st.tuples(st.sampled_from(POOL), st.sampled_from(TYPES)), max_size=9, unique_by=lambda x: x[0]).map(
    lambda found: [PlacedName(text, Named(text, kind), (number,)) for number, (text, kind) in enumerate(found)]
)
decided = st.dictionaries(
    st.tuples(st.sampled_from(POOL), st.sampled_from(POOL)).filter(lambda x: x[0] != x[1]).map(frozenset),
    st.sampled_from(list(Choice)),
    max_size=3,
)


def test_the_first_name_in_the_log_is_the_entity():
    """C4, and the link says why."""
    found = clusters(names_of("Acme Inc.", "Acme", "ACME, Inc."), {})
    assert found["Acme Inc."] is None
    assert (found["Acme"].root, found["Acme"].reason) == ("Acme Inc.", "parts")
    assert (found["ACME, Inc."].via, found["ACME, Inc."].reason) == ("Acme Inc.", "exact")


def test_a_third_name_does_not_bridge_what_is_apart():
    """C2: Acme joins the first of two companies that are known to be two."""
    assert roots(names_of("Acme GmbH", "Acme AG", "Acme")) == {
        "Acme GmbH": "Acme GmbH",
        "Acme AG": "Acme AG",
        "Acme": "Acme GmbH",
    }
    assert roots(names_of("J. F. Kennedy", "John Fitzgerald Kennedy", "James Francis Kennedy")) == {
        "J. F. Kennedy": "J. F. Kennedy",
        "John Fitzgerald Kennedy": "J. F. Kennedy",
        "James Francis Kennedy": "James Francis Kennedy",
    }


def test_what_is_merged_by_hand_is_one():
    """Whatever the rules say; names that fit one of the two join both."""
    names = names_of("Meta Platforms", "Facebook", "Facebook, Inc.")
    found = clusters(names, {pair("Meta Platforms", "Facebook"): Choice.MERGE})
    assert {link.root for link in found.values() if link} == {"Meta Platforms"}
    assert found["Facebook"].reason == BY_HAND


def test_what_is_split_by_hand_stays_two():
    """Also over a third name that fits both."""
    names = names_of("Acme Inc.", "Acme", "ACME")
    assert roots(names, {pair("Acme Inc.", "Acme"): Choice.SPLIT}) == {
        "Acme Inc.": "Acme Inc.",
        "Acme": "Acme",
        "ACME": "Acme",
    }


@given(placed, decided, st.randoms())
def test_the_result_depends_on_the_set_alone(names, decisions, rng):
    """Any order of looking at them."""
    shuffled = list(names)
    rng.shuffle(shuffled)
    assert clusters(shuffled, decisions) == clusters(names, decisions)


@given(placed, st.integers(0, 9))
def test_c3_later_names_change_no_earlier_choice(names, length):
    """A prefix of the log has the links that it has in the whole."""
    whole = clusters(names, {})
    assert clusters(names[:length], {}) == {name.id: whole[name.id] for name in names[:length]}


@given(placed, decided)
def test_c2_no_entity_holds_two_that_are_apart(names, decisions):
    """Unless somebody merged by hand."""
    by_hand = {one for found, choice in decisions.items() if choice is Choice.MERGE for one in found}
    found = roots(names, decisions)
    for one in names:
        for other in names:
            if found[one.id] == found[other.id] and one is not other and not {one.id, other.id} & by_hand:
                assert judge(one.named, other.named).verdict is not Verdict.APART
                assert decisions.get(pair(one.id, other.id)) is not Choice.SPLIT


@settings(max_examples=200)
@given(placed, decided)
def test_components_are_enough(names, decisions):
    """Names that no chain of links joins are decided without each other: the write reads its component only."""
    rest, whole, parts = list(names), clusters(names, decisions), {}
    while rest:
        component, frontier = [rest[0]], [rest.pop(0)]
        while frontier:
            one = frontier.pop()
            near = [other for other in rest if are_linked(one, other, decisions)]
            rest = [other for other in rest if other not in near]
            component += near
            frontier += near
        random.Random(1).shuffle(component)
        parts |= clusters(component, decisions)
    assert parts == whole


@given(placed)
def test_links_share_blocks(names):
    """What the rules link can be found by block."""
    texts = {name.id: name.named.name for name in names}
    for name, link in clusters(names, {}).items():
        if link is not None:
            assert blocks_of(texts[name]).keys & blocks_of(texts[link.via]).keys
