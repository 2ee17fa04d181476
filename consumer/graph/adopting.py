"""Makes the entities that Graphiti made known to us, so that our names find them: all of a graph, in bounded steps.

What Graphiti adds later beside us is found by the write itself, where it is spelt as our episodes spell it
(`graph.reads`); this here finds every spelling, and moves what we had told of an entity of our own in the meantime.
Run again it finds nothing left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from consumer.errors import UserError
from consumer.graph.adopted import Twins, adopted_name, chosen, name_rows
from consumer.graph.batch import Triage
from consumer.graph.connection import Database, Record, Transaction, rows, run_rows
from consumer.graph.facts import Histories
from consumer.graph.naming import Naming
from consumer.graph.plan import Loaded, plan
from consumer.graph.reads import assertions_of, decisions_of, resolution_after
from consumer.graph.resolve import NameBook
from consumer.graph.store import lock
from consumer.model.ids import name_key

NODE = "graph"
NEEDS = 4
"""Schema version that a program must know where entities were adopted: an older one would take them for its own."""

PAGE = 2_000
"""Names read at a time."""

STEP = 200
"""Entities one transaction adopts."""

OnProgress = Callable[[str, int, int], None]
"""Told of a group how many of how many are done."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How the write resolves names; the same here, or what it finds would be moved again."""

    max_name_chars: int = 512
    by_rules: bool = True
    sums_up: bool = True


@dataclass(slots=True)
class Adoption:
    """How many entities of how many groups were, or would be, adopted; how many episodes of ours moved; the twins."""

    groups: int = 0
    entities: int = 0
    episodes: int = 0
    twins: list[Twins] = field(default_factory=list)

    @property
    def notes(self) -> list[str]:
        """It in sentences."""
        found = []
        if self.entities:
            found.append(f"{self.entities} entities of {self.groups} groups that only Graphiti knows become ours too")
        if self.twins:
            one = self.twins[0]
            found.append(
                f"{len(self.twins)} names are borne by several of Graphiti's entities (the first is {one.name!r} in "
                f"{one.group_id!r}): ours goes to the oldest, the others stay as they are; "
                "`episodes entities adopt` lists them"
            )
        return found


async def has_strangers(database: Database) -> bool:
    """Return whether some entity is known to Graphiti only.

    Raises:
        WorldFault: the database is down.
    """
    return bool(await database.fetch("any_adoptable"))


async def adopt(
    database: Database,
    *,
    group_id: str | None = None,
    rules: Rules | None = None,
    dry_run: bool = False,
    on_progress: OnProgress | None = None,
) -> Adoption:
    """Adopt what can be, in all groups or one; with `dry_run` only count. From then on writes to these look for more.

    Raises:
        UserError: a group is being removed or given other vectors.
        WorldFault: the database is down; the same call again goes on where this one stopped.
    """
    strangers = {row["group_id"]: row["entities"] for row in await database.fetch("adoptable_groups")}
    groups = sorted(strangers) if group_id is None else [group_id]
    done = Adoption()
    for group in groups:
        if not dry_run:
            await database.write("share_graph", partial(_share, group_id=group))
        if group not in strangers:
            continue
        uuids, twins = await _choose(database, group)
        done.groups += bool(uuids)
        done.entities += len(uuids)
        done.twins += twins
        for start in range(0, 0 if dry_run else len(uuids), STEP):
            some = uuids[start : start + STEP]
            work = partial(_adopt, group_id=group, uuids=some, rules=rules or Rules())
            done.episodes += await database.write("adopt_entities", work, len(some))
            if on_progress is not None:
                on_progress(group, min(start + STEP, len(uuids)), len(uuids))
    return done


async def _share(tx: Transaction, *, group_id: str) -> None:
    await rows(tx, "share_graph", group_id=group_id, node=NODE, needs=NEEDS)


async def _choose(database: Database, group_id: str) -> tuple[list[str], list[Twins]]:
    """Return which of a group's strangers to adopt, and the twins; their names are read in pages."""
    taken = {name_key(row["name"]): row["uuid"] for row in await database.fetch("adopted_names", group_id=group_id)}
    found: list[Record] = []
    after = ""
    while page := await database.fetch("adoptable_names", group_id=group_id, after=after, limit=PAGE):
        found += page
        after = page[-1]["uuid"]
    return chosen(found, taken)


async def _adopt(tx: Transaction, *, group_id: str, uuids: Sequence[str], rules: Rules) -> int:
    """Adopt some entities of a group, and resolve what of ours they concern; return how many episodes move."""
    group = (await lock(tx, [group_id]))[group_id]
    if group["is_being_removed"] or group.get("switching_to"):
        raise UserError(f"group {group_id!r} is being removed or given other vectors; try again when that is done")
    names = [adopted_name(record) for record in await rows(tx, "adoptable_by_uuid", uuids=list(uuids))]
    await run_rows(tx, "write_names", name_rows(names))
    new = [name.uuid for name in names]
    decisions = (await decisions_of(tx, [group_id])).get(group_id, {})
    naming = Naming(group_id, {}, new, decisions, by_rules=rules.by_rules, adopts=True)
    book = NameBook(rules.max_name_chars)
    resolution = await resolution_after(tx, naming, new, book)
    histories = Histories((), (), (), (pair for move in resolution.moves for pair in move.rows))
    while keys := histories.wanted():
        histories.add_stored(keys, await assertions_of(tx, keys))
    planned = plan(Triage(), [], Loaded(resolution), histories, book, sums_up=rules.sums_up)
    for query, step_rows in planned.steps:
        await run_rows(tx, query, step_rows)
    if planned.steps:
        changed = {"group_id": group_id, "model": None, "dimension": None, "has_lost": False}
        await run_rows(tx, "finish_groups", [changed])
    return len(resolution.moves)
