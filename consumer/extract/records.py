"""JSON records into entities, attributes and relations, by the words of their keys. Pure.

C1 A key says what its value is: `person`, `author`, `vendor`, `office` name entities (`record_keys` has the table),
   `<kind>Name` an entity of that kind, `<kind>ID` an identifier.
C2 Each object has one main entity: its identifier, else `name` or `title`, else the first key that names one.
C3 The main entity is related to every other by the other's key. `(Person, office)`, `(Person, party)` and
   `(Person, employer)` have the names and exclusive sides that text gets too.
C4 `effective`, `since`, `start…` date the facts; `until`, `end…` end them. An `event` or `status` such as
   `left office` ends the relations whose key it names, or all of them.
C5 Other scalars become attributes of the main entity; long texts are handed back to be read as text.
C6 Nested objects are records of their own, related by their key; depth and number are bounded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from consumer.extract.dates import parse_instant
from consumer.extract.names import clean_name
from consumer.extract.record_keys import ENDINGS, EVENT_WORDS, Role, role_of, words_of
from consumer.model.ids import name_key
from consumer.model.knowledge import Assertion, Exclusive, Knowledge, Mention, Polarity, Scalar, complete, relation_name

MAX_DEPTH = 6
MAX_OBJECTS = 500
MAX_ATTRIBUTES = 24
MAX_NAME_VALUE_CHARS = 160
LONG_TEXT_CHARS = 80
"""A longer string with spaces in it is read as text."""

_RANKS = ("main", "identifier", "title", "entity")

_KNOWN = {
    ("Person", "office"): ("HOLDS_OFFICE", Exclusive.OBJECT),
    ("Person", "position"): ("HOLDS_OFFICE", Exclusive.OBJECT),
    ("Person", "party"): ("MEMBER_OF_PARTY", Exclusive.SUBJECT),
    ("Person", "employer"): ("WORKS_AT", Exclusive.SUBJECT),
    ("Person", "company"): ("WORKS_AT", Exclusive.SUBJECT),
}


@dataclass(slots=True)
class RecordReading:
    """What a record says, and the long texts in it that are to be read as text."""

    knowledge: Knowledge
    texts: list[str]


@dataclass(frozen=True, slots=True)
class _Object:
    """One JSON object under reading: its main entity, when its facts hold, and what it says happened."""

    record: Mapping[str, Any]
    roles: Mapping[str, Role]
    main_key: str | None
    main: str | None
    since: datetime | None
    until: datetime | None
    event: str

    @property
    def main_type(self) -> str:
        """Type of the main entity."""
        return "Entity" if self.main_key is None else self.roles[self.main_key].type


def read_record(content: str, zone: tzinfo = UTC) -> RecordReading | None:
    """Return what the JSON in `content` says, or None when it is no JSON object or list.

    Dates without a zone are read in `zone`, that of the reference time.
    """
    try:
        value = json.loads(content.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict | list):
        return None
    return read_value(value, zone)


def read_value(value: Any, zone: tzinfo = UTC) -> RecordReading:
    """Return what a JSON object or list says."""
    reader = _Reader(zone)
    reader.value(value, 0)
    return reader.reading()


class _Reader:
    """Gathers what the objects of one record say. R1: at most `MAX_OBJECTS` objects, `MAX_DEPTH` deep."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._mentions: dict[str, Mention] = {}
        self._assertions: list[Assertion] = []
        self._texts: list[str] = []
        self._objects = 0

    def reading(self) -> RecordReading:
        """Return what was gathered."""
        knowledge = complete(tuple(self._mentions.values()), tuple(dict.fromkeys(self._assertions)))
        return RecordReading(knowledge, self._texts)

    def value(self, value: Any, depth: int) -> str | None:
        """Read a value; return the main entity of an object."""
        if depth > MAX_DEPTH or self._objects >= MAX_OBJECTS:
            return None
        if isinstance(value, list):
            for item in value:
                self.value(item, depth + 1)
        elif isinstance(value, dict):
            self._objects += 1
            return self._object(_opened(value, self._zone), depth)
        return None

    def _object(self, opened: _Object, depth: int) -> str | None:
        """Read one object (C2 to C6) and return its main entity's name."""
        if opened.main is not None:
            self._note(opened.main, opened.main_type)
        attributes: dict[str, Scalar] = {}
        for key, value in opened.record.items():
            if key == opened.main_key:
                continue
            if _is_names(value, opened.roles[key]):
                self._names(opened, key, value if isinstance(value, list) else [value])
            elif isinstance(value, dict | list):
                for item in value if isinstance(value, list) else [value]:
                    self._relate(opened, key, self.value(item, depth + 1))
            elif isinstance(value, str) and len(value) > LONG_TEXT_CHARS and " " in value:
                self._texts.append(value)
            elif isinstance(value, str | int | float | bool) and value != "" and len(attributes) < MAX_ATTRIBUTES:
                attributes[key] = value
        if opened.main is not None and attributes:
            known = self._mentions[name_key(opened.main)]
            merged = {**attributes, **known.attributes}
            self._mentions[name_key(opened.main)] = Mention(known.name, known.type, known.summary, merged)
        return opened.main

    def _names(self, opened: _Object, key: str, names: Sequence[str]) -> None:
        """Take values as the names of entities, related to the main one."""
        for name in map(clean_name, names):
            if name:
                self._note(name, opened.roles[key].type)
                self._relate(opened, key, name)

    def _note(self, name: str, kind: str) -> None:
        self._mentions.setdefault(name_key(name), Mention(name, kind))

    def _relate(self, opened: _Object, key: str, other: str | None) -> None:
        """Assert C3, or with C4 its end."""
        if opened.main is None or other is None or name_key(other) == name_key(opened.main):
            return
        parts = words_of(key) or (key,)
        default = (relation_name("_".join(parts)), Exclusive.NONE)
        relation, exclusive = _KNOWN.get((opened.main_type, parts[-1]), default)
        happened = opened.event.split()
        is_over = any(word in ENDINGS for word in happened)
        named = [name for name in opened.record if words_of(name)[-1:] and words_of(name)[-1] in happened]
        if is_over and named and key not in named:
            return
        what = "" if parts[-1] in happened else f"{' '.join(parts)} "
        sentence = f"{f'{opened.main} {opened.event}'.strip()}: {what}{other}."
        valid_at, invalid_at = (None, opened.until or opened.since) if is_over else (opened.since, opened.until)
        polarity = Polarity.ENDS if is_over else Polarity.ASSERTS
        self._assertions.append(
            Assertion(opened.main, relation, other, sentence, valid_at, invalid_at, exclusive, polarity)
        )


def _opened(record: Mapping[str, Any], zone: tzinfo) -> _Object:
    roles = {key: role_of(key, record) for key in record}
    main_key = _main_key(record, roles)
    main = None if main_key is None else clean_name(str(record[main_key])) or None
    since, until = _dates(record, roles, zone)
    return _Object(record, roles, main_key if main else None, main, since, until, _event(record))


def _main_key(record: Mapping[str, Any], roles: Mapping[str, Role]) -> str | None:
    """Return the key of the main entity (C2)."""
    usable = [key for key in record if isinstance(record[key], str) and _is_names(record[key], roles[key])]
    ranked = sorted(usable, key=lambda key: _RANKS.index(roles[key].rank))
    return ranked[0] if ranked else None


def _is_names(value: Any, role: Role) -> bool:
    """Whether `value` is the name, or a list of names, of what `role` says."""
    if not role.is_entity:
        return False
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, str) and _is_names(item, role) for item in value)
    return isinstance(value, str) and 0 < len(value.strip()) <= MAX_NAME_VALUE_CHARS and "\n" not in value.strip()


def _dates(
    record: Mapping[str, Any], roles: Mapping[str, Role], zone: tzinfo
) -> tuple[datetime | None, datetime | None]:
    """Return since when and until when the record's facts hold (C4), by the first key of each kind."""
    found: dict[str, datetime] = {}
    for key, role in roles.items():
        instant = parse_instant(record[key], zone) if role.rank in {"since", "until", "when"} else None
        if instant is not None:
            found.setdefault(role.rank, instant)
    return found.get("since", found.get("when")), found.get("until")


def _event(record: Mapping[str, Any]) -> str:
    """Return what the record says happened, in lower case; "" when it does not say."""
    for key, value in record.items():
        parts = words_of(key)
        if isinstance(value, str) and parts and parts[0] in EVENT_WORDS and len(value) <= LONG_TEXT_CHARS:
            return value.strip().lower()
    return ""
