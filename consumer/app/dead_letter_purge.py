"""Removing dead letters: Kafka deletes the head of a partition, nothing else, and no letter may be cut in two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from consumer.app.dead_letters import mark_superseded
from consumer.errors import UserError
from consumer.kafka.dead_letter_log import DeadLetterLog
from consumer.kafka.dead_letter_topic import delete_before
from consumer.model.dead_letter import DeadLetter, Position, Stray
from consumer.model.instants import from_millis
from consumer.settings import KafkaSettings

_BEING_WRITTEN = timedelta(hours=1)
"""A letter whose parts are not all there may still be on its way for so long; its parts stay."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Where to cut: before a position in its partition, before an instant in all, or, with neither, at the end."""

    before: Position | None = None
    older_than: datetime | None = None


@dataclass(slots=True)
class Purge:
    """What goes: offsets below `offsets` per partition, and what stands there.

    `spared`: letters in parts that the cut would have gone through, so that it is before them.
    """

    offsets: dict[int, int] = field(default_factory=dict)
    letters: list[DeadLetter] = field(default_factory=list)
    strays: int = 0
    spared: list[Position] = field(default_factory=list)

    def by_reason(self) -> dict[str, int]:
        """Return how many letters of each reason go, the most frequent first."""
        return dict(Counter(letter.reason for letter in self.letters).most_common())


async def plan(settings: KafkaSettings, cut: Cut, now: datetime) -> Purge:
    """Return what `cut` removes; nothing is removed yet.

    Raises:
        WorldFault: the broker does not answer.
        UserError: the topic or the partition is not there, or the broker refuses us.
    """
    letters: list[DeadLetter] = []
    strays: list[Stray] = []
    async with DeadLetterLog(settings) as log:
        if cut.before is not None and cut.before.partition not in log.end:
            raise UserError(
                f"{settings.dead_letter_topic} has no partition {cut.before.partition}, only {len(log.end)}"
            )
        async for found in log.scan():
            if isinstance(found, Stray):
                strays.append(found)
            else:
                letters.append(found)
    return decide(cut, mark_superseded(letters), strays, first=log.begin, end=log.end, now=now)


def decide(
    cut: Cut,
    letters: Sequence[DeadLetter],
    strays: Sequence[Stray],
    *,
    first: Mapping[int, int],
    end: Mapping[int, int],
    now: datetime,
) -> Purge:
    """Return what goes of a log that begins at `first`, ends at `end` and holds these."""
    purge = Purge()
    for partition in sorted(end):
        if cut.before is not None and cut.before.partition != partition:
            continue
        own = [letter for letter in letters if letter.position.partition == partition]
        own_strays = [stray for stray in strays if stray.position.partition == partition]
        wanted = end[partition] if cut.before is None else min(cut.before.offset, end[partition])
        if cut.older_than is not None:
            young = [letter.position.offset for letter in own if letter.failed_at >= cut.older_than]
            young += [s.position.offset for s in own_strays if from_millis(s.timestamp_ms) >= cut.older_than]
            wanted = min(young, default=wanted)
        offset = _between_letters(wanted, own, now, purge.spared)
        purge.letters += [letter for letter in own if letter.last_offset < offset]
        purge.strays += sum(stray.position.offset < offset for stray in own_strays)
        if offset > first[partition]:
            purge.offsets[partition] = offset
    return purge


async def carry_out(settings: KafkaSettings, purge: Purge) -> None:
    """Remove what `purge` says.

    Raises:
        WorldFault: the broker does not answer.
        UserError: the broker refuses us.
    """
    if purge.offsets:
        await delete_before(settings, purge.offsets)


def _between_letters(wanted: int, letters: Sequence[DeadLetter], now: datetime, spared: list[Position]) -> int:
    """Return the last offset up to `wanted` that cuts no letter in two, and note those it is before."""
    offset = wanted
    while True:
        cut = [letter for letter in letters if letter.position.offset < offset and _reaches(letter, offset, now)]
        if not cut:
            return offset
        spared.extend(letter.position for letter in cut)
        offset = min(letter.position.offset for letter in cut)


def _reaches(letter: DeadLetter, offset: int, now: datetime) -> bool:
    """Whether something of a letter that counts stands at `offset` or after it, or may yet come."""
    if letter.is_complete:
        return letter.last_offset >= offset
    return not letter.is_superseded and now - letter.failed_at < _BEING_WRITTEN
