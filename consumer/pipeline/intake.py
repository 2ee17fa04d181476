"""Intake: from fetched records to admitted works.

`offer` is called by the poll loop and never waits; `run` decodes, attaches context, and lets pass by what the graph
has already, a whole fetched batch in one question, so that a replay costs no model call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from consumer.clock import Clock
from consumer.errors import AssignmentLost
from consumer.model.episode import Discarded, Episode, Rejected, Removal
from consumer.model.work import Record, Timings, TopicPartition, Work
from consumer.pipeline.assignments import Assignments
from consumer.pipeline.busy import BusyTime
from consumer.pipeline.context import ContextMemory
from consumer.pipeline.decode import decode
from consumer.pipeline.flow_control import AdmissionBudget
from consumer.pipeline.queue import BoundedQueue, QueueClosed
from consumer.pipeline.resequencer import Resequencer
from consumer.pipeline.retry import Persistence
from consumer.pipeline.verdicts import GivenUp
from consumer.ports import GraphStore
from consumer.settings import PipelineSettings
from consumer.telemetry.observed import Outcome, PipelineTelemetry

Admitted = Episode | Removal | Rejected
Leave = Callable[[Work[Any], Outcome], None]

WorkKey: TypeAlias = tuple[TopicPartition, int, int]
"""Partition, offset and epoch: what names a work for as long as it is in flight."""

YIELD_EVERY_BYTES = 250_000
"""Decoding so many bytes takes a millisecond or two, ten on a slow machine; then the loop gets its turn."""

RECORD_COST_BYTES = 16_000
"""What a record takes beside its bytes, as if it were bytes: a tenth of a millisecond."""

DECODE_IN_THREAD_BYTES = 65_536
"""A larger value is decoded in a thread: a megabyte of brackets takes longer than the loop may be held."""


class Intake:
    """Admits records in log order and hands on one work for each that is new.

    I1: admission is synchronous and bounded by the budget; what does not fit stays with Kafka.
    I2: works leave in log order per partition, and their resequencer tickets are taken in that order.
    """

    def __init__(
        self,
        *,
        assignments: Assignments,
        budget: AdmissionBudget,
        sequencer: Resequencer[Work[Any]],
        store: GraphStore,
        persistence: Persistence,
        settings: PipelineSettings,
        telemetry: PipelineTelemetry,
        clock: Clock,
        leave: Leave,
        busy: BusyTime | None = None,
    ) -> None:
        """Store collaborators; `leave(work, outcome)` is called for works that end here, `busy` is told the time."""
        self._assignments = assignments
        self._budget = budget
        self._sequencer = sequencer
        self._store = store
        self._persistence = persistence
        self._settings = settings
        self._telemetry = telemetry
        self._clock = clock
        self._leave = leave
        self._busy = busy or BusyTime(clock)
        self.context = ContextMemory(settings.context_episodes, settings.context_span, settings.context_chars)
        self.admitted: dict[WorkKey, float] = {}
        """When each record in flight was received (monotonic seconds), by partition, offset, epoch; oldest first."""
        self._group_removals: dict[WorkKey, str] = {}
        # Bounded by the budget: every item in it holds a permit.
        self.fetched: BoundedQueue[Work[None]] = BoundedQueue(
            settings.budget_items, 2**62, lambda work: work.record.size, clock
        )

    def offer(self, records: Sequence[Record]) -> int:
        """Admit the leading `records` of one partition that fit the budget; return how many were taken.

        Records below the assignment's start are taken as context only. Never waits.
        """
        for index, record in enumerate(records):
            epoch = self._assignments.epoch_of(record.topic_partition)
            if epoch is None or not self._budget.admit(record.size):
                return index
            now = self._clock.monotonic()
            is_context = record.offset < (self._assignments.start_of(record.topic_partition) or 0)
            if is_context:
                epoch = -1
            else:
                self._assignments.begin(record)
                self.admitted[record.topic_partition, record.offset, epoch] = now
            trace = {} if is_context else self._telemetry.received(record)
            work: Work[None] = Work(record, epoch, "", None, Timings(now, now), trace)
            if not self.fetched.offer(work):
                self._budget.release(record.size)
                raise RuntimeError("fetched queue refused an admitted record")
        return len(records)

    async def run(self, outbox: BoundedQueue[Work[Any]]) -> None:
        """Hand on admitted works until the fetched queue is closed and empty."""
        while True:
            try:
                batch = await self.fetched.get_batch(self._settings.write_batch_works * 2, 0)
            except QueueClosed:
                return
            current = self._current(batch)
            taken = [work for work in current if work.epoch >= 0]
            with self._busy, self._telemetry.stage("intake", taken) as told:
                decoded = await self._decoded(current)
                told.done(decoded)
                new_ones = await self._new_ones(decoded)
            for work in new_ones:
                if not self._assignments.is_startable(work):
                    self._leave(work, "discarded")
                    continue
                self._sequencer.expect(work.lane, work.record.offset)
                await outbox.put(work.with_payload(work.payload, self._clock.monotonic()))

    def _current(self, batch: Sequence[Work[None]]) -> list[Work[None]]:
        """Return the works that may be started, and those that are context only; the others leave, undecoded."""
        gone = {id(work) for work in batch if work.epoch >= 0 and not self._assignments.is_startable(work)}
        for work in batch:
            if id(work) in gone:
                self._leave(work, "discarded")
        return [work for work in batch if id(work) not in gone]

    async def _decoded(self, batch: Sequence[Work[None]]) -> list[Work[Any]]:
        works: list[Work[Any]] = []
        size = 0
        for raw in batch:
            cost = raw.record.size + RECORD_COST_BYTES
            size += cost
            if size > YIELD_EVERY_BYTES:
                size = cost
                await asyncio.sleep(0)
            if raw.record.size > DECODE_IN_THREAD_BYTES:
                payload = await asyncio.to_thread(decode, raw.record, self._settings)
            else:
                payload = decode(raw.record, self._settings)
            if isinstance(payload, Episode):
                payload = self._with_context(raw.record, payload)
            elif isinstance(payload, Removal):
                self.context.remove(raw.record.topic_partition, payload.group_id, payload.event_id)
            if raw.epoch < 0:
                self._budget.release(raw.record.size)
                continue
            lane = f"{raw.record.topic}/{raw.record.partition}/{raw.epoch}/{payload.group_id}"
            works.append(Work(raw.record, raw.epoch, lane, payload, raw.timings, raw.trace))
        return works

    def _with_context(self, record: Record, episode: Episode) -> Episode:
        partition = record.topic_partition
        context = self.context.before(partition, record.offset, episode.group_id)
        self.context.add(partition, record.offset, episode)
        return replace(episode, context=context) if context else episode

    def left(self, work: Work[Any]) -> None:
        """Note that an admitted `work` has left the pipeline, whatever became of it."""
        self.admitted.pop(work_key(work), None)
        self._group_removals.pop(work_key(work), None)
        self._budget.release(work.record.size)

    async def _new_ones(self, works: Sequence[Work[Any]]) -> list[Work[Any]]:
        """Return the works that the graph does not have; the others leave as `present`.

        An episode behind a removal of its whole group is not asked for: what the graph has of it now goes with that
        removal, and this is it told anew.
        """
        asked = [work for work in works if self._is_asked_for(work)]
        if not asked:
            return list(works)
        try:
            leaving = await self._persistence.call(
                "intake",
                "neo4j-read",
                lambda: self._needless(asked),
                is_wanted=lambda: any(self._assignments.is_wanted(work) for work in asked),
                is_lone_possible=False,
            )
        except AssignmentLost:
            return list(works)  # none is startable: each is discarded by the caller
        except GivenUp:
            return list(works)  # told already; not knowing costs model calls, and the write looks again
        for work in works:
            if outcome := leaving.get(work_key(work)):
                self._leave(work, outcome)
        return [work for work in works if work_key(work) not in leaving]

    async def _needless(self, works: Sequence[Work[Any]]) -> dict[WorkKey, Outcome]:
        """Return which of `works` (episodes) need nothing done: `present`, or `ignored` for their group went later."""
        present = await self._store.present({work.payload.uuid: work.payload.group_id for work in works})
        removed = await self._store.removed_up_to({work.payload.group_id for work in works})
        outcomes: dict[WorkKey, Outcome] = {}
        for work in works:
            limit = removed.get(work.payload.group_id)
            if limit is not None and work.payload.position <= limit:
                outcomes[work_key(work)] = "ignored"
            elif work.payload.uuid in present:
                outcomes[work_key(work)] = "present"
        return outcomes

    def _is_asked_for(self, work: Work[Any]) -> bool:
        payload = work.payload
        if isinstance(payload, Removal) and payload.event_id is None:
            self._group_removals[work_key(work)] = payload.group_id
        return isinstance(payload, Episode) and payload.group_id not in self._group_removals.values()


def work_key(work: Work[Any]) -> WorkKey:
    """Return what names `work` for as long as it is in flight."""
    return work.record.topic_partition, work.record.offset, work.epoch


def discarded(work: Work[Any]) -> Work[Discarded]:
    """Return `work` as one that nothing more is done with."""
    return work.with_payload(Discarded(work.payload.group_id))
