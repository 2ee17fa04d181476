"""The pipeline assembled: which stage comes next, who closes what, and what leaves.

    offer → [fetched] → intake → [extract] → extract × n → [embed] → embed × m → [sequence] → resequencer
          → [write 0..w] → write × w → leave

Stages name no stage; the order is told here and nowhere else.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from consumer.clock import Clock, SystemClock
from consumer.model.episode import Rejected
from consumer.model.work import Record, TopicPartition, Work
from consumer.pipeline.assignments import Assignments
from consumer.pipeline.batch_pace import BatchPace
from consumer.pipeline.bounded_extractor import BoundedExtractor
from consumer.pipeline.breaker import Limits
from consumer.pipeline.breakers import TELL_EVERY_S, Breakers
from consumer.pipeline.busy import BusyTime
from consumer.pipeline.decode import REASONS
from consumer.pipeline.embed_stage import EmbedStage
from consumer.pipeline.extract_stage import ExtractStage
from consumer.pipeline.fair_queue import FairQueue, WindowedQueue
from consumer.pipeline.flow_control import AdmissionBudget
from consumer.pipeline.intake import Intake, discarded, work_key
from consumer.pipeline.queue import BoundedQueue, QueueClosed
from consumer.pipeline.resequencer import Resequencer
from consumer.pipeline.retry import Persistence
from consumer.pipeline.verdicts import BurstGuard
from consumer.pipeline.write_stage import WriteStage
from consumer.ports import DeadLetterSink, Embedder, Extractor, GraphStore, Vocabulary
from consumer.settings import PipelineSettings
from consumer.telemetry.observed import Outcome, PipelineTelemetry

logger = logging.getLogger(__name__)

STAGES = ("intake", "extract", "embed", "write")

DISCARD_SLICE = 200
"""Works that leave in one turn of the event loop: some five milliseconds."""

DRAIN_LOOK_S = 0.2
"""How often a drain looks whether an outage makes it pointless."""


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage at an instant: works handed on, works inside, works (and their bytes) waiting before it.

    `busy_s` is the time its `workers` spent in calls, added up since the start.
    """

    name: str
    done: int
    in_flight: int
    queued: int
    queued_bytes: int
    workers: int = 1
    busy_s: float = 0.0


class Pipeline:
    """Everything between a fetched record and a durable one.

    `run` runs the stages until `close`; `offer`, `assign`, `drain`, `revoke` and `committable` are what a source
    needs. P1: every admitted record leaves exactly once, with one outcome, and gives its permits back.
    """

    def __init__(
        self,
        *,
        extractor: Extractor,
        embedder: Embedder,
        store: GraphStore,
        dead_letters: DeadLetterSink,
        settings: PipelineSettings,
        telemetry: PipelineTelemetry,
        extract_workers: int | None = None,
        clock: Clock | None = None,
        vocabulary: Vocabulary | None = None,
        importance_threshold: float = 0.0,
        embeds_episodes: bool = False,
    ) -> None:
        """Build the stages and queues; nothing is started. `extract_workers` is episodes in extraction at once."""
        self._settings = settings
        self._telemetry = telemetry
        self._clock = clock or SystemClock()
        self._extract_workers = extract_workers or settings.concurrency
        self.assignments = Assignments()
        self.budget = AdmissionBudget(settings.budget_items, settings.budget_bytes, settings.resume_below)
        self.outcomes: Counter[Outcome] = Counter()
        self.progress = asyncio.Event()
        """Set whenever a work leaves; a committer or drain clears it before it looks."""
        self._reminded_at = float("-inf")
        self._done: Counter[str] = Counter()
        self._inside: Counter[str] = Counter()
        self._busy = {name: BusyTime(self._clock) for name in STAGES}
        self._sequencer: Resequencer[Work[Any]] = Resequencer()
        limits = Limits(settings.breaker_failures, settings.breaker_probe_s, settings.breaker_probe_max_s)
        self.breakers = Breakers(limits, self._clock, telemetry.outage)
        self._burst = BurstGuard(
            consecutive=settings.burst_consecutive,
            unexpected=settings.burst_unexpected,
            window=settings.burst_window,
            ratio=settings.burst_ratio,
        )
        persistence = Persistence(self._clock, settings, self.breakers, on_retry=telemetry.retried, witness=telemetry)
        self.intake = Intake(
            assignments=self.assignments,
            budget=self.budget,
            sequencer=self._sequencer,
            store=store,
            persistence=persistence,
            settings=settings,
            telemetry=telemetry,
            clock=self._clock,
            leave=self._leave,
            busy=self._busy["intake"],
        )
        self._extract = ExtractStage(BoundedExtractor(extractor, settings), self.assignments, persistence, vocabulary)
        self._embed = EmbedStage(
            embedder, self.assignments, persistence, importance_threshold, embeds_episodes=embeds_episodes
        )
        self._write = WriteStage(store, dead_letters, self.assignments, persistence, self._leave)
        # Bounded by the budget too: a tenant's backlog must not keep another's episode out of the fair order.
        self._to_extract = WindowedQueue(
            settings.budget_items,
            settings.budget_bytes,
            self._clock,
            window=settings.group_window,
            key_of=work_key,
            weights=settings.group_weights,
        )
        self._to_embed = self._queue()
        self._to_sequence = self._queue()
        self._to_write = [self._queue() for _ in range(settings.write_workers)]

    # What a source calls: synchronous, so that no cancellation can split a change of state.

    @property
    def is_paused(self) -> bool:
        """Whether the source should keep all partitions paused: full, halted, or an outage that somebody probes.

        With nothing in flight nobody would ever probe an open breaker, so a little is taken in.
        """
        is_probed = bool(self.breakers.open) and self.budget.items > 0
        return self.budget.is_paused or is_probed or bool(self.halted)

    @property
    def held(self) -> set[TopicPartition]:
        """The partitions that the source should keep paused: all, or, of a scarce budget, those with most of it."""
        if self.is_paused:
            return set(self.assignments.partitions)
        return self.assignments.above_share() if self.budget.is_scarce else set()

    @property
    def halted(self) -> str:
        """Why a burst of dead letters has halted intake until a restart; empty while it has not."""
        return self._burst.reason

    def remind(self) -> None:
        """Tell once a minute that intake is halted; the source calls it at each poll."""
        now = self._clock.monotonic()
        if self.halted and now - self._reminded_at >= TELL_EVERY_S:
            self._reminded_at = now
            logger.error("intake is halted until a restart: %s", self.halted)

    def offer(self, records: Sequence[Record]) -> int:
        """Admit the leading `records` of one partition that fit; return how many. Never waits."""
        return self.intake.offer(records)

    def assign(self, starts: Mapping[TopicPartition, int]) -> None:
        """Own the partitions of `starts`, each from its committed offset (or the log's beginning)."""
        self.intake.context.forget(starts)
        self.assignments.assign(starts)
        if self.halted:
            self.assignments.abandon(starts)

    def revoke(self, partitions: Iterable[TopicPartition]) -> None:
        """Own `partitions` no longer; what is in flight of them is discarded as it surfaces."""
        gone = list(partitions)
        self.assignments.revoke(gone)
        self.intake.context.forget(gone)
        for partition in gone:
            self._telemetry.dropped(partition.topic, partition.partition)

    async def drain(self, partitions: Iterable[TopicPartition], deadline_s: float) -> bool:
        """Start nothing more of `partitions` and wait for what was started; return whether all left in time.

        During an outage nothing is waited for: what is in flight is discarded, to be read again.
        """
        leaving = list(partitions)
        self.assignments.drain(leaving)
        await self._discard_waiting()
        until = self._clock.monotonic() + deadline_s
        while not self.assignments.is_drained(leaving):
            if self.breakers.open:
                self.assignments.abandon(leaving)
            left_s = until - self._clock.monotonic()
            if left_s <= 0:
                return False
            self.progress.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left_s, DRAIN_LOOK_S)):
                    await self.progress.wait()
        return True

    async def _discard_waiting(self) -> None:
        """Let go at once what nothing was done for yet and nothing may be: a backlog must not hold up a stop.

        Those works are the last of their lanes, so that nothing waits for their turn. Between slices of them the loop
        has its turn; all leave, also when this is cancelled.
        """
        waiting = self._to_extract.remove(lambda work: not self.assignments.is_startable(work))
        try:
            while waiting:
                self._discard_last(waiting, DISCARD_SLICE)
                await asyncio.sleep(0)
        finally:
            self._discard_last(waiting, len(waiting))

    def _discard_last(self, waiting: list[Work[Any]], count: int) -> None:
        for _ in range(min(count, len(waiting))):
            work = waiting.pop()
            self._sequencer.withdraw(work.lane, work.record.offset)
            self._leave(discarded(work), "discarded")

    def committed(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Note that Kafka holds `offsets`."""
        self.assignments.committed(offsets)
        for partition, offset in offsets.items():
            self._telemetry.committed(partition.topic, partition.partition, offset)

    # Running.

    async def run(self) -> None:
        """Run all stages until `close` was called and everything admitted has left.

        Raises:
            ExceptionGroup: a stage met what it cannot handle (`UserError`: the operator must act).
        """
        settings = self._settings
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._intake_then_close(), name="intake")
            tasks.create_task(
                self._workers("extract", self._extract_workers, self._extract_next, [self._to_embed]), name="extract"
            )
            tasks.create_task(
                self._workers("embed", settings.embed_workers, self._embed_next, [self._to_sequence]), name="embed"
            )
            tasks.create_task(self._workers("sequence", 1, self._sequence_next, self._to_write), name="sequence")
            for number, queue in enumerate(self._to_write):
                pace = BatchPace(settings.write_batch_works, settings.write_target_s)
                tasks.create_task(self._until_closed(partial(self._write_next, queue, pace)), name=f"write-{number}")

    def close(self) -> None:
        """Take nothing more; `run` returns when what was admitted has left."""
        self.intake.fetched.close()

    def view(self) -> list[StageView]:
        """Return where the works are now, in pipeline order."""
        before: dict[str, list[BoundedQueue[Any]]] = {
            "intake": [self.intake.fetched],
            "extract": [self._to_extract],
            "embed": [self._to_embed],
            "write": [self._to_sequence, *self._to_write],
        }
        workers = {
            "extract": self._extract_workers,
            "embed": self._settings.embed_workers,
            "write": self._settings.write_workers,
        }
        return [
            StageView(
                name=name,
                done=self._done[name],
                in_flight=self._inside[name],
                queued=sum(len(q) for q in before[name]) + (self._sequencer.waiting if name == "write" else 0),
                queued_bytes=sum(queue.bytes for queue in before[name]),
                workers=workers.get(name, 1),
                busy_s=self._busy[name].seconds,
            )
            for name in STAGES
        ]

    @property
    def oldest_age_s(self) -> float:
        """Seconds since the oldest work in flight was received; 0 with none."""
        # Called from an exporter's thread too: a copy of the first value, not an iterator held across changes.
        first = next(iter(self.intake.admitted.copy().values()), None)
        return 0.0 if first is None else max(0.0, self._clock.monotonic() - first)

    @property
    def waiting_in_order(self) -> int:
        """How many works the resequencer holds until their group's turn."""
        return self._sequencer.waiting

    # The stages, one step each.

    async def _intake_then_close(self) -> None:
        await self.intake.run(self._to_extract)
        self._to_extract.close()

    async def _extract_next(self) -> None:
        work = await self._to_extract.get()
        self._done["intake"] += 1
        self._inside["extract"] += 1
        with self._busy["extract"], self._telemetry.stage("extract", [work]) as told:
            result = await self._extract.handle(work)
            told.done([result])
        self._inside["extract"] -= 1
        self._done["extract"] += 1
        await self._to_embed.put(result.with_payload(result.payload, self._clock.monotonic()))

    async def _embed_next(self) -> None:
        settings = self._settings
        works = await self._to_embed.get_batch(settings.embed_batch_works, self._embed_linger_s)
        self._inside["embed"] += len(works)
        with self._busy["embed"], self._telemetry.stage("embed", works) as told:
            results = await self._embed.handle(works)
            told.done(results)
        self._inside["embed"] -= len(works)
        self._done["embed"] += len(works)
        now = self._clock.monotonic()
        for result in results:
            await self._to_sequence.put(result.with_payload(result.payload, now))

    def _embed_linger_s(self) -> float:
        """Return how long a batch waits for company: longer while episodes wait to be extracted.

        On a backlog the extract stage sets the pace, so nothing ends later for it, and calls are fewer.
        """
        if not self._is_more_coming("embed"):
            return 0.0
        settings = self._settings
        has_backlog = bool(len(self._to_extract) or len(self.intake.fetched))
        is_draining = any(self.assignments.epoch_of(each) is None for each in self.assignments.partitions)
        return (
            settings.embed_backlog_linger_ms if has_backlog and not is_draining else settings.embed_linger_ms
        ) / 1000

    def _is_more_coming(self, stage: str) -> bool:
        """Return whether an episode is on its way to `stage`; with none there is no company to wait for."""
        before = len(self.intake.fetched) + len(self._to_extract) + self._inside["extract"]
        if stage == "write":
            before += len(self._to_embed) + self._inside["embed"] + len(self._to_sequence) + self._sequencer.waiting
        return before > 0

    async def _sequence_next(self) -> None:
        """Alone feeds the write queues, so that a full one cannot let a later work overtake."""
        work = await self._to_sequence.get()
        for released in self._sequencer.complete(work.lane, work.record.offset, work):
            shard = zlib.crc32(released.payload.group_id.encode()) % len(self._to_write)
            await self._to_write[shard].put(released)

    async def _write_next(self, inbox: BoundedQueue[Work[Any]], pace: BatchPace) -> None:
        settings = self._settings
        works = await inbox.get_batch(
            pace.limit,
            lambda: settings.write_linger_ms / 1000 if self._is_more_coming("write") else 0.0,
            settings.write_batch_bytes,
        )
        self._inside["write"] += len(works)
        began = self._clock.monotonic()
        with self._busy["write"], self._telemetry.stage("write", works):
            await self._write.handle(works)
        pace.written(len(works), self._clock.monotonic() - began)
        self._inside["write"] -= len(works)
        self._done["write"] += len(works)

    async def _workers(
        self, name: str, count: int, step: Callable[[], Awaitable[None]], outboxes: Sequence[BoundedQueue[Work[Any]]]
    ) -> None:
        """Run `count` workers of a stage until its inbox is done, then close what it fills."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(count):
                tasks.create_task(self._until_closed(step), name=f"{name}-{number}")
        for outbox in outboxes:
            outbox.close()

    @staticmethod
    async def _until_closed(step: Callable[[], Awaitable[None]]) -> None:
        try:
            while True:
                await step()
        except QueueClosed:
            return

    def _leave(self, work: Work[Any], outcome: Outcome) -> None:
        """Let `work` go: it is durable, was there already, or is discarded (the only way out)."""
        if outcome == "discarded":
            self.assignments.discard(work)
        else:
            self.assignments.finish(work)
        self.intake.left(work)
        self._to_extract.left(work)
        self.outcomes[outcome] += 1
        if outcome == "rejected":
            self._note_dead_letter(work.record, work.payload)
        elif outcome != "discarded":
            self._burst.accepted()
        self._telemetry.finished(work.record, outcome, work.payload if isinstance(work.payload, Rejected) else None)
        self.progress.set()

    def _note_dead_letter(self, record: Record, verdict: Rejected) -> None:
        """Tell of a dead letter; the one too many halts intake, and nothing that is in flight goes on."""
        logger.warning(
            "dead letter partition=%d offset=%d stage=%s reason=%s family=%s attempts=%d: %s",
            record.partition,
            record.offset,
            verdict.stage,
            verdict.reason,
            verdict.family,
            verdict.attempts,
            verdict.detail[:200],
        )
        self._telemetry.rejected(record.topic, verdict.stage, verdict.reason if verdict.reason in REASONS else "other")
        if self._burst.rejected(verdict):
            self.assignments.abandon(self.assignments.partitions)
            self.remind()

    def _queue(self) -> FairQueue:
        settings = self._settings
        return FairQueue(settings.queue_items, settings.queue_bytes, self._clock, settings.group_weights)
