"""From a raw record to what it asks for: an episode, a removal, or a verdict against it.

Pure: no clock, no client. Every way a value can be wrong has a reason here; the reasons are the vocabulary of the
dead-letter topic. How much is too much is told in `consumer.pipeline.limits`.
"""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from itertools import islice
from typing import Any, TypeAlias

from pydantic import ValidationError
from pydantic_core import from_json

from consumer.errors import EpisodeFault
from consumer.model.episode import Episode, LogPosition, Rejected, Removal
from consumer.model.events import EVENT, EpisodeAdded, EpisodeRemoved, GivenEntity, GivenFact, GroupRemoved
from consumer.model.ids import content_event_id, episode_uuid
from consumer.model.instants import from_millis, iso, to_utc
from consumer.model.knowledge import Assertion, Mention, Polarity, complete, relation_name, type_label
from consumer.model.work import Record
from consumer.pipeline.limits import check_episode, check_fact_count, check_record, check_removal, check_shape
from consumer.settings import PipelineSettings

logger = logging.getLogger(__name__)

Event: TypeAlias = EpisodeAdded | EpisodeRemoved | GroupRemoved

EVENT_ID_HEADER = "event_id"

REASONS = {
    "value-too-large": "the value is over pipeline.max_value_bytes",
    "headers-too-large": "names and values of the headers are over pipeline.max_header_bytes",
    "invalid-timestamp": "the record has no timestamp, or one before 1970 or after the year 9999",
    "invalid-json": "the value is not UTF-8 JSON (lone surrogates included)",
    "too-deep": "objects and arrays nest deeper than pipeline.max_depth",
    "too-many-values": "more objects and arrays than pipeline.max_containers",
    "invalid-event": "the value is JSON but breaks the event schema",
    "unknown-type": "`type` is none of the known events",
    "wrong-key": "the record's key is not the event's group_id",
    "nul-character": "a text holds the NUL character",
    "tombstone-without-event-id": "a null value without the event_id header (or key) removes nothing",
    "content-too-long": "the content is over pipeline.max_content_chars",
    "name-too-long": "a name, id or type is over pipeline.max_name_chars",
    "text-too-long": "a fact sentence, summary or attribute value is over pipeline.max_text_chars",
    "too-many-facts": "more facts than pipeline.max_facts",
    "too-many-attributes": "a given entity has more attributes than pipeline.max_attributes",
    "unknown-ontology": "the event names an ontology that the consumer does not have",
    "mapping-failed": "a strict ontology's mapping fits the record and finds nothing in it",
    "refused": "the model refused the content",
    "unusable-answer": "the model's answers could not be used",
    "context-length": "the content is longer than the model takes",
    "request-refused": "the model's server refuses the request",
    "over-budget": "its extraction is expected to take more than llm.max_episode_tokens or llm.max_episode_usd",
    "unwritable": "the graph refuses the episode as it is",
    "keeps-failing": "its calls keep failing while those of other episodes succeed",
    "unexpected": "an exception that no table knows; a bug",
}

_DETAIL_CHARS = 500
_SLICE = 10_000
"""So many values of one list or object are told in one call, in about a millisecond."""
_FEW = 20
"""An object with no more members is looked into for long ones: records in an envelope."""
_TOLD_FIELDS = 10
_LOOKS_LIKE = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xef\xbb\xbf", "UTF-8 with a byte-order mark"),
    (b"\xff\xfe", "UTF-16 or UTF-32"),
    (b"\xfe\xff", "UTF-16"),
    (b"\x00\x00\x00", "UTF-32"),
    (b"{\x00", "UTF-16 or UTF-32"),
    (b"\x00{", "UTF-16"),
    (b"\x00", "a schema registry's format"),
)
"""First bytes of what producers send in place of plain JSON, so that the detail can say what to change."""


def decode(record: Record, settings: PipelineSettings) -> Episode | Removal | Rejected:
    """Return what `record` asks for; a bad record is a value (`Rejected`), never an exception."""
    try:
        return _decode(record, settings)
    except EpisodeFault as fault:
        return Rejected(key_text(record), fault.reason, one_line(fault.detail), stage="intake")
    except Exception as error:  # a poison record must not stop the pod again and again
        logger.exception("decoding partition=%d offset=%d failed", record.partition, record.offset)
        detail = one_line(f"{type(error).__name__}: {error}")
        return Rejected(key_text(record), "unexpected", detail, stage="intake", family="unexpected")


def key_text(record: Record) -> str:
    """Return the record's key as text (undecodable bytes replaced); empty when it has none."""
    return (record.key or b"").decode(errors="replace")


def one_line(text: str) -> str:
    """Return `text`, which may quote the record, cut and fit for a terminal: what does not print is escaped."""
    cut = text if len(text) <= _DETAIL_CHARS else f"{text[: _DETAIL_CHARS - 2]} …"
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode() for char in cut
    )


def _decode(record: Record, settings: PipelineSettings) -> Episode | Removal:
    check_record(record, settings)
    position = LogPosition(from_millis(record.timestamp_ms), record.partition, record.offset)
    if record.value is None:
        event = _tombstone(record)
    else:
        check_shape(record.value, settings)
        event = _parse(record.value, settings)
    if not isinstance(event, EpisodeAdded):
        check_removal(event, settings)
    if key_text(record) != event.group_id:
        raise EpisodeFault("wrong-key", f"key={key_text(record)!r} group_id={event.group_id!r}")
    match event:
        case EpisodeRemoved():
            return Removal(event.group_id, event.event_id, position)
        case GroupRemoved():
            return Removal(event.group_id, None, position)
        case EpisodeAdded():
            return _episode(event, position, settings)


def _tombstone(record: Record) -> Event:
    """Read a null value: the key is the group, the header names the one episode that goes."""
    event_id = record.header(EVENT_ID_HEADER)
    if not record.key or not event_id:
        raise EpisodeFault("tombstone-without-event-id", "needs the group as key and an event_id header")
    removed = {"type": "episode.removed", "group_id": key_text(record), "event_id": event_id}
    return _checked(removed)


def _parse(value: bytes, settings: PipelineSettings) -> Event:
    try:
        loaded = from_json(value, allow_inf_nan=False)
    except ValueError as error:
        like = next((name for start, name in _LOOKS_LIKE if value.startswith(start)), None)
        raise EpisodeFault("invalid-json", f"this is {like}; send plain UTF-8 JSON" if like else str(error)) from error
    check_fact_count(loaded, settings)
    event = _checked(loaded)
    if unknown := event.model_extra:
        told = sorted(islice(unknown, _TOLD_FIELDS))
        logger.warning(
            "event has %d unknown fields, kept: %.200s", len(unknown), told, extra={"group_id": event.group_id}
        )
    return event


def _checked(loaded: Any) -> Event:
    """Return the event that `loaded` is; the first problem that the models find is its fault."""
    try:
        return EVENT.validate_python(loaded)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where, problem = ".".join(str(part) for part in first["loc"]), first["msg"]
        if first["type"] == "union_tag_invalid" and not first["loc"]:
            raise EpisodeFault("unknown-type", problem) from error
        if "attributes" in first["loc"]:
            problem = "must be a text, a finite number or a boolean"
        raise EpisodeFault("invalid-event", f"{where}: {problem}" if where else problem) from error


def _episode(event: EpisodeAdded, position: LogPosition, settings: PipelineSettings) -> Episode:
    content = event.content if isinstance(event.content, str) else _compact_json(event.content)
    check_episode(event, content, settings)
    given = [_assertion(fact) for fact in event.facts]
    try:
        reference_time = to_utc(event.reference_time) if event.reference_time else position.logged_at
    except ValueError as error:
        raise EpisodeFault("invalid-event", f"reference_time: {error}") from error
    wants_extraction = not given if event.extract is None else event.extract
    event_id = event.event_id or content_event_id(
        (event.group_id, event.name, event.source, iso(reference_time), content)
    )
    return Episode(
        uuid=episode_uuid(event.group_id, event_id),
        group_id=event.group_id,
        event_id=event_id,
        name=event.name or event_id,
        source=event.source,
        source_description=event.source_description,
        content=content,
        reference_time=reference_time,
        position=position,
        saga=event.saga,
        wants_extraction=wants_extraction and bool(content.strip()),
        given=complete(_mentions(event.facts), tuple(given)),
        ontology=event.ontology,
        utc_offset=(event.reference_time.utcoffset() if event.reference_time else None) or timedelta(),
    )


def _assertion(fact: GivenFact) -> Assertion:
    subject, target = _name(fact.subject), _name(fact.object)
    try:
        valid_at = to_utc(fact.valid_at) if fact.valid_at else None
        invalid_at = to_utc(fact.invalid_at) if fact.invalid_at else None
        instead_of = to_utc(fact.instead_of) if fact.instead_of else None
    except ValueError as error:
        raise EpisodeFault("invalid-event", f"facts: {error}") from error
    if valid_at is not None and invalid_at is not None and invalid_at < valid_at:
        raise EpisodeFault("invalid-event", f"facts: ends at {iso(invalid_at)} before it begins at {iso(valid_at)}")
    right = "invalid_at" if fact.polarity is Polarity.ENDS else "valid_at"
    if instead_of is not None and getattr(fact, right) is None:
        raise EpisodeFault("invalid-event", f"facts: instead_of needs the right date in {right}")
    return Assertion(
        subject=subject,
        relation=relation_name(fact.relation),
        object=target,
        sentence=fact.fact or f"{subject} {fact.relation.replace('_', ' ').lower()} {target}",
        valid_at=valid_at,
        invalid_at=invalid_at,
        exclusive=fact.exclusive,
        polarity=fact.polarity,
        instead_of=instead_of,
    )


def _mentions(facts: list[GivenFact]) -> tuple[Mention, ...]:
    """Return the entities that given facts describe, the first description of a name winning."""
    mentions: dict[str, Mention] = {}
    for end in (end for fact in facts for end in (fact.subject, fact.object)):
        if isinstance(end, GivenEntity):
            mention = Mention(end.name.strip(), type_label(end.type), end.summary, dict(end.attributes))
            mentions.setdefault(mention.name, mention)
    return tuple(mentions.values())


def _name(end: str | GivenEntity) -> str:
    return (end if isinstance(end, str) else end.name).strip()


def _compact_json(content: Any) -> str:
    try:
        return _in_slices(content)
    except ValueError as error:  # a number beyond a float, or an integer of thousands of digits
        raise EpisodeFault("invalid-event", f"content: {error}") from error


def _in_slices(value: Any) -> str:
    """Return `value` as compact JSON, a long list or object a slice a call: a compiled call keeps the interpreter."""
    if isinstance(value, list) and len(value) > _SLICE:
        slices = (_dumped(value[start : start + _SLICE])[1:-1] for start in range(0, len(value), _SLICE))
        return f"[{','.join(slices)}]"
    if isinstance(value, dict) and len(value) > _SLICE:
        items = iter(value.items())
        slices = (_dumped(dict(islice(items, _SLICE)))[1:-1] for _ in range(0, len(value), _SLICE))
        return f"{{{','.join(slices)}}}"
    if isinstance(value, dict) and len(value) <= _FEW:
        return f"{{{','.join(f'{_dumped(key)}:{_in_slices(inner)}' for key, inner in value.items())}}}"
    return _dumped(value)


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
