"""Each exception of the client means what its row says."""

import asyncio
import inspect

import pytest
from aiokafka import errors

from consumer.errors import AssignmentLost, EpisodeFault, UserError, WorldFault
from consumer.kafka.faults import TABLE, Family, fault, translated

EXPECTED = {
    Family.WORLD: WorldFault,
    Family.EPISODE: EpisodeFault,
    Family.ASSIGNMENT: AssignmentLost,
    Family.USER: UserError,
}


@pytest.mark.parametrize(("kind", "row"), TABLE.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_row_gives_its_family(kind, row):
    """The client's exception becomes the row's family, chained, with what was being done in the message."""
    family, hint = row
    with pytest.raises(EXPECTED[family]) as caught, translated("send to episodes"):
        raise kind("what it said")
    assert isinstance(caught.value.__cause__, kind)
    assert "send to episodes" in str(caught.value)
    if family is Family.USER:
        assert hint in str(caught.value)
        assert "\n" not in str(caught.value)
    if family is Family.EPISODE:
        assert caught.value.reason == hint
    if family is Family.WORLD:
        assert caught.value.dependency == "kafka"


def test_every_retriable_exception_is_the_worlds():
    """What the client itself would retry never becomes a dead letter, unless a row says otherwise."""
    for _, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, errors.KafkaError) and kind.retriable and kind not in TABLE:
            assert isinstance(fault(kind(), "x"), WorldFault), kind


BUGS = {
    # Base classes: what the client means by them is in no class of their own.
    "KafkaError", "BrokerResponseError",
    # Nothing wrong.
    "NoError",
    # Requests that we never send, or must never have sent like this: transactions, tokens, reassignment, sessions.
    "ConcurrentTransactions", "DelegationTokenAuthDisabled", "DelegationTokenAuthorizationFailed",
    "DelegationTokenExpired", "DelegationTokenNotFound", "DelegationTokenOwnerMismatch",
    "DelegationTokenRequestNotAllowed", "InvalidPrincipalType", "InvalidProducerIdMapping",
    "InvalidTransactionTimeout", "InvalidTxnState", "TransactionCoordinatorFenced",
    "TransactionalIdAuthorizationFailed", "ReassignmentInProgress", "InvalidReplicationAssignmentError",
    "LogDirNotFound", "ListenerNotFound", "OperationNotAttempted", "StaleControllerEpochError",
    "InvalidRequestError", "InvalidRequiredAcksError", "InvalidFetchRequestError", "InvalidCommitOffsetSizeError",
    "OffsetMetadataTooLargeError", "UnsupportedForMessageFormatError", "UnsupportedCodecError",
    "IllegalArgumentError", "IllegalOperation", "ProducerClosed", "ProducerFenced",
    # The client deals with them itself and never lets them out.
    "DuplicateSequenceNumber", "FetchSessionIdNotFound", "InvalidFetchSessionEpoch", "MemberIdRequired",
    "StaleLeaderEpochCodeError",
    # The caller asks for them by name: a gap in the log, a topic or a group that is or is not there.
    "OffsetOutOfRangeError", "NoOffsetForPartitionError", "TopicAlreadyExistsError", "GroupIdNotFound",
    "NonEmptyGroup",
}  # fmt: skip


def test_every_exception_of_the_client_is_of_a_family_or_a_known_bug():
    """A new class in a new version of the client must be given its place in the table or here first."""
    unknown = set()
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, Exception) and fault(kind.__new__(kind), "x") is None:
            unknown.add(name)
    assert unknown == BUGS


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), AssertionError("x"), errors.InvalidTxnState(), errors.IllegalArgumentError("x")],
)
def test_what_no_row_knows_passes_unchanged(error):
    """An unknown exception is a bug and must look like one."""
    with pytest.raises(type(error)) as caught, translated("x"):
        raise error
    assert caught.value is error


def test_cancellation_passes():
    """A cancelled call is never turned into a fault."""
    with pytest.raises(asyncio.CancelledError), translated("x"):
        raise asyncio.CancelledError


def test_our_families_pass_unchanged():
    """Nested translation does not wrap twice."""
    original = WorldFault("neo4j", "down")
    with pytest.raises(WorldFault) as caught, translated("x"):
        raise original
    assert caught.value is original


def test_refused_connection_is_the_worlds():
    """A subclass of a row's exception belongs to that row."""
    assert isinstance(fault(ConnectionRefusedError(111, "refused"), "connect"), WorldFault)
