"""The life of the schema: numbered migrations, recorded on a node of our own, that any number of pods may run at once.

A migration is a state to be reached, not a list of commands: run again, or by two at once, it finds nothing left to do
(M1). The number is recorded after the step is done, under the node's lock, and never goes back (M2). A pod does those
that stand in nobody's way; one that takes something away for a while, as a full-text index that is made anew, waits for
`episodes schema apply` (M3). A program that knows fewer migrations than the graph has had goes on, unless one of them
says that it must not (M4).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

from consumer.clock import Clock, SystemClock
from consumer.errors import UserError
from consumer.graph.adopting import Rules, adopt, has_strangers
from consumer.graph.connection import Database, Transaction, rows
from consumer.graph.migrations_graphiti import record_models
from consumer.graph.schema import (
    AWAIT_S,
    STATEMENT_S,
    Progress,
    apply_elements,
    server_version,
    too_old,
    wanted_elements,
)
from consumer.graph.schema_compare import SchemaReport
from consumer.graph.schema_elements import Element
from consumer.model.instants import iso

logger = logging.getLogger(__name__)

NODE = "graph"
"""Name of our node that keeps the version."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the schema is for: elements, model and length of the vectors of who asks (None: unknown), and its rules."""

    elements: tuple[Element, ...]
    model: str | None = None
    dimension: int | None = None
    rules: Rules = field(default_factory=Rules)
    on_progress: Progress | None = None


Step = Callable[[Database, Target, bool], Awaitable[list[str]]]
"""Does a migration, or with True only looks; returns sentences on what was, or would be, done."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One state to be reached. `needs` is the number that a program must know to work on the graph afterwards.

    With `needs_model` it waits for somebody who knows the embedding model. `waits` asks whether a pod must leave it.
    """

    number: int
    title: str
    step: Step | None = None
    replaces: bool = False
    needs: int = 0
    needs_model: bool = False
    waits: Callable[[Database], Awaitable[bool]] | None = None


async def _models(database: Database, target: Target, dry_run: bool) -> list[str]:
    return await record_models(database, target.model, target.dimension, dry_run=dry_run)


async def _adopt(database: Database, target: Target, dry_run: bool) -> list[str]:
    def tell(group_id: str, done: int, total: int) -> None:
        if target.on_progress is not None:
            target.on_progress(f"entities of {group_id!r}", 100 * done / total)

    return (await adopt(database, rules=target.rules, dry_run=dry_run, on_progress=tell)).notes


MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, "constraints and indexes: Graphiti's by its names, its uuid indexes as unique constraints, and ours"),
    Migration(2, "groups that Graphiti wrote are recorded with the model of their vectors", _models, needs_model=True),
    Migration(3, "full-text indexes fold letters", replaces=True),
    Migration(4, "entities that only Graphiti knows become ours too", _adopt, waits=has_strangers),
)

LATEST = MIGRATIONS[-1].number


async def check_schema(database: Database, dimension: int | None) -> SchemaReport:
    """Return what is there, missing and wrong for vectors of `dimension` (None: vector indexes are not looked at).

    Raises:
        WorldFault: the database is down.
    """
    return await migrate(database, dimension, dry_run=True, replaces=False)


async def apply_schema(
    database: Database, dimension: int | None, *, dry_run: bool = False, model: str | None = None
) -> SchemaReport:
    """Return when all that a pod needs is there and online; with `dry_run` only what would be done.

    Raises:
        UserError: the server is older than 5.26, a newer release must not be followed by this one, or a uuid is held
            twice so that its constraint cannot be made (with `dry_run` all are problems in the report).
        WorldFault: the database is down.
    """
    report = await migrate(database, dimension, model=model, dry_run=dry_run, replaces=False)
    if report.duplicates and not dry_run:
        raise UserError("; ".join(each.sentence for each in report.duplicates))
    if report.pending and report.notes and not dry_run:
        logger.warning("%s", "; ".join(report.notes))
    return report


async def migrate(
    database: Database,
    dimension: int | None,
    *,
    model: str | None = None,
    dry_run: bool = False,
    replaces: bool = True,
    await_s: float = AWAIT_S,
    on_progress: Progress | None = None,
    rules: Rules | None = None,
    clock: Clock | None = None,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> SchemaReport:
    """Return when the schema is as wanted, as far as nobody must mend something first; with `dry_run` what would be.

    Raises:
        UserError: the server is too old, or the graph is a newer release's that this one must not write to.
        WorldFault: the database is down.
    """
    server = await server_version(database)
    patient = Database(database.driver, database.name, STATEMENT_S)
    target = Target(wanted_elements(server, dimension), model, dimension, rules or Rules(), on_progress)
    at, needs, applied = await _recorded(database)
    unusable = too_old(server) or _too_new(at, needs, migrations)
    if unusable and not dry_run:
        raise UserError(unusable)
    report = await apply_elements(
        database,
        target.elements,
        dry_run=dry_run or bool(unusable),
        replaces=replaces,
        await_s=await_s,
        on_progress=on_progress,
        clock=clock,
    )
    report.version, report.schema_version, report.applied = server, at, applied
    report.problems += [unusable] if unusable else []
    for each in migrations:
        if each.number <= at:
            continue
        is_left = (each.replaces and report.replaceable) or (each.needs_model and target.model is None)
        if each.waits is not None and not (dry_run or replaces or report.missing or report.pending):
            is_left = is_left or await each.waits(database)
            report.notes += [f"{each.title}: `episodes schema apply` does that"] if is_left else []
        if dry_run or is_left or report.missing or report.pending:
            report.pending.append(f"{each.number}: {each.title}")
        if each.step is not None and (dry_run or not report.pending):
            report.notes += await each.step(patient, target, dry_run)
        if not report.pending:
            await _record(database, each, clock or SystemClock())
    if not dry_run:
        report.schema_version, _, report.applied = await _recorded(database)
    return report


def _too_new(at: int, needs: int, migrations: Sequence[Migration]) -> str:
    known = migrations[-1].number
    if needs <= known:
        return ""
    return f"the graph is at schema version {at}, for releases that know {needs}; this one knows {known}: upgrade it"


async def _recorded(database: Database) -> tuple[int, int, list[str]]:
    """Return the version, the version that programs must know, and what was done when."""
    found = await database.fetch("schema_version", node=NODE)
    if not found:
        return 0, 0, []
    return found[0]["version"], found[0]["needs"], list(found[0]["applied"])


async def _record(database: Database, migration: Migration, clock: Clock) -> None:
    told = f"{migration.number} at {iso(clock.now())} by episodes {_release()}: {migration.title}"

    async def work(tx: Transaction) -> None:
        await rows(tx, "record_migration", node=NODE, version=migration.number, needs=migration.needs, told=told)

    await database.write("record_migration", work)


def _release() -> str:
    try:
        return version("episodes")
    except PackageNotFoundError:
        return "unknown"
