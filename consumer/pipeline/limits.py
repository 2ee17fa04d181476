"""What a record and an event may hold: every bound has a setting, and a reason of its own in the dead-letter topic.

Pure, and cheap where it guards what comes after: bytes and depth are decided before any object is built.
docs/guides/events.md has the table.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from consumer.errors import EpisodeFault
from consumer.model.events import EpisodeAdded, EpisodeRemoved, GivenEntity, GivenFact, GroupRemoved
from consumer.model.instants import MAX_MILLIS
from consumer.model.work import Record
from consumer.settings import PipelineSettings

_INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})


def check_record(record: Record, settings: PipelineSettings) -> None:
    """Return when timestamp, headers and value bytes are within bounds.

    Raises:
        EpisodeFault: with the reason `invalid-timestamp`, `headers-too-large` or `value-too-large`.
    """
    if not 0 <= record.timestamp_ms <= MAX_MILLIS:
        raise EpisodeFault(
            "invalid-timestamp", f"timestamp_ms={record.timestamp_ms}; send one, or set the topic to LogAppendTime"
        )
    _at_most("headers-too-large", "headers", record.header_bytes, settings.max_header_bytes, "bytes")
    _at_most("value-too-large", "value", len(record.value or b""), settings.max_value_bytes, "bytes")


def check_shape(value: bytes, settings: PipelineSettings) -> None:
    """Return when the JSON text nests no deeper, and has no more objects and arrays, than the settings say.

    O(n) in compiled loops, and most values are passed by counting alone. Brackets inside strings don't count: without
    escaped backslashes and escaped quotes, a quote that is left opens or closes a string.

    Raises:
        EpisodeFault: with the reason `too-deep` or `too-many-values`.
    """
    if value.count(b"[") + value.count(b"{") <= settings.max_depth:
        return
    text = np.frombuffer(value.replace(b"\\\\", b"").replace(b'\\"', b""), np.uint8)
    is_outside = np.cumsum(text == ord('"'), dtype=np.uint8) % 2 == 0
    opens = ((text == ord("[")) | (text == ord("{"))) & is_outside
    closes = ((text == ord("]")) | (text == ord("}"))) & is_outside
    depth = int(np.cumsum(opens.astype(np.int8) - closes.astype(np.int8), dtype=np.int32).max(initial=0))
    _at_most("too-deep", "nesting", depth, settings.max_depth, "levels")
    _at_most("too-many-values", "value", int(opens.sum()), settings.max_containers, "objects and arrays")


def check_fact_count(loaded: Any, settings: PipelineSettings) -> None:
    """Return when the loaded JSON has no more facts than the settings say; before each of them is looked at.

    Raises:
        EpisodeFault: with the reason `too-many-facts`.
    """
    facts = loaded.get("facts") if isinstance(loaded, Mapping) else None
    if isinstance(facts, list):
        _at_most("too-many-facts", "facts", len(facts), settings.max_facts, "facts")


def check_removal(event: EpisodeRemoved | GroupRemoved, settings: PipelineSettings) -> None:
    """Return when the ids of a removal are within bounds.

    Raises:
        EpisodeFault: with the reason `name-too-long` or `nul-character`.
    """
    if isinstance(event, EpisodeRemoved):
        _at_most("name-too-long", "event_id", len(event.event_id), settings.max_name_chars, "characters")
        _without_nul("event_id", event.event_id)


def check_episode(event: EpisodeAdded, content: str, settings: PipelineSettings) -> None:
    """Return when names, texts, facts and `content` (as the graph will hold it) are within bounds.

    Raises:
        EpisodeFault: with the reason that `REASONS` has for the bound.
    """
    _at_most("content-too-long", "content", len(content), settings.max_content_chars, "characters")
    _without_nul("content", content)
    for where, name in _names(event):
        _at_most("name-too-long", where, len(name), settings.max_name_chars, "characters")
        _without_nul(where, name)
    for number, fact in enumerate(event.facts):
        _check_fact(f"facts.{number}", fact, settings)


def is_visible(name: str) -> bool:
    """Return whether `name` has a character that is more than space, control or formatting."""
    return any(unicodedata.category(char) not in _INVISIBLE for char in name)


def _names(event: EpisodeAdded) -> Iterator[tuple[str, str]]:
    yield "name", event.name
    yield "event_id", event.event_id or ""
    yield "source_description", event.source_description
    yield "saga", event.saga or ""
    yield "ontology", event.ontology or ""


def _check_fact(where: str, fact: GivenFact, settings: PipelineSettings) -> None:
    names = [("relation", fact.relation)]
    texts = [("fact", fact.fact)]
    for side, end in (("subject", fact.subject), ("object", fact.object)):
        if isinstance(end, GivenEntity):
            names += [(f"{side}.name", end.name), (f"{side}.type", end.type)]
            names += [(f"{side}.attributes", key) for key in end.attributes]
            texts += [(f"{side}.summary", end.summary)]
            texts += [(f"{side}.attributes", str(value)) for value in end.attributes.values()]
            _at_most(
                "too-many-attributes",
                f"{where}.{side}.attributes",
                len(end.attributes),
                settings.max_attributes,
                "attributes",
            )
        else:
            names.append((side, end))
    for field, name in names:
        _at_most("name-too-long", f"{where}.{field}", len(name), settings.max_name_chars, "characters")
        _without_nul(f"{where}.{field}", name)
        if field in {"subject", "object", "subject.name", "object.name", "relation"} and not is_visible(name):
            raise EpisodeFault("invalid-event", f"{where}.{field}: the name is blank")
    for field, text in texts:
        _at_most("text-too-long", f"{where}.{field}", len(text), settings.max_text_chars, "characters")
        _without_nul(f"{where}.{field}", text)


def _at_most(reason: str, where: str, size: int, limit: int, unit: str) -> None:
    if size > limit:
        raise EpisodeFault(reason, f"{where}: {size} {unit}, at most {limit}")


def _without_nul(where: str, text: str) -> None:
    if "\x00" in text:
        raise EpisodeFault("nul-character", f"{where}: remove \\u0000")
