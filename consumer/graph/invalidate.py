"""The history of a fact as a pure function of what the episodes asserted: no order, no clock, no database.

Every fact (`RELATES_TO`) of a triple (subject, relation, object) is computed from the assertions on that triple and
from the starts of its *rivals*: assertions on other triples of the same relation that share a side on which they
are flagged exclusive. Adding, late arrival, correction and removal are one act: compute again, write the difference.
A symmetric relation has two equal ends: each is a side, and a rival shares either.

Invariants (tests/property/test_history_of_facts.py bears the numbers):
    H1: the result does not depend on the order or the repetition of assertions.
    H2: adding assertions and taking them away again gives the result that was there before.
    H3: with all assertions flagged on a side, at most one fact with a known start is open on it at any instant.
    H4: assertions that share neither the triple nor relation and flagged side change nothing.

Rules, on half-open intervals [start, end):
    1. An assertion starts at `valid_at`, else at its episode's reference time, and ends at `invalid_at` or is open.
       One without `valid_at` whose `invalid_at` is not after the reference time has no start: it is an end.
    2. An interval stops at the first of: its own end; a rival's start after its own start; an end said of the triple
       after its start. An open one stops also where another assertion of the triple says it ended.
    3. Equal starts of rivals: the triple that was said later in the log wins, the other's interval is empty.
    4. Intervals of the triple that overlap or touch are one fact, unless a rival starts or an end is said just there.
    5. An end before which no start is known makes a fact without `valid_at`.
    6. What a later episode corrects counts with the date that the correction gives (`graph.corrections`), and founds
       no fact while another assertion of it can: the sentence that is shown is not the one that was wrong.
Only *said* instants stop an interval, never computed ones: that keeps the result local and order-free.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from consumer.graph.assertions import AssertionRow, TheirFact, Triple, is_rival, shares_side
from consumer.graph.corrections import corrected
from consumer.graph.places import Place
from consumer.model.ids import deterministic_uuid
from consumer.model.knowledge import Exclusive


@dataclass(frozen=True, slots=True)
class Fact:
    """One interval of a triple's history: what a `RELATES_TO` relationship holds.

    `founder` is the first assertion by place that knows the start (or, without any, the first end): it gives
    the id, the sentence and `created_at`, so that widening changes none of them.
    """

    uuid: str
    triple: Triple
    sentence: str
    valid_at: datetime | None
    invalid_at: datetime | None
    created_at: datetime
    expired_at: datetime | None
    reference_time: datetime
    episodes: tuple[str, ...]
    founder: Place
    is_turned: bool = False
    """Whether the founder named the object of the symmetric triple first."""

    @property
    def source(self) -> str:
        """The entity that is shown as subject."""
        return self.triple.object if self.is_turned else self.triple.subject

    @property
    def target(self) -> str:
        """The entity that is shown as object."""
        return self.triple.subject if self.is_turned else self.triple.object


def fact_uuid(founder: AssertionRow) -> str:
    """Return the id of the fact that `founder` founded."""
    if founder.theirs is not None:
        return founder.theirs.uuid
    group_id, subject, relation, target, _ = founder.triple
    return deterministic_uuid(group_id, "fact", subject, relation, target, founder.episode, str(founder.ordinal))


def history(triple: Triple, rows: Iterable[AssertionRow]) -> tuple[Fact, ...]:
    """Return the facts of `triple` in order of start, computed from `rows` (others' rows are rivals or ignored)."""
    every = {row.key: row for row in rows}.values()
    own = corrected([row for row in every if row.triple == triple])
    if not own:
        return ()
    rivals = _rivals(every, triple)
    if len(own) == 1 and not rivals:
        return (_alone(own[0]),)
    timeline = _Timeline.of(sorted(own, key=_by_place), rivals)
    return timeline.facts(triple)


def _rivals(rows: Collection[AssertionRow], triple: Triple) -> list[AssertionRow]:
    """Return the rivals of `triple`, as they count after what was corrected of them."""
    found = [row for row in rows if is_rival(row, triple)]
    if not found or all(row.instead_of is None for row in rows):
        return found
    by_triple: dict[Triple, list[AssertionRow]] = {}
    for row in rows:
        is_correction = row.instead_of is not None and shares_side(row.triple, triple, Exclusive.BOTH)
        if is_correction or is_rival(row, triple):
            by_triple.setdefault(row.triple, []).append(row)
    return [row for told in by_triple.values() for row in corrected(told) if is_rival(row, triple)]


def _alone(row: AssertionRow) -> Fact:
    """Return the fact of the only assertion on a triple without rivals: most facts are of this kind."""
    if row.theirs is not None:
        return _as_it_was(row, row.theirs)
    end = row.said_end or row.invalid_at
    if end is not None and row.start is not None:
        end = max(row.start, end)
    logged_at = row.position.logged_at
    return Fact(
        uuid=fact_uuid(row),
        triple=row.triple,
        sentence=row.sentence,
        valid_at=row.start,
        invalid_at=end,
        created_at=logged_at,
        expired_at=None if end is None else logged_at,
        reference_time=row.reference_time,
        episodes=(row.episode,),
        founder=row.place,
        is_turned=row.is_turned,
    )


def _as_it_was(row: AssertionRow, theirs: TheirFact) -> Fact:
    """Return a fact of Graphiti's of which we say nothing (any more), to the letter."""
    return Fact(
        uuid=theirs.uuid,
        triple=row.triple,
        sentence=row.sentence,
        valid_at=row.valid_at,
        invalid_at=row.invalid_at,
        created_at=row.place.logged_at,
        expired_at=theirs.expired_at,
        reference_time=row.reference_time,
        episodes=theirs.episodes,
        founder=row.place,
        is_turned=row.is_turned,
    )


def _by_place(row: AssertionRow) -> Place:
    return row.place


def _by_founding(row: AssertionRow) -> tuple[bool, Place]:
    """Rule 6: whose start was wrong founds last."""
    return row.is_retold, row.place


@dataclass(slots=True)
class _Stretch:
    """Intervals of one triple that are one fact; `end` None is open."""

    start: datetime | None
    end: datetime | None
    rows: list[AssertionRow] = field(default_factory=list)
    enders: list[AssertionRow] = field(default_factory=list)


@dataclass(slots=True)
class _Timeline:
    """The said instants that concern one triple, sorted for bisection."""

    starts: list[tuple[datetime, Place, AssertionRow]]
    enders: list[tuple[datetime, AssertionRow]]
    own_ends: list[datetime]
    rival_starts: dict[datetime, list[AssertionRow]]
    rival_instants: list[datetime]
    end_instants: list[datetime]

    @classmethod
    def of(cls, own: Sequence[AssertionRow], rivals: Sequence[AssertionRow]) -> _Timeline:
        starts = sorted((row.start, row.place, row) for row in own if row.start is not None)
        enders = sorted(
            ((row.said_end, row) for row in own if row.said_end is not None),
            key=lambda pair: (pair[0], pair[1].place),
        )
        rival_starts: dict[datetime, list[AssertionRow]] = {}
        for row in rivals:
            if row.start is not None:
                rival_starts.setdefault(row.start, []).append(row)
        return cls(
            starts=starts,
            enders=enders,
            own_ends=sorted({end for start, _, row in starts if (end := row.invalid_at) is not None and end > start}),
            rival_starts=rival_starts,
            rival_instants=sorted(rival_starts),
            end_instants=sorted({instant for instant, _ in enders}),
        )

    def facts(self, triple: Triple) -> tuple[Fact, ...]:
        stretches = self._stretches()
        self._attach_enders(stretches)
        return tuple(self._fact(triple, stretch) for stretch in stretches)

    def _stretches(self) -> list[_Stretch]:
        latest: dict[datetime, Place] = {start: place for start, place, _ in self.starts}
        stretches: list[_Stretch] = []
        for start, _, row in self.starts:
            end = self._end(start, row, latest[start])
            last = stretches[-1] if stretches else None
            if last is not None and self._continues(last, start):
                last.rows.append(row)
                last.end = None if last.end is None or end is None else max(last.end, end)
            else:
                stretches.append(_Stretch(start, end, [row]))
        return stretches

    def _end(self, start: datetime, row: AssertionRow, own_latest: Place) -> datetime | None:
        """Rules 2 and 3 for one assertion."""
        if any(rival.place > own_latest for rival in self.rival_starts.get(start, ())):
            return start
        stops = [_next(self.rival_instants, start), _next(self.end_instants, start)]
        stops.append(_next(self.own_ends, start) if row.invalid_at is None else max(start, row.invalid_at))
        return min((stop for stop in stops if stop is not None), default=None)

    def _continues(self, last: _Stretch, start: datetime) -> bool:
        """Rule 4."""
        if last.end is None or start < last.end or start == last.start:
            return True
        return start == last.end and start not in self.rival_starts and not _holds(self.end_instants, start)

    def _attach_enders(self, stretches: list[_Stretch]) -> None:
        """Give each said end to the stretch before it (rule 5: or make the one whose start is not known)."""
        unknown: _Stretch | None = None
        known_starts = [stretch.start for stretch in stretches if stretch.start is not None]
        known = list(stretches)
        for instant, row in self.enders:
            before = bisect_left(known_starts, instant)
            if before:
                known[before - 1].enders.append(row)
            elif unknown is None:
                unknown = _Stretch(None, instant, [], [row])
            else:
                unknown.enders.append(row)
        if unknown is not None:
            stretches.insert(0, unknown)

    def _fact(self, triple: Triple, stretch: _Stretch) -> Fact:
        founder = min(stretch.rows or stretch.enders, key=_by_founding)
        members = sorted((*stretch.rows, *stretch.enders), key=_by_place)
        created_at = founder.place.logged_at
        return Fact(
            uuid=fact_uuid(founder),
            triple=triple,
            sentence=founder.sentence,
            valid_at=stretch.start,
            invalid_at=stretch.end,
            created_at=created_at,
            expired_at=None if stretch.end is None else max(created_at, self._learnt_at(stretch, stretch.end)),
            reference_time=founder.reference_time,
            episodes=tuple(dict.fromkeys(episode for row in members for episode in row.episodes)),
            founder=founder.place,
            is_turned=founder.is_turned,
        )

    def _learnt_at(self, stretch: _Stretch, end: datetime) -> datetime:
        """Return the log time at which the graph first knew of `end`."""
        rivals = self.rival_starts.get(end, [])
        if stretch.start == end:
            own_latest = max((row.place for row in stretch.rows), default=None)
            rivals = [rival for rival in rivals if own_latest is None or rival.place > own_latest]
        causes = [rival.learnt_at for rival in rivals]
        causes += [row.learnt_at for row in stretch.enders if row.said_end == end]
        causes += [row.learnt_at for row in stretch.rows if row.invalid_at == end]
        return min(causes, default=min(row.place.logged_at for row in (*stretch.rows, *stretch.enders)))


def _next(instants: Sequence[datetime], after: datetime) -> datetime | None:
    """Return the first of the sorted `instants` that is later than `after`."""
    index = bisect_right(instants, after)
    return instants[index] if index < len(instants) else None


def _holds(instants: Sequence[datetime], instant: datetime) -> bool:
    """Return whether the sorted `instants` hold `instant`."""
    index = bisect_left(instants, instant)
    return index < len(instants) and instants[index] == instant
