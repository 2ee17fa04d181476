"""Applies and checks the database's constraints and indexes; what they are is in `schema_elements`.

Safe when several pods start at once (each statement says IF NOT EXISTS, and who loses a race looks again), and on a
graph that Graphiti made first: its uuid index gives way to a unique constraint of the same name, once no uuid is
held twice. Numbered steps beyond that are in `migrations`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from neo4j.exceptions import ClientError, CypherSyntaxError, DatabaseError

from consumer.clock import Clock, SystemClock
from consumer.errors import UserError, WorldFault
from consumer.graph.connection import Database, Transaction
from consumer.graph.schema_compare import SchemaReport, compare
from consumer.graph.schema_elements import Element, elements

logger = logging.getLogger(__name__)

FILTERS_SINCE = (2026, 1)
"""First Neo4j version with extra filter properties in a vector index, and with SEARCH."""

OLDEST = (5, 26)

AWAIT_S = 300.0
"""How long the indexes of a large graph may take to come online while a pod starts."""

STATEMENT_S = 3_600.0
"""How long one statement may take: a constraint on a large graph looks at every element before it is there."""

POLL_S = 0.5

ROUNDS = 4
"""How often apply looks and mends: an index that another pod is making a constraint of looks like Graphiti's."""

Progress = Callable[[str, float], None]
"""Told the name of an index that is filled, and its percentage."""


async def server_version(database: Database) -> tuple[int, int]:
    """Return (major, minor) of the server, e.g. (2026, 8) or (5, 26).

    Raises:
        WorldFault: the database is down.
    """
    found = await database.fetch("server_version")
    major, minor = str(found[0]).split(".")[:2]
    return int(major), int(minor.split("-", maxsplit=1)[0])


def wanted_elements(version: tuple[int, int], dimension: int | None) -> tuple[Element, ...]:
    """Return what a server of this version must have; without a `dimension` no vector index."""
    return elements(dimension, with_filters=version >= FILTERS_SINCE)


def too_old(version: tuple[int, int]) -> str:
    """Return in a sentence that the server is too old, or nothing."""
    return "" if version >= OLDEST else f"Neo4j {version[0]}.{version[1]} is too old: 5.26 or later is needed"


async def apply_elements(
    database: Database,
    wanted: Sequence[Element],
    *,
    dry_run: bool = False,
    replaces: bool = False,
    await_s: float = AWAIT_S,
    on_progress: Progress | None = None,
    clock: Clock | None = None,
) -> SchemaReport:
    """Return when all of the `wanted` elements that can be made are there and online; the report has what can't.

    With `replaces` what works and could be better is made anew too, and is not there meanwhile.

    Raises:
        WorldFault: the database is down, or an index was not online in time.
    """
    patient = Database(database.driver, database.name, STATEMENT_S)
    done: list[str] = []
    for attempt in range(1, ROUNDS + 1):
        found = await compare(patient, wanted)
        statements = [*found.creating, *(found.replacing if replaces else ())]
        found.report.statements = done or statements
        if dry_run or not statements:
            return found.report
        done = done or statements
        for statement in statements:
            await _run_schema(patient, statement, is_last=attempt == ROUNDS)
        await _await_online(database, wanted, await_s, on_progress, clock or SystemClock())
    report = (await compare(patient, wanted)).report
    report.statements = done
    return report


async def _run_schema(database: Database, statement: str, *, is_last: bool) -> None:
    """Run one statement. What it fails on is most often another pod at the same work, so the next round looks again.

    Managed, because two pods that create on one label can deadlock and then must retry.
    """

    async def work(tx: Transaction) -> None:
        await (await tx.run(statement)).consume()

    try:
        await database.write("schema", work)
    except (ClientError, DatabaseError) as error:
        if isinstance(error, CypherSyntaxError):
            raise
        if is_last:
            raise UserError(f"the database refuses a schema statement: {statement} ({error.message})") from error
        logger.info("schema statement failed, looking again: %s (%s)", statement, error.code)


async def _await_online(
    database: Database, wanted: Sequence[Element], await_s: float, on_progress: Progress | None, clock: Clock
) -> None:
    """Return when none of the wanted indexes is being filled."""
    names = {element.name for element in wanted}
    deadline = clock.monotonic() + await_s
    while filling := [
        row for row in await database.fetch("show_indexes") if row["name"] in names and row["state"] == "POPULATING"
    ]:
        for row in filling:
            if on_progress is not None:
                on_progress(row["name"], float(row["population"] or 0.0))
        if clock.monotonic() >= deadline:
            slowest = min(filling, key=lambda row: row["population"] or 0.0)
            raise WorldFault(
                "neo4j", f"index {slowest['name']} is {slowest['population']:.0f} % filled after {await_s:.0f} s"
            )
        await clock.sleep(POLL_S)
