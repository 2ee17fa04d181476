"""A line or a text becomes an event to publish: defaults filled in, checked against the contract.

Pure, but for the modification time that `time_from` asks for. The verdict is the consumer's own (pipeline.decode).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from consumer.model.episode import Rejected
from consumer.model.ids import content_event_id
from consumer.model.instants import iso
from consumer.model.work import Record
from consumer.pipeline.decode import decode
from consumer.settings import PipelineSettings

BOM = b"\xef\xbb\xbf"
_LOG_TIME_MS = 0
_KIND = re.compile(r"^(episode|group)\.(added|removed)\.")
"""The kind of event in front of a field's name, which the reader knows."""


@dataclass(frozen=True, slots=True)
class EventDefaults:
    """What an event gets that does not say it itself; `limits` are those of the consumer that will read it."""

    limits: PipelineSettings
    group: str | None = None
    name: str | None = None
    source: str | None = None
    source_description: str | None = None
    reference_time: datetime | None = None
    time_from: Literal["mtime", "now"] | None = None
    saga: str | None = None

    @property
    def max_bytes(self) -> int:
        """The largest value the consumer takes."""
        return self.limits.max_value_bytes


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an event was read: file (None: standard input), line (from 1; None: the whole file), number over all."""

    label: str
    path: Path | None
    line: int | None
    number: int

    def bad(self, problem: str) -> Bad:
        """Return why there is no event here."""
        return Bad(self.label, self.line, problem)

    @property
    def stem(self) -> str:
        """The file's name up to its first dot."""
        return self.path.name.split(".", 1)[0] if self.path else "stdin"


@dataclass(frozen=True, slots=True)
class Draft:
    """An event ready to be sent."""

    group_id: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Bad:
    """A line (from 1; None: the whole file) that is no event, and why."""

    label: str
    line: int | None
    problem: str

    def __str__(self) -> str:
        """Return `file:line: why`."""
        return f"{self.label}:{self.line}: {self.problem}" if self.line else f"{self.label}: {self.problem}"


def from_line(data: bytes, origin: Origin, defaults: EventDefaults) -> Draft | Bad:
    """Return the event of one JSONL line; its bytes stay as they are when no default had to be filled in."""
    data = data.removeprefix(BOM).strip()
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        return origin.bad(f"not JSON: {error}")
    if not isinstance(value, dict):
        return origin.bad("not a JSON object")
    filled = _filled(value, origin, defaults)
    if filled != value:
        data = json.dumps(filled, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass")
    return _checked(data, str(filled.get("group_id", "")), origin, defaults)


def from_text(data: bytes, origin: Origin, defaults: EventDefaults) -> Draft | Bad:
    """Return the episode whose content is the whole text.

    Its event id is a hash of group, name and content: the same text published again is the same episode.
    """
    try:
        content = data.removeprefix(BOM).decode()
    except UnicodeDecodeError as error:
        return origin.bad(f"not UTF-8: {error.reason} at byte {error.start}")
    if not content.strip():
        return origin.bad("empty")
    if defaults.group is None:
        return origin.bad("a text has no group of its own: say --group")
    event = _filled({"content": content}, origin, defaults)
    event.setdefault("name", origin.stem)
    if origin.path is not None:
        event.setdefault("source_description", str(origin.path))
    event["event_id"] = content_event_id((defaults.group, event["name"], content))
    value = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    return _checked(value, defaults.group, origin, defaults)


def _filled(event: dict[str, Any], origin: Origin, defaults: EventDefaults) -> dict[str, Any]:
    """Return `event` with the defaults for what it does not say; removals only get a group."""
    filled = dict(event)
    if defaults.group is not None:
        filled.setdefault("group_id", defaults.group)
    if event.get("type", "episode.added") != "episode.added":
        return filled
    if defaults.name is not None:
        filled.setdefault("name", _name(defaults.name, origin))
    for field, value in (
        ("source", defaults.source),
        ("source_description", defaults.source_description),
        ("saga", defaults.saga),
        ("reference_time", _reference_time(origin.path, defaults)),
    ):
        if value is not None:
            filled.setdefault(field, value)
    return filled


def _name(pattern: str, origin: Origin) -> str:
    """Return `pattern` with {stem}, {path} and {n} replaced; other braces stay."""
    found = {"{stem}": origin.stem, "{path}": str(origin.path or "stdin"), "{n}": str(origin.number)}
    for placeholder, text in found.items():
        pattern = pattern.replace(placeholder, text)
    return pattern


def _reference_time(path: Path | None, defaults: EventDefaults) -> str | None:
    """Return the reference time the options give, as text, or None for the record's own timestamp."""
    if defaults.reference_time is not None:
        return iso(defaults.reference_time)
    if defaults.time_from == "mtime" and path is not None:
        return iso(datetime.fromtimestamp(path.stat().st_mtime, UTC))
    return None


def _checked(value: bytes, group_id: str, origin: Origin, defaults: EventDefaults) -> Draft | Bad:
    """Return the draft when the consumer, given this value, would not reject it: the same code decides."""
    try:
        found = decode(Record("", 0, 0, _LOG_TIME_MS, group_id.encode(), value), defaults.limits)
    except UnicodeEncodeError:
        return origin.bad("group_id: holds a lone surrogate (invalid-event)")
    if isinstance(found, Rejected):
        return origin.bad(f"{_KIND.sub('', found.detail)} ({found.reason})")
    return Draft(group_id, value)
