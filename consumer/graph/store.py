"""The graph store: a batch of episodes and removals becomes one transaction.

Lock the groups, see what is new, read what it touches, plan (pure), write one query a kind. Nothing is decided here
and nothing is kept between calls, so a call after an unknown commit result simply finds its episodes there.

Invariants (tests/integration/graph/):
    S1: an episode is written once, whatever is redelivered, by however many pods.
    S2: the digest of a group depends on its events and their places in the log only.
    S3: a removed episode, seen before or not, leaves the digest of a log without it, and does not come back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields

from consumer.graph.batch import Triage, claims_of, item_uuid, triage
from consumer.graph.connection import Database, Record, Sent, Transaction, consume, rows, run_rows, send_rows
from consumer.graph.group_removal import GroupRemoval
from consumer.graph.places import GroupRemovals, removals_of
from consumer.graph.plan import plan
from consumer.graph.reads import load, stored_episodes
from consumer.graph.reembed_switch import UnfinishedSwitch, VectorSwitch, refuse_switching
from consumer.graph.resolve import NameBook
from consumer.graph.summing import summed
from consumer.graph.vectors import check_models, check_vectors
from consumer.model.episode import Embedded, Removal
from consumer.ports import WriteReport

Item = Embedded | Removal


class UnfinishedRemoval(Exception):  # noqa: N818 - not a failure: what a writer meets and then finishes
    """A group's removal was begun and not finished; the writer finishes it, then tries again."""

    def __init__(self, group_id: str) -> None:
        super().__init__(group_id)
        self.group_id = group_id


class Neo4jGraphStore:
    """Implements `ports.GraphStore`.

    A group's removal is several transactions, so a batch that holds one is cut there: what stands before it is
    durable first. Everything else is one transaction.
    """

    def __init__(
        self, database: Database, *, max_name_chars: int = 512, resolves_by_rules: bool = True, sums_up: bool = True
    ) -> None:
        """Store the database.

        Without rules only equal names, and what somebody merged, are one entity. Who does not sum up leaves an
        entity's facts out of its summary.
        """
        self._database = database
        self._max_name_chars = max_name_chars
        self._by_rules = resolves_by_rules
        self._sums_up = sums_up
        self._group_removal = GroupRemoval(database, self._remove_episodes)
        self._switch = VectorSwitch(database)

    async def present(self, episodes: Mapping[str, str]) -> set[str]:
        """Return which of the episode uuids (keys; values are their groups) are in the graph or were removed.

        Raises:
            WorldFault: the database is down.
        """
        if not episodes:
            return set()
        wanted = [{"uuid": uuid, "group_id": group_id} for uuid, group_id in episodes.items()]
        found = await self._database.ask("present_episodes", {"rows": wanted})
        return set(found["rows"]) if found else set()

    async def removed_up_to(self, group_ids: Iterable[str]) -> dict[str, GroupRemovals]:
        """Return how far the removals of groups reach in the log: earlier episodes need no extraction.

        Raises:
            WorldFault: the database is down.
        """
        found = await self._database.fetch("removal_positions", group_ids=sorted(set(group_ids)))
        return {record["group_id"]: removals_of(record["removals"]) for record in found}

    async def versions(self, group_ids: Iterable[str]) -> dict[str, int]:
        """Return the change counter of each known group; equal counters mean an equal graph.

        Raises:
            WorldFault: the database is down.
        """
        found = await self._database.fetch("group_version", group_ids=sorted(set(group_ids)))
        return {record["group_id"]: record["version"] for record in found}

    async def write(self, batch: Sequence[Item]) -> WriteReport:
        """Write the batch, in its order; what is there already changes nothing. See `ports.GraphStore.write`.

        Raises:
            EpisodeFault: a vector is unusable, or the database can't hold the data.
            UserError: the vectors are of another model than the group's (`graph.vectors.check_models`).
            WorldFault: the database is down or a lock timed out.
        """
        check_vectors(item for item in batch if isinstance(item, Embedded))
        report = WriteReport()
        pending: list[Item] = []
        for item in batch:
            if isinstance(item, Removal) and item.event_id is None:
                report = added(report, await self._write_items(pending))
                pending = []
                await self._remove_group(item)
                report = added(report, WriteReport(removals=1))
            else:
                pending.append(item)
        return added(report, await self._write_items(pending))

    async def aclose(self) -> None:
        """Release connections."""
        await self._database.aclose()

    async def _remove_group(self, item: Removal) -> None:
        while True:
            try:
                return await self._group_removal.remove(item.group_id, item.position)
            except UnfinishedSwitch as met:
                await self._switch.finish(met.group_id)

    async def _write_items(self, items: Sequence[Item]) -> WriteReport:
        if not items:
            return WriteReport()
        await self._database.takes_vectors()
        while True:
            try:
                return await self._database.write("write", lambda tx: self._transaction(tx, items), len(items))
            except UnfinishedRemoval as met:
                await self._group_removal.finish(met.group_id)
            except UnfinishedSwitch as met:
                await self._switch.finish(met.group_id)

    async def _transaction(self, tx: Transaction, items: Sequence[Item]) -> WriteReport:
        """One attempt: everything between the lock and the commit."""
        groups = await lock(tx, {item.group_id for item in items})
        for group_id, group in groups.items():
            if group["is_being_removed"]:
                raise UnfinishedRemoval(group_id)
        refuse_switching(groups)
        stored = await stored_episodes(
            tx, {(item_uuid(item), item.group_id, isinstance(item, Removal)) for item in items}
        )
        limits = {name: removals_of(row["removals"]) for name, row in groups.items() if row["removals"]}
        sorted_out = triage(items, stored, limits)
        check_models(
            sorted_out.added.values(), {name: (row["model"], row["dimension"]) for name, row in groups.items()}
        )
        return await self._apply(
            tx,
            sorted_out,
            [name for name, row in groups.items() if row["decisions"]],
            adopts=any(row.get("is_shared") for row in groups.values()),
        )

    async def _apply(
        self, tx: Transaction, sorted_out: Triage, deciding: Iterable[str], *, adopts: bool = False
    ) -> WriteReport:
        """Write what the triage says; planning runs in a thread, so that a large batch does not hold the event loop."""
        if sorted_out.changes_nothing:
            return WriteReport(present=frozenset(sorted_out.present), removals=sorted_out.removals)
        names = NameBook(self._max_name_chars)
        claims = await asyncio.to_thread(lambda: [claims_of(item, names) for item in sorted_out.added.values()])
        loaded, histories, claims = await load(
            tx, sorted_out, claims, names, deciding, by_rules=self._by_rules, adopts=adopts
        )
        planned = await asyncio.to_thread(plan, sorted_out, claims, loaded, histories, names, sums_up=self._sums_up)
        steps = planned.steps
        if planned.summing.uuids and not adopts:  # Graphiti's facts are in the graph alone
            kept = {row["uuid"]: row for row in await rows(tx, "recent_facts", uuids=planned.summing.uuids)}
            steps = await asyncio.to_thread(summed, steps, planned.summing, kept)
        takes_vectors = await self._database.takes_vectors()
        sent: list[Sent] = []
        for query, step_rows in steps:
            sent += await send_rows(tx, query, step_rows, takes_vectors=takes_vectors)
        await consume(sent)
        return planned.report

    async def _remove_episodes(self, tx: Transaction, group_id: str, uuids: Sequence[str]) -> None:
        """Take out stored episodes by uuid: the exact way of removing part of a group."""
        stored = await stored_episodes(tx, {(uuid, group_id, True) for uuid in uuids})
        going = {uuid: episode for uuid, episode in stored.items() if not episode.is_removed}
        await self._apply(tx, Triage(removed=going), [group_id])
        await run_rows(tx, "forget_episodes", [{"uuid": uuid} for uuid in sorted(going)])


async def lock(tx: Transaction, group_ids: Iterable[str]) -> dict[str, Record]:
    """Return what the group nodes say, each locked until the transaction ends; sorted, so no two can deadlock."""
    found = await rows(tx, "lock_groups", rows=[{"group_id": group_id} for group_id in sorted(group_ids)])
    return {record["group_id"]: record for record in found}


def added(one: WriteReport, other: WriteReport) -> WriteReport:
    """Return the sum of two reports."""
    counts = [item.name for item in fields(one) if item.name != "present"]
    return WriteReport(
        present=one.present | other.present, **{name: getattr(one, name) + getattr(other, name) for name in counts}
    )
