"""One whole question to the memory: its span, its duration, and how it ended. Wraps what answers; knows no result."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from opentelemetry.trace import SpanKind

from consumer.errors import UserError
from consumer.telemetry import names
from consumer.telemetry.calls import client_call

P = ParamSpec("P")
R = TypeVar("R")

FOUND, NOTHING, CACHED, REFUSED, FAILED, CANCELLED = "found", "nothing", "cached", "refused", "failed", "cancelled"
"""How a question ends: `refused` when it is out of bounds or about what is not there, `failed` when we are at fault."""


def found(_result: object) -> str:
    """Return the outcome of an answer that is never empty."""
    return FOUND


def asked(
    kind: str, outcome_of: Callable[[Any], str] = found
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Callable[P, Coroutine[Any, Any, R]]]:
    """Measure each call of what is decorated as a question of `kind`; `outcome_of` tells found, nothing or cached."""

    def decorate(answer: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
        @wraps(answer)
        async def measured(*args: P.args, **kwargs: P.kwargs) -> R:
            with client_call(
                names.ask(kind), {names.QUESTION: kind}, metric=names.QUESTION_DURATION, kind=SpanKind.INTERNAL
            ) as call:
                try:
                    result = await answer(*args, **kwargs)
                except BaseException as error:
                    call.set(names.OUTCOME, _failure(error))
                    raise
                call.set(names.OUTCOME, outcome_of(result))
                return result

        return measured

    return decorate


def _failure(error: BaseException) -> str:
    if isinstance(error, asyncio.CancelledError):
        return CANCELLED
    return REFUSED if isinstance(error, UserError) else FAILED
