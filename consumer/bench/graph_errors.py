"""How far a graph is from the right one: names and facts, each as often as it is there, against the gold. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace

from consumer.testing.gold import GoldFact, GoldGraph, Triple
from consumer.testing.simulator_graphiti import ENDED


@dataclass(frozen=True, slots=True)
class GraphErrors:
    """Counts of one group or several: what should be there, and what is wrong."""

    entities: int = 0
    facts: int = 0
    duplicate_entities: int = 0
    """Nodes beyond the first of a name."""
    missing_entities: int = 0
    wrong_facts: int = 0
    """Facts that the gold does not have: another triple, other dates, or one that is there already."""
    missing_facts: int = 0

    def plus(self, other: GraphErrors) -> GraphErrors:
        """Return the counts of both."""
        return GraphErrors(*(one + two for one, two in zip(astuple(self), astuple(other), strict=True)))


def graph_errors(gold: GoldGraph, names: Iterable[str], facts: Iterable[GoldFact]) -> GraphErrors:
    """Return what is wrong with a graph of so many nodes and facts."""
    nodes, told = Counter(iter(names)), Counter(iter(facts))
    right = gold.facts & told.keys()
    return GraphErrors(
        entities=len(gold.entities),
        facts=len(gold.facts),
        duplicate_entities=nodes.total() - len(nodes),
        missing_entities=len(gold.entities.keys() - nodes.keys()),
        wrong_facts=told.total() - len(right),
        missing_facts=len(gold.facts) - len(right),
    )


def without_ends(told: Iterable[GoldFact]) -> list[GoldFact]:
    """Return facts of graphiti-core without those that only tell an end, which it has no other place for.

    An end counts as what it did to its fact. Without a fact that began before it, it is itself the fact whose start
    nobody knows, as in the gold.
    """
    facts, ends = list[GoldFact](), defaultdict[Triple, list[GoldFact]](list)
    for fact in told:
        if fact.relation.startswith(ENDED):
            named = replace(fact, relation=fact.relation.removeprefix(ENDED))
            ends[named.subject, named.relation, named.object].append(named)
        else:
            facts.append(fact)
    for triple, found in ends.items():
        days = [end.valid_at for end in found if end.valid_at is not None]
        if not days:
            continue
        first = min(days)
        own = [fact for fact in facts if (fact.subject, fact.relation, fact.object) == triple]
        if not any(fact.valid_at is None or fact.valid_at <= first for fact in own):
            facts.append(GoldFact(*triple, None, first))
    return facts
