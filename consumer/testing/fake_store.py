"""A graph store in memory: idempotent, atomic a batch, with the order of each group on record.

It keeps episodes and what they assert, not the graph they make: what a log must become is `consumer.testing.gold`'s
to say, and the real store's to do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from consumer.model.episode import Embedded, LogPosition, Removal
from consumer.model.ids import episode_uuid
from consumer.ports import WriteReport
from consumer.testing.script import FaultScript


class FakeGraphStore:
    """S1: a batch is written whole or not at all. S2: what is there, or was removed, is not written again.

    `order` holds each group's event ids as they were first written, `batches` the event ids of each call that
    wrote. Beside the fault script there is `lose_acknowledgements`: the write takes effect and then fails.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self.faults = FaultScript()
        self.episodes: dict[str, Embedded] = {}
        self.removed: set[str] = set()
        self.order: defaultdict[str, list[str]] = defaultdict(list)
        self.batches: list[list[str]] = []
        self.group_removals: dict[str, LogPosition] = {}
        self.present_calls = 0
        self.is_closed = False
        self._lost: list[Exception] = []

    def lose_acknowledgements(self, *errors: Exception) -> None:
        """Let the next writes take effect and then raise `errors`, one each."""
        self._lost.extend(errors)

    async def present(self, episodes: Mapping[str, str]) -> set[str]:
        """Return which of the episode uuids are stored or were removed."""
        self.present_calls += 1
        await self.faults.play("present")
        return {uuid for uuid in episodes if uuid in self.episodes or uuid in self.removed}

    async def removed_up_to(self, group_ids: Iterable[str]) -> dict[str, LogPosition]:
        """Return up to where in the log groups were removed."""
        return {group_id: self.group_removals[group_id] for group_id in group_ids if group_id in self.group_removals}

    async def write(self, batch: Sequence[Embedded | Removal]) -> WriteReport:
        """Write the batch in its order; nothing of it when the script has a fault for one of its events."""
        await self.faults.play(*(_event_id(item) for item in batch))
        written = removals = entities = facts = 0
        present: set[LogPosition] = set()
        for item in batch:
            if isinstance(item, Removal):
                self._remove(item)
                removals += 1
            elif self._is_known(item):
                present.add(item.episode.position)
            else:
                self.episodes[item.episode.uuid] = item
                self.order[item.group_id].append(item.episode.event_id)
                written += 1
                entities += len(item.knowledge.mentions)
                facts += len(item.knowledge.assertions)
        self.batches.append([_event_id(item) for item in batch])
        if self._lost:
            raise self._lost.pop(0)
        return WriteReport(written, frozenset(present), entities, facts, 0, removals)

    async def aclose(self) -> None:
        """Note that it was closed."""
        self.is_closed = True

    def event_ids(self, group_id: str) -> list[str]:
        """Return the event ids that a group holds now, in the order of their writing."""
        held = {stored.episode.event_id for stored in self.episodes.values() if stored.group_id == group_id}
        return [event_id for event_id in self.order[group_id] if event_id in held]

    def _is_known(self, item: Embedded) -> bool:
        """Whether the episode is stored, was removed, or stands before the removal of its group."""
        limit = self.group_removals.get(item.group_id)
        uuid = item.episode.uuid
        return uuid in self.episodes or uuid in self.removed or (limit is not None and item.episode.position <= limit)

    def _remove(self, removal: Removal) -> None:
        """Take out one episode, remembered by its id, or a whole group, remembered by its place in the log."""
        if removal.event_id is not None:
            limit = self.group_removals.get(removal.group_id)
            if limit is not None and removal.position <= limit:
                return  # what it named may have been told anew since
            uuid = episode_uuid(removal.group_id, removal.event_id)
            self.episodes.pop(uuid, None)
            self.removed.add(uuid)
            return
        limit = max(removal.position, self.group_removals.get(removal.group_id, removal.position))
        self.group_removals[removal.group_id] = limit
        for uuid, stored in list(self.episodes.items()):
            if stored.group_id == removal.group_id and stored.episode.position <= limit:
                del self.episodes[uuid]


def _event_id(item: Embedded | Removal) -> str:
    """Return the event id that a fault script knows the item by; a group's removal goes by the group."""
    return (item.event_id or item.group_id) if isinstance(item, Removal) else item.episode.event_id
