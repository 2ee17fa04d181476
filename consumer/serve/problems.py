"""Errors as one JSON form: problem details, with the request's id; and which error of ours has which status.

Source: RFC 9457, https://www.rfc-editor.org/rfc/rfc9457.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from consumer.app.memory import NotThere
from consumer.errors import EpisodeFault, UserError, WorldFault

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_S = 2

SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "What kind of problem; `about:blank` is that of the status."},
        "title": {"type": "string", "description": "The status in words."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong with this request, in a sentence."},
        "request_id": {"type": "string", "description": "As in X-Request-Id; the log names it."},
        "reason": {"type": "string", "description": "Why an event is refused, a word of the dead-letter topic."},
        "errors": {
            "type": "array",
            "description": "Each thing that is wrong, with where.",
            "items": {
                "type": "object",
                "required": ["in", "pointer", "detail"],
                "properties": {
                    "in": {"enum": ["path", "query", "body"]},
                    "pointer": {"type": "string", "description": "JSON pointer into the body, or a parameter's name."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


class Problem(Exception):  # noqa: N818 - named as the RFC names it
    """A request can't be answered as asked; the client is told `detail` under `status`."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        reason: str = "",
    ) -> None:
        """Store the status, one sentence, each error with where it is, and headers of the answer."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.reason = reason


def problem_of(error: Exception, path: str) -> Problem:
    """Return what the client is told of `error`; nothing of one that nobody foresaw, which is logged."""
    error = _leaf(error)
    if isinstance(error, Problem):
        return error
    if isinstance(error, web.HTTPException):
        return Problem(HTTPStatus(error.status), _told(error), headers=_allow(error))
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return Problem(status, _detail(error), headers=_wait(error), reason=getattr(error, "reason", ""))
    logger.error("%s failed", path, exc_info=error)
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "a bug in the server; its log has it under the request id")


_STATUS: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (NotThere, HTTPStatus.NOT_FOUND),
    (UserError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (EpisodeFault, HTTPStatus.UNPROCESSABLE_ENTITY),
    (WorldFault, HTTPStatus.SERVICE_UNAVAILABLE),
    (TimeoutError, HTTPStatus.GATEWAY_TIMEOUT),
)
"""From our errors to a status; the first that fits."""


def _leaf(error: Exception) -> Exception:
    """Return the one error in a group of one, the error itself otherwise."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _detail(error: Exception) -> str:
    return "took too long and was given up: ask for less, or later" if isinstance(error, TimeoutError) else str(error)


def _wait(error: Exception) -> dict[str, str]:
    """Return when to come again, for what is wrong outside."""
    if not isinstance(error, WorldFault):
        return {}
    return {"Retry-After": str(max(1, round(error.retry_after_s or RETRY_AFTER_S)))}


def answer(problem: Problem, request_id: str) -> web.Response:
    """Return the problem as a response."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.status.phrase,
        "status": problem.status.value,
        "detail": problem.detail,
        "request_id": request_id,
    }
    if problem.reason:
        body["reason"] = problem.reason
    if problem.errors:
        body["errors"] = problem.errors
    return web.Response(
        text=json.dumps(body, ensure_ascii=False) + "\n",
        status=problem.status.value,
        content_type=CONTENT_TYPE,
        headers=problem.headers,
    )


def _told(refused: web.HTTPException) -> str:
    if isinstance(refused, web.HTTPNotFound):
        return "no such path; /openapi.json has them all"
    if isinstance(refused, web.HTTPMethodNotAllowed):
        return f"{refused.method} is not for this path; these are: {', '.join(sorted(refused.allowed_methods))}"
    if isinstance(refused, web.HTTPRequestEntityTooLarge):
        return "the body is over serve.max_body_bytes"
    return (refused.reason or "refused").lower()


def _allow(refused: web.HTTPException) -> dict[str, str]:
    """Return the headers that must stay with a refusal."""
    return {name: refused.headers[name] for name in ("Allow", "Retry-After") if name in refused.headers}
