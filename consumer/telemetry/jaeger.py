"""Traces read back from a Jaeger, over the HTTP API that its own page uses (Jaeger 1 and 2).

Knows nothing of what our spans mean.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from consumer.errors import UserError, WorldFault
from consumer.telemetry.told_span import ToldEvent, ToldSpan

DEPENDENCY = "jaeger"
_TIMEOUT_S = 10.0
_NOT_FOUND, _OK = 404, 200
_MICROSECOND = 1_000


class Jaeger:
    """A Jaeger at a base address, e.g. http://127.0.0.1:16686."""

    def __init__(self, base_url: str) -> None:
        """Store the address; nothing is connected."""
        self._base_url = base_url.rstrip("/")

    async def trace(self, trace_id: str) -> list[ToldSpan]:
        """Return the spans of a trace; none when it is not there (yet).

        Raises:
            WorldFault: Jaeger does not answer, or something else does.
        """
        found = await self._get(f"/api/traces/{trace_id}", {})
        return [] if found is None else [span for told in _traces(found) for span in told]

    async def latest(
        self, service: str, *, operation: str = "", tags: Mapping[str, str] | None = None, limit: int = 20
    ) -> list[list[ToldSpan]]:
        """Return the last traces of a service that have such a span, the newest first.

        Raises:
            WorldFault: Jaeger does not answer, or something else does.
        """
        asked = {"service": service, "limit": str(limit), "lookback": "2d"}
        if operation:
            asked["operation"] = operation
        if tags:
            asked["tags"] = json.dumps(dict(tags))
        found = await self._get("/api/traces", asked)
        told = [] if found is None else _traces(found)
        return sorted(told, key=lambda spans: -max(span.began_ns for span in spans))

    async def operations(self, service: str) -> list[str]:
        """Return the names of the spans that a service has sent."""
        found = await self._get(f"/api/services/{service}/operations", {})
        return [str(name) for name in (found or {}).get("data") or ()]

    async def _get(self, path: str, asked: Mapping[str, str]) -> dict[str, Any] | None:
        """Return the answer, None for 404."""
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(f"{self._base_url}{path}", params=asked) as response,
            ):
                if response.status == _NOT_FOUND:
                    return None
                if response.status != _OK:
                    raise WorldFault(DEPENDENCY, f"{self._base_url}{path} answers {response.status}")
                answer = await response.json(content_type=None)
        except aiohttp.InvalidURL as error:
            raise UserError(f"{self._base_url!r} is no address, e.g. http://127.0.0.1:16686") from error
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise WorldFault(DEPENDENCY, f"no Jaeger answers at {self._base_url}") from error
        if not isinstance(answer, dict):
            raise WorldFault(DEPENDENCY, f"what answers at {self._base_url} is no Jaeger")
        return answer


def _traces(answer: Mapping[str, Any]) -> list[list[ToldSpan]]:
    return [[_span(span) for span in told.get("spans") or ()] for told in answer.get("data") or ()]


def _span(told: Mapping[str, Any]) -> ToldSpan:
    attributes = _attributes(told.get("tags") or ())
    began = int(told["startTime"]) * _MICROSECOND
    parents = [each for each in told.get("references") or () if each["refType"] == "CHILD_OF"]
    links = [each for each in told.get("references") or () if each["refType"] != "CHILD_OF"]
    return ToldSpan(
        name=str(told["operationName"]),
        trace_id=str(told["traceID"]).zfill(32),
        span_id=str(told["spanID"]).zfill(16),
        parent_id=str(parents[0]["spanID"]).zfill(16) if parents else "",
        began_ns=began,
        ended_ns=began + int(told["duration"]) * _MICROSECOND,
        kind=str(attributes.get("span.kind", "internal")),
        is_error=attributes.get("otel.status_code") == "ERROR" or attributes.get("error") is True,
        attributes=attributes,
        events=tuple(_event(each) for each in told.get("logs") or ()),
        links=tuple((str(each["traceID"]).zfill(32), str(each["spanID"]).zfill(16)) for each in links),
    )


def _event(told: Mapping[str, Any]) -> ToldEvent:
    fields = _attributes(told.get("fields") or ())
    name = str(fields.pop("event", "event"))
    return ToldEvent(name, int(told["timestamp"]) * _MICROSECOND, fields)


def _attributes(told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {str(each["key"]): each.get("value") for each in told}
