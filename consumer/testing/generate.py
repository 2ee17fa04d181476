"""A seeded world that writes its own log: episodes of the test language whose right graph is known.

People take jobs, move, chair, marry, meet; the log reports it, sometimes late, twice, without a date, or in the first
person. What the log says is always free of contradictions that the interval rules leave open (an end of something
that another fact ended before, an end and a start of one fact at the same instant), so that every correct
implementation gives `consumer.testing.gold.gold(events)`.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from consumer.testing import names
from consumer.testing.sentences import (
    CHAIR_OF,
    KNOWS,
    LIKES,
    LIVES_IN,
    MARRIED_TO,
    WORKS_AT,
    Relation,
    asserts,
    asserts_between,
    ends,
)

Event = dict[str, Any]
"""The wire shape of `consumer.model.events.EpisodeAdded`."""

FIRST_DAY = date(2015, 1, 1)
"""The world begins here; what is earlier is told as the past."""

_ZONES = (UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-5)), timezone(timedelta(hours=8)))
_FILLER = "nothing else of note happened that day and the kettle was put on again "
_LATE = 0.15
_SAID_BY_SELF = 0.25


@dataclass(slots=True)
class _World:
    """What is true in one group now, and what is still to be told of it."""

    group_id: str
    rng: random.Random
    people: list[str]
    organizations: list[str]
    zone: Any
    today: date = FIRST_DAY
    held: dict[tuple[str, str], str] = field(default_factory=dict)
    chairs: dict[str, str] = field(default_factory=dict)
    spouses: dict[str, str] = field(default_factory=dict)
    acquainted: set[tuple[str, str]] = field(default_factory=set)
    pasts: list[str] = field(default_factory=list)
    late: deque[tuple[int, str]] = field(default_factory=deque)
    told: int = 0


def generate(seed: int, n: int, groups: int = 1, *, people: int = 12, content_bytes: int = 0) -> list[Event]:
    """Return `n` episode events over `groups` groups, in log order; equal arguments give equal events.

    `people` is the number of persons in a group. Content shorter than `content_bytes` (UTF-8) is padded with
    sentences that say nothing. Reference times of a group never go back, and what is held back as late
    is told before the log closes.
    """
    rng = random.Random(f"grammar:{seed}:{n}:{groups}")
    worlds = [_world(seed, number, people) for number in range(groups)]
    events: list[Event] = []
    for left in range(n, 0, -1):
        untold = [world for world in worlds for _ in world.late]
        is_closing = len(untold) >= left
        events.append(_event(rng.choice(untold if is_closing else worlds), content_bytes, is_closing=is_closing))
    return events


def endless(seed: int, groups: int = 1, *, people: int = 12, content_bytes: int = 0) -> Iterator[Event]:
    """Yield events without end; equal arguments give equal events. What is held back when the reader stops is untold.

    The gold of what was read is right wherever it stops.
    """
    rng = random.Random(f"grammar:{seed}:endless:{groups}")
    worlds = [_world(seed, number, people) for number in range(groups)]
    while True:
        yield _event(rng.choice(worlds), content_bytes, is_closing=False)


def _world(seed: int, number: int, people: int) -> _World:
    rng = random.Random(f"world:{seed}:{number}")
    persons = names.persons(max(people, 6))
    return _World(
        group_id=f"grammar-{seed}-{number}",
        rng=rng,
        people=persons,
        organizations=names.organizations(max(8, people * 2 // 3)),
        zone=_ZONES[number % len(_ZONES)],
        pasts=persons[: len(persons) // 2],
    )


def _event(world: _World, content_bytes: int, *, is_closing: bool) -> Event:
    """Let a day pass and tell one thing of it, or something late; at the log's close only what is late."""
    world.today += timedelta(days=world.rng.randint(1, 9))
    source, content = ("text", world.late.popleft()[1]) if is_closing else _told(world)
    number = world.told
    world.told += 1
    reference = datetime(
        world.today.year, world.today.month, world.today.day, 12, world.rng.randint(0, 59), tzinfo=world.zone
    )
    return {
        "type": "episode.added",
        "event_id": f"{world.group_id}.{number}",
        "group_id": world.group_id,
        "name": f"note {number}",
        "source": source,
        "content": padded(content, content_bytes),
        "reference_time": reference.isoformat(),
    }


def padded(content: str, content_bytes: int) -> str:
    """Return `content` with sentences that say nothing behind it, at least `content_bytes` long in UTF-8."""
    missing = content_bytes - len(content.encode())
    if missing <= 0:
        return content
    filler = _FILLER * (missing // len(_FILLER) + 1)
    return f"{content} {filler[: max(missing - 2, 0)].rstrip()}".ljust(len(content) + missing - 1, "x") + "."


def _told(world: _World) -> tuple[str, str]:
    """Return source and content of the next episode."""
    if world.late and world.late[0][0] <= world.told:
        return "text", world.late.popleft()[1]
    happening = world.rng.choices(_HAPPENINGS, _WEIGHTS)[0]
    sentences = happening(world)
    if not sentences:
        sentences = [_acquaintance(world)]
    is_dated_start = len(sentences) == 1 and " since " in sentences[0]
    if is_dated_start and world.rng.random() < _LATE:
        world.late.append((world.told + world.rng.randint(3, 12), sentences[0]))
        sentences = [_acquaintance(world)]
    if len(sentences) == 1 and world.rng.random() < _SAID_BY_SELF:
        said = _in_first_person(sentences[0])
        if said is not None:
            return "message", said
    if world.rng.random() < 0.2:  # noqa: PLR2004 - one in five is told by somebody
        return "message", f"{world.rng.choice(world.people)}: {' '.join(sentences)}"
    return "text", " ".join(sentences)


def _in_first_person(sentence: str) -> str | None:
    """Return the sentence as its subject would say it, or None when it is no present statement."""
    for relation in (WORKS_AT, LIVES_IN, CHAIR_OF, MARRIED_TO, KNOWS, LIKES):
        subject, words, rest = sentence.partition(f" {relation.present} ")
        if words and f" {relation.ended} " not in sentence:
            return f"{subject}: I {relation.first_person} {rest}"
    return None


def _start(world: _World, relation: Relation, person: str, choices: list[str]) -> list[str]:
    """Let a person take one of `choices` for a relation that is exclusive on the subject."""
    key = (relation.name, person)
    chosen = world.rng.choice([choice for choice in choices if choice != world.held.get(key)])
    said = [asserts(person, relation, chosen, world.today)]
    former = world.held.get(key)
    if former is not None and world.rng.random() < 0.2:  # noqa: PLR2004 - sometimes the end is told as well
        said.insert(0, ends(person, relation, former, world.today))
    world.held[key] = chosen
    return said


def _job(world: _World) -> list[str]:
    return _start(world, WORKS_AT, world.rng.choice(world.people), world.organizations)


def _move(world: _World) -> list[str]:
    return _start(world, LIVES_IN, world.rng.choice(world.people), list(names.PLACES))


def _tie(world: _World) -> list[str]:
    """Two employers from the same day: the one told last counts."""
    person = world.rng.choice(world.people)
    free = [name for name in world.organizations if name != world.held.get((WORKS_AT.name, person))]
    first, second = world.rng.sample(free, 2)
    world.held[WORKS_AT.name, person] = second
    return [asserts(person, WORKS_AT, first, world.today), asserts(person, WORKS_AT, second, world.today)]


def _leave(world: _World) -> list[str]:
    jobs = sorted((person, held) for (name, person), held in world.held.items() if name == WORKS_AT.name)
    if not jobs:
        return []
    person, organization = world.rng.choice(jobs)
    del world.held[WORKS_AT.name, person]
    return [ends(person, WORKS_AT, organization, world.today)]


def _again(world: _World) -> list[str]:
    """Tell without a date what is true anyway: the same fact, once more."""
    if not world.held:
        return []
    (name, person), object_ = world.rng.choice(sorted(world.held.items()))
    relation = WORKS_AT if name == WORKS_AT.name else LIVES_IN
    return [asserts(person, relation, object_)]


def _chair(world: _World) -> list[str]:
    organization = world.rng.choice(world.organizations)
    holder = world.chairs.get(organization)
    if holder is not None and world.rng.random() < 0.25:  # noqa: PLR2004 - one in four leaves the seat empty
        del world.chairs[organization]
        return [ends(holder, CHAIR_OF, organization, world.today)]
    person = world.rng.choice([person for person in world.people if person != holder])
    world.chairs[organization] = person
    return [asserts(person, CHAIR_OF, organization, world.today)]


def _marriage(world: _World) -> list[str]:
    person, other = world.rng.sample(world.people, 2)
    former = world.spouses.get(person)
    if former is not None:
        for one in (person, former):
            world.spouses.pop(one, None)
        first, second = sorted((person, former))
        return [ends(first, MARRIED_TO, second, world.today)]
    if other in world.spouses:
        return []
    world.spouses[person], world.spouses[other] = other, person
    first, second = sorted((person, other))
    return [asserts(first, MARRIED_TO, second, world.today)]


def _acquaintance(world: _World) -> str:
    """Tell of an acquaintance or a liking: nothing it could rule out, and never ended."""
    person = world.rng.choice(world.people)
    if world.rng.random() < 0.5:  # noqa: PLR2004 - a coin
        return asserts(person, LIKES, world.rng.choice(names.WORKS), world.today)
    other = world.rng.choice([name for name in world.people if name != person])
    return asserts(person, KNOWS, other, world.today if world.rng.random() < 0.5 else None)  # noqa: PLR2004 - a coin


def _past(world: _World) -> list[str]:
    """Tell a job of long ago, with both its days; at most one a person."""
    if not world.pasts:
        return []
    person = world.pasts.pop()
    since = date(world.rng.randint(1985, 1999), world.rng.randint(1, 12), 1)
    until = since + timedelta(days=world.rng.randint(200, 3_000))
    return [asserts_between(person, WORKS_AT, world.rng.choice(world.organizations), since, until)]


def _orphan_end(world: _World) -> list[str]:
    """Tell the end of a job whose start nobody told; at most one a person, and no past job beside it."""
    if not world.pasts:
        return []
    person = world.pasts.pop()
    on = date(world.rng.randint(2008, 2014), world.rng.randint(1, 12), 1)
    return [ends(person, WORKS_AT, world.rng.choice(names.FORMER_ORGANIZATIONS), on)]


_HAPPENINGS = (_job, _move, _tie, _leave, _again, _chair, _marriage, lambda w: [_acquaintance(w)], _past, _orphan_end)
_WEIGHTS = (20, 12, 3, 8, 12, 12, 6, 18, 5, 4)
