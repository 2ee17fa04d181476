"""Which partitions are ours, since when, and how far each has come.

Each assignment of a partition gets a new epoch and a new tracker (every rebalance builds everything anew, KAFKA.md
rule 3). Decides only: state changes happen at once, the Kafka source and the committer do the awaiting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from consumer.model.work import Record, TopicPartition, Work
from consumer.pipeline.watermark import OffsetTracker


@dataclass(slots=True)
class PartitionState:
    """One assigned partition: `start` is the committed offset it began with; `in_flight` counts its works."""

    epoch: int
    start: int
    tracker: OffsetTracker
    committed: int
    in_flight: int = 0
    is_draining: bool = False
    is_abandoned: bool = False


class Assignments:
    """The partitions this process owns.

    A1: a work is current only in the epoch it was admitted in; a stale one changes no tracker.
    A2: while a partition drains, no further work of it is started; since works are started in log order,
        what was started is a prefix and can be written in order.
    A3: a partition that drains passes no offset but those of works that finish.
    A4: what an abandoned partition has in flight is wanted no longer, all of it: were one work discarded and a later
        one of its group written, the group's order would be broken.
    A5: `committable` is never ahead of what is written, nor behind what was committed.
    """

    def __init__(self) -> None:
        """Start with no partition."""
        self._states: dict[TopicPartition, PartitionState] = {}
        self._epoch = 0

    @property
    def partitions(self) -> list[TopicPartition]:
        """The partitions owned now, sorted."""
        return sorted(self._states)

    def assign(self, starts: Mapping[TopicPartition, int]) -> None:
        """Own the partitions of `starts` (committed offset of each, or the log's beginning) in a new epoch."""
        self._epoch += 1
        for partition, start in starts.items():
            self._states[partition] = PartitionState(self._epoch, start, OffsetTracker(start), start)

    def start_of(self, partition: TopicPartition) -> int | None:
        """Return the offset the partition was assigned at, or None when it is not ours."""
        state = self._states.get(partition)
        return None if state is None else state.start

    def epoch_of(self, partition: TopicPartition) -> int | None:
        """Return the current epoch of a partition, or None when it is not ours or is draining."""
        state = self._states.get(partition)
        return None if state is None or state.is_draining else state.epoch

    def begin(self, record: Record) -> int:
        """Count `record` as in flight and return its epoch. Its partition must be ours and not draining."""
        state = self._states[record.topic_partition]
        state.tracker.begin(record.offset)
        state.in_flight += 1
        return state.epoch

    def is_startable(self, work: Work[object]) -> bool:
        """Whether work on it may begin: it is current and its partition is not being given up."""
        state = self._states.get(work.record.topic_partition)
        return state is not None and state.epoch == work.epoch and not state.is_draining

    def is_current(self, work: Work[object]) -> bool:
        """Whether its partition is still ours in the same epoch."""
        state = self._states.get(work.record.topic_partition)
        return state is not None and state.epoch == work.epoch

    def is_wanted(self, work: Work[object]) -> bool:
        """Whether it may go on towards the graph: it is current and its partition is not abandoned."""
        state = self._states.get(work.record.topic_partition)
        return state is not None and state.epoch == work.epoch and not state.is_abandoned

    def finish(self, work: Work[object]) -> bool:
        """Note that `work` is written or dead-lettered; return whether there is more to commit now."""
        if not self.is_current(work):
            return False
        state = self._states[work.record.topic_partition]
        state.in_flight -= 1
        return state.tracker.finish(work.record.offset)

    def discard(self, work: Work[object]) -> None:
        """Note that `work` left without being done: its offset keeps holding the watermark back."""
        if self.is_current(work):
            self._states[work.record.topic_partition].in_flight -= 1

    def drain(self, partitions: Iterable[TopicPartition]) -> None:
        """Start nothing more of `partitions`; what was started goes on."""
        for partition in partitions:
            if state := self._states.get(partition):
                state.is_draining = True

    def abandon(self, partitions: Iterable[TopicPartition]) -> None:
        """Let nothing of `partitions` go on: an outage keeps them from draining, or a burst has halted intake."""
        for partition in partitions:
            if state := self._states.get(partition):
                state.is_draining = state.is_abandoned = True

    def is_drained(self, partitions: Iterable[TopicPartition]) -> bool:
        """Whether nothing of `partitions` is in flight."""
        return all(self._states[p].in_flight == 0 for p in partitions if p in self._states)

    def revoke(self, partitions: Iterable[TopicPartition]) -> None:
        """Own `partitions` no longer; what is still in flight of them is stale from now on."""
        for partition in partitions:
            self._states.pop(partition, None)

    def above_share(self) -> set[TopicPartition]:
        """Return the partitions that have more in flight than an equal share of all that is."""
        if not self._states:
            return set()
        share = sum(state.in_flight for state in self._states.values()) / len(self._states)
        return {partition for partition, state in self._states.items() if state.in_flight > share}

    def committable(self) -> dict[TopicPartition, int]:
        """Return the next offset of each partition where it is ahead of the committed one."""
        return {p: s.tracker.next_offset for p, s in self._states.items() if s.tracker.next_offset > s.committed}

    def committed(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Note that Kafka holds `offsets`."""
        for partition, offset in offsets.items():
            state = self._states.get(partition)
            if state is not None and offset > state.committed:
                state.committed = offset

    def next_offsets(self) -> dict[TopicPartition, int]:
        """Return the watermark of every owned partition, for lag."""
        return {p: s.tracker.next_offset for p, s in self._states.items()}

    def committed_offsets(self) -> dict[TopicPartition, int]:
        """Return what Kafka holds of every owned partition, as far as we know."""
        return {p: s.committed for p, s in self._states.items()}

    def skip_to(self, partition: TopicPartition, position: int) -> None:
        """Pass offsets that hold no record up to the fetch `position`, when the partition is idle.

        Not while it drains: then the fetch position has passed records that were not admitted.
        """
        state = self._states.get(partition)
        if state is not None and not state.is_draining:
            state.tracker.skip_to(position)

    def uncommitted(self) -> int:
        """Return how many offsets the watermarks are ahead of what Kafka holds, all partitions together."""
        return sum(max(0, s.tracker.next_offset - s.committed) for s in self._states.values())
