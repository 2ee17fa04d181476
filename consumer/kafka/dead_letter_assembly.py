"""Which records of a dead-letter partition make which letters: one record each, or several parts.

Pure: knows offsets, sizes and headers, holds no values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from sys import intern
from typing import TypeAlias

from consumer.kafka.dead_letter_headers import Header, Told, read_headers
from consumer.model.dead_letter import DeadLetter, Position, Stray

_DETAIL_CHARS = 200
"""Of the detail, so that a hundred thousand letters can be listed; the whole of it is read with the letter."""

Found: TypeAlias = DeadLetter | Stray
_SetId: TypeAlias = tuple[str, str, str]


@dataclass(slots=True)
class _OpenSet:
    """Parts seen of one letter: newest offset of each index; `passed` are offsets that a newer copy replaced."""

    told: Told
    key: bytes | None
    offsets: dict[int, int] = field(default_factory=dict)
    passed: list[int] = field(default_factory=list)


class Assembly:
    """The letters of one partition; records are added in the order of their offsets.

    E1: parts of several attempts may be mixed in any way: a letter is complete when each of its parts is there once.
    E2: every record added belongs to exactly one letter or is a stray.
    """

    def __init__(self, partition: int) -> None:
        """Begin with none."""
        self._partition = partition
        self._open: dict[_SetId, _OpenSet] = {}

    def add(
        self, offset: int, timestamp_ms: int, key: bytes | None, size: int, headers: Sequence[Header]
    ) -> list[Found]:
        """Return what is known to be there with this record, of a value of `size` bytes."""
        try:
            told = read_headers(headers)
        except ValueError as error:
            return [Stray(Position(self._partition, offset), size, timestamp_ms, str(error))]
        if told.part is None:
            return [self._letter(told, key, (offset,), 1, size)]
        part = told.part
        name = (part.of, part.sha256, part.count)
        parts = self._open.setdefault(name, _OpenSet(told, key))
        if int(part.index) in parts.offsets:
            parts.passed.append(parts.offsets[int(part.index)])
        parts.offsets[int(part.index)] = offset
        parts.told = told
        if len(parts.offsets) < int(part.count):
            return []
        del self._open[name]
        found: list[Found] = [self._of_parts(parts, tuple(parts.offsets[index] for index in sorted(parts.offsets)))]
        if parts.passed:  # an attempt that a crash cut short: told too, for all that is there is told
            found.insert(0, self._of_parts(parts, tuple(sorted(parts.passed)), is_cut=True))
        return found

    def finish(self) -> list[Found]:
        """Return the letters of which parts are missing."""
        found: list[Found] = [
            self._of_parts(parts, tuple(sorted([*parts.offsets.values(), *parts.passed])), is_cut=True)
            for parts in self._open.values()
        ]
        self._open.clear()
        return found

    def _of_parts(self, parts: _OpenSet, offsets: tuple[int, ...], *, is_cut: bool = False) -> DeadLetter:
        """Return the letter that these parts make; one that is cut short never counts as complete."""
        part = parts.told.part
        assert part is not None  # noqa: S101 - only parts are kept open
        letter = self._letter(parts.told, parts.key, offsets, int(part.count), int(part.size))
        return replace(letter, sha256=part.sha256, is_complete=not is_cut)

    def _letter(self, told: Told, key: bytes | None, offsets: tuple[int, ...], expected: int, size: int) -> DeadLetter:
        headers = told.headers
        return DeadLetter(
            position=Position(self._partition, min(offsets)),
            offsets=offsets,
            expected_parts=expected,
            key=key,
            size=size,
            reason=intern(headers.reason),
            detail=headers.detail[:_DETAIL_CHARS],
            family=intern(headers.family),
            stage=intern(headers.stage),
            attempts=told.attempts,
            first_at=told.first_at,
            failed_at=told.failed_at,
            origin=told.origin._replace(topic=intern(told.origin.topic)),
            trace_id=headers.trace_id,
            traceback_digest=headers.traceback_digest,
        )
