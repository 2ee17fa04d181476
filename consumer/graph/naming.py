"""Which names of a group are one entity: what must be read to say it, and what changes. Pure.

The rules are those of `consumer.resolve.clusters`, a function of the set of names with their first places. Here is the
set kept small: only names that a batch brings, takes away or changes can change a choice, and only in the component of
names that links join to them. `wanted()` names what is still to be read; feed it to `add_stored` until nothing is.

Invariants (tests/property/test_naming.py):
    N1: after any batches, the links are those of all names that stay, resolved at once.
    N2: names told in the order of the log never change an entity's uuid.
    N3: what no link reaches is neither read nor written.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from consumer.graph.entities import KnownName
from consumer.graph.resolve import Entity
from consumer.resolve.blocks import Blocks, blocks_of
from consumer.resolve.clusters import Choice, Decisions, Link, PlacedName, are_linked, clusters
from consumer.resolve.judge import Named

_BLOCKS_CACHED = 65_536
"""Names whose blocks are kept at hand: a batch asks for each several times, the next batch for the hubs again."""


@dataclass(slots=True)
class NameKeys:
    """What is to be read: names with all names of their entities, and names by block.

    `firsts` are names that the batch has: only if they are not known, what shares their blocks is read too.
    """

    uuids: set[str] = field(default_factory=set)
    firsts: dict[str, Blocks] = field(default_factory=dict)
    forms: set[str] = field(default_factory=set)
    persons: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.uuids or self.firsts or self.forms or self.persons)


@lru_cache(maxsize=_BLOCKS_CACHED)
def group_blocks(group_id: str, name: str) -> Blocks:
    """Return the blocks of a name within its group."""
    found = blocks_of(name)
    return Blocks(*(_key(group_id, key) if key else "" for key in (found.form, found.person, found.other_form)))


def _key(group_id: str, block: str) -> str:
    return hashlib.blake2b(f"{group_id}\x1f{block}".encode(), digest_size=12).hexdigest()


def placed_name(state: Entity) -> PlacedName:
    """Return what the rules see of a name: its first spelling, its type, and its first place."""
    return PlacedName(state.uuid, Named(state.name.value, state.label), state.name.place, state.is_adopted)


class Naming:
    """The names of one group that a batch concerns, before and after it.

    First `add_stored` what is known of the names that are told or leave, then `settle` how they are afterwards, then
    read and `add_stored` while something is wanted; `links` and `moved` are right from then on.
    """

    def __init__(
        self,
        group_id: str,
        told: Mapping[str, str],
        leaving: Iterable[str],
        decisions: Decisions,
        *,
        by_rules: bool = True,
        adopts: bool = False,
    ) -> None:
        """Take the names that the batch tells (uuid and spelling), and those that removed episodes mention.

        Where Graphiti writes too (`adopts`), names are compared even without rules, for the key alone.
        """
        self.group_id = group_id
        self.known: dict[str, KnownName] = {}
        self.after: dict[str, Entity] = {}
        self.gone: frozenset[str] = frozenset()
        self._told = dict(told)
        self._leaving = frozenset(leaving)
        self._decisions = decisions
        self._partners: dict[str, set[str]] = defaultdict(set)
        for pair, choice in decisions.items():
            if choice is Choice.MERGE:
                for one in pair:
                    self._partners[one] |= pair - {one}
        self._by_rules = by_rules
        self._compares = by_rules or adopts
        self._dead: set[str] = set()
        """Names whose entity Graphiti had made and has taken away."""
        self._fetched_uuids: set[str] = set()
        self._fetched_blocks: set[str] = set()
        self._component: set[str] = set()
        self._pending: set[str] = set()
        self._near: dict[str, set[str]] = {}
        """Of each name of the component, those that belong to the same part of it."""

    def first_keys(self) -> NameKeys:
        """Return the keys of the first read."""
        uuids = {*self._told, *self._leaving}
        uuids |= {partner for uuid in uuids for partner in self._partners.get(uuid, ())}
        firsts = (
            {uuid: group_blocks(self.group_id, name) for uuid, name in self._told.items() if uuid not in self._leaving}
            if self._compares
            else {}
        )
        return NameKeys(uuids=uuids, firsts=firsts)

    def add_stored(self, keys: NameKeys, names: Iterable[KnownName]) -> None:
        """Take what was read for `keys`."""
        self._fetched_uuids |= keys.uuids
        self._fetched_blocks |= keys.forms | keys.persons
        for name in names:
            self.known[name.uuid] = name
            if not name.is_there:
                self._dead.add(name.uuid)
        for uuid, blocks in keys.firsts.items():
            if uuid not in self.known:
                self._fetched_blocks |= blocks.keys
        if self._component:
            self.gone |= self._dead
            self._pending |= self._component
            self._grow()

    def settle(self, after: Mapping[str, Entity], gone: Collection[str]) -> None:
        """Take the names that differ after the batch, as they are then, and those that nobody mentions any more."""
        self.after = dict(after)
        self.gone = frozenset(gone) | self._dead
        touched = {uuid for uuid, state in self.after.items() if self._is_touched(uuid, state)}
        touched |= {uuid for uuid in self.gone if uuid in self.known}
        self._pending = touched
        self._component = set(touched)
        self._grow()

    def decide_anew(self, uuids: Iterable[str]) -> None:
        """Look at these names again, because a decision about them has changed."""
        self.gone |= self._dead
        self._component |= {uuid for uuid in uuids if uuid in self.known}
        self._pending |= self._component
        self._grow()

    def wanted(self) -> NameKeys:
        """Return what is still to be read: the blocks and the entities of names in the component."""
        keys = NameKeys()
        for uuid in self._component:
            if uuid in self.known:
                keys.uuids.add(uuid)
            keys.uuids |= self._partners.get(uuid, set())
            if self._compares:
                for blocks in self._blocks(uuid):
                    keys.forms |= {key for key in (blocks.form, blocks.other_form) if key}
                    keys.persons |= {key for key in (blocks.person,) if key}
        keys.uuids -= self._fetched_uuids
        keys.forms -= self._fetched_blocks
        keys.persons -= self._fetched_blocks
        return keys

    @property
    def links(self) -> dict[str, Link | None]:
        """The link of each name that stays, by uuid; None for the first name of an entity."""
        found = {uuid: name.link for uuid, name in self.known.items() if uuid not in self.gone}
        for part in self._parts():
            names = [placed_name(state) for uuid in part if (state := self._state_after(uuid))]
            found |= clusters(names, self._decisions, by_rules=self._by_rules)
        return found

    def moved(self, links: Mapping[str, Link | None]) -> dict[str, str]:
        """Return the names known before that belong to another entity now, with that entity's uuid."""
        roots = {uuid: link.root if link else uuid for uuid, link in links.items() if uuid in self.known}
        return {uuid: root for uuid, root in roots.items() if root != self.known[uuid].root}

    def _parts(self) -> Iterable[list[str]]:
        """Return the parts of the component that nothing joins: each is decided alone, so a batch costs no square."""
        rest = set(self._component)
        for uuid in sorted(self._component):
            if uuid not in rest:
                continue
            part, frontier = {uuid}, [uuid]
            while frontier:
                new = self._near.get(frontier.pop(), set()) - part
                part |= new
                frontier += new
            rest -= part
            yield sorted(part)

    def _is_touched(self, uuid: str, state: Entity) -> bool:
        """Whether the rules see something else of the name than before."""
        known = self.known.get(uuid)
        return known is None or placed_name(known.state) != placed_name(state)

    def _state_after(self, uuid: str) -> Entity | None:
        if uuid in self.gone:
            return None
        known = self.known.get(uuid)
        return self.after.get(uuid) or (known.state if known else None)

    def _states(self, uuid: str) -> list[PlacedName]:
        """Return the name as it was and as it is, where it is."""
        known = self.known.get(uuid)
        states = [known.state if known else None, self._state_after(uuid)]
        return [placed_name(state) for state in states if state is not None]

    def _blocks(self, uuid: str) -> set[Blocks]:
        return {group_blocks(self.group_id, each.named.name) for each in self._states(uuid)}

    def _grow(self) -> None:
        """Add to the component what links, before or after, and common entities join to it."""
        members: dict[str, set[str]] = defaultdict(set)
        by_block: dict[str, set[str]] = defaultdict(set)
        for uuid in {*self.known, *self.after}:
            if uuid in self.known:
                members[self.known[uuid].root].add(uuid)
            if self._compares:
                for blocks in self._blocks(uuid):
                    for key in blocks.keys:
                        by_block[key].add(uuid)
        while self._pending:
            one = self._pending.pop()
            near = set(self._partners.get(one, ())) & {*self.known, *self.after}
            if one in self.known:
                near |= members[self.known[one].root]
            if self._compares:
                met = {other for blocks in self._blocks(one) for key in blocks.keys for other in by_block[key]}
                near |= {other for other in met - {one} if self._is_linked(one, other)}
            self._near[one] = self._near.get(one, set()) | near
            for other in near:
                self._near.setdefault(other, set()).add(one)
            new = near - self._component
            self._component |= new
            self._pending |= new

    def _is_linked(self, one: str, other: str) -> bool:
        """Whether the two were, or are, linked."""
        mine, theirs = self._states(one), self._states(other)
        return any(are_linked(a, b, self._decisions, by_rules=self._by_rules) for a in mine for b in theirs)
