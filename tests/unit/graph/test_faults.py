"""The table of driver exceptions, row by row."""

import inspect

import pytest
from neo4j import exceptions as driver

from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.graph.connection import connect
from consumer.graph.faults import MEMORY_CODES, family, memory_faults_at_once, translated
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
        server_error("Neo.ClientError.Security.AuthorizationExpired"),
        server_error("Neo.ClientError.Security.TokenExpired"),
        server_error("Neo.ClientError.General.ReadOnly"),
        server_error("Neo.ClientError.Statement.EntityNotFound"),
        server_error("Neo.ClientError.Transaction.TransactionNotFound"),
        server_error("Neo.TransientError.Transaction.LockAcquisitionTimeout"),
        server_error("Neo.TransientError.Transaction.Terminated"),
        server_error("Neo.TransientError.Cluster.ReplicationFailure"),
        server_error("Neo.DatabaseError.Database.UnableToStartDatabase"),
        server_error("Neo.DatabaseError.Transaction.TransactionCommitFailed"),
        server_error("Neo.DatabaseError.General.StorageDamageDetected"),
    ],
    ids=lambda error: getattr(error, "code", None) or type(error).__name__,
)
def test_the_world(error):
    """Connection, authentication, transient states and time limits are the world's."""
    fault = family(error)
    assert isinstance(fault, WorldFault)
    assert (fault.dependency, fault.is_batch_too_large) == ("neo4j", False)


@pytest.mark.parametrize("code", MEMORY_CODES)
def test_memory_is_the_worlds_and_smaller_batches_may_pass(code):
    """One transaction too large, the pool full with others' work, a full heap: no episode is given up for them."""
    fault = family(server_error(code))
    assert isinstance(fault, WorldFault)
    assert fault.is_batch_too_large
    with pytest.raises(WorldFault), memory_faults_at_once():
        raise server_error(code)


def test_only_memory_faults_skip_the_drivers_retries():
    """A deadlock inside a transaction's work leaves as the driver's own, which it retries."""
    with pytest.raises(driver.TransientError), memory_faults_at_once():
        raise server_error("Neo.TransientError.Transaction.DeadlockDetected")


@pytest.mark.parametrize(
    "error",
    [
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
    """Data that cannot be held is the batch's fault."""
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
        driver.ResultFailedError(None, "of no cause"),
        driver.DriverError("Driver closed"),
        ValueError("bug"),
    ],
    ids=lambda error: getattr(error, "code", None) or type(error).__name__,
)
def test_what_no_row_knows_is_a_bug(error):
    """It leaves as it came."""
    assert family(error) is None
    with pytest.raises(type(error)), translated():
        raise error


FAMILIES = {
    driver.ServiceUnavailable: WorldFault,
    driver.SessionExpired: WorldFault,
    driver.ConnectionPoolError: WorldFault,
    driver.AuthError: WorldFault,
    driver.TransientError: WorldFault,
    driver.ConfigurationError: UserError,
}
BUGS = {
    # Ours: a session, transaction or result used wrongly, or after its end.
    driver.DriverError,
    driver.SessionError,
    driver.TransactionError,
    driver.TransactionNestingError,
    driver.ResultError,
    driver.ResultConsumedError,
    driver.ResultNotSingleError,
    driver.BrokenRecordError,
    # Of what its cause is of; without one nobody's.
    driver.ResultFailedError,
    # By their codes, row by row above; without a code nobody's.
    driver.GqlError,
    driver.Neo4jError,
    driver.ClientError,
    driver.DatabaseError,
    driver.Forbidden,
    driver.CypherSyntaxError,
    driver.CypherTypeError,
    driver.ConstraintError,
}


def test_every_exception_of_the_driver_is_of_a_family_or_a_known_bug():
    """A new class in a new version of the driver must be given its place here first."""
    for _, kind in inspect.getmembers(driver, inspect.isclass):
        if not issubclass(kind, driver.GqlError):
            continue
        needs_owner = len(inspect.signature(kind.__init__).parameters) > 2  # a session, a transaction or a result
        error = kind(None, "told") if needs_owner else kind("told")
        base = next((base for base in FAMILIES if issubclass(kind, base)), None)
        assert (base is None) == (kind in BUGS), kind
        fault = family(error)
        assert fault is None if base is None else isinstance(fault, FAMILIES[base]), kind


def test_a_result_that_failed_with_its_transaction_is_of_that_failures_family():
    """The driver hides the cause of a second failed result; its family counts."""
    error = driver.ResultFailedError(None, "failed before")
    error.__cause__ = driver.SessionExpired("gone")
    assert isinstance(family(error), WorldFault)


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
