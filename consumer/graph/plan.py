"""From what was read and what is new to the rows of each write query, in the order they must run. Pure.

One query a kind, rows sorted by key: two transactions that meet on an index take their locks in the same order.
Vectors are numpy arrays here; the store turns them into the driver's type when it sends them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from consumer.graph.batch import Claims, Triage
from consumer.graph.bookkeeping import Row, assertion_properties, entity_state_text, mentions_text
from consumer.graph.entities import EntityChange, KnownEntity, entity_changes
from consumer.graph.facts import FactChanges, Histories, triple_key
from consumer.graph.invalidate import AssertionRow, Fact
from consumer.graph.places import Place, position_text
from consumer.graph.resolve import Entity, NameBook, PlacedMention, shown_name
from consumer.graph.sagas_plan import SagaState, saga_place_of, saga_steps
from consumer.model.episode import Vector
from consumer.model.ids import deterministic_uuid
from consumer.model.instants import iso
from consumer.ports import WriteReport

Step = tuple[str, list[Row]]
"""Name of a query file, and its rows."""


@dataclass(slots=True)
class Loaded:
    """What the transaction read before planning."""

    entities: dict[str, KnownEntity] = field(default_factory=dict)
    remaining: dict[str, list[PlacedMention]] = field(default_factory=dict)
    """Per entity that a removed episode mentioned: what the episodes that stay say of it."""
    sagas: dict[str, SagaState] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """The queries to run, in order, and what they will have done."""

    steps: list[Step]
    report: WriteReport


def plan(triage: Triage, claims: Sequence[Claims], loaded: Loaded, histories: Histories, names: NameBook) -> Plan:
    """Return what to write so that the graph is as if it had been computed from all assertions at once."""
    facts = histories.changes()
    entity_edges = {uuid: sorted(won) for uuid, (_, won) in facts.edges.items()}
    changes, orphans = _entities(claims, loaded, names)
    steps: list[Step] = [
        ("remove_communities", _touched_rows(triage, loaded)),
        *_entity_steps(changes),
        ("write_episodes", [_episode_row(item, entity_edges) for item in claims]),
        ("write_mentions", [_mention_row(item) for item in claims if item.entities]),
        *_fact_steps(triage, claims, facts, histories.removed_rows()),
        ("remove_episodes", [{"uuid": uuid} for uuid in sorted(triage.removed)]),
        ("remove_entities", [{"uuid": uuid} for uuid in orphans]),
        ("strip_entities", [_stripped_row(loaded.entities[uuid].entity) for uuid in orphans]),
        *saga_steps(claims, triage.removed.values(), loaded.sagas),
        ("remember_removals", [_remembered_row(uuid, triage) for uuid in sorted(triage.remembered)]),
        ("finish_groups", _group_rows(triage, claims)),
    ]
    report = WriteReport(
        episodes_written=len(claims),
        present=frozenset(triage.present),
        entities_created=sum(change.before is None for change in changes),
        facts_created=len(facts.created),
        facts_changed=len(facts.changed) + len(facts.deleted),
        removals=triage.removals,
    )
    return Plan([(query, rows) for query, rows in steps if rows], report)


# --- entities ---


def _entities(claims: Sequence[Claims], loaded: Loaded, names: NameBook) -> tuple[list[EntityChange], list[str]]:
    """Return the changes of all groups, and the uuids of entities to remove."""
    mentions: dict[str, list[PlacedMention]] = defaultdict(list)
    vectors: dict[str, dict[str, Vector]] = defaultdict(dict)
    for item in claims:
        group_id = item.embedded.group_id
        mentions[group_id] += item.mentions
        for mention in item.embedded.knowledge.mentions:
            vector = item.embedded.vectors.get(mention.name)
            if vector is not None:
                vectors[group_id].setdefault(shown_name(mention.name, names.max_name_chars), vector)
    remaining: dict[str, dict[str, list[PlacedMention]]] = defaultdict(dict)
    for uuid, placed in loaded.remaining.items():
        if uuid in loaded.entities:
            remaining[loaded.entities[uuid].entity.group_id][uuid] = placed
    changes: list[EntityChange] = []
    orphans: list[str] = []
    for group_id in sorted({*mentions, *remaining}):
        found, gone = entity_changes(
            group_id, loaded.entities, mentions[group_id], remaining[group_id], vectors[group_id], names=names
        )
        changes += found
        orphans += gone
    return changes, orphans


def _entity_steps(changes: Sequence[EntityChange]) -> Iterable[Step]:
    yield "write_entities", [_entity_row(change) for change in changes]
    yield (
        "keep_name_vectors",
        [{"uuid": change.after.uuid, "key": change.keep_as} for change in changes if change.keep_as],
    )
    yield (
        "restore_name_vectors",
        [{"uuid": change.after.uuid, "key": change.take_from} for change in changes if change.take_from],
    )
    yield (
        "write_name_vectors",
        [{"uuid": change.after.uuid, "vector": change.vector} for change in changes if change.vector is not None],
    )
    yield (
        "write_spelling_vectors",
        [
            {"uuid": change.after.uuid, "key": key, "vector": vector}
            for change in changes
            for key, vector in sorted(change.kept.items(), key=lambda pair: pair[0])
        ],
    )
    yield (
        "drop_name_vectors",
        [
            {"uuid": change.after.uuid, "keys": sorted(change.dropped), "is_embedded": change.is_embedded}
            for change in changes
            if change.dropped or (change.before is not None and not change.is_embedded)
        ],
    )


def _touched_rows(triage: Triage, loaded: Loaded) -> list[Row]:
    """Return the entities that removed episodes mentioned."""
    if not triage.removed:
        return []
    touched = sorted(uuid for uuid in loaded.remaining if uuid in loaded.entities)
    return [{"uuid": uuid, "group_id": loaded.entities[uuid].entity.group_id} for uuid in touched]


def _stripped_row(entity: Entity) -> Row:
    """Return what to take from an entity that outlives all our mentions of it."""
    properties: Row = {**dict.fromkeys(entity.attributes), "summary": "", "labels": ["Entity"]}
    labels = [] if entity.label == "Entity" else [entity.label]
    return {"uuid": entity.uuid, "properties": properties, "labels": labels}


def _entity_row(change: EntityChange) -> Row:
    before, after = change.before, change.after
    old_attributes = before.attributes if before else {}
    labels = ["Entity"] if after.label == "Entity" else ["Entity", after.label]
    properties: Row = {name: None for name in old_attributes if name not in after.attributes}
    properties |= {name: told.value for name, told in after.attributes.items()}
    properties |= {
        "uuid": after.uuid,
        "name": after.name.value,
        "group_id": after.group_id,
        "summary": after.summary.value if after.summary else "",
        "labels": labels,
    }
    is_relabelled = before is not None and before.label not in {after.label, "Entity"}
    return {
        "uuid": after.uuid,
        "properties": properties,
        "created_at": iso(after.created_at),
        "labels": labels[1:],
        "old_labels": [before.label] if before is not None and is_relabelled else [],
        "name": {
            "uuid": after.uuid,
            "group_id": after.group_id,
            "state": entity_state_text(after),
            "is_embedded": change.is_embedded,
        },
    }


# --- episodes ---


def _episode_row(claims: Claims, entity_edges: Mapping[str, list[str]]) -> Row:
    episode = claims.embedded.episode
    return {
        "uuid": episode.uuid,
        "properties": {
            "uuid": episode.uuid,
            "name": episode.name,
            "group_id": episode.group_id,
            "source": episode.source,
            "source_description": episode.source_description,
            "content": episode.content,
            "entity_edges": entity_edges.get(episode.uuid, []),
        },
        "valid_at": iso(episode.reference_time),
        "created_at": iso(episode.position.logged_at),
        "bookkeeping": {
            "uuid": episode.uuid,
            "group_id": episode.group_id,
            "is_removed": False,
            "position": position_text(episode.position),
            "mentions": mentions_text(claims.mentions),
            "triple_keys": sorted({triple_key(row.triple) for row in claims.rows}),
            "saga_place": saga_place_of(claims),
        },
    }


def _mention_row(claims: Claims) -> Row:
    episode = claims.embedded.episode
    return {
        "episode": episode.uuid,
        "group_id": episode.group_id,
        "created_at": iso(episode.position.logged_at),
        "mentions": [
            {"uuid": deterministic_uuid(episode.group_id, "mentions", episode.uuid, entity), "entity": entity}
            for entity in sorted(claims.entities)
        ],
    }


def _remembered_row(uuid: str, triage: Triage) -> Row:
    removal = triage.remembered[uuid]
    return {
        "uuid": uuid,
        "properties": {
            "uuid": uuid,
            "group_id": removal.group_id,
            "is_removed": True,
            "position": position_text(removal.position),
        },
    }


def _group_rows(triage: Triage, claims: Sequence[Claims]) -> list[Row]:
    lost = {episode.group_id for episode in triage.removed.values()}
    changed = lost | {removal.group_id for removal in triage.remembered.values()}
    changed |= {item.embedded.group_id for item in claims}
    groups: dict[str, Row] = {
        group_id: {"group_id": group_id, "model": None, "dimension": None, "has_lost": group_id in lost}
        for group_id in changed
    }
    for item in claims:
        row = groups[item.embedded.group_id]
        for vector in item.embedded.vectors.values():
            row["model"], row["dimension"] = item.embedded.embedding_model, len(vector)
            break
    return [groups[group_id] for group_id in sorted(groups)]


# --- facts ---


def _fact_steps(
    triage: Triage, claims: Sequence[Claims], facts: FactChanges, removed: Sequence[AssertionRow]
) -> Iterable[Step]:
    """Assertions and facts. A founder's vector is on its fact, any other's on its assertion; both ways are copied."""
    vectors = {
        row.place: vector
        for item in claims
        for row in item.rows
        if (vector := item.embedded.vectors.get(row.sentence)) is not None
    }
    founders = {fact.founder for fact in (*facts.created, *facts.changed)}
    removed_rows = sorted({(triple_key(row.triple), row.episode) for row in removed})
    new = {item.embedded.episode.uuid for item in claims}
    yield "remove_assertions", [{"triple": key, "episode": episode} for key, episode in removed_rows]
    yield (
        "write_assertions",
        [
            {
                "properties": assertion_properties(row),
                "vector": None if row.place in founders else vectors.get(row.place),
            }
            for item in claims
            for row in item.rows
        ],
    )
    yield "keep_fact_vectors", [_vector_row(fact) for fact in facts.demoted]
    yield "remove_facts", [{"uuid": fact.uuid} for fact in facts.deleted]
    yield "write_facts", [_fact_row(fact, vectors) for fact in facts.created]
    yield "restore_fact_vectors", [_vector_row(fact) for fact in facts.created if fact.founder.episode not in new]
    yield "change_facts", [{"uuid": fact.uuid, **_bounds(fact)} for fact in facts.changed]
    yield (
        "change_episode_edges",
        [
            {"uuid": episode, "lost": sorted(lost), "won": sorted(won)}
            for episode, (lost, won) in sorted(facts.edges.items())
            if episode not in new and episode not in triage.removed
        ],
    )


def _fact_row(fact: Fact, vectors: Mapping[Place, Vector]) -> Row:
    return {
        "source": fact.triple.subject,
        "target": fact.triple.object,
        "vector": vectors.get(fact.founder),
        "uuid": fact.uuid,
        "group_id": fact.triple.group_id,
        "name": fact.triple.relation,
        "fact": fact.sentence,
        "created_at": iso(fact.created_at),
        "reference_time": iso(fact.reference_time),
        **_bounds(fact),
    }


def _bounds(fact: Fact) -> Row:
    """Return the properties that a later assertion can change."""
    return {
        "episodes": list(fact.episodes),
        "valid_at": _text(fact.valid_at),
        "invalid_at": _text(fact.invalid_at),
        "expired_at": _text(fact.expired_at),
    }


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else iso(instant)


def _vector_row(fact: Fact) -> Row:
    """Return where the vector of a fact's founder is kept while it is not shown."""
    return {
        "uuid": fact.uuid,
        "triple": triple_key(fact.triple),
        "episode": fact.founder.episode,
        "ordinal": fact.founder.ordinal,
    }
