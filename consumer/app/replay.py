"""Replaying a stretch of a topic into a namespace of its own: looked at first, then published, stopped, gone on with.

A run has an id. What it was ordered and how far it is is kept in Kafka with its copies, in one transaction, so that
nothing here has to be remembered by anybody else. Not here: how it is asked for and printed (`cli`).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from consumer.app.estimate import Estimator
from consumer.app.estimate_result import Estimate
from consumer.app.replay_copy import Copier
from consumer.app.replay_pace import Pace
from consumer.clock import Clock
from consumer.errors import UserError, WorldFault
from consumer.kafka.dead_letter_replay import is_sendable
from consumer.kafka.log_ends import is_set_within
from consumer.kafka.merged_log import MergedLog
from consumer.kafka.replay_run import TOGETHER_S, ReplayRun, settled_run
from consumer.model.episode import Episode, Rejected, Removal
from consumer.model.replay import Order, Stretch
from consumer.settings import Settings

Advance = Callable[[int], None]
"""Told how many offsets are done."""
Stretches = dict[int, Stretch]

_TOLD_EVERY = 500
"""Records between two words to `advance`; of a paced replay it is told each."""
_LEAST_WAIT_S = 0.002
"""Of a paced replay: what is due earlier than that is sent at once."""
UNSENDABLE = "without key and value"
"""Such a record no client of ours sends; to a consumer it means nothing."""


@dataclass(slots=True)
class Tally:
    """What was read, and what it was found to be; `left_out` by reason is no part of the rest."""

    records: int = 0
    bytes: int = 0
    episodes: int = 0
    removals: int = 0
    invalid: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    groups: set[str] = field(default_factory=set)
    first_ms: int | None = None
    last_ms: int | None = None


@dataclass(slots=True)
class Survey:
    """What a replay would publish, what the pods behind it are estimated to take, and how long its pace makes it."""

    tally: Tally
    estimate: Estimate
    paced_s: float


@dataclass(slots=True)
class Report:
    """What a replay published: `tally` is of this process, as far as it is committed; `late_s` behind its pace."""

    tally: Tally
    copies: int = 0
    is_done: bool = False
    failure: str = ""
    seconds: float = 0.0
    late_s: float = 0.0

    @property
    def rate(self) -> float:
        """Copies a second."""
        return self.copies / self.seconds if self.seconds else 0.0


async def stretches_of(
    settings: Settings, order: Order, offsets: Mapping[int, tuple[int, int | None]] | None = None
) -> Stretches:
    """Return what of each partition the order reads: to where the log ends now; of `offsets` only, if given.

    `offsets` are first and last by partition, the last one included (None: to the end).

    Raises:
        WorldFault: the broker does not answer.
        UserError: there is no such topic or partition.
    """
    async with MergedLog(settings.kafka, order.source) as log:
        if unknown := set(offsets or ()) - set(log.end):
            raise UserError(f"{order.source} has no partition {min(unknown)}, only {len(log.end)}", exit_code=2)
        begins = log.begin if order.since_ms is None else await log.first_since(order.since_ms)
        found: Stretches = {}
        for number, end in log.end.items():
            first, last = (0, None) if offsets is None else offsets.get(number, (end, None))
            begin = min(max(begins[number], first), end)
            found[number] = Stretch(begin, begin, end if last is None else max(begin, min(end, last + 1)))
        return found


async def survey(
    settings: Settings,
    order: Order,
    stretches: Stretches,
    estimator: Estimator,
    *,
    run_id: str,
    advance: Advance | None = None,
) -> Survey:
    """Return what replaying the stretches would do; nothing is sent.

    Raises:
        WorldFault: the broker does not answer.
        UserError: a copy would be over a limit that its original keeps to.
    """
    tally, pace = Tally(), Pace(order.speed, order.max_gap_s)
    copier = Copier(settings.pipeline, run_id=run_id, prefix=order.prefix)
    paced_s, done = 0.0, 0
    async with MergedLog(settings.kafka, order.source) as log:
        async for record in log.merged(stretches):
            done += 1
            why = order.leaves_out(record) or (None if is_sendable(record) else UNSENDABLE)
            if why is not None:
                tally.left_out[why] += 1
            else:
                copy = copier.copy(record)
                _count(tally, copy.found, len(record.value or b""), record.timestamp_ms)
                estimator.add(copy.record)
                paced_s = pace.due_s(record.timestamp_ms)
            if advance is not None and done % _TOLD_EVERY == 0:
                advance(done)
    return Survey(tally, estimator.result(), paced_s)


class Replay:
    """Publishes what an order's stretches have left.

    R1: a record is published once or not at all, and after any end, `kill -9` included, going on publishes the rest.
    R2: a stop ends it behind a committed transaction.
    """

    def __init__(
        self,
        settings: Settings,
        run_id: str,
        order: Order,
        stretches: Stretches,
        clock: Clock,
        *,
        is_resumed: bool = False,
    ) -> None:
        """Take what to do; where a resumed run is, is looked up again when no other process can move it."""
        self._order = order
        self._settings = settings
        self._run_id = run_id
        self._stretches = dict(stretches)
        self._clock = clock
        self._is_resumed = is_resumed
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Have `run` commit what it has sent, and return."""
        self._stop.set()

    async def run(self, *, keeps_partitions: bool, advance: Advance | None = None) -> Report:
        """Publish until all is done or `stop`; a broker that fails half way is told in `failure`.

        `keeps_partitions`: a copy goes to the partition of its original, else to that of its key.

        Raises:
            WorldFault: no broker answers at the start.
            UserError: the broker refuses us.
        """
        report = Report(Tally())
        started = self._clock.monotonic()
        async with (
            ReplayRun(self._settings.kafka, self._run_id, self._order, self._clock) as run,
            MergedLog(self._settings.kafka, self._order.source) as log,
        ):
            # An earlier process of this run publishes nothing any more: only now its offsets stand still.
            stored = await settled_run(self._settings.kafka, self._run_id)
            if self._is_resumed and stored is not None:
                self._stretches = stored[1]
            elif stored is not None:
                raise UserError(f"run {self._run_id} was begun already")
            await run.commit(self._stretches)
            try:
                await self._publish(run, log, report, keeps_partitions=keeps_partitions, advance=advance)
            except WorldFault as fault:
                report.failure = str(fault)
            report.copies = run.committed
        report.seconds = self._clock.monotonic() - started
        return report

    async def _publish(
        self, run: ReplayRun, log: MergedLog, report: Report, *, keeps_partitions: bool, advance: Advance | None
    ) -> None:
        copier = Copier(self._settings.pipeline, run_id=self._run_id, prefix=self._order.prefix)
        pace = Pace(self._order.speed, self._order.max_gap_s)
        tally, began, done = report.tally, self._clock.monotonic(), 0
        async for record in log.merged(self._stretches):
            if self._stop.is_set():
                break
            why = self._order.leaves_out(record) or (None if is_sendable(record) else UNSENDABLE)
            if why is None:
                due = began + pace.due_s(record.timestamp_ms) if self._order.speed is not None else None
                if due is not None and not await self._wait(run, due, report):
                    break
                copy = copier.copy(record)
                await run.add(copy.record, record.partition if keeps_partitions else None)
                _count(tally, copy.found, len(record.value or b""), record.timestamp_ms)
            else:
                tally.left_out[why] += 1
            done += 1
            self._stretches[record.partition] = self._stretches[record.partition].moved(record.offset + 1)
            if run.is_full:
                await run.commit(self._stretches)
            if advance is not None and (self._order.speed is not None or done % _TOLD_EVERY == 0):
                advance(done)
        else:
            # What is left holds no records: transaction markers, or what compaction took.
            self._stretches = {number: each.moved(each.end) for number, each in self._stretches.items()}
            report.is_done = True
        await run.commit(self._stretches)

    async def _wait(self, run: ReplayRun, due: float, report: Report) -> bool:
        """Return whether to go on, when the next record is due; nothing is left uncommitted for long."""
        left = due - self._clock.monotonic()
        report.late_s = max(report.late_s, -left)
        if left < _LEAST_WAIT_S:
            return True
        if run.is_open and left > TOGETHER_S / 2:
            await run.commit(self._stretches)
            left = due - self._clock.monotonic()
        return left <= 0 or not await is_set_within(self._stop, left)


def _count(tally: Tally, found: Episode | Removal | Rejected, size: int, timestamp_ms: int) -> None:
    tally.records += 1
    tally.bytes += size
    if isinstance(found, Rejected):
        tally.invalid[found.reason] += 1
    elif isinstance(found, Removal):
        tally.removals += 1
        tally.groups.add(found.group_id)
    else:
        tally.episodes += 1
        tally.groups.add(found.group_id)
    tally.first_ms = timestamp_ms if tally.first_ms is None else min(tally.first_ms, timestamp_ms)
    tally.last_ms = timestamp_ms if tally.last_ms is None else max(tally.last_ms, timestamp_ms)
