"""Which failure of the Neo4j driver belongs to which family: one table, read from the top.

World: connection, authentication, transient states, time limits. Episode: data the database can never hold, or a
batch too large for its memory. What is in no row is a bug (a wrong query, a broken constraint) and leaves as it came.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from neo4j import exceptions as driver_errors

from consumer.errors import EpisodeFault, WorldFault

_DETAIL_CHARS = 300

EPISODE_CODES: tuple[str, ...] = (
    "Neo.ClientError.General.TransactionOutOfMemoryError",
    "Neo.TransientError.General.TransactionOutOfMemoryError",
    "Neo.TransientError.General.MemoryPoolOutOfMemoryError",
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
    "Neo.ClientError.Transaction.LockClientStopped",
    "Neo.ClientError.Transaction.Terminated",
    "Neo.ClientError.Transaction.TransactionTerminated",
    "Neo.ClientError.Transaction.TransactionTimedOut",
    "Neo.DatabaseError.Database.",
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

EPISODE_CLASSES: tuple[type[Exception], ...] = (UnicodeEncodeError, OverflowError)
"""What the driver raises for a value it cannot send: a lone surrogate, an integer over 64 bits."""

_TOO_LARGE_TO_INDEX = "too large to index"


def family(error: Exception) -> EpisodeFault | WorldFault | None:
    """Return the fault that `error` is, or None when it is in no row of the tables."""
    if isinstance(error, driver_errors.Neo4jError):
        code = error.code or ""
        detail = f"{code}: {error.message or ''}"[:_DETAIL_CHARS]
        if code in EPISODE_CODES or _TOO_LARGE_TO_INDEX in (error.message or ""):
            return EpisodeFault("unwritable", detail)
        if code.startswith(WORLD_CODES):
            return WorldFault("neo4j", detail)
    if isinstance(error, EPISODE_CLASSES):
        return EpisodeFault("unwritable", str(error)[:_DETAIL_CHARS])
    if isinstance(error, WORLD_CLASSES):
        return WorldFault("neo4j", f"{type(error).__name__}: {error}"[:_DETAIL_CHARS])
    return None


@contextmanager
def translated() -> Iterator[None]:
    """Let the driver's exceptions leave as the families of `consumer.errors`.

    Raises:
        EpisodeFault: the data can never be written.
        WorldFault: the database is down, busy or refuses us.
    """
    try:
        yield
    except Exception as error:
        fault = family(error)
        if fault is None:
            raise
        raise fault from error
