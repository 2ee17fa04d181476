"""Which failure of the Neo4j driver belongs to which family: one table, read from the top.

World: connection, authentication, transient states, time and memory limits. Episode: data the database can never
hold. User: an address or certificate only a person can mend. What is in no row is a bug (a wrong query, a broken
constraint) and leaves as it came: the pipeline tries it a few times, which also sees a race to its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from neo4j import exceptions as driver_errors

from consumer.errors import EpisodeFault, UserError, WorldFault

DEPENDENCY = "neo4j"

_DETAIL_CHARS = 300

MEMORY_CODES: tuple[str, ...] = (
    "Neo.ClientError.General.TransactionOutOfMemoryError",
    "Neo.TransientError.General.TransactionOutOfMemoryError",
    "Neo.TransientError.General.MemoryPoolOutOfMemoryError",
    "Neo.TransientError.General.OutOfMemoryError",
)
"""A limit of one transaction, of all of them together, or the heap: smaller batches may pass, and so may the hour.

Seen on Neo4j 2026.08: `MemoryPoolOutOfMemoryError` for `db.memory.transaction.max` (one transaction) and for
`dbms.memory.transaction.total.max` (all together) alike; only the message tells them apart.
"""

EPISODE_CODES: tuple[str, ...] = (
    "Neo.ClientError.General.InvalidArguments",
    "Neo.ClientError.Request.Invalid",
    "Neo.ClientError.Statement.ArgumentError",
    "Neo.ClientError.Statement.TypeError",
)
"""Codes that the data of the batch causes."""

WORLD_CODES: tuple[str, ...] = (
    "Neo.ClientError.Security.",
    "Neo.ClientError.Cluster.",
    "Neo.ClientError.Database.",
    "Neo.ClientError.General.ForbiddenOnReadOnlyDatabase",
    "Neo.ClientError.General.ReadOnly",
    # A node that another transaction took away between our look and our read.
    "Neo.ClientError.Statement.EntityNotFound",
    "Neo.ClientError.Transaction.LockClientStopped",
    "Neo.ClientError.Transaction.Terminated",
    "Neo.ClientError.Transaction.TransactionNotFound",
    "Neo.ClientError.Transaction.TransactionTerminated",
    "Neo.ClientError.Transaction.TransactionTimedOut",
    "Neo.DatabaseError.Database.",
    "Neo.DatabaseError.General.IndexCorruptionDetected",
    "Neo.DatabaseError.General.StorageDamageDetected",
    # A full or failing disk shows at the commit.
    "Neo.DatabaseError.Transaction.",
    "Neo.TransientError.",
)
"""Code prefixes of states that pass, or that an operator mends."""

WORLD_CLASSES: tuple[type[Exception], ...] = (
    driver_errors.ServiceUnavailable,
    driver_errors.SessionExpired,
    driver_errors.ConnectionPoolError,
    driver_errors.AuthError,
    driver_errors.TransientError,
    OSError,
)
"""Driver exceptions that mean the database cannot be reached now."""

USER_CLASSES: tuple[type[Exception], ...] = (driver_errors.ConfigurationError,)
"""What the driver says of an address, a certificate or a server that is no Neo4j."""

EPISODE_CLASSES: tuple[type[Exception], ...] = (UnicodeEncodeError, OverflowError)
"""What the driver raises for a value it cannot send: a lone surrogate, an integer over 64 bits."""

_TOO_LARGE_TO_INDEX = "too large to index"


def family(error: BaseException) -> EpisodeFault | WorldFault | UserError | None:
    """Return the fault that `error` is, or None when it is in no row of the tables."""
    if isinstance(error, driver_errors.ResultFailedError) and error.__cause__ is not None:
        return family(error.__cause__)
    if isinstance(error, driver_errors.Neo4jError) and (fault := _by_code(error.code or "", error.message or "")):
        return fault
    told = " ".join(str(error).split())
    if isinstance(error, EPISODE_CLASSES):
        return EpisodeFault("unwritable", told[:_DETAIL_CHARS])
    if isinstance(error, USER_CLASSES):
        return UserError(f"neo4j: {told[:_DETAIL_CHARS]}; check EPISODES_NEO4J__URI")
    if isinstance(error, WORLD_CLASSES):
        return WorldFault(DEPENDENCY, f"{type(error).__name__}: {told}"[:_DETAIL_CHARS])
    return None


def _by_code(code: str, message: str) -> EpisodeFault | WorldFault | None:
    """Return the fault that the server told by its code."""
    detail = " ".join(f"{code}: {message}".split())[:_DETAIL_CHARS]
    if code in MEMORY_CODES:
        return WorldFault(DEPENDENCY, detail, is_batch_too_large=True)
    if code in EPISODE_CODES or _TOO_LARGE_TO_INDEX in message:
        return EpisodeFault("unwritable", detail)
    return WorldFault(DEPENDENCY, detail) if code.startswith(WORLD_CODES) else None


@contextmanager
def translated() -> Iterator[None]:
    """Let the driver's exceptions leave as the families of `consumer.errors`.

    Raises:
        EpisodeFault: the data can never be written.
        UserError: the address or certificate is none the driver can use.
        WorldFault: the database is down, busy or refuses us.
    """
    try:
        yield
    except Exception as error:
        fault = family(error)
        if fault is None:
            raise
        raise fault from error


@contextmanager
def memory_faults_at_once() -> Iterator[None]:
    """Let a memory limit leave a transaction's work as its family, which the driver does not retry.

    The driver would repeat the same batch until its time for retries is over; it would be as large each time.

    Raises:
        WorldFault: a memory limit was met.
    """
    try:
        yield
    except driver_errors.Neo4jError as error:
        fault = family(error)
        if isinstance(fault, WorldFault) and fault.is_batch_too_large:
            raise fault from error
        raise
