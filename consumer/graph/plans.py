"""How the database would run a query (EXPLAIN), and how it did (PROFILE), as data.

Nothing that is asked here is kept: both run with access mode READ, in which the server refuses to write. PROFILE with
`is_writing` runs in a transaction of its own that is rolled back, whatever it counted.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from neo4j import READ_ACCESS, WRITE_ACCESS, AsyncSession, NotificationMinimumSeverity, Query, ResultSummary
from neo4j.exceptions import ClientError, Neo4jError

from consumer.errors import UserError
from consumer.graph.connection import GRACE_S, Database
from consumer.graph.cypher_tokens import line_and_column
from consumer.graph.faults import translated

COUNTERS = (
    "nodes_created",
    "nodes_deleted",
    "relationships_created",
    "relationships_deleted",
    "properties_set",
    "labels_added",
    "labels_removed",
    "indexes_added",
    "indexes_removed",
    "constraints_added",
    "constraints_removed",
)

_OFFSET = re.compile(r"\s*\(line \d+, column \d+ \(offset: (\d+)\)\)")
_READ_ONLY = "Neo.ClientError.Statement.AccessMode"
_TIMED_OUT = "Neo.ClientError.Transaction.TransactionTimedOut"
_MISSING = "Neo.ClientError.Statement.ParameterMissing"
_NO_VALUE = "01N60"  # of a parameter, which EXPLAIN does not need
_OF_THE_QUERY = ("Neo.ClientError.Statement.", "Neo.ClientError.Procedure.", "Neo.ClientError.Schema.")


@dataclass(frozen=True, slots=True)
class Operator:
    """One step of a plan; its rows come from its children. `rows` and `db_hits` are measured, None when explained."""

    name: str
    details: str
    estimated_rows: float
    variables: tuple[str, ...] = ()
    rows: int | None = None
    db_hits: int | None = None
    page_cache_misses: int | None = None
    memory_bytes: int | None = None
    children: tuple[Operator, ...] = ()

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Operator]]:
        """Yield this and all below, each with its depth, the last step first."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)


@dataclass(frozen=True, slots=True)
class Notice:
    """What the server remarked; the offset is in the query's own text."""

    status: str
    classification: str
    text: str
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A query's plan, its result columns and the server's remarks. `counters` are what a profiled query wrote."""

    root: Operator
    columns: tuple[str, ...]
    query_type: str
    planner: str = ""
    runtime: str = ""
    is_profiled: bool = False
    result_rows: int | None = None
    notices: tuple[Notice, ...] = ()
    counters: Mapping[str, int] = field(default_factory=dict)

    @property
    def db_hits(self) -> int | None:
        """All database hits, None when it was not run."""
        return sum(each.db_hits or 0 for _, each in self.root.walk()) if self.is_profiled else None


async def explain(database: Database, text: str, values: Mapping[str, Any], timeout_s: float = 30.0) -> Plan:
    """Return the plan of the statement `text`, which is not run; parameters may be missing.

    Raises:
        UserError: the database does not take it, with the place in the text.
        WorldFault: the database is down.
    """
    prefix = "EXPLAIN "
    with _refusals(text, len(prefix)):
        async with asyncio.timeout(timeout_s + GRACE_S), _session(database, is_writing=False) as session:
            # In no transaction of its own, which CALL … IN TRANSACTIONS would refuse.
            result = await session.run(Query(prefix + text, timeout=timeout_s), dict(values))
            columns = tuple(result.keys())
            summary = await result.consume()
    return _plan(summary, columns, len(prefix))


async def profile(
    database: Database, text: str, values: Mapping[str, Any], *, is_writing: bool = False, timeout_s: float = 30.0
) -> Plan:
    """Return the plan of the statement `text` with what was measured, after all its rows were read and thrown away.

    Raises:
        UserError: the database does not take it, it writes though not `is_writing`, or it takes too long.
        WorldFault: the database is down.
    """
    prefix = "PROFILE "
    with _refusals(text, len(prefix), timeout_s):
        async with asyncio.timeout(timeout_s + GRACE_S), _session(database, is_writing=is_writing) as session:
            tx = await session.begin_transaction(timeout=timeout_s)
            try:
                result = await tx.run(prefix + text, dict(values))
                columns = tuple(result.keys())
                count = 0
                # One by one: rows that nobody asks for may not be made, and then nothing is measured.
                async for _ in result:
                    count += 1
                summary = await result.consume()
            finally:
                await tx.close()  # rolls back
    return _plan(summary, columns, len(prefix), count)


def _session(database: Database, *, is_writing: bool) -> AsyncSession:
    return database.driver.session(
        database=database.name,
        default_access_mode=WRITE_ACCESS if is_writing else READ_ACCESS,
        notifications_min_severity=NotificationMinimumSeverity.INFORMATION,
    )


@contextmanager
def _refusals(text: str, shift: int, timeout_s: float = 0) -> Iterator[None]:
    """Let what is wrong with the query leave as a `UserError` that names the place in its own text.

    Raises:
        UserError: the database refuses the query.
        WorldFault: the database is down.
    """
    with translated():
        try:
            yield
        except Neo4jError as error:
            code = error.code or ""
            if code == _READ_ONLY:
                raise UserError(
                    "the query writes, and reads only are allowed: with --write it is measured and then rolled back"
                ) from error
            if code.startswith(_TIMED_OUT):
                raise UserError(f"the query took longer than {timeout_s:.0f} s: give it more with --timeout") from error
            if code == _MISSING:
                raise UserError(f"{_first_line(error)}: give values with --param or --params", exit_code=2) from error
            if isinstance(error, ClientError) and code.startswith(_OF_THE_QUERY):
                raise UserError(f"the database refuses the query: {_placed(error, text, shift)}") from error
            raise


def _first_line(error: Neo4jError) -> str:
    return (error.message or str(error)).strip().splitlines()[0]


def _placed(error: Neo4jError, text: str, shift: int) -> str:
    """Return the first line of a message, its place counted in the query's own text."""

    def place(match: re.Match[str]) -> str:
        line, column = line_and_column(text, int(match.group(1)) - shift)
        return f" (line {line}, column {column})"

    return _OFFSET.sub(place, _first_line(error))


def _plan(summary: ResultSummary, columns: tuple[str, ...], shift: int, result_rows: int | None = None) -> Plan:
    is_profiled = summary.profile is not None
    found: Mapping[str, Any] = summary.profile or summary.plan or {}
    arguments = found.get("args", {})
    return Plan(
        root=_operator(found, is_profiled=is_profiled),
        columns=columns,
        query_type=summary.query_type or "",
        planner=str(arguments.get("planner", "")),
        runtime=str(arguments.get("runtime", "")),
        is_profiled=is_profiled,
        result_rows=result_rows,
        notices=tuple(_notices(summary, shift)),
        counters={name: count for name in COUNTERS if (count := getattr(summary.counters, name))},
    )


def _operator(found: Mapping[str, Any], *, is_profiled: bool) -> Operator:
    arguments = found.get("args", {})

    def measured(name: str) -> int | None:
        value = arguments.get(name)
        return int(value) if is_profiled and value is not None else None

    return Operator(
        name=str(found.get("operatorType", "")).partition("@")[0],
        details=" ".join(str(arguments.get("Details", "")).split()),
        estimated_rows=float(arguments.get("EstimatedRows", 0.0)),
        variables=tuple(found.get("identifiers", ())),
        rows=measured("Rows"),
        db_hits=measured("DbHits"),
        page_cache_misses=measured("PageCacheMisses"),
        memory_bytes=measured("Memory"),
        children=tuple(_operator(child, is_profiled=is_profiled) for child in found.get("children", ())),
    )


def _notices(summary: ResultSummary, shift: int) -> Iterator[Notice]:
    for status in summary.gql_status_objects:
        if status.is_notification and status.gql_status != _NO_VALUE:
            position = status.position
            offset = None if position is None else position.offset - shift
            yield Notice(status.gql_status, status.raw_classification or "", status.status_description, offset)
