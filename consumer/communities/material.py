"""What is told of a community: who is at its centre, what kinds of things and relations it has, and which facts.

Numbers are those of the facts inside it. A tie of two entities goes by uuid, so equal graphs are told alike.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from consumer.model.community import GroupEntity, GroupFact
from consumer.model.knowledge import DEFAULT_TYPE

CENTRAL = 10
KINDS = 5
FACTS = 8
"""Facts that may be quoted."""


@dataclass(frozen=True, slots=True)
class Material:
    """What names and summaries are made of: the strongest first.

    `kinds` are types with the number of entities, `relations` with the number of facts. `since_ms`, `latest_ms`: when
    the first and the last of the facts began in the world, None where no start is known. `facts` are uuids.
    """

    size: int
    central: tuple[GroupEntity, ...]
    kinds: tuple[tuple[str, int], ...]
    relations: tuple[tuple[str, int], ...]
    facts: tuple[str, ...]
    since_ms: int | None = None
    latest_ms: int | None = None
    told_ms: int = 0
    """When the log told the newest of it, milliseconds."""


@dataclass(slots=True)
class _Inside:
    """The facts inside one community."""

    facts: list[GroupFact] = field(default_factory=list)
    strength: Counter[str] = field(default_factory=Counter)


def materials(
    sets: Sequence[Sequence[str]], entities: Mapping[str, GroupEntity], facts: Iterable[GroupFact]
) -> list[Material]:
    """Return the material of each set of entities; an entity is in one set at most."""
    home = {uuid: number for number, uuids in enumerate(sets) for uuid in uuids}
    inside: dict[int, _Inside] = defaultdict(_Inside)
    for fact in facts:
        _, source, target, *_ = fact
        number = home.get(source)
        if number is not None and number == home.get(target):
            inside[number].facts.append(fact)
            inside[number].strength.update({source, target})
    return [_material([entities[uuid] for uuid in uuids], inside[number]) for number, uuids in enumerate(sets)]


def _material(members: Sequence[GroupEntity], inside: _Inside) -> Material:
    strength = inside.strength
    central = sorted(members, key=lambda each: (-strength[each.uuid], each.created_ms, each.name, each.uuid))
    starts = [since for *_, since, _ in inside.facts if since is not None]
    told = [created for *_, created in inside.facts] or [each.created_ms for each in members]
    return Material(
        size=len(members),
        central=tuple(central[:CENTRAL]),
        kinds=_commonest(each.type for each in members if each.type != DEFAULT_TYPE),
        relations=_commonest(relation for _, _, _, relation, *_ in inside.facts if relation),
        facts=_chosen(inside),
        since_ms=min(starts, default=None),
        latest_ms=max(starts, default=None),
        told_ms=max(told),
    )


def _commonest(words: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(words).items(), key=lambda pair: (-pair[1], pair[0]))[:KINDS])


def _chosen(inside: _Inside) -> tuple[str, ...]:
    """Return facts about the strongest entities, one of each pair of entities and those that began last."""

    def order(fact: GroupFact) -> tuple[int, int, str]:
        uuid, source, target, _, since, _ = fact
        return (-inside.strength[source] - inside.strength[target], -(since or 0), uuid)

    found: dict[frozenset[str], str] = {}
    for uuid, source, target, *_ in sorted(inside.facts, key=order):
        found.setdefault(frozenset((source, target)), uuid)
        if len(found) == FACTS:
            break
    return tuple(found.values())
