"""A group's communities in the graph: what they are made of, how they are, and all of them written at once.

Nothing is locked while a build reads and computes; it writes in one transaction under the group's lock. What was
written to the group meanwhile does no harm: the communities are those of the version that was read, and the next build
sees that. But if the group lost something meanwhile, an episode or a name's place, they may quote it or name what is
gone: then nothing is written, and the build reads anew.

Invariants (tests/integration/graph/test_communities.py):
    M1: old communities or new ones, whenever a build dies. M2: nothing that was removed comes back with a build.
    M3: no vector of another model than the group's.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

from consumer.graph.connection import Database, Transaction, rows, run_rows
from consumer.graph.cypher import query
from consumer.graph.reembed_switch import UnfinishedSwitch, VectorSwitch, refuse_switching
from consumer.model.community import Build, Community, GroupEntity, GroupFact, GroupGraph, Prints, Wanted
from consumer.model.ids import deterministic_uuid

_ENTITY, _COMMUNITY = "Entity", "Community"


class Outcome(StrEnum):
    """What became of an attempt to write."""

    WRITTEN = "written"
    SAME = "unchanged"
    MOVED_ON = "moved on"
    BEING_REMOVED = "being removed"


@dataclass(frozen=True, slots=True)
class Stored:
    """Communities as they are. `links` are their HAS_MEMBER relationships: (community, member) to uuid."""

    communities: Mapping[str, Community] = field(default_factory=dict)
    with_vector: frozenset[str] = frozenset()
    links: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CommunityState:
    """What is known before a build: the group's version, the model of its vectors, its last build, its communities."""

    version: int = 0
    model: str | None = None
    build: Build | None = None
    stored: Stored = field(default_factory=Stored)

    def is_current(self, rules: str) -> bool:
        """Whether a build by these rules would find what is there."""
        return self.build is not None and (self.build.version, self.build.rules) == (self.version, rules)


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member of a community, as a person wants to see it."""

    uuid: str
    name: str
    type: str
    summary: str


class _Vanished(Exception):  # noqa: N818 - not a failure: what is rolled back and begun anew
    """A member that was to be written is gone."""


class GroupCommunities:
    """One group's communities; holds no state of them."""

    def __init__(self, database: Database, group_id: str) -> None:
        self._database = database
        self._group_id = group_id

    async def state(self) -> CommunityState:
        """Return where the group and its communities stand.

        Raises:
            WorldFault: the database is down.
        """
        return await self._database.read("community_state", self._state)

    async def graph(self, most_facts: int) -> GroupGraph:
        """Return entities and current facts; of more facts than `most_facts` so many and one.

        Raises:
            WorldFault: the database is down.
        """
        entities = await self._database.fetch("community_entities", group_id=self._group_id)
        facts = await self._database.read("community_facts", partial(self._facts, limit=most_facts + 1))
        return await asyncio.to_thread(_graph, entities, facts)

    async def sentences(self, uuids: Sequence[str]) -> dict[str, str]:
        """Return the sentences of facts by their uuids; one that is gone has none.

        Raises:
            WorldFault: the database is down.
        """
        found: dict[str, str] = {}
        for start in range(0, len(uuids), 1_000):
            part = list(uuids[start : start + 1_000])
            found |= dict(await self._database.fetch("community_sentences", group_id=self._group_id, uuids=part))
        return found

    async def members(self, uuid: str) -> list[MemberView]:
        """Return the members of a community, by name.

        Raises:
            WorldFault: the database is down.
        """
        found = await self._database.fetch("community_members", group_id=self._group_id, uuid=uuid)
        return [MemberView(row["uuid"], row["name"], _type(row["labels"]), row["summary"]) for row in found]

    async def write(self, wanted: Wanted) -> Outcome:
        """Make the group's communities those of `wanted`, or change nothing.

        Raises:
            WorldFault: the database is down; the same call again is safe.
        """
        await self._database.takes_vectors()
        while True:
            try:
                return await self._database.write("write_communities", partial(self._write, wanted=wanted))
            except UnfinishedSwitch:
                await VectorSwitch(self._database).finish(self._group_id)
            except _Vanished:
                return Outcome.MOVED_ON

    async def _facts(self, tx: Transaction, *, limit: int) -> list[GroupFact]:
        """Return facts as bare tuples, made as they come (`GroupFact` says why)."""
        values = {"group_id": self._group_id, "limit": limit}
        result = await tx.run(query("community_facts"), values)
        return [tuple(row) async for record in result for row in record["rows"]]

    async def _state(self, tx: Transaction) -> CommunityState:
        """Read the version first: what is read after it is as new or newer."""
        found = await rows(tx, "community_state", group_id=self._group_id)
        stored = await self._stored(tx)
        if not found:
            return CommunityState(stored=stored)
        row = found[0]
        build = None
        if row["built_version"] is not None and not row["is_stale"]:
            build = Build(row["built_version"], row["built_rules"] or "", prints_of(row["built_prints"] or ()))
        return CommunityState(row["version"], row["model"], build, stored)

    async def _stored(self, tx: Transaction) -> Stored:
        communities = await rows(tx, "stored_communities", group_id=self._group_id)
        members = await rows(tx, "stored_members", group_id=self._group_id)
        return await asyncio.to_thread(_stored, communities, members)

    async def _write(self, tx: Transaction, *, wanted: Wanted) -> Outcome:
        """One attempt, all of it under the group's lock."""
        group = (await rows(tx, "lock_groups", rows=[{"group_id": self._group_id}]))[0]
        refuse_switching({self._group_id: group})
        if group["is_being_removed"]:
            return Outcome.BEING_REMOVED
        state = (await rows(tx, "community_state", group_id=self._group_id))[0]
        if state["lost_at"] > wanted.build.version or group["model"] != wanted.model:
            return Outcome.MOVED_ON
        changes = await asyncio.to_thread(Changes.between, self._group_id, await self._stored(tx), wanted)
        if changes.lacks_vectors:
            return Outcome.MOVED_ON
        for name, step_rows in changes.steps:
            await run_rows(tx, name, step_rows, takes_vectors=await self._database.takes_vectors())
        if changes and (await self._stored(tx)).links.keys() != changes.links:
            raise _Vanished
        is_newest = state["version"] == wanted.build.version
        step = int(bool(changes))
        await rows(
            tx,
            "finish_communities",
            group_id=self._group_id,
            step=step,
            built_version=wanted.build.version + (step if is_newest else 0),
            rules=wanted.build.rules,
            prints=print_texts(wanted.build.prints),
        )
        return Outcome.WRITTEN if changes else Outcome.SAME


@dataclass(frozen=True, slots=True)
class Changes:
    """What makes the stored communities the wanted ones: queries with their rows, in order."""

    steps: tuple[tuple[str, list[dict[str, Any]]], ...]
    links: frozenset[tuple[str, str]]
    lacks_vectors: bool = False

    def __bool__(self) -> bool:
        return bool(self.steps)

    @classmethod
    def between(cls, group_id: str, stored: Stored, wanted: Wanted) -> Changes:
        """Return the changes; `lacks_vectors`: a name needs a vector that is neither stored nor given."""
        before, after = stored.communities, {each.uuid: each for each in wanted.communities}
        told = [each for each in wanted.communities if _told(before.get(each.uuid)) != _told(each)]
        vectors, lacks = _vectors(stored, wanted)
        links = {(each.uuid, member): each for each in wanted.communities for member in each.members}
        uuids = {pair: deterministic_uuid(group_id, "has_member", *pair) for pair in links}
        gone = [pair for pair, uuid in stored.links.items() if uuids.get(pair) != uuid and pair[0] in after]
        redated = {each.uuid for each in told}
        new = [pair for pair in links if stored.links.get(pair) != uuids[pair] or pair[0] in redated]
        members = [
            {
                "uuid": uuids[pair],
                "group_id": group_id,
                "community": pair[0],
                "member": pair[1],
                "created_ms": links[pair].created_ms,
                "is_entity": links[pair].level == 0,
            }
            for pair in sorted(new)
        ]
        steps = (
            ("drop_communities", [{"uuid": uuid} for uuid in sorted(before.keys() - after.keys())]),
            ("drop_members", [{"community": one, "member": other} for one, other in sorted(gone)]),
            ("write_communities", [_row(group_id, each) for each in sorted(told, key=lambda each: each.uuid)]),
            ("write_community_vectors", vectors),
            ("write_entity_members", [row for row in members if row["is_entity"]]),
            ("write_community_members", [row for row in members if not row["is_entity"]]),
        )
        return cls(tuple(step for step in steps if step[1]), frozenset(links), lacks)


def prints_of(texts: Iterable[str]) -> dict[str, Prints]:
    """Return what `print_texts` wrote."""
    return {uuid: Prints(shape, text) for uuid, shape, text in (line.split(" ") for line in texts)}


def print_texts(prints: Mapping[str, Prints]) -> list[str]:
    """Return prints as one text each, sorted."""
    return [f"{uuid} {each.shape} {each.text}" for uuid, each in sorted(prints.items())]


def _vectors(stored: Stored, wanted: Wanted) -> tuple[list[dict[str, Any]], bool]:
    """Return the vectors to write, and whether one is neither stored nor known."""
    found, lacks = [], False
    for each in sorted(wanted.communities, key=lambda each: each.uuid):
        before = stored.communities.get(each.uuid)
        if before is not None and before.name == each.name and each.uuid in stored.with_vector:
            continue
        if each.name in wanted.vectors:
            vector = wanted.vectors[each.name]
            if vector is not None:
                found.append({"uuid": each.uuid, "vector": vector})
        else:
            lacks = lacks or wanted.model is not None
    return found, lacks


def _told(community: Community | None) -> tuple[str, str, int] | None:
    return None if community is None else (community.name, community.summary, community.created_ms)


def _row(group_id: str, community: Community) -> dict[str, Any]:
    return {
        "uuid": community.uuid,
        "group_id": group_id,
        "name": community.name,
        "summary": community.summary,
        "created_ms": community.created_ms,
    }


def _graph(entities: Iterable[Sequence[Any]], facts: Iterable[GroupFact]) -> GroupGraph:
    return GroupGraph(
        tuple(GroupEntity(uuid, name, _type(labels), created) for uuid, name, labels, created in entities),
        tuple(facts),
    )


def _type(labels: Iterable[str]) -> str:
    """Return the first label that says what it is, or which kind of node it is."""
    found = sorted(labels)
    return next((label for label in found if label not in {_ENTITY, _COMMUNITY}), found[0] if found else _ENTITY)


def _stored(communities: Sequence[Mapping[str, Any]], members: Sequence[Sequence[Any]]) -> Stored:
    within: dict[str, list[str]] = defaultdict(list)
    below: dict[str, set[str]] = defaultdict(set)
    for community, member, _, is_community in members:
        within[community].append(member)
        if is_community:
            below[community].add(member)
    levels: dict[str, int] = {}
    pending = [row["uuid"] for row in communities]
    while pending:  # a level a round: what has no member that is still open
        done = [uuid for uuid in pending if below[uuid] <= levels.keys()] or pending
        levels |= {uuid: 1 + max((levels.get(each, 0) for each in below[uuid]), default=-1) for uuid in done}
        pending = [uuid for uuid in pending if uuid not in levels]
    return Stored(
        {
            row["uuid"]: Community(
                row["uuid"],
                levels[row["uuid"]],
                row["name"],
                row["summary"],
                row["created_ms"],
                tuple(sorted(within[row["uuid"]])),
            )
            for row in communities
        },
        frozenset(row["uuid"] for row in communities if row["has_vector"]),
        {(community, member): uuid for community, member, uuid, _ in members},
    )
