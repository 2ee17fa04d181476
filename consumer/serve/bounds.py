"""Bounds of requests that the settings set, beyond what their models say."""

from __future__ import annotations

from http import HTTPStatus

from consumer.serve.problems import Problem
from consumer.serve.wire import ContextBody, SearchBody, Wire
from consumer.settings import ServeSettings


def check(part: Wire, where: str, settings: ServeSettings) -> None:
    """Refuse a query or body that asks for more than the settings allow.

    Raises:
        Problem: it does; the bound and its setting are told.
    """
    limit = getattr(part, "limit", None)
    if limit is not None and limit > settings.max_limit:
        raise _over(where, "limit", limit, settings.max_limit, "max_limit")
    if isinstance(part, SearchBody):
        if len(part.query) > settings.max_query_chars:
            raise _over(where, "query", f"{len(part.query)} characters", settings.max_query_chars, "max_query_chars")
        if len(part.group_ids) > settings.max_groups:
            raise _over(where, "group_ids", len(part.group_ids), settings.max_groups, "max_groups")
    if isinstance(part, ContextBody) and part.max_tokens > settings.max_context_tokens:
        raise _over(where, "max_tokens", part.max_tokens, settings.max_context_tokens, "max_context_tokens")


def _over(where: str, name: str, given: object, most: int, setting: str) -> Problem:
    detail = f"{given} is over the {most} of serve.{setting}"
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"{where}: {name}: {detail}",
        errors=[{"in": where, "pointer": f"/{name}", "detail": detail}],
    )
