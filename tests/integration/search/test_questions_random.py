"""Questions to random graphs against oracles that read all facts of the group and try everything in Python."""

import random
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import pytest
from plugins.graph import Narrator, day, fact

from consumer.graph.fact_reader import FactReader
from consumer.model.knowledge import Exclusive, Polarity
from consumer.search.question_models import (
    Axis,
    ChangeKind,
    DiffQuestion,
    Direction,
    NeighbourQuestion,
    PathQuestion,
    SnapshotQuestion,
    TimelineQuestion,
)
from consumer.search.questions import GraphQuestions
from consumer.testing.fakes import FakeClock

NAMES = [f"N{number}" for number in range(9)]
EPISODES, HORIZON = 24, 14


def random_episode(rng, narrator, number):
    """Some facts between few entities: exclusive or not, symmetric or not, ended, dated, corrected."""
    said = []
    for _ in range(rng.randint(1, 3)):
        one, other = rng.sample(NAMES, 2)
        told = fact(
            one,
            rng.choice(["R", "Q"]),
            other,
            exclusive=rng.choice([Exclusive.NONE, Exclusive.NONE, Exclusive.SUBJECT, Exclusive.OBJECT]),
            polarity=rng.choice([Polarity.ASSERTS] * 5 + [Polarity.ENDS]),
            valid_at=rng.choice([None, rng.randint(0, HORIZON)]),
            invalid_at=rng.choice([None, None, rng.randint(0, HORIZON)]),
        )
        if rng.random() < 0.3:
            told = replace(told, relation="S", symmetric=True)
        elif rng.random() < 0.2:
            told = replace(told, valid_at=day(rng.randint(0, HORIZON)), instead_of=day(rng.randint(0, HORIZON)))
        said.append(told)
    return narrator.said(number, *said, reference=rng.randint(0, HORIZON), vectors={})


@pytest.fixture(params=range(3))
async def told(request, database, store, narrator):
    """A random source, the questions and the reader that knows all facts of the group."""
    rng = random.Random(request.param)
    await store.write([random_episode(rng, narrator, number) for number in range(EPISODES)])
    return rng, GraphQuestions(database, FakeClock(day(50))), FactReader(database), narrator.group_id


def instants(rng):
    """A valid time, and half of the times a transaction time."""
    known_at = rng.choice([None, Narrator.at(rng.randrange(EPISODES)).logged_at])
    return {"as_of": day(rng.randint(0, HORIZON)), "known_at": known_at}


def told_as(facts):
    """Facts as anybody tells them, in any order."""
    return sorted((f.subject, f.relation, f.object, str(f.valid_at), str(f.invalid_at), f.uuid) for f in facts)


def linked(facts, direction):
    """Which entities facts lead from and to."""
    pairs = defaultdict(list)
    for each in facts:
        if direction is not Direction.IN:
            pairs[each.subject, each.object].append(each.uuid)
        if direction is not Direction.OUT:
            pairs[each.object, each.subject].append(each.uuid)
    return pairs


def ways(pairs, way, target, left):
    """All simple paths of exactly `left` more steps, by trying everything."""
    if left == 0:
        return [way] if way[-1] == target else []
    return [
        found
        for other in NAMES
        if other not in way and (way[-1], other) in pairs and (other != target or left == 1)
        for found in ways(pairs, (*way, other), target, left - 1)
    ]


async def test_neighbours_are_those_of_all_facts(told):
    """At each depth, direction and pair of times: the facts of all entities nearer than that."""
    rng, questions, reader, group = told
    for _ in range(12):
        at, depth, direction = instants(rng), rng.randint(1, 4), rng.choice(list(Direction))
        center, relations = rng.choice(NAMES), rng.choice([(), ("R",), ("Q", "S")])
        facts = [f for f in await reader.facts(group, **at) if not relations or f.relation in relations]
        pairs, near, wanted = linked(facts, direction), {center: 0}, set()
        for distance in range(1, depth + 1):
            for (one, other), uuids in pairs.items():
                if near.get(one) == distance - 1:
                    wanted |= set(uuids)
                    near.setdefault(other, distance)
        ask = NeighbourQuestion(group, center, depth, relations=relations, direction=direction, **at)
        found = await questions.neighbours(ask)
        assert {f.uuid for f in found.facts} == wanted
        assert {each.entity.name: each.distance for each in found.entities} == near
        assert found.notes == ()


async def test_paths_are_the_shortest_of_all(told):
    """By length, then by the names on them; each step has every fact between its two entities."""
    rng, questions, reader, group = told
    for _ in range(12):
        at, direction, count = instants(rng), rng.choice(list(Direction)), rng.randint(1, 6)
        source, target = rng.sample(NAMES, 2)
        pairs = linked(await reader.facts(group, **at), direction)
        wanted = [way for length in range(1, 5) for way in sorted(ways(pairs, (source,), target, length))]
        ask = PathQuestion(group, source, target, 4, count, direction=direction, **at)
        found = await questions.paths(ask)
        assert [tuple(node.name for node in path.entities) for path in found.paths] == wanted[:count]
        for path, way in zip(found.paths, wanted, strict=False):
            assert [sorted(f.uuid for f in step.facts) for step in path.steps] == [
                sorted(pairs[ends]) for ends in pairwise(way)
            ]
            assert path.holds.holds_at(at["as_of"])
        assert await questions.paths(ask) == found


async def test_timelines_and_snapshots_have_all_facts(told):
    """Of an entity whenever; of the group at an instant, whatever the size of the pages."""
    rng, questions, reader, group = told
    for _ in range(8):
        at, name = instants(rng), rng.choice(NAMES)
        every = await reader.facts(group, about=[name], known_at=at["known_at"])
        found = await questions.timeline(TimelineQuestion(group, name, known_at=at["known_at"]))
        assert told_as(found.facts) == told_as(every)
        held = await reader.facts(group, **at)
        pages = [p async for p in questions.snapshot_pages(SnapshotQuestion(group, limit=rng.randint(1, 9), **at))]
        assert told_as(f for page in pages for f in page.facts) == told_as(held)
        ends = {end for f in held for end in (f.subject, f.object)}
        assert {node.name for page in pages for node in page.entities} == ends


async def test_differences_lead_from_one_state_to_the_other(told):
    """In the world between two days, and of the log between two of its times: the states read whole agree."""
    rng, questions, reader, group = told
    for _ in range(8):
        start, end = sorted((day(rng.randint(0, HORIZON)), day(rng.randint(0, HORIZON))))
        known_at = instants(rng)["known_at"]
        changes = await changed(questions, DiffQuestion(group, start, end, known_at=known_at, limit=rng.randint(1, 9)))
        before, after = [{f.uuid for f in await reader.facts(group, as_of=t, known_at=known_at)} for t in (start, end)]
        kinds = {kind: {change.fact.uuid for change in changes if change.kind is kind} for kind in ChangeKind}
        assert (kinds[ChangeKind.ENDED], kinds[ChangeKind.BEGAN]) == (before - after, after - before)

        first, last = sorted(Narrator.at(rng.randrange(EPISODES)).logged_at for _ in range(2))
        ask = DiffQuestion(group, first, last, Axis.LOG, limit=rng.randint(1, 9))
        state = {f.uuid: (f.valid_at, f.invalid_at) for f in await reader.facts(group, known_at=first)}
        changes = await changed(questions, ask)
        for change in changes:
            gone = change.fact if change.kind is ChangeKind.WITHDRAWN else change.before
            if gone is not None:
                assert state.pop(gone.uuid) == (gone.valid_at, gone.invalid_at)
        for change in changes:
            if change.kind is not ChangeKind.WITHDRAWN:
                state[change.fact.uuid] = (change.fact.valid_at, change.fact.invalid_at)
        assert state == {f.uuid: (f.valid_at, f.invalid_at) for f in await reader.facts(group, known_at=last)}


async def changed(questions, ask):
    """The changes of all pages."""
    page = await questions.diff(ask)
    found = [*page.changes]
    while page.next_cursor:
        page = await questions.diff(replace(ask, cursor=page.next_cursor))
        found += page.changes
    return found
