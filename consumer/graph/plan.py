"""From what was read and what is new to the rows of each write query, in the order they must run. Pure.

One query a kind, rows sorted by key: two transactions that meet on an index take their locks in the same order.
Vectors are numpy arrays here; the store turns them into the driver's type when it sends them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from consumer.graph.assertions import AssertionRow
from consumer.graph.batch import Claims, Triage
from consumer.graph.bookkeeping import Row, assertion_properties, mentions_text, name_properties
from consumer.graph.entities import NameChange, NameChanges, name_changes
from consumer.graph.facts import FactChanges, Histories, triple_key
from consumer.graph.invalidate import Fact
from consumer.graph.places import Place, position_text
from consumer.graph.reembed_places import assertion_uuid
from consumer.graph.resolution import Move, Resolution
from consumer.graph.resolve import Entity, NameBook, shown_name
from consumer.graph.sagas_plan import SagaState, saga_place_of, saga_steps
from consumer.graph.summaries import summarised
from consumer.graph.summing import Summing, summing_of
from consumer.model.episode import Vector
from consumer.model.ids import mention_uuid
from consumer.model.instants import iso
from consumer.ports import WriteReport

Step = tuple[str, list[Row]]
"""Name of a query file, and its rows."""


@dataclass(slots=True)
class Loaded:
    """What the transaction read before planning."""

    resolution: Resolution = field(default_factory=Resolution)
    sagas: dict[str, SagaState] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """The queries to run, in order, and what they will have done."""

    steps: list[Step]
    report: WriteReport
    summing: Summing = field(default_factory=Summing)


def plan(
    triage: Triage,
    claims: Sequence[Claims],
    loaded: Loaded,
    histories: Histories,
    names: NameBook,
    *,
    sums_up: bool = True,
) -> Plan:
    """Return what to write so that the graph is as if it had been computed from all assertions at once."""
    facts = histories.changes()
    entity_edges = {uuid: sorted(won) for uuid, (_, won) in facts.edges.items()}
    resolution = loaded.resolution
    groups = _names(claims, resolution, names)
    changes = [change for group in groups for change in group.changes]
    orphans = [entity for group in groups for entity in group.orphans]
    unsaid = [*(entity.uuid for entity in orphans), *(uuid for group in groups for uuid in group.bare)]
    summarising = summarised(changes, facts, unsaid)
    steps: list[Step] = [
        ("remove_communities", _touched_rows(triage, resolution)),
        *_entity_steps(changes),
        ("write_episodes", [_episode_row(item, entity_edges) for item in claims]),
        ("write_episode_vectors", list(_episode_vectors(claims))),
        ("remove_mentions", [{"uuid": uuid} for move in resolution.moves for uuid in move.lost_mentions]),
        ("write_mentions", _mention_rows(claims, resolution.moves)),
        *_fact_steps(triage, claims, facts, histories.removed_rows(), resolution.moves),
        ("remove_episodes", [{"uuid": uuid} for uuid in sorted(triage.removed)]),
        ("remove_entities", [{"uuid": entity.uuid} for entity in orphans]),
        ("strip_entities", [_stripped_row(entity) for entity in orphans]),
        ("remove_names", [{"uuid": uuid} for group in groups for uuid in group.gone]),
        ("summarise_entities" if sums_up else "forget_recent_facts", [{"uuid": uuid} for uuid in summarising]),
        ("unstage_vectors", _unstaged_rows(triage, resolution, facts, histories)),
        *saga_steps(claims, triage.removed.values(), loaded.sagas),
        ("remember_removals", [_remembered_row(uuid, triage) for uuid in sorted(triage.remembered)]),
        ("finish_groups", _group_rows(triage, claims)),
    ]
    report = WriteReport(
        episodes_written=len(claims),
        present=frozenset(triage.present),
        entities_created=sum(change.before is None and change.entity is not None for change in changes),
        facts_created=len(facts.created),
        facts_changed=len(facts.changed) + len(facts.deleted),
        removals=triage.removals,
    )
    summing = summing_of(summarising, changes, facts) if sums_up else Summing()
    return Plan([(query, rows) for query, rows in steps if rows], report, summing)


# --- entities ---


def _names(claims: Sequence[Claims], resolution: Resolution, names: NameBook) -> list[NameChanges]:
    """Return the changes of each group, in order of their ids."""
    vectors: dict[str, dict[str, Vector]] = defaultdict(dict)
    for item in claims:
        for mention in item.embedded.knowledge.mentions:
            vector = item.embedded.vectors.get(mention.name)
            if vector is not None:
                vectors[item.embedded.group_id].setdefault(shown_name(mention.name, names.max_name_chars), vector)
    return [
        name_changes(
            resolution.group_names(naming),
            resolution.mentions.get(naming.group_id, ()),
            resolution.remaining.get(naming.group_id, {}),
            vectors[naming.group_id],
            names=names,
        )
        for naming in resolution.namings
    ]


def _entity_steps(changes: Sequence[NameChange]) -> Iterable[Step]:
    """Entities, each with the node of its first name; then the nodes of aliases."""
    shown = [(change, change.entity) for change in changes if change.entity is not None]
    yield "write_entities", [_entity_row(*each) for each in shown if not each[1].is_adopted]
    yield "write_adopted", [_adopted_row(*each) for each in shown if each[1].is_adopted]
    yield (
        "write_names",
        [_name_row(change) for change in changes if change.entity is None],
    )
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
            {
                "uuid": change.after.uuid,
                "keys": sorted(change.dropped),
                "is_embedded": change.is_embedded or change.entity is None,
            }
            for change in changes
            if change.dropped or (change.entity_before is not None and change.entity and not change.is_embedded)
        ],
    )


def _touched_rows(triage: Triage, resolution: Resolution) -> list[Row]:
    """Return the entities that removed episodes mentioned, and those that names left or came to."""
    touched = dict(resolution.moved_entities)
    if triage.removed:
        touched |= resolution.left_entities
    return [{"uuid": uuid, "group_id": touched[uuid]} for uuid in sorted(touched)]


def _unstaged_rows(triage: Triage, resolution: Resolution, facts: FactChanges, histories: Histories) -> list[Row]:
    """Return of what a move to another embedding model must forget its vectors, since episodes go or names move."""
    if not (triage.removed or resolution.moves):
        return []
    gone = {*resolution.left_entities, *resolution.moved_entities, *resolution.moved}
    gone |= {name for names in resolution.remaining.values() for name in names}
    gone |= {fact.uuid for fact in facts.deleted} | set(triage.removed)
    left = [*histories.removed_rows(), *(row for move in resolution.moves for row, _ in move.rows)]
    gone |= {assertion_uuid(triple_key(row.triple), row.episode) for row in left}
    return [{"uuid": uuid} for uuid in sorted(gone)]


def _stripped_row(entity: Entity) -> Row:
    """Return what to take from an entity that outlives all our mentions of it."""
    properties: Row = {**dict.fromkeys(entity.attributes), "summary": "", "labels": ["Entity"]}
    labels = [] if entity.label == "Entity" else [entity.label]
    return {"uuid": entity.uuid, "properties": properties, "labels": labels}


def _entity_row(change: NameChange, after: Entity) -> Row:
    before = change.entity_before
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
        "name": _name_row(change)["properties"],
    }


def _adopted_row(change: NameChange, after: Entity) -> Row:
    """Return what we say of an entity that Graphiti made; its own uuid, name, times and list of labels are not ours."""
    before = change.entity_before
    row = _entity_row(change, after)
    del row["created_at"]
    row["properties"] = {
        name: value for name, value in row["properties"].items() if _is_ours(before, after, name) or change.is_whole
    }
    for name in ("uuid", "name", "group_id", "labels"):
        row["properties"].pop(name, None)
    return row


def _is_ours(before: Entity | None, after: Entity, name: str) -> bool:
    """Whether a property of an entity that Graphiti made is what we said, or takes the place of what we had said."""
    registers = [
        entity.summary if name == "summary" else entity.attributes.get(name) for entity in (before, after) if entity
    ]
    return any(told is not None and not told.place.is_adopted for told in registers)


def _name_row(change: NameChange) -> Row:
    properties = name_properties(change.after, change.link, change.entity, is_embedded=change.is_embedded)
    return {"uuid": change.after.uuid, "properties": properties}


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
            "event_id": episode.event_id,
            "position": position_text(episode.position),
            "mentions": mentions_text(claims.mentions),
            "triple_keys": sorted({triple_key(row.triple) for row in claims.rows}),
            "saga_place": saga_place_of(claims),
        },
    }


def _episode_vectors(claims: Sequence[Claims]) -> Iterable[Row]:
    """Yield the vectors of the episodes' texts, of those that were embedded."""
    for item in claims:
        vector = item.embedded.vectors.get(item.embedded.episode.content)
        if vector is not None:
            yield {"uuid": item.embedded.episode.uuid, "vector": vector}


def _mention_rows(claims: Sequence[Claims], moves: Sequence[Move]) -> list[Row]:
    """Return the links of new episodes to their entities, and those that a moved name gives to older ones."""
    wanted = [
        (item.embedded.episode.uuid, item.embedded.group_id, item.embedded.episode.position, item.entities)
        for item in claims
    ]
    wanted += [(move.episode, move.group_id, move.position, move.won) for move in moves]
    return [
        {
            "episode": episode,
            "group_id": group_id,
            "created_at": iso(position.logged_at),
            "mentions": [
                {"uuid": mention_uuid(group_id, episode, entity), "entity": entity} for entity in sorted(entities)
            ],
        }
        for episode, group_id, position, entities in wanted
        if entities
    ]


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
    triage: Triage,
    claims: Sequence[Claims],
    facts: FactChanges,
    removed: Sequence[AssertionRow],
    moves: Sequence[Move],
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
    yield "move_assertions", [_moved_row(*pair) for move in moves for pair in move.rows]
    yield (
        "move_episodes",
        [{"uuid": move.episode, "triple_keys": list(move.triple_keys)} for move in moves if move.rows],
    )
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


def _moved_row(before: AssertionRow, after: AssertionRow) -> Row:
    old, new = assertion_properties(before), assertion_properties(after)
    return {
        "triple": triple_key(before.triple),
        "episode": before.episode,
        "ordinal": before.ordinal,
        "properties": dict.fromkeys(old.keys() - new.keys()) | new,
    }


def _fact_row(fact: Fact, vectors: Mapping[Place, Vector]) -> Row:
    return {
        "source": fact.source,
        "target": fact.target,
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
