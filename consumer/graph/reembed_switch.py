"""Changes a group's vectors for those of another model that are all staged, so that the two are never there together.

A small group is changed in one transaction. A large one in several, under a mark on its node: first all old vectors
go, then the new ones come, then the record is changed. Meanwhile the group is found by words only, and nobody writes
to it: a writer that meets the mark does what is left to do himself, for it needs no model, and then goes on. So a
process that dies in the middle holds up nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from consumer.graph.connection import Database, Transaction, rows
from consumer.graph.embedding_models import GroupModel
from consumer.graph.reembed_places import Kind

FILLS: Mapping[Kind, str] = {
    Kind.FACT: "fill_facts",
    Kind.NAME: "fill_names",
    Kind.SPELLING: "fill_spellings",
    Kind.ASSERTION: "fill_assertions",
    Kind.EPISODE: "fill_episodes",
}
"""The query that moves staged vectors to their place, by the kind of place."""

DROPS = ("drop_names", "drop_facts", "drop_episodes")
"""What is searched, and so must hold no old vector when the first new one comes."""

AT_ONCE = 2_000
"""Vectors that one transaction changes: 1,536 numbers each are 12 MB of its memory, old and new 25."""

PART = 1_000
"""Vectors of one transaction of several."""

ALL = 1_000_000_000


class UnfinishedSwitch(Exception):  # noqa: N818 - not a failure: what a writer meets and then finishes
    """A group's vectors are being changed; the writer finishes that, then tries again."""

    def __init__(self, group_id: str) -> None:
        super().__init__(group_id)
        self.group_id = group_id


def refuse_switching(groups: Mapping[str, Mapping[str, Any]]) -> None:
    """Return if none of the locked groups is having its vectors changed.

    Raises:
        UnfinishedSwitch: one is.
    """
    for group_id, group in groups.items():
        if group["switching_to"]:
            raise UnfinishedSwitch(group_id)


async def change_at_once(tx: Transaction, group_id: str, to: GroupModel) -> None:
    """Change all vectors of a locked group for the staged ones, and its record, in this transaction."""
    for name in DROPS:
        await rows(tx, name, group_id=group_id, limit=ALL)
    for kind, name in FILLS.items():
        await rows(tx, name, group_id=group_id, kind=kind, limit=ALL)
    await rows(tx, "end_switch", group_id=group_id, model=to.model, dimension=to.dimension)


class VectorSwitch:
    """Finishes what a mark says; holds no state.

    W1: while an old vector can be found no new one is there. W2: each step looks at the mark under the group's lock, so
    that several may do the same work at once.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def finish(self, group_id: str) -> None:
        """Return when the group's vectors are changed and the mark is gone; nothing where there is none.

        Raises:
            WorldFault: the database is down; the same call again goes on where this one stopped.
        """
        step = partial(self._step, group_id=group_id)
        while await self._database.write("switch_vectors", step):
            pass

    async def _step(self, tx: Transaction, *, group_id: str) -> bool:
        """Do the next part; return whether there may be another."""
        group = (await rows(tx, "lock_groups", rows=[{"group_id": group_id}]))[0]
        if not group["switching_to"]:
            return False
        if group["has_old_vectors"]:
            for name in DROPS:
                if (await rows(tx, name, group_id=group_id, limit=PART))[0]:
                    return True
            await rows(tx, "end_drop", group_id=group_id)
            return True
        for kind, name in FILLS.items():
            if (await rows(tx, name, group_id=group_id, kind=kind, limit=PART))[0]:
                return True
        await rows(
            tx, "end_switch", group_id=group_id, model=group["switching_to"], dimension=group["switching_dimension"]
        )
        return False
