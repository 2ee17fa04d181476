"""The graph that a log of test episodes must become, computed the slow and obvious way.

Independent of `consumer.graph` on purpose: a sweep over each relation's timeline with all its facts at once, no
intervals merged by cleverness. The rules are those of docs/architecture.md, "Invalidation by rule":

G1 a start closes every open rival at its own instant, if the starting assertion is exclusive
G2 a rival has the same relation and the same entity on a shared exclusive side, and is another triple
G3 a start while the same triple is open is the same fact; while it is closed, a new one
G4 of two rivals that start at the same instant the later in the log wins; the loser ends where it starts
G5 an absent start or end is the reference time
G6 an end closes the open fact of its triple; with none before it, it is a fact with an unknown start, which is
   nobody's rival
G7 an end after the fact was closed already changes nothing
G8 a marriage has two equal ends: whoever is named first, it is the same fact, and it rules out another of either
G9 what corrects a date is written over that date, in all that was told before it of the same triple
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from consumer.model.events import EVENT, EpisodeAdded, EpisodeRemoved
from consumer.model.instants import to_utc
from consumer.model.knowledge import Assertion, Exclusive, Knowledge, Polarity
from consumer.testing.sentences import MARRIED_TO, parse

Triple = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class GoldFact:
    """One fact of the gold graph; `valid_at` None is an unknown start, `invalid_at` None still true (UTC)."""

    subject: str
    relation: str
    object: str
    valid_at: datetime | None
    invalid_at: datetime | None


@dataclass(frozen=True, slots=True)
class GoldGraph:
    """What one group must hold: entity names with their types, and facts."""

    entities: Mapping[str, str] = field(default_factory=dict)
    facts: frozenset[GoldFact] = frozenset()

    def at(self, instant: datetime) -> frozenset[GoldFact]:
        """Return the facts that are true at `instant` (aware)."""
        return frozenset(
            fact
            for fact in self.facts
            if (fact.valid_at is None or fact.valid_at <= instant)
            and (fact.invalid_at is None or instant < fact.invalid_at)
        )


@dataclass(frozen=True, slots=True)
class _Mark:
    """Something that happens to a triple at an instant."""

    at: datetime
    position: int
    is_start: bool
    triple: Triple
    exclusive: Exclusive


@dataclass(slots=True)
class _Span:
    """An interval under construction."""

    triple: Triple
    start: datetime | None
    end: datetime | None = None
    exclusive: Exclusive = Exclusive.NONE


def gold(events: Sequence[Mapping[str, Any]]) -> dict[str, GoldGraph]:
    """Return the graph of each group after `events`, which are in log order.

    Removal events take effect: a removed episode counts as never seen, wherever it stands; a removed group loses
    all that stands before the removal. A repeated event id counts once, at its first place.
    """
    says: dict[str, list[tuple[int, datetime, Knowledge]]] = defaultdict(list)
    for position, event in _surviving(events):
        # Days are those of the writer's clock.
        said_at = event.reference_time or datetime.fromtimestamp(0, UTC)
        told = parse(event.content, said_at, source=event.source)
        says[event.group_id].append((position, to_utc(said_at), told))
    return {group: _graph(episodes) for group, episodes in says.items()}


def facts_of(assertions: Iterable[tuple[int, datetime, Assertion]]) -> frozenset[GoldFact]:
    """Return the facts that assertions, each with its log position and reference time (UTC), amount to."""
    by_relation: dict[str, list[_Mark]] = defaultdict(list)
    for position, reference, assertion in _as_corrected(_one_way_round(sorted(assertions, key=lambda said: said[0]))):
        by_relation[assertion.relation].extend(_marks(position, reference, assertion))
    spans = [span for marks in by_relation.values() for span in _sweep(_latest_starts(marks))]
    return frozenset(GoldFact(*span.triple, span.start, span.end) for span in spans)


def _one_way_round(told: Sequence[tuple[int, datetime, Assertion]]) -> list[tuple[int, datetime, Assertion]]:
    """Return what was told, of the relations that hold both ways with the ends as they were told first (G8)."""
    first: dict[tuple[str, frozenset[str]], str] = {}
    result = []
    for position, reference, said in told:
        if said.relation == MARRIED_TO.name:
            subject = first.setdefault((said.relation, frozenset((said.subject, said.object))), said.subject)
            result.append((position, reference, said if said.subject == subject else said.turned()))
        else:
            result.append((position, reference, said))
    return result


def _as_corrected(told: Sequence[tuple[int, datetime, Assertion]]) -> list[tuple[int, datetime, Assertion]]:
    """Return what was told, each correction written over what stands before it (G9); days must be exact."""
    pages: list[tuple[int, datetime, Assertion]] = []
    for position, reference, said in told:
        for number, (at, meant, page) in enumerate(pages if said.instead_of is not None else ()):
            same = (page.subject, page.relation, page.object) == (said.subject, said.relation, said.object)
            if not same:
                continue
            ends = page.polarity is Polarity.ENDS
            if said.polarity is Polarity.ENDS and (page.invalid_at or (meant if ends else None)) == said.instead_of:
                pages[number] = (at, meant, replace(page, invalid_at=said.invalid_at))
            if said.polarity is not Polarity.ENDS and not ends and (page.valid_at or meant) == said.instead_of:
                pages[number] = (at, meant, replace(page, valid_at=said.valid_at))
        pages.append((position, reference, said))
    return pages


def _surviving(events: Sequence[Mapping[str, Any]]) -> Iterable[tuple[int, EpisodeAdded]]:
    """Return the added events that no removal takes out, each once, with their log positions."""
    parsed = [EVENT.validate_python(dict(event)) for event in events]
    removed: set[tuple[str, str]] = set()
    for position, event in enumerate(parsed):
        if isinstance(event, EpisodeRemoved):
            removed.add((event.group_id, event.event_id))
        elif not isinstance(event, EpisodeAdded):
            removed.update(
                (earlier.group_id, earlier.event_id)
                for earlier in parsed[:position]
                if isinstance(earlier, EpisodeAdded)
                and earlier.group_id == event.group_id
                and earlier.event_id is not None
            )
    for position, event in enumerate(parsed):
        if isinstance(event, EpisodeAdded) and event.event_id is not None:
            identity = (event.group_id, event.event_id)
            if identity not in removed:
                removed.add(identity)
                yield position, event


def _graph(episodes: Sequence[tuple[int, datetime, Knowledge]]) -> GoldGraph:
    entities: dict[str, str] = {}
    for _, _, knowledge in episodes:
        for mention in knowledge.mentions:
            entities.setdefault(mention.name, mention.type)
    in_order = sorted(episodes, key=lambda episode: episode[0])
    # Of two facts told in one episode the one told last is the later, so each assertion gets a place of its own.
    said = [(reference, assertion) for _, reference, knowledge in in_order for assertion in knowledge.assertions]
    return GoldGraph(entities, facts_of((place, reference, a) for place, (reference, a) in enumerate(said)))


def _marks(position: int, reference: datetime, assertion: Assertion) -> Iterable[_Mark]:
    """Return the instants an assertion speaks of (G5)."""
    triple = (assertion.subject, assertion.relation, assertion.object)
    if assertion.polarity is Polarity.ENDS:
        yield _Mark(assertion.invalid_at or reference, position, False, triple, assertion.exclusive)
        return
    yield _Mark(assertion.valid_at or reference, position, True, triple, assertion.exclusive)
    if assertion.invalid_at is not None:
        yield _Mark(assertion.invalid_at, position, False, triple, assertion.exclusive)


def _latest_starts(marks: Sequence[_Mark]) -> list[_Mark]:
    """Return the marks in order, of equal starts of one triple only the last in the log (it decides ties, G4)."""
    last: dict[tuple[Triple, datetime], int] = {}
    for mark in marks:
        if mark.is_start:
            key = (mark.triple, mark.at)
            last[key] = max(last.get(key, mark.position), mark.position)
    kept = [mark for mark in marks if not mark.is_start or last[mark.triple, mark.at] == mark.position]
    return sorted(set(kept), key=lambda mark: (mark.at, mark.position, not mark.is_start, mark.triple))


def _sweep(marks: Sequence[_Mark]) -> list[_Span]:
    """Walk one relation's timeline and return its intervals."""
    spans: list[_Span] = []
    for mark in marks:
        own = [span for span in spans if span.triple == mark.triple]
        is_open = bool(own) and own[-1].end is None
        if not mark.is_start:
            if is_open:
                own[-1].end = mark.at
            elif not own:
                spans.append(_Span(mark.triple, None, mark.at))
            continue
        if not is_open:
            spans.append(_Span(mark.triple, mark.at, None, mark.exclusive))
        for rival in spans:
            if rival.end is None and _are_rivals(rival.triple, mark.triple, mark.exclusive):
                rival.end = mark.at
    return spans


def _are_rivals(open_fact: Triple, starting: Triple, exclusive: Exclusive) -> bool:
    """Whether the open fact cannot go on once `starting` begins (G1, G2)."""
    if open_fact == starting:
        return False
    if open_fact[1] == MARRIED_TO.name:
        return exclusive is not Exclusive.NONE and not {*open_fact[::2]}.isdisjoint(starting[::2])
    same_subject = open_fact[0] == starting[0] and exclusive.on_subject
    same_object = open_fact[2] == starting[2] and exclusive.on_object
    return same_subject or same_object
