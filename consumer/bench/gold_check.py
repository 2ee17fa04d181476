"""Whether the graph is the right one: entities and facts of each group against the gold of what was published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from consumer.graph import Database
from consumer.graph.connection import Transaction
from consumer.graph.library import Library
from consumer.graph.reading.snapshot import Page, Position, Span, page
from consumer.testing.gold import GoldFact, GoldGraph

_PAGE = 1_000
_TOLD = 5


@dataclass(frozen=True, slots=True)
class GoldCheck:
    """What a comparison found: counts over all groups, and the first differences in words."""

    groups: int = 0
    entities: int = 0
    facts: int = 0
    duplicate_entities: int = 0
    duplicate_facts: int = 0
    wrong_entities: int = 0
    wrong_facts: int = 0
    differences: tuple[str, ...] = field(default=())

    @property
    def is_right(self) -> bool:
        """Whether all is as the gold has it, and nothing twice."""
        return not (self.wrong_entities or self.wrong_facts or self.duplicate_entities or self.duplicate_facts)

    def plus(self, other: GoldCheck) -> GoldCheck:
        """Return the counts of both."""
        return GoldCheck(
            self.groups + other.groups,
            self.entities + other.entities,
            self.facts + other.facts,
            self.duplicate_entities + other.duplicate_entities,
            self.duplicate_facts + other.duplicate_facts,
            self.wrong_entities + other.wrong_entities,
            self.wrong_facts + other.wrong_facts,
            (*self.differences, *other.differences)[:_TOLD],
        )


def compared(group_id: str, names: Counter[str], facts: Counter[GoldFact], wanted: GoldGraph) -> GoldCheck:
    """Return what is different between a group's names and facts, each as often as it is there, and its gold."""
    lacking, strange = sorted(wanted.entities.keys() - names.keys()), sorted(names.keys() - wanted.entities.keys())
    unsaid, untrue = wanted.facts - facts.keys(), facts.keys() - wanted.facts
    told = [
        *(f"{group_id}: no entity {name!r}" for name in lacking),
        *(f"{group_id}: an entity {name!r} that there is not" for name in strange),
        *(f"{group_id}: no fact {_text(fact)}" for fact in sorted(unsaid, key=_text)),
        *(f"{group_id}: a fact that is not true: {_text(fact)}" for fact in sorted(untrue, key=_text)),
        *(f"{group_id}: {count} entities {name!r}" for name, count in names.items() if count > 1),
        *(f"{group_id}: {count} facts {_text(fact)}" for fact, count in facts.items() if count > 1),
    ]
    return GoldCheck(
        groups=1,
        entities=names.total(),
        facts=facts.total(),
        duplicate_entities=names.total() - len(names),
        duplicate_facts=facts.total() - len(facts),
        wrong_entities=len(lacking) + len(strange),
        wrong_facts=len(unsaid) + len(untrue),
        differences=tuple(told[:_TOLD]),
    )


async def check_gold(database: Database, wanted: Mapping[str, GoldGraph]) -> GoldCheck:
    """Read each group whole and compare.

    Raises:
        WorldFault: the database is down.
    """
    total = GoldCheck()
    for group_id, graph in wanted.items():
        names, facts = await _names(Library(database), group_id), await _facts(database, group_id)
        total = total.plus(compared(group_id, names, facts, graph))
    return total


async def _names(library: Library, group_id: str) -> Counter[str]:
    found: Counter[str] = Counter()
    after = ("", "")
    while lines := await library.entities(group_id, after=after, limit=_PAGE):
        found.update(line.name for line in lines)
        after = (lines[-1].name, lines[-1].uuid)
    return found


async def _facts(database: Database, group_id: str) -> Counter[GoldFact]:
    found: Counter[GoldFact] = Counter()
    after: Position | None = None
    while True:
        part = await _facts_after(database, group_id, after)
        found.update(
            GoldFact(fact.subject, fact.relation, fact.object, fact.valid_at, fact.invalid_at) for fact in part.facts
        )
        if part.last is None:
            return found
        after = part.last


async def _facts_after(database: Database, group_id: str, after: Position | None) -> Page:
    async def work(tx: Transaction) -> Page:
        return await page(tx, Span(group_id), after=after, limit=_PAGE, known_at=None)

    return await database.read("gold", work)


def _text(fact: GoldFact) -> str:
    since, until = (at.date().isoformat() if at else "?" for at in (fact.valid_at, fact.invalid_at))
    return f"{fact.subject} {fact.relation} {fact.object} [{since}, {until})"
