"""Questions to a real graph: who is near, how two are connected, what held when, what was true, what changed."""

from dataclasses import replace

import pytest
from plugins.graph import day, fact, person

from consumer.errors import UserError
from consumer.model.knowledge import Exclusive, Mention, Polarity
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

NOW = 50


@pytest.fixture
def questions(database):
    """Asked on day 50."""
    return GraphQuestions(database, FakeClock(day(NOW)))


@pytest.fixture
async def group(store, narrator):
    """Ada moves from Initech to Globex; Bob is there, knows Cleo, and Cleo was in Paris and is in Rome from day 30.

    The chair of Globex is empty from day 12 to day 20. Episode n is on day n, and in the log on day 100 + n.
    """
    job, seat = {"exclusive": Exclusive.SUBJECT}, {"exclusive": Exclusive.OBJECT}
    await store.write(
        [
            narrator.said(
                1, fact("Ada", "WORKS_AT", "Initech Inc.", **job), mentions=[person("Ada"), firm("Initech Inc.")]
            ),
            narrator.said(3, fact("Bob", "WORKS_AT", "Globex", **job), mentions=[person("Bob"), firm("Globex")]),
            narrator.said(4, fact("Bob", "KNOWS", "Cleo"), mentions=[person("Cleo")]),
            narrator.said(5, fact("Cleo", "LIVES_IN", "Paris", invalid_at=20)),
            narrator.said(6, fact("Bob", "HOLDS_OFFICE", "Chair of Globex", **seat)),
            narrator.said(9, fact("Ada", "WORKS_AT", "Globex", **job)),
            narrator.said(12, fact("Bob", "HOLDS_OFFICE", "Chair of Globex", polarity=Polarity.ENDS, **seat)),
            narrator.said(20, fact("Ada", "HOLDS_OFFICE", "Chair of Globex", **seat)),
            narrator.said(30, fact("Cleo", "LIVES_IN", "Rome"), mentions=[firm("Initech")]),
        ]
    )
    return narrator.group_id


def firm(name):
    """A mention of type Company."""
    return Mention(name, "Company")


def said(facts):
    """What facts say, in their order."""
    return [fact.sentence for fact in facts]


# --- names ---


async def test_a_name_is_any_of_an_entity(questions, group):
    """As written, in other capitals, an alias, or the uuid."""
    entity = await questions.entity(group, "Initech Inc.")
    assert (entity.name, entity.types, entity.facts) == ("Initech Inc.", ("Company",), 1)
    for name in ("initech INC.", "  Initech ", entity.uuid):
        assert await questions.entity(group, name) == entity


@pytest.mark.parametrize(("name", "near"), [("Adda", "'Ada'"), ("Chair", "'Chair of Globex'"), ("Initec", "'Initech'")])
async def test_an_unknown_name_is_told_with_those_near(questions, group, name, near):
    """In one line; an alias is among them."""
    with pytest.raises(UserError, match="has no name") as told:
        await questions.entity(group, name)
    assert "did you mean" in str(told.value)
    assert near in str(told.value)
    assert "\n" not in str(told.value)


async def test_a_name_of_another_group_is_unknown(questions, group, store, narrator):
    """And so is the uuid of another group's entity."""
    entity = await questions.entity(group, "Ada")
    for name in ("Ada", entity.uuid):
        with pytest.raises(UserError, match="has no name"):
            await questions.entity(f"{group}-other", name)
    with pytest.raises(UserError, match="blank"):
        await questions.entity(group, "  ")


async def test_an_entity_that_only_graphiti_wrote_is_found(questions, group, database):
    """By its name; two of one name are told, and one of them is found by its uuid."""
    await database.driver.execute_query(
        "UNWIND range(1, 2) AS n CREATE (:Entity {uuid: $g + n, group_id: $g, name: 'Twin'}) "
        "CREATE (:Entity {uuid: $g + 'o' + n, group_id: $g, name: 'Only' + n})",
        g=group,
    )
    assert (await questions.entity(group, "only1")).uuid == f"{group}o1"
    with pytest.raises(UserError, match="2 entities of the name 'Twin'"):
        await questions.entity(group, "Twin")
    assert (await questions.entity(group, f"{group}2")).name == "Twin"


# --- neighbours ---


async def test_neighbours_now_and_then(questions, group):
    """What is over is not there, unless the question is of that time, or of any."""
    now = await questions.neighbours(NeighbourQuestion(group, "Ada"))
    assert said(now.facts) == ["Ada holds office Chair of Globex", "Ada works at Globex"]
    assert [(each.entity.name, each.distance) for each in now.entities] == [
        ("Ada", 0),
        ("Chair of Globex", 1),
        ("Globex", 1),
    ]
    assert (now.as_of, now.notes) == (day(NOW), ())
    then = await questions.neighbours(NeighbourQuestion(group, "Ada", as_of=day(5)))
    assert said(then.facts) == ["Ada works at Initech Inc."]
    ever = await questions.neighbours(NeighbourQuestion(group, "Ada", any_time=True))
    assert len(ever.facts) == 3
    with pytest.raises(UserError, match="one of the two"):
        await questions.neighbours(NeighbourQuestion(group, "Ada", any_time=True, as_of=day(5)))


async def test_neighbours_as_known_then(questions, group):
    """On day 105 of the log nobody had told that Ada would move: as far as known she is at Initech today."""
    found = await questions.neighbours(NeighbourQuestion(group, "Ada", known_at=day(105)))
    assert said(found.facts) == ["Ada works at Initech Inc."]
    assert found.facts[0].invalid_at is None
    assert (await questions.neighbours(NeighbourQuestion(group, "Ada", known_at=day(99)))).facts == ()


async def test_neighbours_of_a_kind(questions, group):
    """By relation, by type of what is reached, by direction, by depth."""

    async def names(**asked):
        found = await questions.neighbours(NeighbourQuestion(group, "Bob", **asked))
        return {each.entity.name for each in found.entities} - {"Bob"}

    assert await names() == {"Globex", "Cleo"}
    assert await names(relations=("KNOWS",)) == {"Cleo"}
    assert await names(entity_types=("Company",)) == {"Globex"}
    assert await names(direction=Direction.IN) == set()
    assert await names(depth=2) == {"Globex", "Cleo", "Ada", "Rome"}
    assert await names(depth=2, direction=Direction.OUT) == {"Globex", "Cleo", "Rome"}
    assert await names(depth=2, entity_types=("Company", "Person")) == {"Globex", "Cleo", "Ada"}
    assert await names(depth=5) == {"Globex", "Cleo", "Ada", "Rome", "Chair of Globex"}
    assert await names(depth=5, known_at=day(200)) == {"Globex", "Cleo", "Ada", "Rome", "Chair of Globex"}


async def test_bounds_are_kept_and_told(questions, group):
    """By the width of one entity, by the facts in all; what cannot be asked is refused."""
    narrow = await questions.neighbours(NeighbourQuestion(group, "Bob", any_time=True, width=1))
    assert said(narrow.facts) == ["Bob holds office Chair of Globex"]
    assert narrow.notes == ("'Bob' has 2 more facts than are shown",)
    few = await questions.neighbours(NeighbourQuestion(group, "Bob", depth=3, limit=2))
    assert len(few.facts) == 2
    assert few.notes == ("only 2 facts were asked for: there are more",)
    exact = await questions.neighbours(NeighbourQuestion(group, "Bob", limit=2))
    assert (len(exact.facts), exact.notes) == (2, ())
    for wrong in ({"depth": 6}, {"depth": 0}, {"width": 1_001}, {"limit": 0}):
        with pytest.raises(UserError, match="from 1 to"):
            await questions.neighbours(NeighbourQuestion(group, "Bob", **wrong))


# --- paths ---


async def test_paths_between_two(questions, group):
    """The shortest first, with the facts along them and since when all hold."""
    found = await questions.paths(PathQuestion(group, "Ada", "Rome"))
    assert [[node.name for node in path.entities] for path in found.paths] == [["Ada", "Globex", "Bob", "Cleo", "Rome"]]
    assert [said(step.facts) for step in found.paths[0].steps] == [
        ["Ada works at Globex"],
        ["Bob works at Globex"],
        ["Bob knows Cleo"],
        ["Cleo lives in Rome"],
    ]
    assert found.paths[0].holds == (day(30), None)
    assert (await questions.paths(PathQuestion(group, "Ada", "Rome", max_depth=3))).paths == ()
    assert (await questions.paths(PathQuestion(group, "Ada", "Rome", direction=Direction.OUT))).paths == ()
    out = await questions.paths(PathQuestion(group, "Bob", "Rome", direction=Direction.OUT))
    back = await questions.paths(PathQuestion(group, "Rome", "Bob", direction=Direction.IN))
    assert out.paths[0].steps == back.paths[0].steps[::-1]


async def test_facts_of_a_path_hold_at_one_instant(questions, group):
    """Ada was at Initech and later at Globex: no path leads from there to Bob's firm, at any time."""
    assert (await questions.paths(PathQuestion(group, "Initech", "Globex", any_time=True))).paths == ()
    found = await questions.paths(PathQuestion(group, "Ada", "Paris", any_time=True))
    assert [node.name for node in found.paths[0].entities] == ["Ada", "Globex", "Bob", "Cleo", "Paris"]
    assert found.paths[0].holds == (day(9), day(20))
    assert (await questions.paths(PathQuestion(group, "Ada", "Paris"))).paths == ()
    then = await questions.paths(PathQuestion(group, "Ada", "Paris", as_of=day(10)))
    assert then.paths[0].holds == (day(9), day(20))


async def test_paths_of_a_kind_and_as_known(questions, group):
    """By relation, by the type of those between, and as the log had told."""
    ask = PathQuestion(group, "Ada", "Cleo")
    assert len((await questions.paths(ask)).paths) == 1
    assert (await questions.paths(replace(ask, relations=("WORKS_AT",)))).paths == ()
    assert (await questions.paths(replace(ask, entity_types=("Person",)))).paths == ()
    assert len((await questions.paths(replace(ask, entity_types=("Person", "Company")))).paths) == 1
    assert (await questions.paths(replace(ask, known_at=day(108)))).paths == ()
    assert len((await questions.paths(replace(ask, known_at=day(109)))).paths) == 1
    with pytest.raises(UserError, match="are one entity"):
        await questions.paths(replace(ask, source="Initech", target="Initech Inc."))


# --- timeline ---


async def test_who_held_the_office_when(questions, group):
    """The holders in their order, and when nobody was; at an instant, the holder or the gap."""
    ask = TimelineQuestion(group, "Chair of Globex", ("HOLDS_OFFICE",), Direction.IN)
    (lane,) = (await questions.timeline(ask)).lanes
    assert [(each.subject, each.valid_at, each.invalid_at) for each in lane.facts] == [
        ("Bob", day(6), day(12)),
        ("Ada", day(20), None),
    ]
    assert (lane.gaps, lane.overlaps, lane.total) == (((day(12), day(20)),), (), 2)
    then = await questions.timeline(replace(ask, as_of=day(7)))
    assert [each.subject for each in then.facts] == ["Bob"]
    (vacant,) = (await questions.timeline(replace(ask, as_of=day(15)))).lanes
    assert (vacant.facts, vacant.gaps) == ((), ((day(12), day(20)),))
    assert (await questions.timeline(replace(ask, as_of=day(2)))).lanes == ()
    told = await questions.timeline(replace(ask, known_at=day(106), as_of=day(15)))
    assert [each.subject for each in told.facts] == ["Bob"]


async def test_timeline_of_an_entity(questions, group):
    """A lane for each relation and side, and a page at a time."""
    ask = TimelineQuestion(group, "Globex")
    found = await questions.timeline(ask)
    (lane,) = found.lanes
    assert (lane.relation, lane.direction, [each.subject for each in lane.facts]) == (
        "WORKS_AT",
        Direction.IN,
        ["Bob", "Ada"],
    )
    assert [(each.interval, each.most) for each in lane.overlaps] == [((day(9), None), 2)]
    first = await questions.timeline(replace(ask, limit=1))
    assert ([each.subject for each in first.facts], first.next_offset) == (["Bob"], 1)
    assert "1 to 1 of 2" in first.notes[0]
    assert first.lanes[0].overlaps == lane.overlaps
    last = await questions.timeline(replace(ask, limit=1, offset=1))
    assert ([each.subject for each in last.facts], last.next_offset) == (["Ada"], None)
    ada = await questions.timeline(TimelineQuestion(group, "Ada", since=day(2), until=day(9)))
    assert said(ada.facts) == ["Ada works at Initech Inc."]


# --- snapshot and difference ---


async def test_snapshot_pages(questions, group):
    """All that is true at an instant, in canonical order, however small the pages."""
    whole = await questions.snapshot(SnapshotQuestion(group, day(10)))
    assert said(whole.facts) == [
        "Ada works at Globex",
        "Bob holds office Chair of Globex",
        "Bob knows Cleo",
        "Bob works at Globex",
        "Cleo lives in Paris",
    ]
    assert [node.name for node in whole.entities] == ["Ada", "Bob", "Chair of Globex", "Cleo", "Globex", "Paris"]
    assert (whole.next_cursor, whole.notes, whole.version) == (None, (), 1)
    for known_at in (None, day(110)):
        pages = [page async for page in questions.snapshot_pages(SnapshotQuestion(group, day(10), known_at, limit=2))]
        facts = [fact for page in pages for fact in page.facts]
        assert said(facts) == said(whole.facts)
        assert (facts[1].invalid_at, facts[1].expired_at) == ((day(12), day(112)) if known_at is None else (None, None))
        assert all("may be more" in page.notes[0] for page in pages[:-1])
        assert {page.as_of for page in pages} == {day(10)}
    assert said((await questions.snapshot(SnapshotQuestion(group, relations=("KNOWS",)))).facts) == ["Bob knows Cleo"]
    assert (await questions.snapshot(SnapshotQuestion(f"{group}-other"))).facts == ()
    with pytest.raises(UserError, match="no cursor"):
        await questions.snapshot(SnapshotQuestion(group, cursor="x"))


async def test_what_was_different_in_the_world(questions, group):
    """Began, ended, and passed in between."""
    found = await questions.diff(DiffQuestion(group, day(5), day(20)))
    assert [(each.kind, each.fact.sentence) for each in found.changes] == [
        (ChangeKind.BEGAN, "Ada holds office Chair of Globex"),
        (ChangeKind.BEGAN, "Ada works at Globex"),
        (ChangeKind.ENDED, "Ada works at Initech Inc."),
        (ChangeKind.PASSED, "Bob holds office Chair of Globex"),
        (ChangeKind.ENDED, "Cleo lives in Paris"),
    ]
    known = await questions.diff(DiffQuestion(group, day(5), day(20), known_at=day(109)))
    assert [(each.kind, each.fact.sentence) for each in known.changes] == [
        (ChangeKind.BEGAN, "Ada works at Globex"),
        (ChangeKind.ENDED, "Ada works at Initech Inc."),
        (ChangeKind.BEGAN, "Bob holds office Chair of Globex"),
        (ChangeKind.ENDED, "Cleo lives in Paris"),
    ]
    page = await questions.diff(DiffQuestion(group, day(5), day(20), limit=2))
    assert len(page.changes) == 2
    rest = await questions.diff(DiffQuestion(group, day(5), day(20), limit=5, cursor=page.next_cursor))
    assert (*page.changes, *rest.changes) == found.changes
    with pytest.raises(UserError, match="after the second"):
        await questions.diff(DiffQuestion(group, day(5), day(4)))


async def test_what_became_known(questions, group, store, narrator):
    """Learned, closed, corrected; and what is asked of one instant of the world only."""
    found = await questions.diff(DiffQuestion(group, day(108), day(109), Axis.LOG))
    assert [(each.kind, each.fact.sentence) for each in found.changes] == [
        (ChangeKind.LEARNED, "Ada works at Globex"),
        (ChangeKind.CLOSED, "Ada works at Initech Inc."),
    ]
    assert (found.changes[1].before.invalid_at, found.changes[1].fact.invalid_at) == (None, day(9))
    then = await questions.diff(DiffQuestion(group, day(108), day(109), Axis.LOG, as_of=day(30)))
    assert len(then.changes) == 2
    assert len((await questions.diff(replace_at(group, day(5)))).changes) == 1
    mended = replace(fact("Bob", "KNOWS", "Cleo", valid_at=2), instead_of=day(4))
    await store.write([narrator.said(40, mended)])
    (change,) = (await questions.diff(DiffQuestion(group, day(139), day(140), Axis.LOG))).changes
    assert (change.kind, change.before.valid_at, change.fact.valid_at) == (ChangeKind.CORRECTED, day(4), day(2))
    assert (await questions.diff(DiffQuestion(group, day(141), day(190), Axis.LOG))).changes == ()


def replace_at(group, as_of):
    """What the log told on day 109 of what was true then."""
    return DiffQuestion(group, day(108), day(109), Axis.LOG, as_of=as_of)
