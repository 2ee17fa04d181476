"""The one table from openai's exceptions to the families of failure.

Pure: an exception in, an exception out. What is in no row is None, and the caller lets it propagate as a bug.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from json import JSONDecodeError

import httpx2
import openai

from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.model.instants import to_utc

MAX_RETRY_AFTER_S = 3_600.0
"""A server that asks for more is asked again after an hour."""

_DETAIL_CHARS = 300
_TOO_LONG = re.compile(
    r"context[ _]length|maximum context|context window|too many tokens|prompt is too long|string_above_max_length|"
    r"maximum input length|reduce the length",
    re.IGNORECASE,
)
_FILTERED = re.compile(
    r"content[ _](?:filter|policy|management)|responsible_?ai|flagged|safety system|moderation", re.IGNORECASE
)
_NO_ANSWER: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "no answer in time"),
    (openai.APITimeoutError, "the request timed out"),
    (JSONDecodeError, "a body that is no JSON"),
    (UnicodeDecodeError, "a body that is no text"),
)
_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
_OUT_OF_QUOTA = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_PASSING_STATUS = frozenset({408, 409, 425, 429})
_BAD_REQUEST, _NOT_FOUND, _TOO_LARGE, _THROTTLED, _SERVER_ERROR = 400, 404, 413, 429, 500
_EPISODE_STATUS = frozenset({_BAD_REQUEST, _TOO_LARGE, 422})
_SETUP_ADVICE = {
    401: "the API key is not accepted; set OPENAI_API_KEY",
    403: "the API key may not do this",
    _NOT_FOUND: "model or address not found; check the model's name and OPENAI_BASE_URL",
}


def family_of(
    error: openai.OpenAIError | TimeoutError | JSONDecodeError | UnicodeDecodeError, dependency: str, now: datetime
) -> EpisodeFault | WorldFault | UserError | None:
    """Return what `error` means to us, or None when no row knows it.

    `dependency` is `llm` or `embeddings`; `now` (aware) turns an HTTP date of Retry-After into seconds.

    | error | family |
    |---|---|
    | timeout, connection lost or refused, unreadable body | WorldFault |
    | 408, 409, 425, 5xx, 429 out of quota | WorldFault, with Retry-After |
    | 429 | WorldFault, with Retry-After, throttling: no outage |
    | 401, 403, 404, 400 naming the model | UserError: key, permission, model or address |
    | 400 too long, 413 | EpisodeFault `context-length` |
    | 400 filtered | EpisodeFault `refused` |
    | other 400, 422 | EpisodeFault `request-refused` |
    """
    for kind, detail in _NO_ANSWER:
        if isinstance(error, kind):
            return WorldFault(dependency, detail)
    if isinstance(error, openai.APIConnectionError):
        return WorldFault(dependency, f"connection failed: {_cause(error)}")
    if isinstance(error, openai.APIResponseValidationError):
        return WorldFault(dependency, f"HTTP {error.status_code} with a body that is no API answer")
    if isinstance(error, openai.APIStatusError):
        return _status_family(error, dependency, now)
    return None


def is_timeout(fault: WorldFault) -> bool:
    """Whether the server gave no answer in time; known of a fault that `family_of` made and an adapter raised."""
    return isinstance(fault.__cause__, TimeoutError | openai.APITimeoutError)


def may_be_billed(error: BaseException) -> bool:
    """Whether the provider may charge for a call that ended so: it was sent, and refused neither at once nor later.

    A call that is given up, or whose answer is late or broken, is worked on all the same. Known of what `family_of`
    made and an adapter raised.
    """
    if not isinstance(error, WorldFault):
        return isinstance(error, asyncio.CancelledError)
    cause = error.__cause__
    if isinstance(cause, openai.APIConnectionError):
        return not isinstance(cause.__cause__, _NOT_SENT)
    return not isinstance(cause, openai.APIStatusError)


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return how many seconds the server asks us to wait, at most an hour; None when it doesn't say.

    `retry-after-ms` before `Retry-After`, which may be seconds or an HTTP date.

    Source: RFC 9110, section 10.2.3.
    """
    for header, divisor in (("retry-after-ms", 1_000.0), ("retry-after", 1.0)):
        value = headers.get(header)
        if value is None:
            continue
        seconds = _number(value)
        if seconds is not None:
            return min(max(seconds / divisor, 0.0), MAX_RETRY_AFTER_S)
        try:
            until = to_utc(parsedate_to_datetime(value))
        except ValueError:
            continue
        return min(max((until - now).total_seconds(), 0.0), MAX_RETRY_AFTER_S)
    return None


def said_by(error: openai.APIStatusError) -> str:
    """Return what the server says, also where its body is not of OpenAI's form.

    LM Studio's `error` is a text; what validates by FastAPI has a `detail`: a text, or a list with the place of each,
    whose `input` is left out, for it quotes the request. A page of a proxy says nothing.
    """
    body = error.body
    if isinstance(body, str) and "json" not in error.response.headers.get("content-type", ""):
        return error.message
    told = body.get("detail") if isinstance(body, Mapping) else body
    if isinstance(told, list):
        told = "; ".join(
            f"{'.'.join(str(part) for part in one.get('loc', ()))}: {one.get('msg', '')}"
            for one in told
            if isinstance(one, Mapping)
        )
    return f"{error.message} - {told}" if isinstance(told, str) and told not in error.message else error.message


def _status_family(
    error: openai.APIStatusError, dependency: str, now: datetime
) -> EpisodeFault | WorldFault | UserError | None:
    status = error.status_code
    said = said_by(error)
    detail = f"HTTP {status}: {_one_line(said)}"
    told = f"{error.code or ''} {said}"
    if status in _PASSING_STATUS or status >= _SERVER_ERROR:
        is_spent = error.code in _OUT_OF_QUOTA
        if is_spent:
            detail = f"out of quota, add credit or change the key: {detail}"
        return WorldFault(
            dependency,
            detail,
            retry_after_s(error.response.headers, now),
            is_throttling=status == _THROTTLED and not is_spent,
        )
    if status == _BAD_REQUEST and (error.param == "model" or error.code == "model_not_found"):
        status = _NOT_FOUND
    if status in _SETUP_ADVICE:
        return UserError(f"{dependency}: {_SETUP_ADVICE[status]} ({detail})")
    return EpisodeFault(_reason(status, told), detail) if status in _EPISODE_STATUS else None


def _reason(status: int, told: str) -> str:
    """Return why this one request can never be answered."""
    if status == _TOO_LARGE or _TOO_LONG.search(told):
        return "context-length"
    return "refused" if _FILTERED.search(told) else "request-refused"


def _cause(error: openai.APIConnectionError) -> str:
    """Return the reason under openai's bare `Connection error.`."""
    cause = error.__cause__
    return _one_line(f"{type(cause).__name__}: {cause}" if cause is not None else error.message)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_DETAIL_CHARS]
