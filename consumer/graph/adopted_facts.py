"""Facts that Graphiti wrote and one of our episodes says too: an assertion before all of the log stands for each. Pure.

Then our rules have it like any other: episodes are appended, bounds widen, a rival closes it; and when what we said is
taken back, the history without us is the fact as it was. Only where that can be decided: between two entities that
Graphiti made, under the same relation by its usual name, the times overlap or touch, and it is the only such fact.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from consumer.graph.assertions import AssertionRow, TheirFact, Triple
from consumer.graph.places import adopted_place, from_micros
from consumer.model.instants import EPOCH
from consumer.model.knowledge import Exclusive, Polarity
from consumer.model.relations import usual_relation

_OURS = 5
"""Version of the uuids that we give; Graphiti's are random, version 4."""

_EVER = datetime.max.replace(tzinfo=UTC)


def pairs_between(rows: Iterable[AssertionRow], adopted: Collection[str]) -> list[dict[str, str]]:
    """Return rows of `their_facts`: both directions of each pair of adopted entities that `rows` claim something of."""
    ends = {
        (group_id, *pair)
        for group_id, subject, _, target, _ in {row.triple for row in rows}
        if subject in adopted and target in adopted
        for pair in ((subject, target), (target, subject))
    }
    return [{"group_id": group, "source": source, "target": target} for group, source, target in sorted(ends)]


def their_assertions(rows: Sequence[AssertionRow], records: Iterable[Mapping[str, Any]]) -> list[AssertionRow]:
    """Return the assertions that stand for facts (`records`, of `their_facts`) which `rows` say too, one a triple."""
    by_triple: dict[Triple, list[AssertionRow]] = defaultdict(list)
    for row in rows:
        by_triple[row.triple].append(row)
    found: dict[Triple, list[AssertionRow]] = defaultdict(list)
    for record in records:
        if _is_ours(record["uuid"]):
            continue
        for triple, is_turned in _readings(record):
            if triple in by_triple:
                found[triple].append(_assertion(record, triple, is_turned=is_turned))
                break
    likely = {triple: [each for each in theirs if _meets(each, by_triple[triple])] for triple, theirs in found.items()}
    return [theirs[0] for _, theirs in sorted(likely.items()) if len(theirs) == 1]


def _readings(record: Mapping[str, Any]) -> Iterable[tuple[Triple, bool]]:
    """Return the triples that a fact may be of, and whether it shows their object first: as written, by usual name."""
    source, target = record["source"], record["target"]
    usual = usual_relation(record["name"])
    ends = (target, source) if usual.is_turned else (source, target)
    for name, (subject, end) in ((record["name"], (source, target)), (usual.name, ends)):
        yield Triple(record["group_id"], subject, name, end), subject != source
        triple = Triple(record["group_id"], subject, name, end, is_symmetric=True).in_order()
        yield triple, triple.subject != source


def _assertion(record: Mapping[str, Any], triple: Triple, *, is_turned: bool) -> AssertionRow:
    created_at = from_micros(record["created_at"]) or EPOCH
    place = adopted_place(record["uuid"], created_at)
    return AssertionRow(
        triple=triple,
        sentence=record["fact"] or "",
        valid_at=from_micros(record["valid_at"]),
        invalid_at=from_micros(record["invalid_at"]),
        exclusive=Exclusive.NONE,
        polarity=Polarity.ASSERTS,
        episode=place.episode,
        reference_time=from_micros(record["reference_time"]) or created_at,
        position=place.position,
        ordinal=place.ordinal,
        is_turned=is_turned,
        theirs=TheirFact(record["uuid"], tuple(record["episodes"] or ()), from_micros(record["expired_at"])),
    )


def _meets(theirs: AssertionRow, rows: Iterable[AssertionRow]) -> bool:
    """Whether one of `rows` overlaps or touches it; a fact whose start is not known is left alone."""
    if theirs.start is None or theirs.said_end is not None:
        return False
    end = theirs.invalid_at or _EVER
    return any(
        row.start is not None and row.start <= end and theirs.start <= (row.said_end or row.invalid_at or _EVER)
        for row in rows
    )


def _is_ours(text: str) -> bool:
    try:
        return uuid.UUID(text).version == _OURS
    except ValueError:
        return False
