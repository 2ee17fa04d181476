"""Which entity has a vector, when some mentions of its name came with one and others did not."""

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from consumer.graph.bookkeeping import mentions_of, mentions_text
from consumer.graph.entities import GroupNames, KnownName, name_changes, spelling_key, states_after
from consumer.graph.places import Place, position_text
from consumer.graph.resolve import NameBook, PlacedMention
from consumer.model.episode import LogPosition
from consumer.model.knowledge import Mention

ROW = np.ones(2, dtype=np.float32)
NAMES = NameBook(512)


def said(number, name="Ada", *, embedded=True):
    """The mention of a name in episode `number`."""
    position = LogPosition(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number), 0, number)
    return PlacedMention(Mention(name), Place(position, 0, f"e{number}"), embedded)


def changed(known, added, remaining=None):
    """The state of the one entity after a batch, from what the store would hold of it."""
    vectors = {placed.mention.name: ROW for placed in added if placed.has_vector}
    remaining = remaining or {}
    after, gone = states_after("g", known, added, remaining, names=NAMES)
    group = GroupNames("g", known, after, frozenset(gone), {})
    found = name_changes(group, added, remaining, vectors, names=NAMES)
    if found.gone:
        return {}
    if not found.changes:
        return known
    (change,) = found.changes
    keys = known[change.after.uuid].spelling_keys if known else frozenset()
    keys = (keys | change.kept.keys() | ({change.keep_as} if change.keep_as else set())) - change.dropped
    return {change.after.uuid: KnownName(change.after, change.is_embedded, frozenset(keys))}


def test_a_mention_that_matters_gives_the_entity_its_vector():
    """A passing mention before and after changes nothing."""
    for order in ([0, 1, 2], [1, 0, 2], [2, 1, 0]):
        state = {}
        for number in order:
            state = changed(state, [said(number, embedded=number == 1)])
        (entity,) = state.values()
        assert entity.is_embedded


def test_with_the_mention_that_mattered_the_vector_goes():
    """What stays mentions the name in passing: as in a log that never saw the removed episode."""
    state = changed(changed({}, [said(0, embedded=False)]), [said(1)])
    (uuid,) = state
    after = changed(state, [], {uuid: [said(0, embedded=False)]})
    assert not after[uuid].is_embedded
    assert changed(state, [], {uuid: [said(0, embedded=False), said(2)]})[uuid].is_embedded


def test_what_is_stored_of_a_mention_says_whether_it_had_a_vector():
    """And a mention that was stored before that was asked had one."""
    for placed in (said(3), said(3, embedded=False)):
        position = position_text(placed.place.position)
        assert mentions_of(mentions_text((placed,)), "e3", position) == (placed,)
    assert mentions_of('[[0,"Ada","Entity","",{}]]', "e3", position_text(said(3).place.position)) == (said(3),)


spoken = st.lists(st.tuples(st.sampled_from(["Ada", "ADA", "ada"]), st.booleans()), min_size=1, max_size=6)


@given(spoken, st.data())
def test_any_order_and_any_removals_end_where_the_rest_alone_would(mentions, data):
    """Entity and kept spellings depend on the mentions that stay, not on how they came and what went."""
    placed = [said(number, name, embedded=has) for number, (name, has) in enumerate(mentions)]
    order = data.draw(st.permutations(placed))
    going = data.draw(st.lists(st.sampled_from(placed), unique_by=id))
    state, told = {}, []
    for one in order:
        state = changed(state, [one])
        told.append(one)
    for one in going:
        told.remove(one)
        if state:
            state = changed(state, [], {next(iter(state)): list(told)})
    alone = {}
    for one in sorted(told, key=lambda each: each.place):
        alone = changed(alone, [one])
    assert state == alone
    for entity in state.values():
        rest = {each.mention.name for each in told if each.has_vector}
        shown = entity.state.name.value
        assert entity.is_embedded == (shown in rest)
        assert entity.spelling_keys == {spelling_key(name) for name in rest - {shown}}
