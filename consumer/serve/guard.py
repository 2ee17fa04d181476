"""Who is let in: the token, the Host header, pages of other origins. Pure.

G1: with a token, nothing but `OPEN_PATHS` is answered without it.
G2: without a token, only requests under a loopback name (or one that is allowed) are answered: a page elsewhere that
    has its own name resolve to this machine (DNS rebinding) is refused.
G3: a request that changes something never comes from a page of another origin: its body must be JSON, which browsers
    send across origins only after asking (CORS), and that is off unless the settings name the origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from consumer.app.access import LOOPBACK_NAMES, Token
from consumer.serve.problems import Problem
from consumer.settings import ServeSettings

OPEN_PATHS = frozenset({"/", "/openapi.json", "/livez", "/readyz"})
"""Paths, beside the page's files, that tell nothing about the memory: they never ask for the token."""
ASSETS = "/assets/"


def is_open(path: str) -> bool:
    """Return whether a path never asks for the token."""
    return path in OPEN_PATHS or path.startswith(ASSETS)


class Guard:
    """Decides by the settings."""

    def __init__(self, settings: ServeSettings) -> None:
        self._token = Token(settings.token)
        self._hosts = LOOPBACK_NAMES | {host.casefold() for host in settings.allowed_hosts}
        self._origins = frozenset(settings.cors_origins)
        self._checks_host = settings.token is None and not settings.open_without_token

    def check(self, method: str, path: str, headers: Mapping[str, str]) -> None:
        """Let a request pass.

        Raises:
            Problem: 401 without the token, 403 under a foreign name, 415 for a body that is not JSON.
        """
        if self._checks_host and _host(headers.get("Host", "")) not in self._hosts:
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "this name is not one of serve.allowed_hosts; without a token only those are answered",
            )
        if not is_open(path):
            self._check_token(headers.get("Authorization", ""))
        if method in {"POST", "PUT", "PATCH", "DELETE"}:
            self._check_origin(headers)
        if method == "POST":
            kind = headers.get("Content-Type", "").partition(";")[0].strip().casefold()
            if kind != "application/json":
                raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send the body as application/json")

    def allowed_origin(self, headers: Mapping[str, str]) -> str | None:
        """Return the origin of the request if its pages may read the answer."""
        origin = headers.get("Origin", "")
        return origin if origin in self._origins else None

    def _check_token(self, given: str) -> None:
        if not self._token.is_in(given):
            raise Problem(
                HTTPStatus.UNAUTHORIZED,
                "the token is wrong" if given else "send the token: Authorization: Bearer …",
                headers={"WWW-Authenticate": 'Bearer realm="episodes"'},
            )

    def _check_origin(self, headers: Mapping[str, str]) -> None:
        """Refuse a change that a page of another origin asks for."""
        origin = headers.get("Origin")
        if origin is None:
            is_ours = headers.get("Sec-Fetch-Site", "none") in {"same-origin", "none"}
        else:
            is_ours = origin.partition("://")[2].casefold() == headers.get("Host", "").casefold()
        if not is_ours and origin not in self._origins:
            raise Problem(HTTPStatus.FORBIDDEN, "this page's origin is not one of serve.cors_origins")


def _host(header: str) -> str:
    """Return the name in a Host header, without port and brackets."""
    if header.startswith("["):
        return header[1:].partition("]")[0].casefold()
    return header.rpartition(":")[0].casefold() if header.count(":") == 1 else header.casefold()
