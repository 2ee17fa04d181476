"""When each published episode can first be read in the graph, as another client sees it.

Not what a pod says of itself: an episode counts when a reader of its own finds it, committed, so that the time from
produce to written has everything in it, and is told too long by at most the time between two looks. A look asks
only for the next few of each group: a group is written in log order, so what is behind them is not there either.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from consumer.clock import Clock

Look = Callable[[Mapping[str, str]], Awaitable[set[str]]]
"""Takes uuids with their groups and returns those that are in the graph."""

_FEWEST = 4
_MOST = 500


@dataclass(frozen=True, slots=True)
class Sighting:
    """One episode: when it was to be published and when it was first seen, in monotonic seconds."""

    group_id: str
    uuid: str
    published_at: float
    seen_at: float

    @property
    def seconds(self) -> float:
        """From produce to written."""
        return self.seen_at - self.published_at


@dataclass(slots=True)
class _Group:
    waiting: deque[tuple[str, float]]
    width: int = _FEWEST


class Awaited:
    """What was published and has not been seen. Clock-free.

    A1: `asked` names, of each group, its first unseen episodes in log order; how many follows how many come.
    A2: what was seen is told once.
    """

    def __init__(self) -> None:
        """Wait for nothing."""
        self._groups: dict[str, _Group] = {}
        self.pending = 0

    def publish(self, group_id: str, uuid: str, at: float) -> None:
        """Wait for an episode that is published at `at`; in a group in log order."""
        self._groups.setdefault(group_id, _Group(deque())).waiting.append((uuid, at))
        self.pending += 1

    def asked(self) -> dict[str, str]:
        """Return the uuids, with their groups, that the next look should be for."""
        found: dict[str, str] = {}
        for group_id, group in self._groups.items():
            for position, (uuid, _) in enumerate(group.waiting):
                if position == group.width:
                    break
                found[uuid] = group_id
        return found

    def seen(self, uuids: Iterable[str], at: float) -> list[Sighting]:
        """Return what a look that began at or before `at` has found for the first time."""
        there = set(uuids)
        sightings: list[Sighting] = []
        for group_id, group in self._groups.items():
            asked = min(group.width, len(group.waiting))
            kept: list[tuple[str, float]] = []
            for _ in range(asked):
                uuid, published_at = group.waiting.popleft()
                if uuid in there:
                    sightings.append(Sighting(group_id, uuid, published_at, at))
                else:
                    kept.append((uuid, published_at))
            group.waiting.extendleft(reversed(kept))
            found = asked - len(kept)
            if found:
                group.width = min(_MOST, 2 * group.width) if not kept else max(_FEWEST, 2 * found)
        self.pending -= len(sightings)
        return sightings

    def missing(self) -> list[str]:
        """Return the uuids that were never seen."""
        return [uuid for group in self._groups.values() for uuid, _ in group.waiting]


class Watch:
    """Looks into the graph again and again while `run` runs, and keeps what it sees."""

    def __init__(self, look: Look, clock: Clock, every_s: float) -> None:
        """Look every `every_s` seconds while anything is awaited."""
        self._look = look
        self._clock = clock
        self.every_s = every_s
        self.awaited = Awaited()
        self.sightings: list[Sighting] = []

    async def look(self) -> bool:
        """Look once; return whether there may be more, so that the next look need not wait."""
        asked = self.awaited.asked()
        if not asked:
            return False
        found = await self._look(asked)
        self.sightings += self.awaited.seen(found, self._clock.monotonic())
        return len(found) == len(asked)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            while await self.look():
                pass
            await self._clock.sleep(self.every_s)

    async def all_seen(self, timeout_s: float, *, every_s: float | None = None) -> bool:
        """Look until nothing is awaited; return False when for `timeout_s` seconds nothing came."""
        last, since = self.awaited.pending, self._clock.monotonic()
        while self.awaited.pending:
            if not await self.look():
                await self._clock.sleep(self.every_s if every_s is None else every_s)
            if self.awaited.pending != last:
                last, since = self.awaited.pending, self._clock.monotonic()
            elif self._clock.monotonic() - since > timeout_s:
                return False
        return True
