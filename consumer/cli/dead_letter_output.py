"""How dead letters are shown: rows and counts, one letter whole, what a replay did."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from consumer.cli.output import bytes_text, is_interactive, note, print_line, print_table
from consumer.clock import SystemClock
from consumer.model.instants import from_millis, iso

if TYPE_CHECKING:
    from consumer.app.dead_letters import ReplayReport, Selection
    from consumer.kafka.dead_letter_headers import Told
    from consumer.model.dead_letter import DeadLetter
    from consumer.model.work import Record

HEADINGS = ("position", "failed at", "reason", "stage", "tries", "group", "origin", "size", "detail")
_DETAIL_CHARS = 80
_SHOWN = 10
_EXCERPT_CHARS = 1_500
_EXCERPT_BYTES = 512
_HEX_ROW = 16
_LOG_EVERY_S = 5.0


def print_letters(selection: Selection) -> None:
    """Print a row for each letter on standard output; counts go to standard error."""
    print_table(HEADINGS, [_row(letter) for letter in selection.letters])
    counts = ", ".join(f"{count} {reason}" for reason, count in selection.by_reason().items())
    note(f"{_many(len(selection.letters), 'dead letter')}{': ' if counts else ''}{counts}")
    if selection.more:
        note(f"{selection.more} more not shown (--limit)")
    if selection.superseded:
        note(f"{selection.superseded} older copies of the same records not shown (--all shows them)")
    tell_strays(selection)


def tell_strays(selection: Selection) -> None:
    """Say which records of the topic are no dead letters."""
    for stray in selection.strays[:_SHOWN]:
        note(f"no dead letter at {stray.position}: {stray.why}")
    if len(selection.strays) > _SHOWN:
        note(f"no dead letter at {len(selection.strays) - _SHOWN} more places")


def letter_json(letter: DeadLetter) -> dict[str, Any]:
    """Return a letter for a script."""
    return {
        "position": str(letter.position),
        "reason": letter.reason,
        "detail": letter.detail,
        "family": letter.family,
        "stage": letter.stage,
        "attempts": letter.attempts,
        "first_at": iso(letter.first_at),
        "failed_at": iso(letter.failed_at),
        "group": letter.group,
        "bytes": letter.size,
        "parts": len(letter.offsets),
        "is_complete": letter.is_complete,
        "is_superseded": letter.is_superseded,
        "origin": letter.origin._asdict(),
        "trace_id": letter.trace_id,
        "traceback_digest": letter.traceback_digest,
    }


def print_letter(letter: DeadLetter, record: Record, told: Told) -> None:
    """Print all that is known of one letter, and its value as far as a screen takes it."""
    told_headers = told.headers
    lines = {
        "position": f"{letter.position}{f' in {len(letter.offsets)} parts' if letter.expected_parts > 1 else ''}",
        "reason": told_headers.reason,
        "detail": told_headers.detail,
        "family": told_headers.family,
        "stage": told_headers.stage,
        "tries": str(letter.attempts),
        "first at": iso(letter.first_at),
        "failed at": iso(letter.failed_at),
        "origin": str(letter.origin),
        "logged at": iso(from_millis(record.timestamp_ms)),
        "trace": told_headers.trace_id,
        "traceback": told_headers.traceback_digest,
        "key": "none" if record.key is None else as_text(record.key),
    }
    for name, text in lines.items():
        if text:
            print_line(f"{name + ':':<11}{text}")
    for name, value in record.headers:
        print_line(f"{'header:':<11}{name} = {'null' if value is None else as_text(value)[:_EXCERPT_CHARS]}")
    if record.value is None:
        print_line("value:     none (a tombstone)")
        return
    print_line(f"value:     {bytes_text(len(record.value))}")
    print_line(value_text(record.value))


def value_text(value: bytes) -> str:
    """Return a value for a screen: JSON indented, other text as it is, other bytes in hex; cut when it is long."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return _hex(value)
    try:
        text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
        text.encode()
    except (ValueError, RecursionError):
        text = value.decode()
    shown = "".join(
        char if char.isprintable() or char in "\n\t" else repr(char)[1:-1] for char in text[:_EXCERPT_CHARS]
    )
    cut = len(text) - _EXCERPT_CHARS
    return f"{shown}\n… {cut} more characters; --raw FILE writes all of it" if cut > 0 else shown


def as_text(value: bytes) -> str:
    """Return bytes as text where they are printable UTF-8, else as a Python literal."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return repr(value)
    return text if text.isprintable() else repr(text)


def print_replay(report: ReplayReport, *, dry_run: bool) -> None:
    """Say what was sent and what was not, and why."""
    verb = "would replay" if dry_run else "replayed"
    counts: dict[str, int] = {}
    for letter in report.sent:
        counts[letter.reason] = counts.get(letter.reason, 0) + 1
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts.items())
    note(f"{verb} {_many(len(report.sent), 'record')} to {report.topic}{': ' if reasons else ''}{reasons}")
    _tell("decoding would reject it again (--force sends it)", report.rejected)
    _tell("not sent", report.unreadable)
    _tell(f"{report.topic} refuses it", report.refused)
    if report.outlived:
        note(
            f"{report.outlived} are older than {report.topic} keeps records: Kafka may delete them before they are "
            f"read; set its retention.ms to -1"
        )
    if report.failure:
        note(f"error: {report.failure}")


def replay_json(report: ReplayReport, *, dry_run: bool) -> dict[str, Any]:
    """Return what a replay did for a script."""

    def told(letters: Sequence[tuple[DeadLetter, str]]) -> list[dict[str, str]]:
        return [{"position": str(letter.position), "why": why} for letter, why in letters]

    return {
        "topic": report.topic,
        "dry_run": dry_run,
        "replayed": [str(letter.position) for letter in report.sent],
        "rejected_again": told(report.rejected),
        "not_sent": told(report.unreadable),
        "refused": told(report.refused),
        "outlived": report.outlived,
        "failure": report.failure or None,
    }


def counts_text(counts: Mapping[str, int]) -> str:
    """Return counts by reason in one line."""
    return ", ".join(f"{count} {reason}" for reason, count in counts.items()) or "none"


@contextmanager
def progress(doing: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Give a function that is told how many are done: a bar on a terminal, a line every few seconds elsewhere."""
    if is_interactive():
        from rich.console import Console  # noqa: PLC0415 - drawn for people only
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

        columns = (TextColumn(doing), BarColumn(), TextColumn("{task.completed}"), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(doing, total=total)
            yield lambda done: bar.update(task, completed=done)
        return
    clock = SystemClock()
    due = clock.monotonic() + _LOG_EVERY_S

    def log(done: int) -> None:
        nonlocal due
        if clock.monotonic() >= due:
            due = clock.monotonic() + _LOG_EVERY_S
            note(f"{doing}: {done}{'' if total is None else f' of {total}'} so far")

    yield log


def _row(letter: DeadLetter) -> tuple[str, ...]:
    marks = []
    if not letter.is_complete:
        marks.append(f"incomplete: {len(letter.offsets)} of {letter.expected_parts} parts")
    if letter.is_superseded:
        marks.append("superseded")
    detail = f"[{', '.join(marks)}] {letter.detail}" if marks else letter.detail
    return (
        str(letter.position),
        iso(letter.failed_at.replace(microsecond=0)),
        letter.reason,
        letter.stage,
        str(letter.attempts),
        letter.group,
        str(letter.origin),
        bytes_text(letter.size),
        detail if len(detail) <= _DETAIL_CHARS else detail[: _DETAIL_CHARS - 1] + "…",
    )


def _tell(what: str, letters: Sequence[tuple[DeadLetter, str]]) -> None:
    for letter, why in letters[:_SHOWN]:
        note(f"{letter.position}: {what}: {why}")
    if len(letters) > _SHOWN:
        note(f"{what}: {len(letters) - _SHOWN} more")


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _hex(value: bytes) -> str:
    """Return the first bytes in hex, sixteen a row."""
    rows = [value[at : at + _HEX_ROW].hex(" ") for at in range(0, min(len(value), _EXCERPT_BYTES), _HEX_ROW)]
    cut = len(value) - _EXCERPT_BYTES
    return "\n".join(rows + ([f"… {cut} more bytes; --raw FILE writes all of it"] if cut > 0 else []))
