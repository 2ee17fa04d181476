"""What an entity is summed up as: what episodes said of it, then what is true of it now. Pure.

The graph holds it as `Entity.summary`. It is a function of the facts, so it is written again in the transaction that
changes them: a fact that ends, is corrected or is removed leaves the summaries of both its ends.

    Y1: no model and no clock: equal facts give equal summaries.
    Y2: at most `SUMMARY_CHARS`, in whole sentences; each sentence once.
    Y3: a hub costs what any entity costs: its latest current facts are kept with its name (`Recents`), and change with
        the facts. Only when too many of those kept have ended are its facts read again.

The query `summarise_entities` says the same in Cypher, for whatever `Recents` does not know;
tests/integration/graph/test_summaries.py holds the two equal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from consumer.graph.entities import NameChange
from consumer.graph.facts import FactChanges
from consumer.graph.resolve import SUMMARY_CHARS

SENTENCES = 8
"""How many current facts a summary may hold: those that began last."""

KEPT = 12
"""How many are kept, so that one that ends has a successor at hand; they are written again with each new fact."""


class Recent(NamedTuple):
    """The same as it is kept: instants in microseconds since year 1."""

    valid_at: int
    created_at: int
    uuid: str
    sentence: str

    @property
    def rank(self) -> tuple[int, int, str]:
        """Its place among others: the later start first."""
        return -self.valid_at, -self.created_at, self.uuid

    @property
    def text(self) -> str:
        """The form in which it is kept."""
        return f"{self.valid_at}|{self.created_at}|{self.uuid}|{self.sentence}"


def recent_of(text: str) -> Recent:
    """Return the fact that `Recent.text` wrote."""
    valid_at, created_at, uuid, sentence = text.split("|", 3)
    return Recent(int(valid_at), int(created_at), uuid, sentence)


@dataclass(frozen=True, slots=True)
class Recents:
    """The current facts of an entity that began last, in that order; `has_older`: there are more, all before these."""

    facts: tuple[Recent, ...] = ()
    has_older: bool = False

    def changed(self, gone: Collection[str], came: Iterable[Recent]) -> Recents | None:
        """Return what they are without `gone` (uuids) and with `came`; None when only the graph can tell."""
        last = self.facts[-1].rank if self.has_older else None
        kept = [fact for fact in self.facts if fact.uuid not in gone]
        has_older = self.has_older
        for fact in came:
            if last is None or fact.rank < last:
                kept.append(fact)
            else:
                has_older = True
        if has_older and len(kept) < SENTENCES:
            return None
        kept.sort(key=lambda fact: fact.rank)
        return Recents(tuple(kept[:KEPT]), has_older or len(kept) > KEPT)

    def summary(self, description: str) -> str:
        """Return the summary of the entity of which `description` was said."""
        return summed_up(description, [fact.sentence for fact in self.facts[:SENTENCES]])


def summed_up(description: str, sentences: Sequence[str]) -> str:
    """Return what was said and the sentences, each that fits and is not there yet."""
    text = description
    for sentence in sentences:
        if sentence not in text and len(text) + 1 + len(sentence) <= SUMMARY_CHARS:
            text = f"{text} {sentence}" if text else sentence
    return text


def summarised(changes: Sequence[NameChange], facts: FactChanges, orphans: Iterable[str]) -> list[str]:
    """Return the entities whose summary may be another: those that change, and the ends of facts that do."""
    touched = {change.entity.uuid for change in changes if change.entity is not None}
    touched |= {end for fact in (*facts.created, *facts.changed, *facts.deleted) for end in fact.triple.ends}
    return sorted(touched - set(orphans))
