"""A line or a text becomes an event to publish: defaults filled in, checked against the contract.

Pure, but for the modification time that `time_from` asks for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from consumer.model.events import EVENT
from consumer.model.ids import content_event_id
from consumer.model.instants import iso

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class EventDefaults:
    """What an event gets that does not say it itself. `max_bytes` bounds one value."""

    max_bytes: int
    group: str | None = None
    name: str | None = None
    source: str | None = None
    source_description: str | None = None
    reference_time: datetime | None = None
    time_from: Literal["mtime", "now"] | None = None
    saga: str | None = None


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
    return _checked(data, origin, defaults)


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
    return _checked(value, origin, defaults)


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


def _checked(value: bytes, origin: Origin, defaults: EventDefaults) -> Draft | Bad:
    """Return the draft when its value keeps the contract."""
    if len(value) > defaults.max_bytes:
        return origin.bad(f"longer than {defaults.max_bytes} bytes")
    try:
        event = EVENT.validate_json(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        # The first part of the place is the kind of event, which the reader knows.
        where = ".".join(str(part) for part in first["loc"][1:])
        return origin.bad(f"{where}: {first['msg']}" if where else first["msg"])
    if b"\\u0000" in value:
        return origin.bad("holds the NUL character")
    return Draft(event.group_id, value)
