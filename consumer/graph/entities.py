"""Names and entities before and after a batch, and the vectors of the names. Pure.

A vector belongs to a spelling. The entity shows the first mention's spelling; the vectors of all other spellings are
kept on our `ConsumerName` nodes, because a removal, a late arrival or a resolution can make one of them the first.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from consumer.graph.resolve import Entity, NameBook, PlacedMention, joined, resolve
from consumer.model.episode import Vector
from consumer.resolve.clusters import Link


def spelling_key(name: str) -> str:
    """Return the property of `ConsumerName` that keeps the vector of this spelling."""
    return f"vector_{hashlib.sha256(name.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class KnownName:
    """A name as stored: what was said under it, and to whom it belongs.

    `link` None: it is the first name of its entity, which then has its uuid; `is_embedded` says whether that entity
    has a vector. `spelling_keys` are the spellings whose vectors are kept.
    """

    state: Entity
    is_embedded: bool
    spelling_keys: frozenset[str] = frozenset()
    link: Link | None = None
    is_there: bool = True
    """Whether the entity that Graphiti made is still in the graph; of ours always."""

    @property
    def uuid(self) -> str:
        """The name's uuid."""
        return self.state.uuid

    @property
    def root(self) -> str:
        """The uuid of its entity."""
        return self.link.root if self.link else self.uuid


@dataclass(frozen=True, slots=True)
class NameChange:
    """One name before and after, and its entity if it is the first name of one.

    `before` None: new. `vector` is a new one for the entity's shown name. `kept` are new ones of other spellings.
    `keep_as`: the entity's present vector goes to the name node under this key first. `take_from`: its vector comes
    back from that key. `dropped` are kept spellings that nobody uses any more, or that are shown now.
    """

    before: KnownName | None
    after: Entity
    link: Link | None
    is_embedded: bool
    vector: Vector | None = None
    kept: Mapping[str, Vector] = field(default_factory=dict)
    keep_as: str | None = None
    take_from: str | None = None
    dropped: frozenset[str] = frozenset()
    is_whole: bool = False
    """Whether a removed episode mentioned it: then it is written whatever it was, also over what others made of it."""
    entity_before: Entity | None = None
    entity: Entity | None = None
    """The entity that bears its uuid, before and after: what was said under all its names."""

    @property
    def changes_something(self) -> bool:
        """Whether anything must be written."""
        is_news = self.before is None or self.before.state != self.after or self.before.link != self.link
        is_seen = self.entity != self.entity_before or self.vector is not None
        return self.is_whole or is_news or is_seen or bool(self.kept or self.dropped or self.keep_as)


@dataclass(frozen=True, slots=True)
class NameChanges:
    """What changes in one group: names in order of uuid, names nobody mentions any more, entities that are none now."""

    changes: tuple[NameChange, ...] = ()
    gone: tuple[str, ...] = ()
    orphans: tuple[Entity, ...] = ()
    bare: tuple[str, ...] = ()
    """Entities that Graphiti made and of which no episode of ours says anything (any more)."""


def states_after(
    group_id: str,
    known: Mapping[str, KnownName],
    mentions: Sequence[PlacedMention],
    remaining: Mapping[str, Sequence[PlacedMention]],
    *,
    names: NameBook,
) -> tuple[dict[str, Entity], set[str]]:
    """Return the names of the group that `mentions` or removals change, as they are then, and those that are gone.

    `remaining` has, for each name that a removed episode mentioned, what the stored episodes that stay say of it:
    such a name is computed anew.
    """
    base = {uuid: name.state for uuid, name in known.items() if uuid not in remaining}
    told = [*mentions, *(placed for kept in remaining.values() for placed in kept)]
    after = resolve(base, group_id, told, names)
    return after, {uuid for uuid in remaining if uuid not in after}


@dataclass(frozen=True, slots=True)
class GroupNames:
    """The names of one group that a batch concerns: as stored, those that differ afterwards, and how all are linked.

    Every name of an entity that changes must be in `known` or `after`.
    """

    group_id: str
    known: Mapping[str, KnownName]
    after: Mapping[str, Entity]
    gone: frozenset[str]
    links: Mapping[str, Link | None]

    def root(self, uuid: str) -> str:
        """Return the entity of a name afterwards."""
        link = self.links.get(uuid)
        return link.root if link else uuid


def name_changes(
    group: GroupNames,
    mentions: Sequence[PlacedMention],
    remaining: Mapping[str, Sequence[PlacedMention]],
    vectors: Mapping[str, Vector],
    *,
    names: NameBook,
) -> NameChanges:
    """Return what changes in one group; `vectors` are by shown name."""
    known = group.known
    states = {uuid: name.state for uuid, name in known.items() if uuid not in group.gone} | dict(group.after)
    before = _entities((name.root, name.state) for name in known.values())
    entities = _entities((group.root(uuid), state) for uuid, state in states.items())
    spellings: dict[str, set[str]] = defaultdict(set)
    for placed in (*mentions, *(placed for kept in remaining.values() for placed in kept)):
        uuid = names.entity(group.group_id, placed.mention.name)
        if uuid is not None and placed.has_vector:
            spellings[uuid].add(placed.mention.name)
    whole = {group.root(uuid) for uuid in remaining if uuid in states}
    # What Graphiti had said of its entity comes back when the last name of ours leaves it.
    left = {name.root for uuid, name in known.items() if uuid in group.gone or group.root(uuid) != name.root}
    whole |= {uuid for uuid in left if uuid in states and states[uuid].is_adopted}
    changes = [
        _change(
            known.get(uuid),
            states[uuid],
            group.links.get(uuid),
            spellings[uuid],
            vectors,
            is_whole=uuid in remaining,
            is_entity_whole=uuid in whole,
            entity_before=before.get(uuid),
            entity=None if group.links.get(uuid) else entities[uuid],
        )
        for uuid in sorted(states)
    ]
    first_names = {uuid for uuid in states if not group.links.get(uuid)}
    borne = {group.root(uuid) for uuid in states if not states[uuid].is_adopted}
    return NameChanges(
        tuple(change for change in changes if change.changes_something),
        tuple(sorted(uuid for uuid in group.gone if uuid in known)),
        tuple(before[uuid] for uuid in sorted(known) if known[uuid].link is None and uuid not in first_names),
        tuple(uuid for uuid in sorted(first_names - borne) if states[uuid].is_adopted),
    )


def _entities(names: Iterable[tuple[str, Entity]]) -> dict[str, Entity]:
    """Return the entities of names, given with their roots."""
    states: dict[str, list[Entity]] = defaultdict(list)
    for root, state in names:
        states[root].append(state)
    return {root: joined(root, found) for root, found in states.items()}


def _change(
    known: KnownName | None,
    after: Entity,
    link: Link | None,
    spellings: set[str],
    vectors: Mapping[str, Vector],
    *,
    is_whole: bool,
    is_entity_whole: bool,
    entity_before: Entity | None,
    entity: Entity | None,
) -> NameChange:
    """Return the change of one name. `spellings` are those with a vector; `is_whole`: all such there are."""
    shown = after.name.value if link is None else None
    kept_keys = known.spelling_keys if known else frozenset()
    was_shown = known.state.name.value if known is not None and known.link is None and known.is_embedded else None
    others = {spelling_key(name): vectors[name] for name in sorted(spellings) if name in vectors and name != shown}
    keep_as = None
    if was_shown is not None and was_shown != shown and (not is_whole or was_shown in spellings):
        keep_as = spelling_key(was_shown)
    vector, take_from, is_embedded = None, None, False
    dropped = kept_keys - {spelling_key(name) for name in spellings} if is_whole else frozenset[str]()
    if shown is not None:
        dropped |= kept_keys & {spelling_key(shown)}
        is_used = not is_whole or shown in spellings
        if was_shown == shown:
            is_embedded = is_used
        elif shown in vectors:
            vector = vectors[shown]
        elif spelling_key(shown) in kept_keys and is_used:
            take_from = spelling_key(shown)
        is_embedded = is_embedded or vector is not None or take_from is not None
    return NameChange(
        before=known,
        after=after,
        link=link,
        is_embedded=is_embedded,
        vector=vector,
        kept={key: found for key, found in others.items() if key not in kept_keys},
        keep_as=keep_as,
        take_from=take_from,
        dropped=dropped,
        is_whole=is_whole or is_entity_whole,
        entity_before=entity_before,
        entity=entity,
    )
