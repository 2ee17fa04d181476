"""Moves a group to another embedding model: new vectors are staged beside the graph, then all change at once.

While they are staged everything goes on with the old model: search, and writing too. What is still missing is asked of
the database each time, so there is no cursor to lose: a run that was killed goes on where it stopped, and what was
written or removed meanwhile is seen. When nothing is missing under the group's lock, the vectors are changed
(`graph.reembed_switch`), and the group's record with them: from then on a writer with the old model is refused.

Every vector of the group has a place: the name of an entity or community, the sentence of a fact, the content of an
episode, and what our bookkeeping keeps for later, spellings that are not shown and sentences that no fact shows. A text
that has no vector gets none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from consumer.graph.bookkeeping import mentions_of
from consumer.graph.connection import Database, Record, Transaction, rows, run_rows
from consumer.graph.embedding_models import GroupModel
from consumer.graph.entities import spelling_key
from consumer.graph.reembed_places import Kind, Place, assertion_uuid
from consumer.graph.reembed_switch import AT_ONCE, UnfinishedSwitch, VectorSwitch, change_at_once, refuse_switching
from consumer.model.episode import Vector

UNSTAGED: Mapping[Kind, str] = {
    Kind.FACT: "unstaged_facts",
    Kind.NAME: "unstaged_names",
    Kind.SPELLING: "unstaged_spellings",
    Kind.ASSERTION: "unstaged_assertions",
    Kind.EPISODE: "unstaged_episodes",
}

STAGE_ROWS = 250
"""Vectors staged in one transaction, which holds the group's lock: writers wait for it."""


class Switched(StrEnum):
    """What became of an attempt to change a group's vectors."""

    DONE = "done"
    UNSTAGED = "unstaged"
    BEING_REMOVED = "being removed"


@dataclass(frozen=True, slots=True)
class Holding:
    """What a group holds: vectors, the characters of their texts, and some of those texts."""

    vectors: int
    chars: int
    sample: tuple[str, ...] = ()


async def groups_to_move(database: Database, model: str) -> dict[str, GroupModel]:
    """Return the groups whose vectors are not of `model`, or are being changed, sorted.

    Raises:
        WorldFault: the database is down.
    """
    found = await database.fetch("groups_to_move", model=model)
    return {row["group_id"]: GroupModel(row["model"], row["dimension"], bool(row["switching_to"])) for row in found}


class Reembedding:
    """One group on its way to `to`; holds no state of the way."""

    def __init__(self, database: Database, group_id: str, to: GroupModel) -> None:
        self._database = database
        self._group_id = group_id
        self._to = to

    async def holding(self, sample: int) -> Holding:
        """Return how much the group holds, with so many of its texts.

        Raises:
            WorldFault: the database is down.
        """
        row = (await self._database.fetch("count_vectors", group_id=self._group_id))[0]
        texts = tuple(place.text or "" for place in await self._read("", sample))
        names = row["spellings"] * (row["chars"] // max(row["texts"], 1))
        return Holding(row["texts"] + row["spellings"], row["chars"] + names, texts)

    async def unstaged(self, limit: int) -> list[Place]:
        """Return some places whose vector is not made anew yet, none when all are.

        Raises:
            WorldFault: the database is down.
        """
        return await self._read(self._to.model, limit)

    async def stage(self, places: Sequence[Place], vectors: Mapping[str, Vector]) -> None:
        """Keep the new vectors of `places`, by text; a text that has none will have none in the graph either.

        Raises:
            WorldFault: the database is down.
        """
        await self._database.takes_vectors()
        for start in range(0, len(places), STAGE_ROWS):
            part = places[start : start + STAGE_ROWS]
            await self._database.write("stage_vectors", partial(self._stage, places=part, vectors=vectors), len(part))

    async def switch(self) -> Switched:
        """Change the group's vectors for the staged ones, unless some are missing; then nothing is changed.

        Raises:
            WorldFault: the database is down.
        """
        while True:
            try:
                outcome = await self._database.write("begin_switch", self._begin)
            except UnfinishedSwitch:
                await self.finish()
            else:
                break
        if outcome is None:
            await self.finish()
        return outcome or Switched.DONE

    async def finish(self) -> None:
        """Go on with a change that somebody began.

        Raises:
            WorldFault: the database is down.
        """
        await VectorSwitch(self._database).finish(self._group_id)

    async def _read(self, model: str, limit: int) -> list[Place]:
        places: list[Place] = []
        for kind in UNSTAGED:
            if len(places) < limit:
                places += await self._database.read(
                    UNSTAGED[kind], partial(self._missing, kind=kind, model=model, limit=limit - len(places))
                )
        return places

    async def _missing(self, tx: Transaction, *, kind: Kind, model: str, limit: int) -> list[Place]:
        found = await rows(tx, UNSTAGED[kind], group_id=self._group_id, model=model, prefix=f"{kind}:", limit=limit)
        if kind == Kind.SPELLING:
            texts = await self._spellings(tx, {row["entity"] for row in found})
            return [Place(kind, row["uuid"], texts.get(row["key"]), {"key": row["key"]}) for row in found]
        if kind == Kind.ASSERTION:
            return [
                Place(
                    kind,
                    assertion_uuid(row["triple"], row["episode"]),
                    row["text"],
                    {name: row[name] for name in ("triple", "episode", "ordinal")},
                )
                for row in found
            ]
        return [Place(kind, row["uuid"], row["text"]) for row in found]

    @staticmethod
    async def _spellings(tx: Transaction, uuids: set[str]) -> dict[str, str]:
        """Return the spellings of entities by the property that keeps their vector: only episodes tell them."""
        if not uuids:
            return {}
        found = await rows(tx, "remaining_mentions", uuids=sorted(uuids), removed=[])
        return {
            spelling_key(placed.mention.name): placed.mention.name
            for row in found
            for placed in mentions_of(row["mentions"], row["uuid"], row["position"])
        }

    async def _stage(self, tx: Transaction, *, places: Sequence[Place], vectors: Mapping[str, Vector]) -> None:
        """Stage under the group's lock, and forget at once what a removal has taken since it was read."""
        await rows(tx, "lock_groups", rows=[{"group_id": self._group_id}])
        staged: list[Record] = [
            {
                "place": place.key,
                "properties": {
                    "place": place.key,
                    "group_id": self._group_id,
                    "kind": place.kind,
                    "model": self._to.model,
                    "uuid": place.uuid,
                    # An episode's text never changes: its place is not told apart by it, and need not hold it again.
                    "text": None if place.kind is Kind.EPISODE else place.text,
                    **place.details,
                },
                "vector": None if place.text is None else vectors.get(place.text),
            }
            for place in sorted(places, key=lambda each: each.key)
        ]
        await run_rows(tx, "stage_vectors", staged, takes_vectors=await self._database.takes_vectors())
        await self._prune(tx, [row["place"] for row in staged])

    async def _begin(self, tx: Transaction) -> Switched | None:
        """Change a small group, or mark a large one (None)."""
        groups = {row["group_id"]: row for row in await rows(tx, "lock_groups", rows=[{"group_id": self._group_id}])}
        refuse_switching(groups)
        if groups[self._group_id]["is_being_removed"]:
            return Switched.BEING_REMOVED
        await self._prune(tx, None)
        for kind in UNSTAGED:
            if await self._missing(tx, kind=kind, model=self._to.model, limit=1):
                return Switched.UNSTAGED
        if (await rows(tx, "count_staged", group_id=self._group_id))[0] <= AT_ONCE:
            await change_at_once(tx, self._group_id, self._to)
            return Switched.DONE
        await rows(tx, "begin_switch", group_id=self._group_id, model=self._to.model, dimension=self._to.dimension)
        return None

    async def _prune(self, tx: Transaction, places: list[str] | None) -> None:
        await rows(tx, "prune_staged", group_id=self._group_id, model=self._to.model, places=places)
