"""What a write transaction reads before it plans, one query a kind; the result is plain data."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from consumer.graph.adopted import adopted_name, chosen, name_rows, taken_keys
from consumer.graph.adopted_facts import pairs_between, their_assertions
from consumer.graph.assertions import AssertionRow
from consumer.graph.batch import Claims, StoredEpisode, Triage
from consumer.graph.bookkeeping import assertion_of, assertion_properties, known_name, mentions_of, stored_episode
from consumer.graph.connection import Transaction, rows, run_rows
from consumer.graph.entities import KnownName, states_after
from consumer.graph.facts import AssertionKeys, Histories, triple_key
from consumer.graph.naming import NameKeys, Naming
from consumer.graph.places import position_of
from consumer.graph.plan import Loaded
from consumer.graph.resolution import Move, Resolution, ToldEpisode, moves_of
from consumer.graph.resolve import NameBook, PlacedMention, shown_name
from consumer.graph.sagas import AFTER_ALL, Neighbours, saga_of
from consumer.graph.sagas_plan import SagaState, saga_place_of
from consumer.model.ids import name_key
from consumer.resolve.blocks import Blocks
from consumer.resolve.clusters import Choice, Decisions


async def stored_episodes(tx: Transaction, uuids: Iterable[tuple[str, str, bool]]) -> dict[str, StoredEpisode]:
    """Return the known ones of `uuids` (uuid, group, whether it is to go)."""
    wanted = [{"uuid": uuid, "group_id": group_id, "is_going": going} for uuid, group_id, going in sorted(uuids)]
    found = await rows(tx, "stored_episodes", rows=wanted)
    return {record["uuid"]: stored_episode(record) for record in found}


async def load(
    tx: Transaction,
    triage: Triage,
    claims: Sequence[Claims],
    names: NameBook,
    deciding: Iterable[str] = (),
    *,
    by_rules: bool = True,
    adopts: bool = False,
) -> tuple[Loaded, Histories, list[Claims]]:
    """Return all that planning needs, and the claims by entity. `deciding` are groups for which somebody decided.

    Where Graphiti writes too (`adopts`), what it knows by a name that is new to us is looked up.
    """
    decisions = await decisions_of(tx, deciding)
    resolution = await _resolution(tx, triage, claims, names, decisions, by_rules=by_rules, adopts=adopts)
    settled = resolution.settled(claims)
    if adopts:
        await _adopt_facts(tx, resolution, [row for item in settled for row in item.rows])
    histories = Histories(
        (row for item in settled for row in item.rows),
        triage.removed.keys(),
        (key for episode in triage.removed.values() for key in episode.triple_keys),
        (pair for move in resolution.moves for pair in move.rows),
    )
    while keys := histories.wanted():
        histories.add_stored(keys, await assertions_of(tx, keys))
    return Loaded(resolution, await _sagas(tx, claims, triage)), histories, settled


async def decisions_of(tx: Transaction, group_ids: Iterable[str]) -> dict[str, Decisions]:
    """Return what somebody decided about the names of these groups."""
    found: dict[str, dict[frozenset[str], Choice]] = defaultdict(dict)
    if wanted := sorted(group_ids):
        for record in await rows(tx, "decisions", group_ids=wanted):
            found[record["group_id"]][frozenset((record["one"], record["other"]))] = Choice(record["choice"])
    return dict(found)


async def assertions_of(tx: Transaction, keys: AssertionKeys) -> list[AssertionRow]:
    """Return the stored assertions that `keys` name."""
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
    return [assertion_of(record) for record in found]


# --- names ---


async def _resolution(
    tx: Transaction,
    triage: Triage,
    claims: Sequence[Claims],
    names: NameBook,
    decisions: Mapping[str, Decisions],
    *,
    by_rules: bool,
    adopts: bool,
) -> Resolution:
    """Return how the names of a batch are resolved, and what of the stored episodes moves by it."""
    told, mentions = _told(claims, names)
    leaving = _leaving(triage, names)
    namings = [
        Naming(
            group_id,
            told.get(group_id, {}),
            leaving.get(group_id, ()),
            decisions.get(group_id, {}),
            by_rules=by_rules,
            adopts=adopts,
        )
        for group_id in sorted({*told, *leaving})
    ]
    firsts = await asyncio.to_thread(lambda: [naming.first_keys() for naming in namings])
    await _read_names(tx, namings, firsts)
    if adopts:
        await _adopt(tx, namings, told, names)
    remaining = await _remaining(tx, namings, leaving, triage, names)

    def settle() -> None:
        for naming in namings:
            mine, kept = mentions.get(naming.group_id, ()), remaining.get(naming.group_id, {})
            naming.settle(*states_after(naming.group_id, naming.known, mine, kept, names=names))

    await asyncio.to_thread(settle)
    return await _settled(tx, Resolution(namings, {}, mentions, remaining), triage.removed, names)


async def _adopt(
    tx: Transaction, namings: Sequence[Naming], told: Mapping[str, Mapping[str, str]], names: NameBook
) -> None:
    """Make entities that Graphiti made under names which we have not known until now the entities of these names."""
    taken = {naming.group_id: taken_keys(naming.known.values()) for naming in namings}
    wanted = [
        {"group_id": naming.group_id, "name": shown_name(name, names.max_name_chars)}
        for naming in namings
        for uuid, name in sorted(told.get(naming.group_id, {}).items())
        if uuid not in naming.known and name_key(name) not in taken[naming.group_id]
    ]
    found = {record["uuid"]: record for record in await rows(tx, "adoptable_by_name", rows=wanted)} if wanted else {}
    for naming in namings if found else ():
        mine = [record for record in found.values() if record["group_id"] == naming.group_id]
        uuids, _ = chosen(mine, taken[naming.group_id])
        new = [adopted_name(found[uuid]) for uuid in uuids]
        await run_rows(tx, "write_names", name_rows(new))
        naming.add_stored(NameKeys(), new)


async def _adopt_facts(tx: Transaction, resolution: Resolution, claimed: Sequence[AssertionRow]) -> None:
    """Let an assertion stand for each fact of Graphiti's that is claimed now, where nothing was claimed before."""
    adopted = {uuid for naming in resolution.namings for uuid, name in naming.known.items() if name.state.is_adopted}
    pairs = pairs_between(claimed, adopted)
    theirs = their_assertions(claimed, await rows(tx, "their_facts", rows=pairs)) if pairs else []
    if not theirs:
        return
    keys = AssertionKeys(triples={triple_key(row.triple) for row in theirs})
    stored = {row.triple for row in await assertions_of(tx, keys)}
    new = [{"properties": assertion_properties(row), "vector": None} for row in theirs if row.triple not in stored]
    await run_rows(tx, "write_assertions", new)


async def names_of(tx: Transaction, uuids: Iterable[str]) -> dict[str, KnownName]:
    """Return those names that are known, each with all names of its entity."""
    keys = {"uuids": sorted(set(uuids)), "firsts": [], "forms": [], "persons": []}
    return {record["uuid"]: known_name(record) for record in await rows(tx, "known_names", keys=keys)}


async def resolution_after(tx: Transaction, naming: Naming, uuids: Collection[str], names: NameBook) -> Resolution:
    """Return how names are resolved once more, because somebody decided about `uuids`."""
    await _read_names(tx, [naming], [naming.first_keys()])
    naming.decide_anew(uuids)
    return await _settled(tx, Resolution([naming]), (), names)


async def _settled(tx: Transaction, resolution: Resolution, going: Collection[str], names: NameBook) -> Resolution:
    """Read until nothing is wanted, link, and find what moves."""
    namings = resolution.namings
    while any(wanted := [naming.wanted() for naming in namings]):
        await _read_names(tx, namings, wanted)
    resolution.links = await asyncio.to_thread(lambda: {naming.group_id: naming.links for naming in namings})
    resolution.moves = await _moves(tx, resolution, going, names)
    return resolution


def _told(
    claims: Sequence[Claims], names: NameBook
) -> tuple[dict[str, dict[str, str]], dict[str, list[PlacedMention]]]:
    """Return, by group, the names that new episodes have (uuid and a spelling), and their mentions."""
    told: dict[str, dict[str, str]] = defaultdict(dict)
    mentions: dict[str, list[PlacedMention]] = defaultdict(list)
    for item in claims:
        group_id = item.embedded.group_id
        mentions[group_id] += item.mentions
        for placed in item.mentions:
            uuid = names.entity(group_id, placed.mention.name)
            if uuid is not None:
                told[group_id].setdefault(uuid, placed.mention.name)
    return dict(told), dict(mentions)


def _leaving(triage: Triage, names: NameBook) -> dict[str, set[str]]:
    """Return, by group, the names that removed episodes mention."""
    leaving: dict[str, set[str]] = defaultdict(set)
    for episode in triage.removed.values():
        said = {names.entity(episode.group_id, placed.mention.name) for placed in episode.mentions}
        leaving[episode.group_id] |= {uuid for uuid in said if uuid is not None}
    return dict(leaving)


async def _read_names(tx: Transaction, namings: Sequence[Naming], wanted: Sequence[NameKeys]) -> None:
    """Read names for all groups at once, and give each its own."""
    if not any(wanted):
        return
    forms = {uuid: [key for key in (found.form, found.other_form) if key] for uuid, found in _firsts(wanted)}
    persons = {uuid: [found.person] if found.person else [] for uuid, found in _firsts(wanted)}
    found = await rows(
        tx,
        "known_names",
        keys={
            "uuids": sorted({uuid for keys in wanted for uuid in keys.uuids}),
            "firsts": [{"uuid": uuid, "forms": forms[uuid], "persons": persons[uuid]} for uuid in sorted(forms)],
            "forms": sorted({key for keys in wanted for key in keys.forms}),
            "persons": sorted({key for keys in wanted for key in keys.persons}),
        },
    )
    by_group: dict[str, list[KnownName]] = defaultdict(list)
    for record in found:
        by_group[record["group_id"]].append(known_name(record))

    def add() -> None:
        for naming, keys in zip(namings, wanted, strict=True):
            naming.add_stored(keys, by_group.get(naming.group_id, ()))

    await asyncio.to_thread(add)


def _firsts(wanted: Sequence[NameKeys]) -> list[tuple[str, Blocks]]:
    return [pair for keys in wanted for pair in keys.firsts.items()]


async def _remaining(
    tx: Transaction, namings: Sequence[Naming], leaving: Mapping[str, set[str]], triage: Triage, names: NameBook
) -> dict[str, dict[str, list[PlacedMention]]]:
    """Return, by group and name of a removed episode, its mentions by the stored episodes that stay."""
    remaining: dict[str, dict[str, list[PlacedMention]]] = {
        naming.group_id: {uuid: [] for uuid in sorted(leaving.get(naming.group_id, ())) if uuid in naming.known}
        for naming in namings
    }
    roots = {naming.known[uuid].root for naming in namings for uuid in remaining[naming.group_id]}
    if not roots:
        return remaining
    for record in await rows(tx, "remaining_mentions", uuids=sorted(roots), removed=sorted(triage.removed)):
        for placed in mentions_of(record["mentions"], record["uuid"], record["position"]):
            uuid = names.entity(record["group_id"], placed.mention.name)
            if uuid in remaining[record["group_id"]]:
                remaining[record["group_id"]][uuid].append(placed)
    return remaining


async def _moves(tx: Transaction, resolution: Resolution, going: Collection[str], names: NameBook) -> list[Move]:
    """Return what moves of the stored episodes that mention a name which belongs to another entity now."""
    moved = resolution.moved
    if not moved:
        return []
    left = sorted({naming.known[uuid].root for naming in resolution.namings for uuid in moved if uuid in naming.known})
    episodes = [
        ToldEpisode(
            record["uuid"],
            record["group_id"],
            position_of(record["position"]),
            mentions_of(record["mentions"], record["uuid"], record["position"]),
            tuple(record["triple_keys"] or ()),
        )
        for record in await rows(tx, "told_episodes", uuids=left)
    ]
    keys = AssertionKeys(triples={key for episode in episodes for key in episode.triple_keys})
    stored: dict[str, list[AssertionRow]] = defaultdict(list)
    for row in await assertions_of(tx, keys) if keys else ():
        stored[row.episode].append(row)
    return moves_of(episodes, stored, resolution, going, names)


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
