"""The table of driver exceptions, row by row."""

import pytest
from neo4j import exceptions as driver

from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.graph.connection import connect
from consumer.graph.faults import family, translated
from consumer.settings import Neo4jSettings


def server_error(code, message="told by the server"):
    return driver.Neo4jError._hydrate_neo4j(code=code, message=message)


@pytest.mark.parametrize(
    "error",
    [
        driver.ServiceUnavailable("gone"),
        driver.IncompleteCommit("perhaps"),
        driver.SessionExpired("old"),
        driver.ConnectionAcquisitionTimeoutError("full pool"),
        ConnectionResetError("reset"),
        TimeoutError("slow"),
        server_error("Neo.ClientError.Security.Unauthorized"),
        server_error("Neo.ClientError.Security.AuthenticationRateLimit"),
        server_error("Neo.ClientError.Security.Forbidden"),
        server_error("Neo.ClientError.Database.DatabaseNotFound"),
        server_error("Neo.ClientError.Cluster.NotALeader"),
        server_error("Neo.ClientError.General.ForbiddenOnReadOnlyDatabase"),
        server_error("Neo.ClientError.Transaction.TransactionTimedOut"),
        server_error("Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration"),
        server_error("Neo.ClientError.Transaction.LockClientStopped"),
        server_error("Neo.TransientError.Transaction.DeadlockDetected"),
        server_error("Neo.TransientError.General.DatabaseUnavailable"),
        server_error("Neo.DatabaseError.Database.UnableToStartDatabase"),
    ],
    ids=lambda error: getattr(error, "code", None) or type(error).__name__,
)
def test_the_world(error):
    """Connection, authentication, transient states and time limits are the world's."""
    fault = family(error)
    assert isinstance(fault, WorldFault)
    assert fault.dependency == "neo4j"


@pytest.mark.parametrize(
    "error",
    [
        server_error("Neo.ClientError.General.TransactionOutOfMemoryError"),
        server_error("Neo.TransientError.General.MemoryPoolOutOfMemoryError"),
        server_error("Neo.TransientError.General.TransactionOutOfMemoryError"),
        server_error("Neo.ClientError.General.InvalidArguments"),
        server_error("Neo.ClientError.Request.Invalid"),
        server_error("Neo.ClientError.Statement.ArgumentError"),
        server_error("Neo.ClientError.Statement.TypeError"),
        server_error("Neo.DatabaseError.Statement.ExecutionFailed", "Property value is too large to index"),
        UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
        OverflowError("Integer out of range"),
    ],
    ids=lambda error: getattr(error, "code", None) or type(error).__name__,
)
def test_the_episode(error):
    """Data that cannot be held, or too much of it for one transaction, is the batch's fault."""
    fault = family(error)
    assert isinstance(fault, EpisodeFault)
    assert fault.reason == "unwritable"


@pytest.mark.parametrize(
    "error",
    [
        server_error("Neo.ClientError.Statement.SyntaxError"),
        server_error("Neo.ClientError.Schema.ConstraintValidationFailed"),
        server_error("Neo.DatabaseError.General.UnknownError"),
        driver.ResultConsumedError(None, "bug"),
        ValueError("bug"),
    ],
    ids=lambda error: getattr(error, "code", None) or type(error).__name__,
)
def test_what_no_row_knows_is_a_bug(error):
    """It leaves as it came."""
    assert family(error) is None
    with pytest.raises(type(error)), translated():
        raise error


def test_a_fault_keeps_its_cause():
    """The driver's exception is the cause of the family's."""
    with pytest.raises(WorldFault) as caught, translated():
        raise driver.ServiceUnavailable("gone")
    assert isinstance(caught.value.__cause__, driver.ServiceUnavailable)


@pytest.mark.parametrize("uri", ["neo4jx://foo", "localhost:7687", ""])
def test_an_address_that_is_none_is_the_users_to_mend(uri):
    """The error names the variable and shows what an address looks like."""
    with pytest.raises(UserError, match="EPISODES_NEO4J__URI"):
        connect(Neo4jSettings(uri=uri))
