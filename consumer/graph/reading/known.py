"""Facts as the log had told them by an instant, for facts that were found as they are now."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from consumer.graph.as_of import facts_of
from consumer.graph.assertions import AssertionRow, Triple
from consumer.graph.connection import Database, Transaction, rows
from consumer.graph.fact_reader import HeldFact, asserted_on, triples_of
from consumer.graph.invalidate import Fact


async def known_facts(
    database: Database, uuids: Sequence[str], group_ids: Sequence[str], known_at: datetime
) -> dict[str, list[HeldFact]]:
    """Return by uuid of a fact all facts of its triple as the log had told them by `known_at`.

    Raises:
        WorldFault: the database is down.
    """

    async def work(tx: Transaction) -> dict[str, list[HeldFact]]:
        found = await rows(tx, "fact_ends", uuids=list(uuids), group_ids=list(group_ids))
        triples: dict[str, set[Triple]] = {
            row["uuid"]: triples_of(row["group_id"], [(row["source"], row["name"], row["target"])]) for row in found
        }
        names = {uuid: name for row in found for uuid, name in row["names"]}
        asserted = await asserted_on(tx, {triple for each in triples.values() for triple in each})
        return await asyncio.to_thread(_held, triples, asserted, names, known_at)

    return await database.read("known_facts", work)


def _held(
    triples: dict[str, set[Triple]], asserted: Sequence[AssertionRow], names: dict[str, str], known_at: datetime
) -> dict[str, list[HeldFact]]:
    """Return the facts of each; a symmetric one is under the triple that its episodes asserted."""
    own = {row.triple for row in asserted}
    by_triple: dict[Triple, list[Fact]] = {}
    for fact in facts_of({one for each in triples.values() for one in each} & own, asserted, known_at=known_at):
        by_triple.setdefault(fact.triple, []).append(fact)
    return {
        uuid: [_fact(fact, names) for triple in sorted(each) for fact in by_triple.get(triple, ())]
        for uuid, each in triples.items()
    }


def _fact(fact: Fact, names: dict[str, str]) -> HeldFact:
    return HeldFact(
        uuid=fact.uuid,
        subject=names[fact.source],
        relation=fact.triple.relation,
        object=names[fact.target],
        sentence=fact.sentence,
        valid_at=fact.valid_at,
        invalid_at=fact.invalid_at,
        created_at=fact.created_at,
        expired_at=fact.expired_at,
        episodes=fact.episodes,
    )
