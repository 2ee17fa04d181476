"""What the doors need to decide who may come: a token compared in constant time, and which addresses others reach."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress

from pydantic import SecretStr

from consumer.errors import UserError

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
"""What a Host header says when a program of this machine asks."""


class Token:
    """The token that is asked for; keeps only its digest. None lets everybody in."""

    def __init__(self, token: SecretStr | None) -> None:
        self._digest = None if token is None else _digest(token.get_secret_value())

    @property
    def is_asked(self) -> bool:
        """Whether there is one."""
        return self._digest is not None

    def is_in(self, authorization: str) -> bool:
        """Return whether an Authorization header (`Bearer …`) holds it; True where none is asked."""
        if self._digest is None:
            return True
        scheme, _, token = authorization.partition(" ")
        # Both sides are digests of one length, so that the comparison takes the same time whatever was sent.
        is_right = hmac.compare_digest(_digest(token.strip()), self._digest)
        return scheme.casefold() == "bearer" and is_right


def is_loopback(host: str) -> bool:
    """Return whether an address to listen on is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_address(host: str, token: SecretStr | None, prefix: str, *, is_open_on_purpose: bool = False) -> None:
    """Refuse to listen where others reach us when nothing is asked of them; `prefix` is that of the settings.

    Raises:
        UserError: there is no token, and the address is not of this machine alone.
    """
    if token is not None or is_loopback(host) or is_open_on_purpose:
        return
    raise UserError(
        f"others reach {host or 'this address'}, and there is no token: set {prefix}TOKEN (16 characters or more), or "
        f"{prefix}OPEN_WITHOUT_TOKEN=true where something before it asks who comes",
        exit_code=2,
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogateescape")).digest()
