"""Applies and checks the database's constraints and indexes; what they are is in `schema_elements`.

Safe when several pods start at once (each statement says IF NOT EXISTS, and who loses a race looks again), and on a
graph that Graphiti made first: its uuid index gives way to a unique constraint of the same name, once no uuid is
held twice.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from neo4j.exceptions import ClientError, CypherSyntaxError, DatabaseError

from consumer.errors import UserError
from consumer.graph.connection import Database, Record, Transaction
from consumer.graph.cypher import query
from consumer.graph.faults import translated
from consumer.graph.schema_elements import Element, Kind, elements

logger = logging.getLogger(__name__)

FILTERS_SINCE = (2026, 1)
"""First Neo4j version with extra filter properties in a vector index, and with SEARCH."""

OLDEST = (5, 26)

AWAIT_S = 300
"""How long the indexes of a large graph may take to come online."""

ROUNDS = 4
"""How often apply looks and mends: an index that another pod is making a constraint of looks like Graphiti's."""


@dataclass(slots=True)
class SchemaReport:
    """What is right, what was or would be done, and what a person must mend.

    `statements` are those that were run, or with a dry run would be. `problems` are sentences.
    """

    version: tuple[int, int] = (0, 0)
    present: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing or wrong."""
        return not self.missing and not self.problems


async def server_version(database: Database) -> tuple[int, int]:
    """Return (major, minor) of the server, e.g. (2026, 8) or (5, 26).

    Raises:
        WorldFault: the database is down.
    """
    found = await database.fetch("server_version")
    major, minor = str(found[0]).split(".")[:2]
    return int(major), int(minor.split("-", maxsplit=1)[0])


async def check_schema(database: Database, dimension: int | None) -> SchemaReport:
    """Return what is there, missing and wrong for vectors of `dimension` (None: vector indexes are not looked at).

    Raises:
        WorldFault: the database is down.
    """
    return await apply_schema(database, dimension, dry_run=True)


async def apply_schema(database: Database, dimension: int | None, *, dry_run: bool = False) -> SchemaReport:
    """Return when all constraints and indexes are there and online; with `dry_run` only what would be done.

    Raises:
        UserError: the server is older than 5.26, or a uuid is held twice so that its constraint cannot be made
            (with `dry_run` both are problems in the report).
        WorldFault: the database is down.
    """
    version = await server_version(database)
    wanted = elements(dimension, with_filters=version >= FILTERS_SINCE)
    report = await apply_elements(database, wanted, dry_run=dry_run or version < OLDEST)
    report.version = version
    if version < OLDEST:
        report.problems.append(f"Neo4j {version[0]}.{version[1]} is too old: 5.26 or later is needed")
        if not dry_run:
            raise UserError(report.problems[-1])
    return report


async def apply_elements(database: Database, wanted: Sequence[Element], *, dry_run: bool = False) -> SchemaReport:
    """Return when the `wanted` elements are there and online. See `apply_schema`."""
    done: list[str] = []
    for attempt in range(1, ROUNDS + 1):
        report, statements = await _compare(database, wanted)
        report.statements = done or statements
        if dry_run or not statements:
            return report
        if duplicates := [problem for problem in report.problems if "twice" in problem]:
            raise UserError("; ".join(duplicates))
        done = done or statements
        for statement in statements:
            await _run_schema(database, statement, is_last=attempt == ROUNDS)
        with translated():
            async with database.driver.session(database=database.name) as session:
                await (await session.run(query("await_indexes"), {"timeout_s": AWAIT_S})).consume()
    report, _ = await _compare(database, wanted)
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
        if is_last or isinstance(error, CypherSyntaxError):
            raise
        logger.info("schema statement failed, looking again: %s (%s)", statement, error.code)


async def _compare(database: Database, wanted: Sequence[Element]) -> tuple[SchemaReport, list[str]]:
    """Return the report, and the statements that mend what can be mended."""
    indexes = {row["name"]: row for row in await database.fetch("show_indexes")}
    report = SchemaReport()
    statements: list[str] = []
    for element in wanted:
        index = indexes.get(element.name)
        if index is None:
            report.missing.append(element.name)
            statements.append(element.statement)
        elif element.kind is Kind.UNIQUE and index["constraint"] is None:
            report.missing.append(element.name)
            report.problems += await _duplicates(database, element)
            statements += [f"DROP INDEX {element.name} IF EXISTS", element.statement]
        elif element.kind is Kind.VECTOR and (reason := _vector_difference(element, index)):
            if await _is_free(database, index):
                report.missing.append(element.name)
                statements += [f"DROP INDEX {element.name} IF EXISTS", element.statement]
            else:
                report.problems.append(f"vector index {element.name} {reason}: search scans instead of using it")
        else:
            report.present.append(element.name)
            if reason := _difference(element, index):
                report.problems.append(f"index {element.name} {reason}")
    return report, statements


def _difference(element: Element, index: Record) -> str:
    """Return in words how an index differs from what is wanted, or nothing."""
    if index["state"] == "FAILED":
        return "has failed: drop it and apply the schema again"
    if list(index["targets"] or ()) != [element.target]:
        return f"is on {index['targets']}, not on {element.target}: drop it and apply the schema again"
    if element.kind is not Kind.VECTOR and set(index["properties"] or ()) != set(element.properties):
        return f"has properties {index['properties']}, not {list(element.properties)}: drop it and apply again"
    return ""


def _vector_difference(element: Element, index: Record) -> str:
    """Return in words how a vector index differs from what is wanted, or nothing."""
    found = (index["config"] or {}).get("vector.dimensions")
    if found != element.dimension:
        return f"has dimension {found}, not {element.dimension}"
    missing = set(element.filters) - set(index["properties"] or ())
    return f"lacks the filters {sorted(missing)}" if missing else ""


async def _is_free(database: Database, index: Record) -> bool:
    """Return whether no group's vectors are served by this index as it is, so that it may be made anew."""
    found = (index["config"] or {}).get("vector.dimensions")
    used = set(await database.fetch("dimensions"))
    return found not in used or not set(index["properties"]) - {"name_embedding", "fact_embedding"}


async def _duplicates(database: Database, element: Element) -> Sequence[str]:
    """Return a sentence if some uuid is held twice."""
    name = "duplicate_relationships" if element.is_relationship else "duplicate_nodes"
    found = await database.fetch(name, target=element.target, limit=5)
    if not found:
        return ()
    shown = ", ".join(found)
    return (f"{element.target}: some uuids are held twice ({shown}): merge or remove them, then apply the schema",)
