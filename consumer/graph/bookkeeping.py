"""How our own nodes hold what a graph must remember to stay a function of the log. Pure: dataclass to row and back.

Labels (never on Graphiti's nodes; see docs/decisions/0003): `ConsumerGroup` lock, embedding model, removal position and
version of a group, what its communities were built of and by, `communities_stale`, the version at which a removal last
took communities away, and `lost_at`, at which the group last lost anything: who read before that version must not
write communities (`graph.communities`); `ConsumerEpisode` that an episode is there or was
removed, and its mentions; `ConsumerName` the places that won a name's values, its blocks, whose alias it is and why;
`ConsumerAssertion` each claim, raw; `ConsumerDecision` what somebody merged or split by hand, by ids alone.
Instants are integers (microseconds since year 1), nested values JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from consumer.graph.assertions import AssertionRow, TheirFact, Triple
from consumer.graph.batch import StoredEpisode
from consumer.graph.entities import KnownName
from consumer.graph.facts import matters_on_object, matters_on_subject, object_side, subject_side, triple_key
from consumer.graph.naming import group_blocks
from consumer.graph.places import Place, from_micros, place_of, place_text, position_of, position_text, to_micros
from consumer.graph.resolve import Entity, PlacedMention, Told
from consumer.model.knowledge import Exclusive, Mention, Polarity
from consumer.resolve.clusters import Link

Row = dict[str, Any]


def assertion_properties(row: AssertionRow) -> Row:
    """Return the properties of the `ConsumerAssertion` node; exclusive keys only where it matters to rivals."""
    properties: Row = {
        "group_id": row.triple.group_id,
        "triple": triple_key(row.triple),
        "subject_side": subject_side(row.triple),
        "object_side": object_side(row.triple),
        "subject": row.triple.subject,
        "relation": row.triple.relation,
        "object": row.triple.object,
        "sentence": row.sentence,
        "valid_at": to_micros(row.valid_at),
        "invalid_at": to_micros(row.invalid_at),
        "exclusive": row.exclusive.value,
        "polarity": row.polarity.value,
        "episode": row.episode,
        "reference_time": to_micros(row.reference_time),
        "position": position_text(row.position),
        "ordinal": row.ordinal,
    }
    if row.said_subject:
        properties["said_subject"] = row.said_subject
    if row.said_object:
        properties["said_object"] = row.said_object
    if row.triple.is_symmetric:
        properties["is_symmetric"] = True
        if row.is_turned:
            properties["is_turned"] = True
    if row.instead_of is not None:
        properties["instead_of"] = to_micros(row.instead_of)
    if row.theirs is not None:
        properties["fact"] = row.theirs.uuid
        properties["fact_episodes"] = list(row.theirs.episodes)
        properties["fact_expired_at"] = to_micros(row.theirs.expired_at)
    if matters_on_subject(row):
        properties["exclusive_subject"] = properties["subject_side"]
    if matters_on_object(row):
        properties["exclusive_object"] = properties["object_side"]
    return properties


def assertion_of(node: Mapping[str, Any]) -> AssertionRow:
    """Return the assertion that a `ConsumerAssertion` node holds."""
    reference_time = from_micros(node["reference_time"])
    assert reference_time is not None  # noqa: S101 - written by assertion_properties
    return AssertionRow(
        triple=Triple(
            node["group_id"], node["subject"], node["relation"], node["object"], bool(node.get("is_symmetric"))
        ),
        sentence=node["sentence"],
        valid_at=from_micros(node.get("valid_at")),
        invalid_at=from_micros(node.get("invalid_at")),
        exclusive=Exclusive(node["exclusive"]),
        polarity=Polarity(node["polarity"]),
        episode=node["episode"],
        reference_time=reference_time,
        position=position_of(node["position"]),
        ordinal=node["ordinal"],
        said_subject=node.get("said_subject") or "",
        said_object=node.get("said_object") or "",
        is_turned=bool(node.get("is_turned")),
        instead_of=from_micros(node.get("instead_of")),
        theirs=_their_fact(node) if node.get("fact") else None,
    )


def _their_fact(node: Mapping[str, Any]) -> TheirFact:
    expired_at = from_micros(node.get("fact_expired_at"))
    return TheirFact(node["fact"], tuple(node.get("fact_episodes") or ()), expired_at)


def mentions_text(mentions: tuple[PlacedMention, ...]) -> str:
    """Return mentions as JSON: [ordinal, name, type, summary, attributes] each; without a vector [..., false]."""
    rows = [
        [placed.place.ordinal, said.name, said.type, said.summary, dict(said.attributes)]
        + ([] if placed.has_vector else [False])
        for placed in mentions
        for said in (placed.mention,)
    ]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def mentions_of(text: str, episode: str, position: str) -> tuple[PlacedMention, ...]:
    """Return the mentions that `mentions_text` wrote."""
    log_position = position_of(position)
    return tuple(
        PlacedMention(Mention(name, kind, summary, attributes), Place(log_position, ordinal, episode), not unembedded)
        for ordinal, name, kind, summary, attributes, *unembedded in json.loads(text)
    )


def stored_episode(record: Mapping[str, Any]) -> StoredEpisode:
    """Return what a `ConsumerEpisode` row says; mentions only when the row has them."""
    return StoredEpisode(
        uuid=record["uuid"],
        is_removed=record["is_removed"],
        mentions=mentions_of(record["mentions"], record["uuid"], record["position"]) if record.get("mentions") else (),
        triple_keys=tuple(record.get("triple_keys") or ()),
        saga_place=record.get("saga_place"),
        group_id=record["group_id"],
        position=position_of(record["position"]),
    )


def entity_state_text(entity: Entity) -> str:
    """Return the registers of an entity as JSON."""
    return json.dumps(
        {
            "name": _told_row(entity.name),
            "type": _told_row(entity.type),
            "summary": _told_row(entity.summary),
            "attributes": {name: _told_row(told) for name, told in entity.attributes.items()},
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def known_name(record: Mapping[str, Any]) -> KnownName:
    """Return the name that a `ConsumerName` row holds."""
    state = json.loads(record["state"])
    entity = Entity(
        uuid=record["uuid"],
        group_id=record["group_id"],
        name=_told(state["name"]),
        type=_told(state["type"]) if state["type"] else None,
        summary=_told(state["summary"]) if state["summary"] else None,
        attributes={name: _told(row) for name, row in state["attributes"].items()},
    )
    root = record.get("alias_of")
    link = Link(root, record["alias_via"], record["alias_reason"], record["alias_score"]) if root else None
    is_there = record.get("is_there", True)
    return KnownName(entity, record["is_embedded"], frozenset(record["spelling_keys"]), link, is_there)


def name_properties(state: Entity, link: Link | None, entity: Entity | None, *, is_embedded: bool) -> Row:
    """Return the properties of the `ConsumerName` node; a null is taken away.

    `entity` is the one that bears its uuid, if it is a first name: what was said of it is the begin of its summary.
    """
    blocks = group_blocks(state.group_id, state.name.value)
    return {
        "uuid": state.uuid,
        "group_id": state.group_id,
        "state": entity_state_text(state),
        "is_embedded": is_embedded,
        "description": entity.summary.value if entity and entity.summary else None,
        "block_form": blocks.form,
        "block_person": blocks.person or None,
        "block_other": blocks.other_form or None,
        "alias_of": link.root if link else None,
        "alias_via": link.via if link else None,
        "alias_reason": link.reason if link else None,
        "alias_score": link.score if link else None,
        "is_adopted": True if state.is_adopted else None,
        **({"recent": None, "has_older": None} if link else {}),  # no entity is summed up here now
    }


def _told_row(told: Told[Any] | None) -> list[Any] | None:
    return None if told is None else [told.value, place_text(told.place)]


def _told(row: list[Any]) -> Told[Any]:
    return Told(row[0], place_of(row[1]))
