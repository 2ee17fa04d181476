"""The summaries of a batch from the facts that are kept with the names, so that no hub's facts are read again. Pure.

`plan` names the entities to sum up; `recent_facts` reads what is kept of them; `summed` then takes those that this
suffices for out of the query that reads the graph, and writes summary and kept facts with what is written anyway.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from consumer.graph.bookkeeping import Row
from consumer.graph.entities import NameChange
from consumer.graph.facts import FactChanges
from consumer.graph.invalidate import Fact
from consumer.graph.places import to_micros
from consumer.graph.summaries import Recent, Recents, recent_of

QUERY = "summarise_entities"


@dataclass(slots=True)
class Summing:
    """What a batch changes of the entities it has to sum up, by their uuids."""

    uuids: list[str] = field(default_factory=list)
    descriptions: dict[str, str] = field(default_factory=dict)
    """What was said of those that change; of the others it is read."""
    gone: dict[str, set[str]] = field(default_factory=dict)
    came: dict[str, list[Recent]] = field(default_factory=dict)


def summing_of(uuids: list[str], changes: Iterable[NameChange], facts: FactChanges) -> Summing:
    """Return what the changes say of the entities `uuids`; a fact that changed goes and comes."""
    gone: dict[str, set[str]] = defaultdict(set)
    came: dict[str, list[Recent]] = defaultdict(list)
    for fact in (*facts.changed, *facts.deleted):
        for end in fact.triple.ends:
            gone[end].add(fact.uuid)
    for fact in (*facts.created, *facts.changed):
        recent = _recent(fact)
        if recent is not None:
            for end in fact.triple.ends:
                came[end].append(recent)
    descriptions = {
        change.entity.uuid: change.entity.summary.value if change.entity.summary else ""
        for change in changes
        if change.entity is not None
    }
    return Summing(uuids, descriptions, gone, came)


def _recent(fact: Fact) -> Recent | None:
    """Return what is kept of a fact that nothing has ended."""
    valid_at, created_at = to_micros(fact.valid_at), to_micros(fact.created_at)
    if fact.invalid_at is not None or valid_at is None or created_at is None:
        return None
    return Recent(valid_at, created_at, fact.uuid, fact.sentence)


def summed(
    steps: Sequence[tuple[str, list[Row]]], summing: Summing, kept: Mapping[str, Row]
) -> list[tuple[str, list[Row]]]:
    """Return the steps with the summaries that `kept` (rows of `recent_facts`, by uuid) suffices for.

    An entity without a row is new. Its summary is written where it is made, others' by `write_summaries`.
    """
    entities = {row["uuid"]: row for query, rows in steps if query == "write_entities" for row in rows}
    unknown: list[Row] = []
    written: list[Row] = []
    for uuid in summing.uuids:
        row = kept.get(uuid)
        before = _recents(row)
        after = before.changed(summing.gone.get(uuid, ()), summing.came.get(uuid, ())) if before else None
        if before is None or after is None:
            unknown.append({"uuid": uuid})
            continue
        said = (row or {}).get("description") or ""
        summary = after.summary(summing.descriptions.get(uuid, said))
        recent = {"recent": [fact.text for fact in after.facts], "has_older": after.has_older}
        if uuid in entities:
            entities[uuid]["properties"]["summary"] = summary
            entities[uuid]["name"] |= recent
        elif after != before:
            written.append({"uuid": uuid, "summary": None if summary == before.summary(said) else summary, **recent})
    result: list[tuple[str, list[Row]]] = []
    for query, rows in steps:
        if query == QUERY:
            result += [(name, some) for name, some in (("write_summaries", written), (QUERY, unknown)) if some]
        else:
            result.append((query, rows))
    return result


def _recents(row: Row | None) -> Recents | None:
    """Return the kept facts of an entity; of a new one that there are none, None where they are not known."""
    if row is None:
        return Recents()
    if row["recent"] is None:
        return None
    return Recents(tuple(recent_of(text) for text in row["recent"]), bool(row["has_older"]))
