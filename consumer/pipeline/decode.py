"""From a raw record to what it asks for: an episode, a removal, or a verdict against it.

Pure: no clock, no client. Every way a value can be wrong has a reason here; the reasons are the vocabulary of the
dead-letter topic.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from pydantic import ValidationError

from consumer.errors import EpisodeFault
from consumer.model.episode import Episode, LogPosition, Rejected, Removal
from consumer.model.events import EVENT, EpisodeAdded, EpisodeRemoved, GivenEntity, GivenFact, GroupRemoved
from consumer.model.ids import content_event_id, episode_uuid
from consumer.model.instants import from_millis, iso, to_utc
from consumer.model.knowledge import Assertion, Mention, complete, relation_name, type_label
from consumer.model.work import Record
from consumer.settings import PipelineSettings

logger = logging.getLogger(__name__)

EVENT_ID_HEADER = "event_id"

REASONS = {
    "value-too-large": "the value is over pipeline.max_value_bytes",
    "invalid-json": "the value is not UTF-8 JSON (lone surrogates included)",
    "invalid-event": "the value is JSON but breaks the event schema",
    "unknown-type": "`type` is none of the known events",
    "wrong-key": "the record's key is not the event's group_id",
    "nul-character": "a text holds the NUL character",
    "tombstone-without-event-id": "a null value without the event_id header (or key) removes nothing",
    "too-many-facts": "more facts than pipeline.max_facts",
    "refused": "the model refused the content",
    "unusable-answer": "the model's answers could not be used",
    "context-length": "the content is longer than the model takes",
    "request-refused": "the model's server refuses the request",
    "unwritable": "the graph refuses the episode as it is",
    "unexpected": "an exception that no table knows; a bug",
}


def decode(record: Record, settings: PipelineSettings) -> Episode | Removal | Rejected:
    """Return what `record` asks for; a bad record is a value (`Rejected`), never an exception."""
    try:
        return _decode(record, settings)
    except EpisodeFault as fault:
        return Rejected(key_text(record), fault.reason, fault.detail, stage="intake")
    except Exception as error:  # a poison record must not stop the pod again and again
        logger.exception("decoding partition=%d offset=%d failed", record.partition, record.offset)
        detail = f"{type(error).__name__}: {error}"
        return Rejected(key_text(record), "unexpected", detail, stage="intake", family="unexpected")


def key_text(record: Record) -> str:
    """Return the record's key as text (undecodable bytes replaced); empty when it has none."""
    return (record.key or b"").decode(errors="replace")


def _decode(record: Record, settings: PipelineSettings) -> Episode | Removal:
    position = LogPosition(from_millis(record.timestamp_ms), record.partition, record.offset)
    if record.value is None:
        return _tombstone(record, position)
    if len(record.value) > settings.max_value_bytes:
        raise EpisodeFault("value-too-large", f"bytes={len(record.value)} limit={settings.max_value_bytes}")
    event = _parse(record.value)
    if key_text(record) != event.group_id:
        raise EpisodeFault("wrong-key", f"key={key_text(record)!r} group_id={event.group_id!r}")
    match event:
        case EpisodeRemoved():
            return Removal(event.group_id, event.event_id, position)
        case GroupRemoved():
            return Removal(event.group_id, None, position)
        case EpisodeAdded():
            return _episode(event, position, settings)


def _tombstone(record: Record, position: LogPosition) -> Removal:
    """Read a null value: the key is the group, the header names the one episode that goes."""
    event_id = record.header(EVENT_ID_HEADER)
    if not record.key or not event_id:
        raise EpisodeFault("tombstone-without-event-id", "needs the group as key and an event_id header")
    removed = EVENT.validate_python(
        {"type": "episode.removed", "group_id": key_text(record), "event_id": event_id}, strict=True
    )
    assert isinstance(removed, EpisodeRemoved)  # noqa: S101 - follows from the type given above
    return Removal(removed.group_id, removed.event_id, position)


def _parse(value: bytes) -> EpisodeAdded | EpisodeRemoved | GroupRemoved:
    try:
        event = EVENT.validate_json(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        reason = {"json_invalid": "invalid-json", "union_tag_invalid": "unknown-type"}.get(
            first["type"], "invalid-event"
        )
        raise EpisodeFault(reason, f"{where}: {first['msg']}" if where else first["msg"]) from error
    if unknown := sorted(event.model_extra or {}):
        logger.warning("event has unknown fields %s (kept)", unknown, extra={"group_id": event.group_id})
    return event


def _episode(event: EpisodeAdded, position: LogPosition, settings: PipelineSettings) -> Episode:
    if len(event.facts) > settings.max_facts:
        raise EpisodeFault("too-many-facts", f"facts={len(event.facts)} limit={settings.max_facts}")
    content = event.content if isinstance(event.content, str) else _compact_json(event.content)
    given = [_assertion(fact) for fact in event.facts]
    texts = [content, event.name, event.source_description, event.event_id or "", event.saga or ""]
    texts += [text for assertion in given for text in (assertion.subject, assertion.object, assertion.sentence)]
    if any("\x00" in text for text in texts):
        raise EpisodeFault("nul-character", "remove \\u0000 from the texts")
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
    )


def _assertion(fact: GivenFact) -> Assertion:
    subject, target = _name(fact.subject), _name(fact.object)
    try:
        return Assertion(
            subject=subject,
            relation=relation_name(fact.relation),
            object=target,
            sentence=fact.fact or f"{subject} {fact.relation.replace('_', ' ').lower()} {target}",
            valid_at=to_utc(fact.valid_at) if fact.valid_at else None,
            invalid_at=to_utc(fact.invalid_at) if fact.invalid_at else None,
            exclusive=fact.exclusive,
            polarity=fact.polarity,
        )
    except ValueError as error:
        raise EpisodeFault("invalid-event", f"facts: {error}") from error


def _mentions(facts: list[GivenFact]) -> tuple[Mention, ...]:
    """Return the entities that given facts describe, the first description of a name winning."""
    mentions: dict[str, Mention] = {}
    for end in (end for fact in facts for end in (fact.subject, fact.object)):
        if isinstance(end, GivenEntity):
            mention = Mention(end.name.strip(), type_label(end.type), end.summary, dict(end.attributes))
            mentions.setdefault(mention.name, mention)
    return tuple(mentions.values())


def _name(end: str | GivenEntity) -> str:
    name = (end if isinstance(end, str) else end.name).strip()
    if not name:
        raise EpisodeFault("invalid-event", "facts: a name is blank")
    return name


def _compact_json(content: Any) -> str:
    try:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError as error:  # a number beyond a float, or an integer of thousands of digits
        raise EpisodeFault("invalid-event", f"content: {error}") from error
