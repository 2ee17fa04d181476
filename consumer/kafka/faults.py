"""The one table from the Kafka client's exceptions to our families of failure.

What is in no row and not marked retriable by the client is a bug and passes through unchanged. Cancellation always
passes. Not here: what to do about each family (the pipeline's and the command line's business).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from aiokafka import errors

from consumer.errors import AssignmentLost, EpisodeFault, UserError, WorldFault

DEPENDENCY = "kafka"


class Family(Enum):
    """What a client exception means to us."""

    WORLD = "the broker is away or busy: the same call may succeed later"
    EPISODE = "this record can never be sent"
    ASSIGNMENT = "the partition is no longer ours"
    USER = "address, credentials, topic or limits are not as configured: a person must act"


_ACCESS = "check sasl_username, sasl_password, security_protocol and the broker's ACLs"
_TOPIC = "`episodes publish --create-topic` makes the topic"
_BROKER = "the broker is too old or too new for this client"
_CONFIG = "the broker refuses the configuration"

TABLE: dict[type[BaseException], tuple[Family, str]] = {
    # Away or busy.
    TimeoutError: (Family.WORLD, ""),
    OSError: (Family.WORLD, ""),
    errors.KafkaConnectionError: (Family.WORLD, ""),
    errors.NoBrokersAvailable: (Family.WORLD, ""),
    errors.NodeNotReadyError: (Family.WORLD, ""),
    errors.KafkaUnavailableError: (Family.WORLD, ""),
    errors.KafkaTimeoutError: (Family.WORLD, ""),
    errors.RequestTimedOutError: (Family.WORLD, ""),
    errors.BrokerNotAvailableError: (Family.WORLD, ""),
    errors.LeaderNotAvailableError: (Family.WORLD, ""),
    errors.NotLeaderForPartitionError: (Family.WORLD, ""),
    errors.ReplicaNotAvailableError: (Family.WORLD, ""),
    errors.NotEnoughReplicasError: (Family.WORLD, ""),
    errors.NotEnoughReplicasAfterAppendError: (Family.WORLD, ""),
    errors.GroupLoadInProgressError: (Family.WORLD, ""),
    errors.GroupCoordinatorNotAvailableError: (Family.WORLD, ""),
    errors.NotCoordinatorForGroupError: (Family.WORLD, ""),
    errors.NotControllerError: (Family.WORLD, ""),
    errors.KafkaStorageError: (Family.WORLD, ""),
    errors.QuotaViolationError: (Family.WORLD, ""),
    errors.CorruptRecordException: (Family.WORLD, ""),
    # A restarted broker forgets the producer's sequence; the next attempt starts a new one.
    errors.OutOfOrderSequenceNumber: (Family.WORLD, ""),
    errors.UnknownProducerId: (Family.WORLD, ""),
    errors.InvalidProducerEpoch: (Family.WORLD, ""),
    # Codes this client does not map, FENCED_INSTANCE_ID among them (aiokafka 1186).
    errors.UnknownError: (Family.WORLD, ""),
    # The record itself.
    errors.MessageSizeTooLargeError: (Family.EPISODE, "value-too-large"),
    errors.RecordListTooLargeError: (Family.EPISODE, "value-too-large"),
    errors.RecordTooLargeError: (Family.EPISODE, "value-too-large"),
    errors.InvalidTimestampError: (Family.EPISODE, "invalid-event"),
    # Fenced, thrown out, rebalanced away, or never assigned.
    errors.CommitFailedError: (Family.ASSIGNMENT, ""),
    errors.IllegalStateError: (Family.ASSIGNMENT, ""),
    errors.IllegalGenerationError: (Family.ASSIGNMENT, ""),
    errors.UnknownMemberIdError: (Family.ASSIGNMENT, ""),
    errors.RebalanceInProgressError: (Family.ASSIGNMENT, ""),
    errors.ConsumerStoppedError: (Family.ASSIGNMENT, ""),
    # Only a person can mend these.
    errors.AuthenticationFailedError: (Family.USER, _ACCESS),
    errors.AuthenticationMethodNotSupported: (Family.USER, _ACCESS),
    errors.SaslAuthenticationFailed: (Family.USER, _ACCESS),
    errors.UnsupportedSaslMechanismError: (Family.USER, _ACCESS),
    errors.IllegalSaslStateError: (Family.USER, _ACCESS),
    errors.SecurityDisabled: (Family.USER, _ACCESS),
    errors.TopicAuthorizationFailedError: (Family.USER, _ACCESS),
    errors.GroupAuthorizationFailedError: (Family.USER, _ACCESS),
    errors.ClusterAuthorizationFailedError: (Family.USER, _ACCESS),
    errors.UnknownTopicOrPartitionError: (Family.USER, _TOPIC),
    errors.InvalidTopicError: (Family.USER, "topic names hold letters, digits, dot, underscore and hyphen only"),
    errors.InvalidGroupIdError: (Family.USER, "set kafka.consumer_group"),
    errors.InconsistentGroupProtocolError: (Family.USER, "another program uses this consumer group"),
    errors.InvalidSessionTimeoutError: (Family.USER, "kafka.session_timeout_ms is outside the broker's limits"),
    errors.InvalidPartitionsError: (Family.USER, _CONFIG),
    errors.InvalidReplicationFactorError: (Family.USER, "fewer brokers than replicas"),
    errors.InvalidConfigurationError: (Family.USER, _CONFIG),
    errors.PolicyViolationError: (Family.USER, _CONFIG),
    errors.KafkaConfigurationError: (Family.USER, _CONFIG),
    errors.UnsupportedVersionError: (Family.USER, _BROKER),
    errors.IncompatibleBrokerVersion: (Family.USER, _BROKER),
    errors.UnrecognizedBrokerVersion: (Family.USER, _BROKER),
}
"""Exception class → family, and the reason (episode) or what to do (user). The nearest base class decides."""


def fault(error: BaseException, doing: str) -> Exception | None:
    """Return the family exception for `error`, raised while `doing` something, or None when no row knows it."""
    row = next((TABLE[kind] for kind in type(error).__mro__ if kind in TABLE), None)
    if row is None:
        if not (isinstance(error, errors.KafkaError) and error.retriable):
            return None
        row = (Family.WORLD, "")
    family, hint = row
    detail = f"{doing}: {_text(error)}"
    match family:
        case Family.WORLD:
            return WorldFault(DEPENDENCY, detail)
        case Family.EPISODE:
            return EpisodeFault(hint, detail)
        case Family.ASSIGNMENT:
            return AssignmentLost(detail)
        case Family.USER:
            return UserError(f"kafka: {detail}; {hint}")


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raise the family of what the client raises inside; `doing` names the operation in its message."""
    try:
        yield
    except Exception as error:
        family = fault(error, doing)
        if family is None:
            raise
        raise family from error


def _text(error: BaseException) -> str:
    """Return class and message of `error` on one line."""
    message = " ".join(str(error).split())
    name = type(error).__name__
    return f"{name}: {message}" if message and not message.startswith(name) else message or name
