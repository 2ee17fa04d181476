"""What a person does with dead letters: choose them, publish them again, remove the oldest.

Not here: how they are asked for and printed (`cli`), how they stand in Kafka (`kafka`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from consumer.clock import Clock, SystemClock
from consumer.errors import UserError, WorldFault
from consumer.kafka.dead_letter_headers import Told
from consumer.kafka.dead_letter_log import DeadLetterLog
from consumer.kafka.dead_letter_replay import Again, Replayer, is_sendable
from consumer.kafka.dead_letter_topic import retention_ms
from consumer.model.dead_letter import DeadLetter, Origin, Position, Stray
from consumer.model.episode import Rejected
from consumer.model.instants import to_millis
from consumer.model.work import Record
from consumer.pipeline.decode import decode
from consumer.settings import KafkaSettings, Settings

Advance = Callable[[int], None]
"""Told how many are done."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which letters: those to which all that is given applies. Offsets are inclusive, `until` is not."""

    reasons: frozenset[str] = frozenset()
    family: str | None = None
    stage: str | None = None
    group: str | None = None
    origin_partition: int | None = None
    origin_offsets: tuple[int, int] | None = None
    since: datetime | None = None
    until: datetime | None = None
    positions: frozenset[Position] = frozenset()

    def takes(self, letter: DeadLetter) -> bool:
        """Whether `letter` is one of them."""
        low, high = self.origin_offsets or (letter.origin.offset, letter.origin.offset)
        return (
            (not self.reasons or letter.reason in self.reasons)
            and self.family in {None, letter.family}
            and self.stage in {None, letter.stage}
            and self.group in {None, letter.group}
            and self.origin_partition in {None, letter.origin.partition}
            and low <= letter.origin.offset <= high
            and (self.since is None or letter.failed_at >= self.since)
            and (self.until is None or letter.failed_at < self.until)
            and (not self.positions or letter.position in self.positions)
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """The letters that a filter takes, by position; `more` were left out by a limit, `superseded` as not the newest."""

    letters: list[DeadLetter]
    strays: list[Stray]
    superseded: int = 0
    more: int = 0

    def by_reason(self) -> dict[str, int]:
        """Return how many there are of each reason, the most frequent first."""
        return dict(Counter(letter.reason for letter in self.letters).most_common())


def mark_superseded(letters: Sequence[DeadLetter]) -> list[DeadLetter]:
    """Return the letters by position, each but the newest complete one of its record marked."""
    newest: dict[Origin, DeadLetter] = {}
    for letter in letters:
        known = newest.get(letter.origin)
        if known is None or _rank(letter) > _rank(known):
            newest[letter.origin] = letter
    marked = [letter if newest[letter.origin] is letter else replace(letter, is_superseded=True) for letter in letters]
    return sorted(marked, key=lambda letter: letter.position)


def _rank(letter: DeadLetter) -> tuple[bool, datetime, Position]:
    return letter.is_complete, letter.failed_at, letter.position


async def select(
    settings: KafkaSettings,
    wanted: Filter,
    *,
    limit: int | None = None,
    with_superseded: bool = False,
    advance: Advance | None = None,
) -> Selection:
    """Return the letters of the topic that `wanted` takes, without their values.

    Raises:
        WorldFault: the broker does not answer.
        UserError: the dead-letter topic is not there, or the broker refuses us.
    """
    async with DeadLetterLog(settings) as log:
        letters, strays = await _everything(log, advance)
    taken = [letter for letter in mark_superseded(letters) if wanted.takes(letter)]
    shown = [letter for letter in taken if with_superseded or not letter.is_superseded]
    kept = shown if limit is None else shown[:limit]
    return Selection(kept, strays, len(taken) - len(shown), len(shown) - len(kept))


async def _everything(log: DeadLetterLog, advance: Advance | None = None) -> tuple[list[DeadLetter], list[Stray]]:
    """Return what the log holds."""
    letters: list[DeadLetter] = []
    strays: list[Stray] = []
    async for found in log.scan():
        if isinstance(found, Stray):
            strays.append(found)
        else:
            letters.append(found)
        if advance is not None:
            advance(len(letters) + len(strays))
    return letters, strays


async def load(settings: KafkaSettings, position: Position) -> tuple[DeadLetter, Record, Told]:
    """Return the letter at `position`, its original record and all that its headers say.

    Raises:
        WorldFault: the broker does not answer.
        UserError: there is none, or not all of it.
    """
    async with DeadLetterLog(settings) as log:
        first, end = log.begin.get(position.partition), log.end.get(position.partition, 0)
        if first is None:
            raise UserError(f"{settings.dead_letter_topic} has no partition {position.partition}, only {len(log.end)}")
        if not first <= position.offset < end:
            there = f"its offsets are {first} to {end - 1}" if end > first else "it is empty"
            raise UserError(f"no dead letter at {position}: {there}")
        async for found in log.scan(position):
            if found.position == position:
                if isinstance(found, Stray):
                    raise UserError(f"the record at {position} is no dead letter: {found.why}")
                record, told = await log.original(found)
                return found, record, told
    raise UserError(f"no dead letter begins at {position}; `episodes dead-letters list` shows where they begin")


@dataclass(slots=True)
class ReplayReport:
    """What became of the letters; in a dry run `sent` is what would be sent."""

    topic: str
    sent: list[DeadLetter] = field(default_factory=list)
    rejected: list[tuple[DeadLetter, str]] = field(default_factory=list)
    """Decoding would reject them again, with why."""
    unreadable: list[tuple[DeadLetter, str]] = field(default_factory=list)
    refused: list[tuple[DeadLetter, str]] = field(default_factory=list)
    """The topic did not take them."""
    value_bytes: int = 0
    outlived: int = 0
    """So many are older than the topic keeps records."""
    failure: str = ""


async def replay(
    settings: Settings,
    letters: Sequence[DeadLetter],
    *,
    to: str | None = None,
    mended: bytes | None = None,
    force: bool = False,
    dry_run: bool = True,
    advance: Advance | None = None,
    clock: Clock | None = None,
) -> ReplayReport:
    """Publish the records of `letters` to the topic they came from (or `to`); what is sent is durable.

    `mended` takes the place of the value. Letters whose records decoding would reject again are left out unless
    `force`. A broker that fails half way is told in `failure`.

    Raises:
        WorldFault: no broker answers at the start.
        UserError: a topic is not there, or the broker refuses us.
    """
    topic = to or settings.kafka.topic
    report = ReplayReport(topic)
    keeps_ms = await retention_ms(settings.kafka, topic)
    now_ms = to_millis((clock or SystemClock()).now())
    async with DeadLetterLog(settings.kafka) as log, Replayer(settings.kafka, topic) as replayer:
        try:
            for number, letter in enumerate(letters):
                again = await _prepare(log, letter, settings, report, mended=mended, force=force)
                if again is not None:
                    report.value_bytes += len(again.record.value or b"")
                    report.outlived += keeps_ms is not None and again.record.timestamp_ms < now_ms - keeps_ms
                    if dry_run:
                        report.sent.append(letter)
                    else:
                        await replayer.add(again)
                if advance is not None:
                    advance(number + 1)
            await replayer.flush()
        except WorldFault as fault:
            report.failure = f"{fault}; replay again: what is in the graph already is passed by"
        if not dry_run:
            report.sent, report.refused = replayer.sent, replayer.refused
    return report


async def _prepare(
    log: DeadLetterLog,
    letter: DeadLetter,
    settings: Settings,
    report: ReplayReport,
    *,
    mended: bytes | None,
    force: bool,
) -> Again | None:
    """Return what to send for `letter`, or note why nothing is."""
    try:
        record, _ = await log.original(letter)
    except UserError as error:
        report.unreadable.append((letter, str(error)))
        return None
    if mended is not None:
        record = replace(record, value=mended)
    verdict = decode(record, settings.pipeline)
    if isinstance(verdict, Rejected) and not force:
        report.rejected.append((letter, f"{verdict.reason}: {verdict.detail}" if verdict.detail else verdict.reason))
        return None
    if not is_sendable(record):
        report.unreadable.append((letter, "a record without key and value can't be sent"))
        return None
    return Again(letter, record)
