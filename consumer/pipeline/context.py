"""The episodes before: what an extractor is shown so that "she" and "there" can be resolved.

Context is a function of the log: the last k episodes of the group among the `span` offsets before the record, on
the same partition, without those that were removed in between. An assignment re-reads that stretch, so a restarted
pod sees what an undisturbed one saw.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from consumer.model.episode import ContextEpisode, Episode
from consumer.model.work import TopicPartition


class ContextMemory:
    """The last `episodes` of each group within `span` offsets, per partition.

    Memory: at most `span` entries a partition, each cut to `chars` characters.
    """

    def __init__(self, episodes: int, span: int, chars: int) -> None:
        """Keep nothing when `episodes` or `span` is 0."""
        self._episodes = episodes
        self._span = span
        self._chars = chars
        self._seen: dict[TopicPartition, deque[tuple[int, str, str, ContextEpisode]]] = {}

    def before(self, partition: TopicPartition, offset: int, group_id: str) -> tuple[ContextEpisode, ...]:
        """Return the context of the record at `offset`, oldest first."""
        found: list[ContextEpisode] = []
        for seen_offset, group, _, episode in reversed(self._seen.get(partition, ())):
            if seen_offset < offset - self._span or len(found) == self._episodes:
                break
            if group == group_id:
                found.append(episode)
        return tuple(reversed(found))

    def add(self, partition: TopicPartition, offset: int, episode: Episode) -> None:
        """Remember `episode` at `offset` for those after it."""
        if not self._episodes or not self._span:
            return
        seen = self._seen.setdefault(partition, deque())
        seen.append(
            (
                offset,
                episode.group_id,
                episode.event_id,
                ContextEpisode(episode.name, episode.content[: self._chars], episode.reference_time),
            )
        )
        while seen and seen[0][0] < offset - self._span:
            seen.popleft()

    def remove(self, partition: TopicPartition, group_id: str, event_id: str | None) -> None:
        """Show an episode that was removed, or with None any of its group, to nobody who comes after the removal."""
        seen = self._seen.get(partition)
        if seen is not None:
            self._seen[partition] = deque(
                entry for entry in seen if entry[1] != group_id or event_id not in (None, entry[2])
            )

    def forget(self, partitions: Iterable[TopicPartition]) -> None:
        """Drop what is remembered of partitions that are ours no longer (or anew)."""
        for partition in partitions:
            self._seen.pop(partition, None)
