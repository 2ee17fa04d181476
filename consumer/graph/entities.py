"""Entities before and after a batch, and the vectors of their names. Pure.

A name's vector belongs to its spelling. The entity shows the first mention's spelling; the vectors of the other
spellings are kept on our `ConsumerName` node, because a removal or a late arrival can make one of them the first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from consumer.graph.resolve import Entity, NameBook, PlacedMention, resolve
from consumer.model.episode import Vector


def spelling_key(name: str) -> str:
    """Return the property of `ConsumerName` that keeps the vector of this spelling."""
    return f"vector_{hashlib.sha256(name.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class KnownEntity:
    """An entity as stored: its state, whether it has a vector, and the spelling keys whose vectors are kept."""

    entity: Entity
    is_embedded: bool
    spelling_keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EntityChange:
    """One entity before and after. `before` None: created.

    `vector` is a new one for the shown name. `kept` are new ones of other spellings. `keep_as`: the entity's present
    vector goes to its name node under this key first. `take_from`: its vector comes back from that key.
    `dropped` are kept spellings that nobody uses any more, or that are shown now.
    """

    before: Entity | None
    after: Entity
    is_embedded: bool
    vector: Vector | None = None
    kept: Mapping[str, Vector] = field(default_factory=dict)
    keep_as: str | None = None
    take_from: str | None = None
    dropped: frozenset[str] = frozenset()
    is_whole: bool = False
    """Whether a removed episode mentioned it: then it is written whatever it was, also over what others made of it."""

    @property
    def changes_something(self) -> bool:
        """Whether anything must be written."""
        is_news = self.before != self.after or self.vector is not None
        return self.is_whole or is_news or bool(self.kept or self.dropped)


def entity_changes(
    group_id: str,
    known: Mapping[str, KnownEntity],
    mentions: Sequence[PlacedMention],
    remaining: Mapping[str, Sequence[PlacedMention]],
    vectors: Mapping[str, Vector],
    *,
    names: NameBook,
) -> tuple[list[EntityChange], list[str]]:
    """Return what `mentions` change in one group, in order of uuid, and the entities nobody mentions any more.

    `remaining` has, for each entity that a removed episode mentioned, what the stored episodes that stay say of it:
    such an entity is computed anew. `vectors` are by shown name.
    """
    base = {uuid: item.entity for uuid, item in known.items() if uuid not in remaining}
    told = [*mentions, *(placed for kept in remaining.values() for placed in kept)]
    after = resolve(base, group_id, told, names)
    spellings: dict[str, set[str]] = {uuid: set() for uuid in after}
    for placed in told:
        uuid = names.entity(group_id, placed.mention.name)
        if uuid is not None and placed.has_vector:
            spellings[uuid].add(placed.mention.name)
    changes = [
        _change(known.get(uuid), after[uuid], spellings[uuid], vectors, is_whole=uuid in remaining)
        for uuid in sorted(after)
    ]
    deleted = sorted(uuid for uuid in remaining if uuid not in after and uuid in known)
    return [change for change in changes if change.changes_something], deleted


def _change(
    known: KnownEntity | None, after: Entity, spellings: set[str], vectors: Mapping[str, Vector], *, is_whole: bool
) -> EntityChange:
    """Return the change of one entity. `spellings` are those with a vector; `is_whole`: all such there are."""
    shown = after.name.value
    kept_keys = known.spelling_keys if known else frozenset()
    others = {spelling_key(name): vectors[name] for name in sorted(spellings - {shown}) if name in vectors}
    kept = {key: vector for key, vector in others.items() if key not in kept_keys}
    vector = vectors.get(shown)
    if known is None:
        return EntityChange(None, after, vector is not None, vector, kept)
    dropped = kept_keys - {spelling_key(name) for name in spellings} if is_whole else frozenset()
    dropped |= kept_keys & {spelling_key(shown)}
    before = known.entity
    if before.name.value == shown:
        new = None if known.is_embedded else vector
        is_embedded = new is not None or (known.is_embedded and (not is_whole or shown in spellings))
        return EntityChange(before, after, is_embedded, new, kept, dropped=dropped, is_whole=is_whole)
    is_old_used = not is_whole or before.name.value in spellings
    keep_as = spelling_key(before.name.value) if known.is_embedded and is_old_used else None
    take_from = spelling_key(shown) if vector is None and spelling_key(shown) in kept_keys else None
    is_embedded = vector is not None or take_from is not None
    return EntityChange(before, after, is_embedded, vector, kept, keep_as, take_from, dropped, is_whole)
