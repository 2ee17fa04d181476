"""The invariants I, W, T and D of the pure parts of graph questions, against oracles that paint a line of cells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise, permutations

from hypothesis import given
from hypothesis import strategies as st

from consumer.graph.reading.edges import Direction, EntityNode, FactEdge
from consumer.search.changes import change_between, changes_known
from consumer.search.intervals import Interval, gaps, intersection, overlaps, union
from consumer.search.pathfinding import Search, Web, interval_of
from consumer.search.question_models import ChangeKind
from consumer.search.timelines import at, lanes_of, paged, within

ZERO = datetime(2020, 1, 1, tzinfo=UTC)
DAYS = 8
NAMES = "abcdef"


def day(number):
    return None if number is None else ZERO + timedelta(days=number)


CELLS = [day(number) + timedelta(hours=12) for number in range(-2, DAYS + 2)]
"""An instant within each day, and beyond all of them on both sides."""

bound = st.none() | st.integers(0, DAYS)
intervals = st.builds(lambda start, end: Interval(day(start), day(end)), bound, bound)


@st.composite
def edges(draw, names=NAMES, relations="RQ"):
    subject, target = draw(st.sampled_from(names)), draw(st.sampled_from(names))
    return (subject, draw(st.sampled_from(relations)), target, draw(bound), draw(bound))


def edge(number, said):
    subject, relation, target, start, end = said
    sentence = f"{subject} {relation} {target}"
    return FactEdge(
        f"{number:02}", subject, subject, relation, target, target, sentence, day(start), day(end), ZERO, None
    )


facts_of_few = st.lists(edges(), max_size=12).map(lambda said: [edge(*pair) for pair in enumerate(said)])


def painted(held):
    """In how many intervals each cell is."""
    return [sum(each.holds_at(cell) for each in held) for cell in CELLS]


def is_tidy(held):
    """I4: sorted, none empty, none touches the next."""
    return all(not each.is_empty for each in held) and all(one.high < other.low for one, other in pairwise(held))


@given(st.lists(intervals, max_size=6), st.lists(intervals, max_size=6))
def test_i1_i4_intersection_holds_where_both_do(one, other):
    """Cell by cell; each side is the union of its own."""
    both = intersection(union(one), union(other))
    assert painted(both) == [int(a > 0 and b > 0) for a, b in zip(painted(one), painted(other), strict=True)]
    assert is_tidy(both)
    assert is_tidy(union(one))


@given(st.lists(intervals, max_size=6))
def test_i2_i4_gaps_are_between(held):
    """Where nothing holds, and something did before and does later."""
    counts = painted(held)
    wanted = [int(count == 0 and any(counts[:place]) and any(counts[place:])) for place, count in enumerate(counts)]
    assert painted(gaps(held)) == wanted
    assert is_tidy(gaps(held))


@given(st.lists(intervals, max_size=6))
def test_i3_i4_overlaps_are_where_several_hold(held):
    """Cell by cell, with the most of each stretch."""
    counts, found = painted(held), overlaps(held)
    assert painted([each for each, _ in found]) == [int(count > 1) for count in counts]
    assert is_tidy([each for each, _ in found])
    for stretch, most in found:
        within_it = [count for cell, count in zip(CELLS, counts, strict=True) if stretch.holds_at(cell)]
        assert not within_it or max(within_it) == most


def walks(facts, source, target, length, direction):
    """All simple paths of a length, each with the cells in which all of its steps have a fact, by trying everything."""
    linked = {}
    for fact in facts:
        ends = [(fact.subject_uuid, fact.object_uuid)] if direction is not Direction.IN else []
        ends += [(fact.object_uuid, fact.subject_uuid)] if direction is not Direction.OUT else []
        for pair in ends:
            linked.setdefault(pair, []).append(interval_of(fact))
    for between in permutations(sorted(set(NAMES) - {source, target}), length - 1):
        way = (source, *between, target)
        steps = [linked.get(pair, []) for pair in pairwise(way)]
        cells = [cell for cell in CELLS if all(any(held.holds_at(cell) for held in step) for step in steps)]
        if cells:
            yield way, cells


@given(facts_of_few, st.sampled_from(list(Direction)), st.integers(1, 4), st.booleans())
def test_w1_w2_w3_all_paths_of_a_length(facts, direction, length, at_an_instant):
    """The same as by trying all orders of all entities; in order of names; the stretch is whole."""
    as_of = CELLS[4] if at_an_instant else None
    known = [fact for fact in facts if as_of is None or interval_of(fact).holds_at(as_of)]
    web = Web(direction)
    web.add(known)
    nodes = {name: EntityNode(name, name) for name in NAMES}
    found = Search(web, "a", "b", nodes, as_of).routes(length, 1_000)
    wanted = sorted(walks(known, "a", "b", length, direction))
    assert [route.entities for route in found] == [way for way, _ in wanted]
    for route, (_, cells) in zip(found, wanted, strict=True):
        holds = [cell for cell in CELLS if route.holds.holds_at(cell)]
        assert set(holds) <= set(cells)
        assert (as_of or cells[-1]) in holds
        neighbours = {CELLS[place] for cell in holds for place in near(CELLS.index(cell))}
        assert neighbours & set(cells) <= set(holds)
        for step, ends in zip(route.steps, pairwise(route.entities), strict=True):
            assert step
            assert all({fact.subject_uuid, fact.object_uuid} == set(ends) for fact in step)
    assert Search(web, "a", "b", nodes, as_of).routes(length, 2) == found[:2]


def near(place):
    """The cells beside one."""
    return [each for each in (place - 1, place + 1) if 0 <= each < len(CELLS)]


about_a = facts_of_few.map(lambda facts: [fact for fact in facts if "a" in {fact.subject_uuid, fact.object_uuid}])


@given(about_a, st.integers(1, 4))
def test_t1_t2_pages_of_a_timeline(facts, limit):
    """The pages have each fact once, lane by lane in order of start, and the gaps of the whole lane."""
    lanes, shown, offset = lanes_of("a", facts), [], 0
    while offset is not None:
        page, offset = paged(lanes, offset, limit)
        assert sum(len(lane.facts) for lane in page) <= limit
        assert all(any((lane.gaps, lane.overlaps) == (whole.gaps, whole.overlaps) for whole in lanes) for lane in page)
        shown += [fact for lane in page for fact in lane.facts]
    assert sorted(shown, key=lambda fact: fact.uuid) == facts
    assert shown == [fact for lane in lanes for fact in lane.facts]
    for lane in lanes:
        lows = [interval_of(fact).low for fact in lane.facts]
        assert lows == sorted(lows)


@given(about_a, st.sampled_from(CELLS), st.integers(0, DAYS), st.integers(0, DAYS))
def test_timelines_at_an_instant_and_within_a_stretch(facts, instant, one, other):
    """What holds then, and what holds on some day of the stretch."""
    lanes = lanes_of("a", facts)
    held = {fact.uuid for lane in at(lanes, instant) for fact in lane.facts}
    assert held == {fact.uuid for fact in facts if interval_of(fact).holds_at(instant)}
    since, until = min(one, other), max(one, other)
    cells = [cell for cell in CELLS if day(since) <= cell < day(until)]
    met = {fact.uuid for lane in within(lanes, day(since), day(until)) for fact in lane.facts}
    assert met == {fact.uuid for fact in facts if any(interval_of(fact).holds_at(cell) for cell in cells)}


@given(facts_of_few, st.integers(0, DAYS), st.integers(0, DAYS))
def test_d1_changes_in_the_world_lead_from_one_state_to_the_other(facts, one, other):
    """What held, less what ended, with what began, is what holds."""
    start, end = day(min(one, other)), day(max(one, other))
    changes = [change for fact in facts if (change := change_between(fact, start, end)) is not None]
    uuids = {kind: {change.fact.uuid for change in changes if change.kind is kind} for kind in ChangeKind}
    held = {fact.uuid for fact in facts if interval_of(fact).holds_at(start)}
    assert uuids[ChangeKind.ENDED] <= held
    after = held - uuids[ChangeKind.ENDED] | uuids[ChangeKind.BEGAN]
    assert after == {fact.uuid for fact in facts if interval_of(fact).holds_at(end)}
    assert not uuids[ChangeKind.PASSED] & (held | after)


@given(facts_of_few, st.lists(st.tuples(st.integers(0, 20), edges()), max_size=12))
def test_d2_changes_of_what_is_known_lead_from_one_state_to_the_other(before, said):
    """Whatever was before and is after; what did not change is not told."""
    after = list({number: edge(number, each) for number, each in said}.values())
    state = {fact.uuid: fact for fact in before}
    changes = changes_known(before, after)
    for change in changes:
        if change.kind is ChangeKind.WITHDRAWN:
            assert state.pop(change.fact.uuid) == change.fact
        else:
            assert (change.before is None) is (change.kind is ChangeKind.LEARNED)
            if change.before is not None:
                assert state.pop(change.before.uuid) == change.before
    for change in changes:
        if change.kind is not ChangeKind.WITHDRAWN:
            state[change.fact.uuid] = change.fact
            assert (
                change.before is None
                or interval_of(change.before) != interval_of(change.fact)
                or (change.before.uuid != change.fact.uuid)
            )
    assert {uuid: interval_of(fact) for uuid, fact in state.items()} == {fact.uuid: interval_of(fact) for fact in after}
