"""Facts of a group as of a valid time, as known at a transaction time: read from what the episodes asserted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from consumer.errors import UserError
from consumer.graph.as_of import facts_of
from consumer.graph.assertions import AssertionRow, Triple
from consumer.graph.connection import Database, Transaction, rows
from consumer.graph.facts import AssertionKeys, object_sides, subject_sides, triple_key
from consumer.graph.invalidate import Fact
from consumer.graph.reads import assertions_of, names_of
from consumer.graph.resolve import entity_of


@dataclass(frozen=True, slots=True)
class HeldFact:
    """A fact as it stood in the graph; instants UTC, `invalid_at` and `expired_at` None as long as no end was known."""

    uuid: str
    subject: str
    relation: str
    object: str
    sentence: str
    valid_at: datetime | None
    invalid_at: datetime | None
    created_at: datetime
    expired_at: datetime | None
    episodes: tuple[str, ...]


class FactReader:
    """Answers what was true when, and what was known of it when. Facts that only Graphiti wrote are not among them."""

    def __init__(self, database: Database, *, max_name_chars: int = 512) -> None:
        self._database = database
        self._max_name_chars = max_name_chars

    async def facts(
        self,
        group_id: str,
        *,
        about: Sequence[str] = (),
        relation: str | None = None,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> list[HeldFact]:
        """Return the facts of a group by start: true at `as_of`, as the log had told them by `known_at`.

        `about` names entities that they are about, `relation` their name; without either all count. Everything of
        the group that these leave is read, so a large group wants one of them.

        Raises:
            UserError: the group has no such name.
            WorldFault: the database is down.
        """

        async def work(tx: Transaction) -> list[HeldFact]:
            entities = await self._entities(tx, group_id, about)
            found = await rows(tx, "fact_triples", group_id=group_id, entities=entities, relation=relation)
            names = {uuid: name for row in found for uuid, name in row["names"]}
            shown = ((row["source"], row["name"], row["target"]) for row in found)
            facts = await facts_on(tx, group_id, shown, as_of=as_of, known_at=known_at)
            return [
                HeldFact(
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
                for fact in facts
            ]

        return await self._database.read("facts_as_of", work)

    async def _entities(self, tx: Transaction, group_id: str, about: Sequence[str]) -> list[str] | None:
        """Return the entities of names; None for all."""
        if not about:
            return None
        wanted = {name: entity_of(group_id, name, self._max_name_chars) for name in about}
        known = await names_of(tx, (uuid for uuid in wanted.values() if uuid is not None))
        for name, uuid in wanted.items():
            if uuid not in known:
                raise UserError(f"group {group_id!r} has no name {name!r}")
        return sorted({known[uuid].root for uuid in wanted.values() if uuid is not None})


async def facts_on(
    tx: Transaction,
    group_id: str,
    shown: Iterable[tuple[str, str, str]],
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> list[Fact]:
    """Return the facts of shown triples (source, relation, target), computed from what the episodes asserted.

    Raises:
        WorldFault: the database is down.
    """
    triples = triples_of(group_id, shown)
    asserted = await asserted_on(tx, triples)
    own = {row.triple for row in asserted} & triples
    return await asyncio.to_thread(facts_of, own, asserted, as_of=as_of, known_at=known_at)


def triples_of(group_id: str, shown: Iterable[tuple[str, str, str]]) -> set[Triple]:
    """Return the triples that shown facts may be of: the graph does not say which relation holds both ways."""
    triples: set[Triple] = set()
    for source, relation, target in shown:
        triples.add(Triple(group_id, source, relation, target))
        triples.add(Triple(group_id, source, relation, target, is_symmetric=True).in_order())
    return triples


async def asserted_on(tx: Transaction, triples: Iterable[Triple]) -> list[AssertionRow]:
    """Return the assertions on the triples, and those that matter to them as rivals."""
    keys = AssertionKeys()
    for triple in triples:
        keys.triples.add(triple_key(triple))
        keys.exclusive_subjects |= subject_sides(triple)
        keys.exclusive_objects |= object_sides(triple)
    return await assertions_of(tx, keys) if keys else []
