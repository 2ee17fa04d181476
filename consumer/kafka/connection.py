"""How any Kafka client of ours connects: addresses and security, from the settings.

The password is unwrapped here and nowhere else; nothing of this is logged.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

from aiokafka.errors import KafkaConnectionError

from consumer.errors import UserError, WorldFault
from consumer.kafka.faults import DEPENDENCY, translated
from consumer.settings import KafkaSettings

CLIENT_ID = "episodes"
REQUEST_TIMEOUT_MS = 20_000
"""Limit of one request; half the client's default, so that a dead broker is told as such sooner."""


class _Client(Protocol):
    """What the clients share."""

    async def start(self) -> None: ...


class _Stopping(_Client, Protocol):
    """Consumer and producer."""

    async def stop(self) -> None: ...


C = TypeVar("C", bound=_Stopping)


def client_options(settings: KafkaSettings) -> dict[str, Any]:
    """Return the keyword arguments that consumer, producer and admin client share.

    Raises:
        UserError: the CA file can't be read, or SASL is asked for without a user name and password.
    """
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers,
        "client_id": CLIENT_ID,
        "security_protocol": settings.security_protocol,
        "request_timeout_ms": REQUEST_TIMEOUT_MS,
        "metadata_max_age_ms": settings.metadata_max_age_ms,
    }
    if settings.security_protocol.endswith("SSL"):
        options["ssl_context"] = _ssl_context(settings)
    if settings.security_protocol.startswith("SASL"):
        if settings.sasl_username is None or settings.sasl_password is None:
            raise UserError(
                f"kafka.security_protocol is {settings.security_protocol}: set EPISODES_KAFKA__SASL_USERNAME and "
                "EPISODES_KAFKA__SASL_PASSWORD",
                exit_code=2,
            )
        options["sasl_mechanism"] = settings.sasl_mechanism
        options["sasl_plain_username"] = settings.sasl_username
        options["sasl_plain_password"] = settings.sasl_password.get_secret_value()
    return options


@asynccontextmanager
async def started(client: C, settings: KafkaSettings) -> AsyncIterator[C]:
    """Connect `client` (consumer or producer), and stop it at the end.

    Raises:
        WorldFault: no broker answers, or it refuses the connection's security.
        UserError: the broker refuses us.
    """
    try:
        await connect(client, settings)
        yield client
    finally:
        await client.stop()


async def connect(client: _Client, settings: KafkaSettings) -> None:
    """Connect `client`.

    Raises:
        WorldFault: no broker answers, or it refuses the connection's security (the client does not say which).
        UserError: the broker refuses us.
    """
    try:
        with translated("connect"):
            await client.start()
    except WorldFault as fault:
        if not isinstance(fault.__cause__, KafkaConnectionError):
            raise
        # The client logs why each address failed and raises only that all did.
        raise WorldFault(
            DEPENDENCY,
            f"no broker at {settings.bootstrap_servers} accepts {settings.security_protocol} connections"
            + ("" if settings.sasl_username is None else f" of user {settings.sasl_username}"),
        ) from fault.__cause__


def _ssl_context(settings: KafkaSettings) -> ssl.SSLContext:
    """Return a verifying context with the configured CA bundle, or the system's."""
    try:
        return ssl.create_default_context(cafile=settings.ssl_ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise UserError(f"kafka.ssl_ca_file {settings.ssl_ca_file}: {error}", exit_code=2) from error
