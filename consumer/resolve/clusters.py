"""From a set of names to entities: which names are one, and why. Pure, and a function of the set alone.

The names are taken in the order in which the log first has them. Each joins the entity with the best evidence among
those it fits, or begins one of its own:
    C1: it joins only over a pair that the rules call the same, or that somebody merged by hand.
    C2: it never joins an entity with a name that the rules, or somebody's hand, keep apart from it.
    C3: what comes later in the log changes no earlier choice; so a log told in its order is never rewritten.
    C4: the entity is its first name in the log.
    C5: a name whose entity somebody else made begins one, and an equal name joins that before all others.
What is merged by hand is one name from the start, whatever the rules say of its parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from consumer.resolve.judge import Judgement, Named, Verdict, judge

BY_HAND = "by hand"


class Choice(StrEnum):
    """What somebody decided of two names."""

    MERGE = "merge"
    SPLIT = "split"


Decisions = Mapping[frozenset[str], Choice]
"""By pair of name ids."""


@dataclass(frozen=True, slots=True)
class PlacedName:
    """A name of a group: its id, as it was first written, and where in the log that was (unique, sortable)."""

    id: str
    named: Named
    place: tuple[Any, ...]
    is_adopted: bool = False
    """Whether its entity is there already, made by somebody else before the log."""


@dataclass(frozen=True, slots=True)
class Link:
    """Why a name belongs to the entity of another: the evidence, and the name that it was found with."""

    root: str
    via: str
    reason: str
    score: float


def clusters(names: Iterable[PlacedName], decisions: Decisions, *, by_rules: bool = True) -> dict[str, Link | None]:
    """Return, by name id, its link; None for the first name of an entity. Without rules only decisions link."""
    entities: list[list[PlacedName]] = []
    links: dict[str, Link | None] = {}
    for unit in _units(names, decisions):
        best: Link | None = None
        joined: list[PlacedName] = []
        for entity in entities:
            found = None if unit[0].is_adopted else _evidence(unit, entity, decisions, by_rules=by_rules)
            if found is not None and (best is None or found.score > best.score):
                best, joined = found, entity
        if best is None:
            entities.append(joined)
        joined.extend(unit)
        links[unit[0].id] = best
        links |= {name.id: Link(joined[0].id, unit[0].id, BY_HAND, 1.0) for name in unit[1:]}
    return links


def are_linked(one: PlacedName, other: PlacedName, decisions: Decisions, *, by_rules: bool = True) -> bool:
    """Whether the two can meet in one entity without a third name: they are judged the same, or merged by hand."""
    choice = decisions.get(frozenset((one.id, other.id)))
    if choice is not None:
        return choice is Choice.MERGE
    if one.is_adopted and other.is_adopted:
        return False
    found = judge(one.named, other.named)
    return found.verdict is Verdict.SAME and (by_rules or _is_adopting(one, other, found))


def _units(names: Iterable[PlacedName], decisions: Decisions) -> list[list[PlacedName]]:
    """Return the names, those merged by hand together; units and their names in the order of the log."""
    ordered = sorted(names, key=lambda name: (name.place, name.id))
    unit_of: dict[str, list[PlacedName]] = {name.id: [name] for name in ordered}
    for pair, choice in decisions.items():
        if choice is Choice.MERGE and all(each in unit_of for each in pair) and len(pair) > 1:
            one, other = (unit_of[each] for each in pair)
            if one is not other:
                one.extend(other)
                unit_of |= {name.id: one for name in other}
    units = {id(unit): unit for unit in unit_of.values()}
    for unit in units.values():
        unit.sort(key=lambda name: (name.place, name.id))
    return sorted(units.values(), key=lambda unit: (unit[0].place, unit[0].id))


def _is_adopting(one: PlacedName, other: PlacedName, found: Judgement) -> bool:
    """Whether they are one by their key alone, as two names of ours would be without any rule."""
    return (one.is_adopted or other.is_adopted) and found.score >= 1.0


def _evidence(
    unit: Sequence[PlacedName], entity: Sequence[PlacedName], decisions: Decisions, *, by_rules: bool
) -> Link | None:
    """Return the best evidence that they are one, the earliest name's of equal ones; None when something forbids it."""
    best: Link | None = None
    for theirs in entity:
        for mine in unit:
            if decisions.get(frozenset((mine.id, theirs.id))) is Choice.SPLIT:
                return None
            found = judge(mine.named, theirs.named)
            if not by_rules and not _is_adopting(mine, theirs, found):
                continue
            if found.verdict is Verdict.APART:
                return None
            if found.verdict is Verdict.SAME and (best is None or found.score > best.score):
                best = Link(entity[0].id, theirs.id, found.reason, found.score)
    return best
