"""Removal of a whole group: in bounded transactions, resumable, and exact about what came after it in the log.

How far the removals reach is noted on the group's node first, and `is_being_removed` until all is gone; a writer that
meets the mark finishes the work. Episodes from before the removal never come back; those from after it stay.

Two pods can be at the same removal. While the mark stands nobody writes to the group, so each part may be taken twice;
once one of them has finished, the other must touch nothing more, since what is there then came later. So each part
looks at the mark under the group's lock.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from consumer.graph.connection import Database, Transaction, rows
from consumer.graph.cypher import parameters
from consumer.graph.places import removals_of
from consumer.graph.reembed_switch import refuse_switching
from consumer.model.episode import LogPosition

RemoveEpisodes = Callable[[Transaction, str, Sequence[str]], Awaitable[None]]

PURGES: tuple[str, ...] = (
    "purge_facts",
    "purge_mentions",
    "purge_saga_members",
    "purge_saga_links",
    "purge_bookkeeping",
    "purge_entities",
    "purge_decisions",
    "purge_episodes",
    "purge_sagas",
    "purge_communities",
    "purge_vectors",
)
"""Relationships before nodes, so that no hub is detached in one transaction."""

PURGE_LIMIT = 2_000
"""Elements one transaction takes away."""

EXACT_LIMIT = 200
"""Episodes one transaction takes out when later ones stay."""


class GroupRemoval:
    """Removes groups; holds no state."""

    def __init__(self, database: Database, remove_episodes: RemoveEpisodes) -> None:
        """Store the database, and how single episodes are taken out."""
        self._database = database
        self._remove_episodes = remove_episodes

    async def remove(self, group_id: str, position: LogPosition) -> None:
        """Take out everything of the group from before `position`; nothing if that was done already.

        Raises:
            UnfinishedSwitch: the group's vectors are being changed; nothing was done.
            WorldFault: the database is down; the same call again goes on where this one stopped.
        """
        removals = await self._database.write(
            "begin_group_removal", partial(self._begin, group_id=group_id, position=position)
        )
        if removals is not None:
            await self._finish(group_id, removals)

    async def finish(self, group_id: str) -> None:
        """Go on with a removal that somebody began.

        Raises:
            WorldFault: the database is down.
        """
        found = await self._database.fetch("removal_positions", group_ids=[group_id])
        await self._finish(group_id, found[0]["removals"])

    async def _begin(self, tx: Transaction, *, group_id: str, position: LogPosition) -> list[str] | None:
        """Note the removal; return how far the group's removals reach, None when nothing is left to do."""
        known = (await rows(tx, "lock_groups", rows=[{"group_id": group_id}]))[0]
        refuse_switching({group_id: known})
        before = removals_of(known["removals"] or ())
        after = before.and_at(position)
        if after == before:
            return after.texts if known["is_being_removed"] else None
        await rows(tx, "begin_group_removal", group_id=group_id, removals=after.texts)
        return after.texts

    async def _finish(self, group_id: str, removals: list[str]) -> None:
        later = await self._database.fetch("later_episodes", group_id=group_id, removals=removals)
        is_empty = not later[0]
        if is_empty:
            for purge in PURGES:
                work = partial(self._purge, name=purge, group_id=group_id, removals=removals)
                while await self._database.write(purge, work):
                    pass
        else:
            part = partial(self._remove_part, group_id=group_id, removals=removals)
            while await self._database.write("remove_part_of_group", part):
                pass
            forget = partial(self._purge, name="forget_removals", group_id=group_id, removals=removals)
            while await self._database.write("forget_removals", forget):
                pass
        end = partial(self._end, group_id=group_id, removals=removals, is_empty=is_empty)
        await self._database.write("finish_group_removal", end)

    async def _is_open(self, tx: Transaction, group_id: str, removals: list[str]) -> bool:
        """Take the lock and return whether the mark of this removal still stands."""
        return any(await rows(tx, "lock_group_removal", group_id=group_id, removals=removals))

    async def _end(self, tx: Transaction, *, group_id: str, removals: list[str], is_empty: bool) -> None:
        if await self._is_open(tx, group_id, removals):
            await rows(tx, "finish_group_removal", group_id=group_id, is_empty=is_empty)

    async def _purge(self, tx: Transaction, *, name: str, group_id: str, removals: list[str]) -> int:
        if not await self._is_open(tx, group_id, removals):
            return 0
        values = {"group_id": group_id, "removals": removals, "limit": PURGE_LIMIT}
        used = {key: value for key, value in values.items() if key in parameters(name)}
        gone: int = (await rows(tx, name, **used))[0]
        return gone

    async def _remove_part(self, tx: Transaction, *, group_id: str, removals: list[str]) -> int:
        if not await self._is_open(tx, group_id, removals):
            return 0
        found = await rows(tx, "earlier_episodes", group_id=group_id, removals=removals, limit=EXACT_LIMIT)
        await self._remove_episodes(tx, group_id, found)
        return len(found)
