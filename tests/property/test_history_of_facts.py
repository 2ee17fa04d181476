"""The invariants H1 to H4 of `graph.invalidate`, against an oracle that paints a line of cells instead of sorting."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.graph.assertions import AssertionRow, Triple
from consumer.graph.facts import (
    AssertionKeys,
    Histories,
    matters_on_object,
    matters_on_subject,
    object_side,
    subject_side,
    triple_key,
)
from consumer.graph.invalidate import Fact, fact_uuid, history
from consumer.model.episode import LogPosition
from consumer.model.knowledge import Exclusive, Polarity

DAY_ZERO = datetime(2020, 1, 1, tzinfo=UTC)
HORIZON = 14
TRIPLES = [Triple("g", subject, relation, target) for relation in "RQ" for subject in "ab" for target in "xyz"]
TRIPLES += [Triple("g", one, "S", other, is_symmetric=True) for one, other in ("ab", "ac", "bc")]


def day(number: int) -> datetime:
    return DAY_ZERO + timedelta(days=number)


def number(instant: datetime | None) -> int | None:
    return None if instant is None else (instant - DAY_ZERO).days


@st.composite
def assertion(draw: st.DrawFn, index: int, exclusive: Exclusive | None = None) -> AssertionRow:
    maybe_day = st.none() | st.integers(0, HORIZON - 2)
    triple = draw(st.sampled_from(TRIPLES))
    flag = exclusive or draw(st.sampled_from(list(Exclusive)))
    wrong = draw(st.none() | st.none() | st.integers(0, HORIZON - 2))
    return AssertionRow(
        triple=triple,
        is_turned=triple.is_symmetric and draw(st.booleans()),
        instead_of=None if wrong is None else day(wrong),
        sentence=f"sentence {index}",
        valid_at=None if (start := draw(maybe_day)) is None else day(start),
        invalid_at=None if (end := draw(maybe_day)) is None else day(end),
        exclusive=Exclusive.BOTH if triple.is_symmetric and flag is not Exclusive.NONE else flag,
        polarity=draw(st.sampled_from([Polarity.ASSERTS] * 3 + [Polarity.ENDS])),
        episode=f"e{draw(st.integers(0, 5))}",
        reference_time=day(draw(st.integers(0, HORIZON - 2))),
        position=LogPosition(DAY_ZERO + timedelta(days=100 + draw(st.integers(0, 4))), 0, index),
        ordinal=index,
    )


@st.composite
def logs(draw: st.DrawFn, exclusive: Exclusive | None = None) -> list[AssertionRow]:
    return [draw(assertion(index, exclusive)) for index in range(draw(st.integers(0, 9)))]


# --- the oracle: one cell a day, each assertion walks along until something stops it ---


@dataclass
class Painted:
    start: int | None
    end: int | None
    episodes: set[str]
    sentence: str


def retold(rows: list[AssertionRow]) -> tuple[list[AssertionRow], set[int]]:
    """The claims as they read after somebody has gone through the log with a pen; and those with a new start.

    All days here are of one January: its first, day 0, may stand for any of them.
    """
    pages: list[AssertionRow] = []
    restarted: set[int] = set()
    for row in sorted(rows, key=lambda each: (each.position.logged_at, each.position.offset)):
        wrong = number(row.instead_of)
        for at, page in enumerate(pages if wrong is not None else []):
            if page.triple != row.triple:
                continue
            over = page.said_end
            if row.polarity is Polarity.ENDS:
                until = number(over or page.invalid_at)
                if until is not None and wrong in {0, until}:
                    kind = page.polarity if over is None else Polarity.ENDS
                    pages[at] = replace(page, invalid_at=row.invalid_at or row.reference_time, polarity=kind)
            elif page.start is not None and wrong in {0, number(page.start)}:
                pages[at] = replace(page, valid_at=row.start)
                restarted.add(page.ordinal)
        pages.append(row)
    return pages, restarted


def oracle(triple: Triple, rows: list[AssertionRow]) -> list[Painted]:  # noqa: C901, PLR0912, PLR0915 - plain on purpose
    rows, restarted = retold(rows)
    own = [row for row in rows if row.triple == triple]
    at: dict[int, dict[str, list[AssertionRow]]] = {
        n: {"rival": [], "over": [], "end": []} for n in range(-1, HORIZON + 1)
    }
    spans: list[tuple[int, int | None, AssertionRow]] = []

    def claims(row: AssertionRow) -> tuple[int | None, int | None, int | None]:
        """Start, own end, said to be over at."""
        valid, invalid, told = number(row.valid_at), number(row.invalid_at), number(row.reference_time)
        assert told is not None
        if row.polarity is Polarity.ENDS:
            over = told if invalid is None else invalid
            return (valid if valid is not None and valid < over else None), over, over
        if valid is None and invalid is not None and invalid <= told:
            return None, None, invalid
        return (told if valid is None else valid), invalid, None

    for row in rows:
        start, end, over = claims(row)
        same_relation = row.triple.relation == triple.relation
        same_subject, same_object = row.triple.subject == triple.subject, row.triple.object == triple.object
        if triple.is_symmetric:
            ends = (triple.subject, triple.object)
            same_subject = same_object = row.triple.subject in ends or row.triple.object in ends
        if row.triple == triple:
            if over is not None:
                at[over]["over"].append(row)
            if start is not None:
                spans.append((start, end, row))
                if end is not None and end > start:
                    at[end]["end"].append(row)
        elif start is not None and same_relation:
            flagged = (same_subject and row.exclusive in {Exclusive.SUBJECT, Exclusive.BOTH}) or (
                same_object and row.exclusive in {Exclusive.OBJECT, Exclusive.BOTH}
            )
            if flagged:
                at[start]["rival"].append(row)

    def said(row: AssertionRow) -> tuple[datetime, int]:
        return row.position.logged_at, row.position.offset

    def founding(row: AssertionRow) -> tuple[bool, tuple[datetime, int]]:
        return row.ordinal in restarted, said(row)

    stretches: list[tuple[int, int | None, list[AssertionRow]]] = []
    for start, end, row in spans:
        twins = [other for begin, _, other in spans if begin == start]
        reach: int | None = None
        if any(max(map(said, twins)) < said(rival) for rival in at[start]["rival"]) or (
            end is not None and end <= start
        ):
            reach = start
        else:
            for n in range(start + 1, HORIZON + 1):
                if at[n]["rival"] or at[n]["over"] or (row.invalid_at is None and at[n]["end"]) or n == end:
                    reach = n
                    break
        stretches.append((start, reach, [row]))

    def joins(a: tuple[int, int | None, list[AssertionRow]], b: tuple[int, int | None, list[AssertionRow]]) -> bool:
        first, second = sorted((a, b), key=lambda stretch: stretch[0])
        if first[0] == second[0] or first[1] is None or first[1] > second[0]:
            return True
        return first[1] == second[0] and not at[second[0]]["rival"] and not at[second[0]]["over"]

    merged = True
    while merged:
        merged = False
        for i in range(len(stretches)):
            for j in range(i + 1, len(stretches)):
                a, b = stretches[i], stretches[j]
                if joins(a, b):
                    end = None if a[1] is None or b[1] is None else max(a[1], b[1])
                    stretches[i] = (min(a[0], b[0]), end, a[2] + b[2])
                    del stretches[j]
                    merged = True
                    break
            if merged:
                break

    result = [Painted(start, end, {r.episode for r in rows}, min(rows, key=founding).sentence)
              for start, end, rows in sorted(stretches, key=lambda stretch: stretch[0])]  # fmt: skip
    dangling: list[tuple[int, AssertionRow]] = []
    for row in own:
        over = claims(row)[2]
        if over is None:
            continue
        before = [painted for painted in result if painted.start is not None and painted.start < over]
        if before:
            before[-1].episodes.add(row.episode)
        else:
            dangling.append((over, row))
    if dangling:
        first = min(dangling, key=lambda pair: founding(pair[1]))
        episodes = {row.episode for _, row in dangling}
        result.insert(0, Painted(None, min(over for over, _ in dangling), episodes, first[1].sentence))
    return result


def all_facts(rows: list[AssertionRow]):
    return {triple: history(triple, rows) for triple in TRIPLES}


@settings(max_examples=120, deadline=None)
@given(logs())
def test_history_equals_the_painted_line(rows: list[AssertionRow]) -> None:
    """Bounds, episodes and sentence of every fact are those that walking along the days gives."""
    for triple in TRIPLES:
        found = [
            Painted(number(f.valid_at), number(f.invalid_at), set(f.episodes), f.sentence)
            for f in history(triple, rows)
        ]
        assert found == oracle(triple, rows)


@settings(max_examples=80, deadline=None)
@given(logs(), st.integers(0, 2**32))
def test_h1_order_and_repetition_change_nothing(rows: list[AssertionRow], seed: int) -> None:
    """Any permutation, with any assertion given twice, has the same history."""
    shuffled = rows + rows[: len(rows) // 2]
    random.Random(seed).shuffle(shuffled)
    assert all_facts(shuffled) == all_facts(rows)


@settings(max_examples=100, deadline=None)
@given(logs(Exclusive.SUBJECT))
def test_h3_one_open_fact_on_an_exclusive_side(rows: list[AssertionRow]) -> None:
    """Where everything is exclusive on the subject, no instant has two facts of one subject and relation."""
    facts = [fact for found in all_facts(rows).values() for fact in found if fact.valid_at is not None]
    for hour in range(HORIZON * 2):
        instant = DAY_ZERO + timedelta(hours=12 * hour)
        holding = [
            (end, fact.triple.relation)
            for fact in facts
            if fact.valid_at <= instant and (fact.invalid_at is None or fact.invalid_at > instant)
            for end in (fact.triple.ends if fact.triple.is_symmetric else (fact.triple.subject,))
        ]
        assert len(holding) == len(set(holding))


@settings(max_examples=80, deadline=None)
@given(logs(), st.data())
def test_h4_a_stranger_changes_nothing(rows: list[AssertionRow], data: st.DataObject) -> None:
    """An assertion of another relation, or that shares no flagged side, leaves a triple's facts as they were."""
    stranger = data.draw(assertion(99))
    for triple in TRIPLES:
        other = stranger.triple
        corrects = stranger.instead_of is not None
        shares = other.relation == triple.relation and (
            (other.subject == triple.subject and (corrects or stranger.exclusive.on_subject))
            or (other.object == triple.object and (corrects or stranger.exclusive.on_object))
            or (triple.is_symmetric and not other.ends.isdisjoint(triple.ends))
        )
        if other != triple and not shares:
            assert history(triple, [*rows, stranger]) == history(triple, rows)


@settings(max_examples=80, deadline=None)
@given(logs())
def test_times_of_facts_agree(rows: list[AssertionRow]) -> None:
    """A fact is expired exactly when its end is known, never before it was created; ids are unique."""
    facts = [fact for found in all_facts(rows).values() for fact in found]
    assert len({fact.uuid for fact in facts}) == len(facts)
    for fact in facts:
        assert (fact.expired_at is None) == (fact.invalid_at is None)
        assert fact.expired_at is None or fact.expired_at >= fact.created_at
        assert fact.valid_at is None or fact.invalid_at is None or fact.valid_at <= fact.invalid_at


@settings(max_examples=80, deadline=None)
@given(logs(), st.data())
def test_widening_keeps_the_id(rows: list[AssertionRow], data: st.DataObject) -> None:
    """An assertion later in the log that rules nothing out founds a fact of its own or joins one; it renames none."""
    later = replace(
        data.draw(assertion(99)),
        polarity=Polarity.ASSERTS,
        instead_of=None,
        exclusive=Exclusive.NONE,  # a rival may split a fact, whose second part then has a founder of its own
        invalid_at=None,
        position=LogPosition(DAY_ZERO + timedelta(days=9_999), 0, 99),
    )
    for triple in TRIPLES:
        before = {fact.uuid for fact in history(triple, rows)}
        assert {fact.uuid for fact in history(triple, [*rows, later])} <= before | {fact_uuid(later)}


# --- H2, through the increments that the store writes ---


def increments(rows: list[AssertionRow], removed: set[str], rng: random.Random):
    """Facts and stored rows after episodes came one by one in any order and the `removed` ones went at any moment."""
    episodes = sorted({row.episode for row in rows})
    steps = [("add", episode) for episode in episodes]
    rng.shuffle(steps)
    for episode in sorted(removed & set(episodes)):
        steps.insert(rng.randint(steps.index(("add", episode)) + 1, len(steps)), ("remove", episode))
    stored: list[AssertionRow] = []
    facts: dict[str, Fact] = {}
    for kind, episode in steps:
        own = [row for row in rows if row.episode == episode]
        added = own if kind == "add" else []
        gone = {episode} if kind == "remove" else set()
        histories = Histories(added, gone, {triple_key(row.triple) for row in own} if gone else ())
        while keys := histories.wanted():
            histories.add_stored(keys, [row for row in stored if wants(keys, row)])
        changes = histories.changes()
        for fact in changes.deleted:
            del facts[fact.uuid]
        for fact in changes.created:
            assert fact.uuid not in facts
            facts[fact.uuid] = fact
        for fact in changes.changed:
            assert fact.uuid in facts
            facts[fact.uuid] = fact
        stored = [row for row in stored if row.episode not in gone] + added
    return facts


def wants(keys: AssertionKeys, row: AssertionRow) -> bool:
    """Whether the database would give `row` for `keys`."""
    return (
        triple_key(row.triple) in keys.triples
        or subject_side(row.triple) in keys.subject_sides
        or object_side(row.triple) in keys.object_sides
        or (matters_on_subject(row) and subject_side(row.triple) in keys.exclusive_subjects)
        or (matters_on_object(row) and object_side(row.triple) in keys.exclusive_objects)
    )


@settings(max_examples=120, deadline=None)
@given(logs(), st.sets(st.sampled_from([f"e{n}" for n in range(6)])), st.integers(0, 2**32))
def test_h1_h2_increments_and_removals_give_the_history_of_what_stays(
    rows: list[AssertionRow], removed: set[str], seed: int
) -> None:
    """Any order of arrival, and removal at any moment: the facts are those of the remaining episodes alone."""
    found = increments(rows, removed, random.Random(seed))
    staying = [row for row in rows if row.episode not in removed]
    expected = {fact.uuid: fact for facts in all_facts(staying).values() for fact in facts}
    assert found == expected
