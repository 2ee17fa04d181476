"""What a write transaction reads before it plans, one query a kind; the result is plain data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from consumer.graph.batch import Claims, StoredEpisode, Triage
from consumer.graph.bookkeeping import assertion_of, known_entity, mentions_of, stored_episode
from consumer.graph.connection import Transaction, rows
from consumer.graph.entities import KnownEntity
from consumer.graph.facts import Histories
from consumer.graph.plan import Loaded
from consumer.graph.resolve import NameBook, PlacedMention
from consumer.graph.sagas import AFTER_ALL, Neighbours, saga_of
from consumer.graph.sagas_plan import SagaState, saga_place_of


async def stored_episodes(tx: Transaction, uuids: Iterable[tuple[str, str, bool]]) -> dict[str, StoredEpisode]:
    """Return the known ones of `uuids` (uuid, group, whether it is to go)."""
    wanted = [{"uuid": uuid, "group_id": group_id, "is_going": going} for uuid, group_id, going in sorted(uuids)]
    found = await rows(tx, "stored_episodes", rows=wanted)
    return {record["uuid"]: stored_episode(record) for record in found}


async def load(tx: Transaction, triage: Triage, claims: Sequence[Claims], names: NameBook) -> tuple[Loaded, Histories]:
    """Return all that planning needs."""
    histories = Histories(
        (row for item in claims for row in item.rows),
        triage.removed.keys(),
        (key for episode in triage.removed.values() for key in episode.triple_keys),
    )
    while keys := histories.wanted():
        found = await rows(
            tx,
            "assertions",
            keys={
                "triples": sorted(keys.triples),
                "subject_sides": sorted(keys.subject_sides),
                "object_sides": sorted(keys.object_sides),
                "exclusive_subjects": sorted(keys.exclusive_subjects),
                "exclusive_objects": sorted(keys.exclusive_objects),
            },
        )
        histories.add_stored(keys, [assertion_of(record) for record in found])
    leaving = _entities_of_removed(triage, names)
    return (
        Loaded(
            await _entities(tx, claims, leaving),
            await _remaining(tx, leaving, triage, names),
            await _sagas(tx, claims, triage),
        ),
        histories,
    )


def _entities_of_removed(triage: Triage, names: NameBook) -> list[str]:
    found = {
        uuid
        for episode in triage.removed.values()
        for placed in episode.mentions
        if (uuid := names.entity(episode.group_id, placed.mention.name)) is not None
    }
    return sorted(found)


async def _entities(tx: Transaction, claims: Sequence[Claims], leaving: Iterable[str]) -> dict[str, KnownEntity]:
    uuids = {*leaving, *(uuid for item in claims for uuid in item.entities)}
    if not uuids:
        return {}
    found = await rows(tx, "known_names", uuids=sorted(uuids))
    return {record["uuid"]: known_entity(record) for record in found}


async def _remaining(
    tx: Transaction, leaving: Sequence[str], triage: Triage, names: NameBook
) -> dict[str, list[PlacedMention]]:
    """Return, per entity of a removed episode, its mentions by the stored episodes that stay."""
    remaining: dict[str, list[PlacedMention]] = {uuid: [] for uuid in leaving}
    if not leaving:
        return remaining
    for record in await rows(tx, "remaining_mentions", uuids=list(leaving), removed=sorted(triage.removed)):
        for placed in mentions_of(record["mentions"], record["uuid"], record["position"]):
            uuid = names.entity(record["group_id"], placed.mention.name)
            if uuid in remaining:
                remaining[uuid].append(placed)
    return remaining


async def _sagas(tx: Transaction, claims: Sequence[Claims], triage: Triage) -> dict[str, SagaState]:
    removed = sorted(episode.saga_place for episode in triage.removed.values() if episode.saga_place)
    pivots = [*removed, *(place for item in claims if (place := saga_place_of(item)) is not None)]
    if not pivots:
        return {}
    sagas = sorted({saga_of(pivot) for pivot in pivots})
    wanted = [_window(pivot, saga_of(pivot)) for pivot in sorted(pivots)]
    wanted += [_window(end, saga) for saga in sagas for end in (_start(saga), saga + AFTER_ALL)]
    found: dict[str, Neighbours] = {}
    for record in await rows(tx, "saga_neighbours", rows=wanted, removed=removed):
        found[record["pivot"]] = Neighbours(record["pivot"], record["before"], record["after"])
    return {
        saga: SagaState(
            tuple(found[pivot] for pivot in sorted(pivots) if saga_of(pivot) == saga),
            first=found[_start(saga)].after,
            last=found[saga + AFTER_ALL].before,
        )
        for saga in sagas
    }


def _start(saga: str) -> str:
    return f"{saga}|"


def _window(pivot: str, saga: str) -> dict[str, Any]:
    """Return a row of `saga_neighbours`: strictly inside the saga's places."""
    return {"pivot": pivot, "saga": _start(saga), "end": saga + AFTER_ALL}
