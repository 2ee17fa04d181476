"""Answers that go wrong on the wire: half of one and then silence or a reset, and bodies that are no answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from aiohttp import web

from consumer.testing.simulator_profile import Decision, Fault, Profile

_PAGE = "<!doctype html><html><head><title>502</title></head><body><h1>Bad gateway</h1></body></html>"
_NO_JSON = b'\x1f\x8b\xff\xfe{"choices": [\x00'


async def respond(
    request: web.Request,
    payload: dict[str, Any],
    decision: Decision,
    profile: Profile,
    *,
    headers: dict[str, str],
    closing: asyncio.Event,
) -> web.StreamResponse:
    """Return the response that carries `payload`, or fails to by the decision's fault; ends when `closing` is set."""
    match decision.fault:
        case Fault.GARBAGE if decision.coin:
            return web.Response(text=_PAGE, content_type="text/html", headers=headers)
        case Fault.GARBAGE:
            return web.Response(body=_NO_JSON, content_type="application/json", headers=headers)
        case Fault.HANG | Fault.RESET:
            return await _half(request, payload, decision, profile, closing)
        case _:
            return web.json_response(payload, headers=headers)


async def _half(
    request: web.Request, payload: dict[str, Any], decision: Decision, profile: Profile, closing: asyncio.Event
) -> web.StreamResponse:
    body = json.dumps(payload).encode()
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if decision.fault is Fault.HANG:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(profile.hang_s):
                await closing.wait()
    if request.transport is not None:
        request.transport.abort()
    return response


async def json_of(request: web.Request) -> dict[str, Any]:
    """Return the JSON object that was sent, an empty one if none was."""
    with contextlib.suppress(ValueError):
        body = await request.json()
        if isinstance(body, dict):
            return body
    return {}


def error(
    status: int,
    message: str,
    kind: str,
    *,
    code: str | None = None,
    param: str | None = None,
    headers: dict[str, str] | None = None,
) -> web.Response:
    """Return an error in the form of the real API."""
    body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
    return web.json_response(body, status=status, headers=headers)
