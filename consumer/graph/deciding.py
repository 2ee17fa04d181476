"""What somebody decides about the names of a group: looked up, tried out, and written.

A decision is kept by the ids of two names, and it is one more input of the rules (`consumer.resolve.clusters`): the
graph is a function of the log and of the decisions. It outlives restarts, replays and the episodes it was made for,
and goes with its group. Of a name that nobody mentions any more, nothing can be read from it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations
from typing import Any

import numpy as np

from consumer.errors import UserError
from consumer.graph.batch import Triage
from consumer.graph.bookkeeping import Row, known_name
from consumer.graph.connection import Database, Transaction, rows, run_rows
from consumer.graph.entities import KnownName
from consumer.graph.facts import Histories
from consumer.graph.naming import Naming
from consumer.graph.plan import Loaded, plan
from consumer.graph.reads import assertions_of, decisions_of, names_of, resolution_after
from consumer.graph.resolution import Resolution
from consumer.graph.resolve import NameBook
from consumer.graph.store import lock
from consumer.model.ids import deterministic_uuid
from consumer.model.instants import iso
from consumer.model.knowledge import DEFAULT_TYPE
from consumer.resolve.clusters import BY_HAND, Choice, Decisions, Link
from consumer.resolve.doubts import Doubt, Thing, doubts
from consumer.resolve.judge import Named


@dataclass(frozen=True, slots=True)
class NameView:
    """A name of an entity: its first spelling, when the log first had it, and why it belongs there (None: first)."""

    uuid: str
    name: str
    type: str
    first_at: datetime
    first_episode: str
    link: Link | None


@dataclass(frozen=True, slots=True)
class EntityView:
    """An entity by its names in the order of the log; decisions are two names, what was chosen, and the reason."""

    uuid: str
    names: tuple[NameView, ...]
    summary: str = ""
    decisions: tuple[tuple[str, str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision does, or would do: the entities concerned before and after, and how much of the graph moves."""

    before: tuple[EntityView, ...]
    after: tuple[EntityView, ...]
    decisions: int
    episodes: int
    facts: int
    is_written: bool


@dataclass(slots=True)
class _Read:
    """The names concerned, with all names of their entities, and the group's decisions."""

    uuids: list[str]
    known: dict[str, KnownName] = field(default_factory=dict)
    decisions: Decisions = field(default_factory=dict)


MOST_COMPARED = 20_000
"""Entities of a group that are compared with each other: some minutes, and a gigabyte with vectors of 1,536."""

Chooser = Callable[[_Read], dict[frozenset[str], Choice]]


class EntityDesk:
    """Shows the names of a group's entities, and merges and splits them; holds no state."""

    def __init__(
        self, database: Database, *, max_name_chars: int = 512, by_rules: bool = True, sums_up: bool = True
    ) -> None:
        self._database = database
        self._max_name_chars = max_name_chars
        self._by_rules = by_rules
        self._sums_up = sums_up

    async def show(self, group_id: str, names: Sequence[str]) -> list[EntityView]:
        """Return the entities of `names`, each once, in their order.

        Raises:
            UserError: the group has no such name.
            WorldFault: the database is down.
        """

        async def work(tx: Transaction) -> list[EntityView]:
            read = await self._read(tx, group_id, names)
            roots = dict.fromkeys(read.known[uuid].root for uuid in read.uuids)
            said = await rows(tx, "decisions", group_ids=[group_id])
            return [_view(root, read.known, said) for root in roots]

        return await self._database.read("show_entities", work)

    async def aliases(self, group_id: str) -> list[EntityView]:
        """Return the entities of the group that have more than one name, in order of their first names.

        Raises:
            WorldFault: the database is down.
        """

        async def work(tx: Transaction) -> list[EntityView]:
            known = {record["uuid"]: known_name(record) for record in await rows(tx, "aliases", group_id=group_id)}
            said = await rows(tx, "decisions", group_ids=[group_id])
            return [_view(uuid, known, said) for uuid, name in known.items() if name.link is None]

        found = await self._database.read("aliases", work)
        return sorted(found, key=lambda view: (view.names[0].name.casefold(), view.uuid))

    async def doubts(self, group_id: str) -> list[Doubt]:
        """Return the pairs of the group's entities that may be one, undecided ones only, the likeliest first.

        Raises:
            UserError: the group has too many entities to compare.
            WorldFault: the database is down.
        """

        async def work(tx: Transaction) -> tuple[list[Any], Decisions]:
            found = await rows(tx, "things", group_id=group_id, limit=MOST_COMPARED + 1)
            return found, (await decisions_of(tx, [group_id])).get(group_id, {})

        found, decisions = await self._database.read("things", work)
        if len(found) > MOST_COMPARED:
            raise UserError(f"group {group_id!r} has more than {MOST_COMPARED:,} entities: too many to compare")
        return await asyncio.to_thread(_doubts, found, decisions)

    async def merge(
        self, group_id: str, names: Sequence[str], *, now: datetime, reason: str = BY_HAND, writes: bool = False
    ) -> Outcome:
        """Make the entities of `names` one, with all their names; without `writes` only say what that does.

        Raises:
            UserError: the group has no such name, or they are one entity already.
            WorldFault: the database is down.
        """

        def choose(read: _Read) -> dict[frozenset[str], Choice]:
            roots = {read.known[uuid].root for uuid in read.uuids}
            if len(roots) == 1:
                raise UserError(f"{' and '.join(map(repr, names))} are one entity already")
            every = [uuid for uuid, name in read.known.items() if name.root in roots]
            splits = {
                pair for pair in map(frozenset, combinations(every, 2)) if read.decisions.get(pair) is Choice.SPLIT
            }
            theirs = [name.state.name.value for name in read.known.values() if name.state.is_adopted]
            if len(theirs) > 1:
                raise UserError(
                    f"{' and '.join(map(repr, sorted(theirs)))} are entities that Graphiti made, each with facts of "
                    "its own: merge them with its means first"
                )
            first = min(every, key=lambda uuid: read.known[uuid].state.name.place)
            return dict.fromkeys(
                [*splits, *(frozenset((first, other)) for other in every if other != first)], Choice.MERGE
            )

        return await self._decide(group_id, names, choose, now, reason, writes=writes)

    async def merge_answered(
        self, group_id: str, asked: Sequence[Doubt], answers: Sequence[bool | None], *, now: datetime, reason: str
    ) -> int:
        """Merge the pairs that were answered yes, each by itself; return how many. What became one meanwhile is left.

        Raises:
            WorldFault: the database is down; what was merged stays.
        """
        merged = 0
        for doubt, answer in zip(asked, answers, strict=True):
            if answer:
                names = [doubt.one.named.name, doubt.other.named.name]
                with contextlib.suppress(UserError):
                    await self.merge(group_id, names, now=now, reason=reason, writes=True)
                    merged += 1
        return merged

    async def split(
        self, group_id: str, names: Sequence[str], *, now: datetime, reason: str = BY_HAND, writes: bool = False
    ) -> Outcome:
        """Take `names` out of their entity, away from its other names; without `writes` only say what that does.

        Raises:
            UserError: the group has no such name, or no name would be left.
            WorldFault: the database is down.
        """

        def choose(read: _Read) -> dict[frozenset[str], Choice]:
            going = set(read.uuids)
            found: dict[frozenset[str], Choice] = {}
            for uuid in read.uuids:
                others = [other for other, name in read.known.items() if name.root == read.known[uuid].root]
                found |= {frozenset((uuid, other)): Choice.SPLIT for other in others if other not in going}
            if not found:
                raise UserError(f"{' and '.join(map(repr, names))}: the entity has no other name to be split from")
            return found

        return await self._decide(group_id, names, choose, now, reason, writes=writes)

    async def _decide(
        self,
        group_id: str,
        names: Sequence[str],
        choose: Chooser,
        now: datetime,
        reason: str,
        *,
        writes: bool,
    ) -> Outcome:
        takes_vectors = await self._database.takes_vectors()

        async def work(tx: Transaction) -> Outcome:
            if writes:
                await _take(tx, group_id)
            read = await self._read(tx, group_id, names)
            chosen = choose(read)
            decisions = {**read.decisions, **chosen}
            concerned = {uuid for pair in chosen for uuid in pair}
            book = NameBook(self._max_name_chars)
            naming = Naming(group_id, {}, concerned, decisions, by_rules=self._by_rules, adopts=True)
            resolution = await resolution_after(tx, naming, concerned, book)
            histories = Histories((), (), (), (pair for move in resolution.moves for pair in move.rows))
            while keys := histories.wanted():
                histories.add_stored(keys, await assertions_of(tx, keys))
            planned = plan(Triage(), [], Loaded(resolution), histories, book, sums_up=self._sums_up)
            if writes:
                for query, step_rows in planned.steps:
                    await run_rows(tx, query, step_rows, takes_vectors=takes_vectors)
                await run_rows(tx, "write_decisions", [_row(group_id, *each, now, reason) for each in chosen.items()])
                await rows(tx, "count_decisions", group_id=group_id)
                await run_rows(tx, "finish_groups", [_changed(group_id)])
            return _outcome(naming, resolution, concerned, len(chosen), planned.report.facts_created, is_written=writes)

        run = self._database.write if writes else self._database.read
        return await run("decide_entities", work)

    async def _read(self, tx: Transaction, group_id: str, names: Sequence[str]) -> _Read:
        """Return the names with all names of their entities, and what was decided before."""
        book = NameBook(self._max_name_chars)
        uuids = [book.entity(group_id, name) or "" for name in names]
        read = _Read(uuids, await names_of(tx, uuids), (await decisions_of(tx, [group_id])).get(group_id, {}))
        for uuid, name in zip(uuids, names, strict=True):
            if uuid not in read.known:
                raise UserError(
                    f"group {group_id!r} has no name {name!r}: names are told as they are written in episodes"
                )
        return read


def _doubts(found: Sequence[Row], decisions: Decisions) -> list[Doubt]:
    things = [Thing(row["uuid"], Named(row["name"], _type(row["labels"])), row["summary"] or "") for row in found]
    vectors = {row["uuid"]: np.asarray(row["vector"], dtype=np.float32) for row in found if row["vector"]}
    units = {uuid: vector / np.linalg.norm(vector) for uuid, vector in vectors.items()}
    return [doubt for doubt in doubts(things, units) if frozenset((doubt.one.id, doubt.other.id)) not in decisions]


def _type(labels: Sequence[str]) -> str:
    return next((label for label in labels if label != DEFAULT_TYPE), DEFAULT_TYPE)


async def _take(tx: Transaction, group_id: str) -> None:
    """Take the group's lock; refuse while something else changes all of it."""
    group = (await lock(tx, [group_id]))[group_id]
    if group["is_being_removed"] or group.get("switching_to"):
        raise UserError(f"group {group_id!r} is being removed or given other vectors; try again when that is done")


def _changed(group_id: str) -> Row:
    """Return a row of `finish_groups`: what was found before is found no more."""
    return {"group_id": group_id, "model": None, "dimension": None, "has_lost": False}


def _row(group_id: str, pair: frozenset[str], choice: Choice, now: datetime, reason: str) -> Row:
    one, other = sorted(pair)
    uuid = deterministic_uuid(group_id, "decision", one, other)
    return {
        "uuid": uuid,
        "properties": {
            "uuid": uuid,
            "group_id": group_id,
            "one": one,
            "other": other,
            "choice": choice.value,
            "reason": reason,
            "decided_at": iso(now),
        },
    }


def _outcome(
    naming: Naming, resolution: Resolution, concerned: Iterable[str], decisions: int, facts: int, *, is_written: bool
) -> Outcome:
    links = resolution.links[naming.group_id]
    after = {uuid: KnownName(name.state, name.is_embedded, link=links[uuid]) for uuid, name in naming.known.items()}
    return Outcome(
        before=_views(concerned, naming.known),
        after=_views(concerned, after),
        decisions=decisions,
        episodes=len(resolution.moves),
        facts=facts,
        is_written=is_written,
    )


def _views(concerned: Iterable[str], known: Mapping[str, KnownName]) -> tuple[EntityView, ...]:
    roots = {known[uuid].root for uuid in concerned if uuid in known}
    found = [_view(root, known, ()) for root in roots]
    return tuple(sorted(found, key=lambda view: (view.names[0].first_at, view.uuid)))


def _view(root: str, known: Mapping[str, KnownName], said: Sequence[Row]) -> EntityView:
    """Return the entity, with the decisions that concern a name of it."""
    names = [name for name in known.values() if name.root == root]
    names.sort(key=lambda name: name.state.name.place)
    texts: dict[str, str] = defaultdict(lambda: "(a name that nobody mentions, or of another entity)")
    texts |= {name.uuid: name.state.name.value for name in known.values()}
    own = {name.uuid for name in names}
    summaries = [name.state.summary for name in names if name.state.summary]
    return EntityView(
        uuid=root,
        names=tuple(
            NameView(
                name.uuid,
                name.state.name.value,
                name.state.label,
                name.state.created_at,
                name.state.name.place.episode,
                name.link,
            )
            for name in names
        ),
        summary=max(summaries, key=lambda told: told.place).value if summaries else "",
        decisions=tuple(
            (texts[each["one"]], texts[each["other"]], each["choice"], each["reason"])
            for each in said
            if own & {each["one"], each["other"]}
        ),
    )
