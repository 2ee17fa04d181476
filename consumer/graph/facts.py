"""Which histories a batch touches, what must be read for them, and the difference to write. Pure."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from consumer.graph.assertions import AssertionRow, Triple
from consumer.graph.invalidate import Fact, history

_KEYS_CACHED = 16_384
"""Triples whose keys are kept at hand: a batch asks for each several times."""


@lru_cache(maxsize=_KEYS_CACHED)
def triple_key(triple: Triple) -> str:
    """Return the indexed key of a triple's assertions (a hash, so that no length of a relation breaks the index)."""
    kind = "symmetric-triple" if triple.is_symmetric else "triple"
    return _key(triple.group_id, kind, triple.subject, triple.relation, triple.object)


@lru_cache(maxsize=_KEYS_CACHED)
def subject_side(triple: Triple) -> str:
    """Return the key shared by all triples of the same subject and relation; of a symmetric one, of the same end."""
    if triple.is_symmetric:
        return _key(triple.group_id, "end", triple.subject, triple.relation)
    return _key(triple.group_id, "subject-side", triple.subject, triple.relation)


@lru_cache(maxsize=_KEYS_CACHED)
def object_side(triple: Triple) -> str:
    """Return the key shared by all triples of the same relation and object; of a symmetric one, of the same end."""
    if triple.is_symmetric:
        return _key(triple.group_id, "end", triple.object, triple.relation)
    return _key(triple.group_id, "object-side", triple.relation, triple.object)


def subject_sides(triple: Triple) -> set[str]:
    """Return the keys under which assertions that share a subject side with `triple` have theirs."""
    return {subject_side(triple), object_side(triple)} if triple.is_symmetric else {subject_side(triple)}


def object_sides(triple: Triple) -> set[str]:
    """Return the keys under which assertions that share an object side with `triple` have theirs."""
    return {subject_side(triple), object_side(triple)} if triple.is_symmetric else {object_side(triple)}


def matters_on_subject(row: AssertionRow) -> bool:
    """Return whether `row` matters to the triples that share its subject: it can close them, or corrects what can."""
    return row.instead_of is not None or (row.start is not None and row.exclusive.on_subject)


def matters_on_object(row: AssertionRow) -> bool:
    """Return whether `row` matters to the triples that share its object."""
    return row.instead_of is not None or (row.start is not None and row.exclusive.on_object)


def _key(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


@dataclass(slots=True)
class AssertionKeys:
    """Index keys of assertions: by triple, by side (all of it), by side (only what is flagged exclusive there)."""

    triples: set[str] = field(default_factory=set)
    subject_sides: set[str] = field(default_factory=set)
    object_sides: set[str] = field(default_factory=set)
    exclusive_subjects: set[str] = field(default_factory=set)
    exclusive_objects: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return any(
            (self.triples, self.subject_sides, self.object_sides, self.exclusive_subjects, self.exclusive_objects)
        )

    def without(self, fetched: AssertionKeys) -> AssertionKeys:
        """Return the keys that are not yet fetched; a whole side includes what is flagged on it."""
        subjects = self.subject_sides - fetched.subject_sides
        objects = self.object_sides - fetched.object_sides
        return AssertionKeys(
            self.triples - fetched.triples,
            subjects,
            objects,
            self.exclusive_subjects - fetched.exclusive_subjects - fetched.subject_sides - subjects,
            self.exclusive_objects - fetched.exclusive_objects - fetched.object_sides - objects,
        )

    def add(self, other: AssertionKeys) -> None:
        """Count the keys of `other` as fetched."""
        self.triples |= other.triples
        self.subject_sides |= other.subject_sides
        self.object_sides |= other.object_sides
        self.exclusive_subjects |= other.exclusive_subjects
        self.exclusive_objects |= other.exclusive_objects


@dataclass(slots=True)
class FactChanges:
    """The difference between the facts before and after."""

    created: list[Fact] = field(default_factory=list)
    changed: list[Fact] = field(default_factory=list)
    deleted: list[Fact] = field(default_factory=list)
    demoted: list[Fact] = field(default_factory=list)
    """Deleted facts whose founder still stands, in another fact: its vector must be kept."""
    edges: dict[str, tuple[set[str], set[str]]] = field(default_factory=dict)
    """Per episode: the facts that are no longer its, and those that now are."""


class Histories:
    """The assertions a batch adds and takes, and the stored ones that matter for them.

    `wanted()` names what is still to be read; feed it to `add_stored` until nothing is wanted. Usually one read,
    a second one when an exclusive assertion reaches triples that the batch does not name.
    """

    def __init__(
        self,
        added: Iterable[AssertionRow],
        removed_episodes: Collection[str],
        removed_keys: Iterable[str],
        moved: Iterable[tuple[AssertionRow, AssertionRow]] = (),
    ) -> None:
        """Take new assertions, the episodes that go, the keys of the triples they asserted, and moved assertions.

        `moved`: stored assertions as they are and as they will be, because a name of theirs belongs to another entity.
        """
        self._added = {row.key: row for row in added}
        pairs = list(moved)
        self._moved = {after.key: after for _, after in pairs}
        self._removed_episodes = frozenset(removed_episodes)
        self._first = AssertionKeys(
            triples={
                *removed_keys,
                *(triple_key(row.triple) for row in self._added.values()),
                *(triple_key(row.triple) for pair in pairs for row in pair),
            }
        )
        self._stored: dict[tuple[str, int], AssertionRow] = {}
        self._fetched = AssertionKeys()

    def wanted(self) -> AssertionKeys:
        """Return the keys still to be read."""
        keys = AssertionKeys(triples=set(self._first.triples))
        for row in self._closing():
            if row.exclusive.on_subject:
                keys.subject_sides |= subject_sides(row.triple)
            if row.exclusive.on_object:
                keys.object_sides |= object_sides(row.triple)
        for triple in self._affected():
            keys.exclusive_subjects |= subject_sides(triple)
            keys.exclusive_objects |= object_sides(triple)
            keys.triples.add(triple_key(triple))
        return keys.without(self._fetched)

    def add_stored(self, keys: AssertionKeys, rows: Iterable[AssertionRow]) -> None:
        """Take what was read for `keys`; a triple that came with its whole side need not be read again."""
        self._fetched.add(keys)
        for row in rows:
            self._stored[row.key] = row
            if keys.subject_sides or keys.object_sides:
                triple = row.triple
                if subject_side(triple) in keys.subject_sides or object_side(triple) in keys.object_sides:
                    self._fetched.triples.add(triple_key(triple))

    def _changed(self) -> list[AssertionRow]:
        gone = [row for row in self._stored.values() if row.episode in self._removed_episodes]
        moved = [row for key, row in self._stored.items() if key in self._moved]
        return [*self._added.values(), *gone, *moved, *self._moved.values()]

    def _closing(self) -> list[AssertionRow]:
        """Return the exclusive starts that change: those of changed rows, and what a changed correction corrects."""
        changed = self._changed()
        corrections = {row.triple for row in changed if row.instead_of is not None}
        if corrections:
            changed += [row for row in (*self._stored.values(), *self._added.values()) if row.triple in corrections]
        return [row for row in changed if row.start is not None]

    def _affected(self) -> set[Triple]:
        """Return the triples whose history may change: named ones, and those a changed exclusive start can close."""
        affected = {row.triple for row in self._changed()}
        closing = self._closing()
        subjects = {key for row in closing if row.exclusive.on_subject for key in subject_sides(row.triple)}
        objects = {key for row in closing if row.exclusive.on_object for key in object_sides(row.triple)}
        if subjects or objects:
            for row in (*self._added.values(), *self._moved.values(), *self._stored.values()):
                triple = row.triple
                if subject_side(triple) in subjects or object_side(triple) in objects:
                    affected.add(triple)
        return affected

    def removed_rows(self) -> list[AssertionRow]:
        """Return the stored assertions that go."""
        return [row for row in self._stored.values() if row.episode in self._removed_episodes]

    def changes(self) -> FactChanges:
        """Return the difference to write, facts in order of uuid."""
        before = AssertionIndex(self._stored.values())
        kept = [
            self._moved.get(key, row) for key, row in self._stored.items() if row.episode not in self._removed_episodes
        ]
        after = AssertionIndex([*kept, *self._added.values()])
        standing = {row.place for row in kept}
        result = FactChanges()
        for triple in sorted(self._affected()):
            old = {fact.uuid: fact for fact in history(triple, before.concerning(triple))}
            new = {fact.uuid: fact for fact in history(triple, after.concerning(triple))}
            result.created += [fact for uuid, fact in new.items() if uuid not in old]
            result.changed += [fact for uuid, fact in new.items() if uuid in old and old[uuid] != fact]
            gone = [fact for uuid, fact in old.items() if uuid not in new]
            result.deleted += gone
            result.demoted += [fact for fact in gone if fact.founder in standing]
            _edge_changes(result.edges, old, new)
        for facts in (result.created, result.changed, result.deleted, result.demoted):
            facts.sort(key=lambda fact: fact.uuid)
        return result


def _edge_changes(edges: dict[str, tuple[set[str], set[str]]], old: dict[str, Fact], new: dict[str, Fact]) -> None:
    """Add, per episode, the facts it loses and wins between `old` and `new`."""
    before = {(episode, uuid) for uuid, fact in old.items() for episode in fact.episodes}
    after = {(episode, uuid) for uuid, fact in new.items() for episode in fact.episodes}
    for episode, uuid in before - after:
        edges.setdefault(episode, (set(), set()))[0].add(uuid)
    for episode, uuid in after - before:
        edges.setdefault(episode, (set(), set()))[1].add(uuid)


class AssertionIndex:
    """Assertions by triple, and the flagged ones by side."""

    def __init__(self, rows: Iterable[AssertionRow]) -> None:
        self._own: dict[Triple, list[AssertionRow]] = defaultdict(list)
        self._subjects: dict[str, list[AssertionRow]] = defaultdict(list)
        self._objects: dict[str, list[AssertionRow]] = defaultdict(list)
        for row in rows:
            triple = row.triple
            self._own[triple].append(row)
            if matters_on_subject(row):
                self._subjects[subject_side(triple)].append(row)
            if matters_on_object(row):
                self._objects[object_side(triple)].append(row)

    def concerning(self, triple: Triple) -> list[AssertionRow]:
        """Return the assertions of `triple` and those that may be its rivals."""
        found = list(self._own.get(triple, ()))
        for key in subject_sides(triple):
            found += self._subjects.get(key, ())
        for key in object_sides(triple):
            found += self._objects.get(key, ())
        return found
