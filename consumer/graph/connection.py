"""The connection to Neo4j: one driver a process, managed transactions with a bounded time of retries.

Each transaction is one client span; foreign exceptions leave as the families of `consumer.errors`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any, TypeAlias, TypeVar

from neo4j import (
    READ_ACCESS,
    AsyncDriver,
    AsyncGraphDatabase,
    AsyncManagedTransaction,
    AsyncResult,
    NotificationMinimumSeverity,
    Query,
    ResultSummary,
    unit_of_work,
)
from neo4j.exceptions import ConfigurationError, DriverError, Neo4jError

from consumer.errors import UserError
from consumer.graph.cypher import query
from consumer.graph.faults import memory_faults_at_once, translated
from consumer.graph.pool import DriverPool
from consumer.graph.vectors import sendable
from consumer.settings import Neo4jSettings
from consumer.telemetry import names
from consumer.telemetry.calls import client_call
from consumer.telemetry.pools import watch

T = TypeVar("T")
Transaction: TypeAlias = AsyncManagedTransaction
Record: TypeAlias = dict[str, Any]

VECTORS_SINCE = (6, 0)
"""First Bolt version with a vector type."""

GRACE_S = 5.0
"""Beyond its retries and the server's limit of a transaction, how long we wait for a word of the server.

Source: the driver waits for an answer without limit (unless the server hints at one), so a network that swallows
packets would hold a writer until TCP gives up, a quarter of an hour later.
"""

ROWS_A_MESSAGE = 250
"""Rows in one message: bounds how long packing vectors holds the event loop (25 ms at 1,536 dimensions)."""


def connect(settings: Neo4jSettings) -> Database:
    """Return the database at `settings.uri`; nothing is opened before the first transaction.

    Raises:
        UserError: the address is none.
    """
    password = settings.password.get_secret_value() if settings.password else None
    try:
        driver = AsyncGraphDatabase.driver(
            settings.uri,
            auth=(settings.username, password) if password else None,
            max_connection_pool_size=settings.max_connections,
            connection_timeout=settings.connect_timeout_s,
            connection_acquisition_timeout=settings.acquisition_timeout_s,
            liveness_check_timeout=settings.liveness_check_s,
            max_transaction_retry_time=settings.retry_s,
            max_connection_lifetime=settings.max_lifetime_s,
            notifications_min_severity=NotificationMinimumSeverity.OFF,
            telemetry_disabled=True,
            user_agent="episodes",
        )
    except (ConfigurationError, ValueError) as error:
        raise UserError(
            f"EPISODES_NEO4J__URI={settings.uri!r} is no address of a Neo4j, e.g. bolt://127.0.0.1:7687: {error}"
        ) from error
    pool = DriverPool(driver, settings.max_connections)
    watch(pool)
    return Database(driver, settings.database, settings.transaction_timeout_s, retry_s=settings.retry_s, pool=pool)


class Database:
    """A driver, a database name and a time limit; what the rest of `graph` reads and writes through."""

    def __init__(
        self,
        driver: AsyncDriver,
        name: str | None = None,
        transaction_timeout_s: float = 60.0,
        *,
        retry_s: float = 2.0,
        pool: DriverPool | None = None,
    ) -> None:
        self.driver = driver
        self.name = name
        self._timeout_s = transaction_timeout_s
        self._silence_s = transaction_timeout_s + retry_s + GRACE_S
        self._pool = pool  # held here: measured as long as the database is in use
        self._takes_vectors: bool | None = None

    async def takes_vectors(self) -> bool:
        """Return whether the server knows the driver's vector type (Bolt 6); Neo4j 5.26 takes lists.

        Raises:
            WorldFault: the database is down.
        """
        if self._takes_vectors is None:
            with translated():
                info = await self.driver.get_server_info()
            self._takes_vectors = info.protocol_version >= VECTORS_SINCE
        return self._takes_vectors

    async def write(self, summary: str, work: Callable[[Transaction], Awaitable[T]], batch_size: int = 1) -> T:
        """Return what `work` returns, once its transaction is committed; `work` may run several times.

        Raises:
            EpisodeFault, WorldFault: by the table of `graph.faults`.
        """

        async def once(tx: Transaction) -> T:
            with memory_faults_at_once():
                return await work(tx)

        timed: Callable[[Transaction], Awaitable[T]] = unit_of_work(timeout=self._timeout_s)(once)
        attributes = self._attributes(summary, "write", batch_size)
        with client_call(f"neo4j {summary}", attributes, metric=names.DB_DURATION), translated():
            async with asyncio.timeout(self._silence_s), self.driver.session(database=self.name) as session:
                return await session.execute_write(timed)

    async def read(self, summary: str, work: Callable[[Transaction], Awaitable[T]], batch_size: int = 1) -> T:
        """Return what `work` reads, in one transaction.

        Raises:
            EpisodeFault, WorldFault: by the table of `graph.faults`.
        """
        timed: Callable[[Transaction], Awaitable[T]] = unit_of_work(timeout=self._timeout_s)(work)
        attributes = self._attributes(summary, "read", batch_size)
        with client_call(f"neo4j {summary}", attributes, metric=names.DB_DURATION), translated():
            async with asyncio.timeout(self._silence_s), self.driver.session(database=self.name) as session:
                return await session.execute_read(timed)

    async def fetch(self, name: str, **values: Any) -> list[Any]:
        """Return the rows of one read query, in a transaction of its own.

        Raises:
            WorldFault: the database is down.
        """
        return await self.read(name, lambda tx: rows(tx, name, **values))

    async def ask(self, name: str, values: Mapping[str, Any]) -> Record | None:
        """Return the one row of a read query, in half the round trips of `read`: without BEGIN and COMMIT.

        The driver repeats nothing here, so what it would have repeated (a connection that died in the pool, a server
        that changes its leader) is asked again by `read`.

        Raises:
            EpisodeFault, WorldFault: by the table of `graph.faults`.
        """
        asked = Query(query(name), timeout=self._timeout_s)
        sent = {key: unspoken(value) for key, value in values.items()}
        with client_call(f"neo4j {name}", self._attributes(name, "read", 1), metric=names.DB_DURATION), translated():
            async with asyncio.timeout(self._silence_s):
                try:
                    async with self.driver.session(database=self.name, default_access_mode=READ_ACCESS) as session:
                        record = await (await session.run(asked, sent)).single()
                        return None if record is None else dict(record)
                except Neo4jError as error:
                    if not error.is_retryable():
                        raise
                except DriverError as error:
                    if not error.is_retryable():
                        raise

        async def again(tx: Transaction) -> Record | None:
            record = await (await tx.run(query(name), sent)).single()
            return None if record is None else dict(record)

        return await self.read(name, again)

    async def aclose(self) -> None:
        """Close all connections."""
        await self.driver.close()

    def _attributes(self, summary: str, operation: str, batch_size: int) -> dict[str, str | int]:
        attributes: dict[str, str | int] = {
            names.DB_SYSTEM: "neo4j",
            names.DB_OPERATION: operation,
            names.DB_QUERY_SUMMARY: summary,
        }
        if self.name:
            attributes[names.DB_NAMESPACE] = self.name
        if batch_size > 1:
            attributes[names.DB_BATCH_SIZE] = batch_size
        return attributes


QueryTimes: TypeAlias = dict[str, list[float]]
"""By name of a query: how often it ran, and the milliseconds that the server says it took."""

query_times: ContextVar[QueryTimes | None] = ContextVar("query_times", default=None)
"""Where somebody measures: the queries of this context are counted there."""


def _count(name: str, summary: ResultSummary) -> None:
    times = query_times.get()
    if times is not None:
        counted = times.setdefault(name, [0.0, 0.0])
        counted[0] += 1
        counted[1] += (summary.result_available_after or 0) + (summary.result_consumed_after or 0)


class Unspoken(list[Any]):
    """A list whose text is its length.

    The driver formats the text of all parameters for its debug log on every call, heard or not: a tenth of our CPU,
    and content would be in the log.
    """

    def __repr__(self) -> str:
        return f"<{len(self)} rows>"


def unspoken(value: Any) -> Any:
    """Return `value`, a list of it unspoken."""
    return Unspoken(value) if isinstance(value, list) else value


async def rows(tx: Transaction, name: str, **values: Any) -> list[Any]:
    """Return the rows of the query file `name`, whose records each hold a list `rows`.

    Lists, because the async driver spends 160 µs on a record whatever it holds, and 2 µs on a map inside a list.
    For the same reason instants travel as text: 170 µs each as a driver type, 3 µs as a string.
    """
    result = await tx.run(query(name), {key: unspoken(value) for key, value in values.items()})
    found = [row async for record in result for row in record["rows"]]
    if query_times.get() is not None:
        _count(name, await result.consume())
    return found


Sent: TypeAlias = tuple[str, AsyncResult]
"""A query that was sent, and its result, which is not consumed."""


async def run_rows(tx: Transaction, name: str, all_rows: list[dict[str, Any]], *, takes_vectors: bool = True) -> None:
    """Run the write query `name` over `all_rows`, some hundred at a time."""
    await consume(await send_rows(tx, name, all_rows, takes_vectors=takes_vectors))


async def send_rows(
    tx: Transaction, name: str, all_rows: list[dict[str, Any]], *, takes_vectors: bool = True
) -> list[Sent]:
    """Send the write query `name` over `all_rows`, some hundred at a time, and wait for none.

    While the server does what was sent, the next rows are packed; `consume` in the end waits for all.
    """
    sent: list[Sent] = []
    for start in range(0, len(all_rows), ROWS_A_MESSAGE):
        message = Unspoken(sendable(all_rows[start : start + ROWS_A_MESSAGE], as_lists=not takes_vectors))
        sent.append((name, await tx.run(query(name), {"rows": message})))
    return sent


async def consume(sent: Iterable[Sent]) -> None:
    """Return when the server has done what was sent."""
    for name, result in sent:
        _count(name, await result.consume())
