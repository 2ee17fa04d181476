"""What a Jaeger tells is read as spans, and what is no Jaeger is told in one line."""

import json
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from consumer.errors import UserError, WorldFault
from consumer.telemetry.jaeger import Jaeger
from consumer.telemetry.told_span import ToldEvent, ToldSpan

TRACE = "7a" * 16
ANSWER = {
    "data": [
        {
            "traceID": TRACE,
            "spans": [
                {
                    "traceID": TRACE,
                    "spanID": "0b",
                    "operationName": "chat m",
                    "references": [
                        {"refType": "CHILD_OF", "traceID": TRACE, "spanID": "0a"},
                        {"refType": "FOLLOWS_FROM", "traceID": "cc", "spanID": "0d"},
                    ],
                    "startTime": 1_700_000_000_000_001,
                    "duration": 2_500,
                    "tags": [
                        {"key": "span.kind", "type": "string", "value": "client"},
                        {"key": "otel.status_code", "type": "string", "value": "ERROR"},
                        {"key": "gen_ai.usage.input_tokens", "type": "int64", "value": 7},
                    ],
                    "logs": [
                        {
                            "timestamp": 1_700_000_000_000_002,
                            "fields": [{"key": "event", "value": "retry"}, {"key": "episodes.attempt", "value": 1}],
                        }
                    ],
                }
            ],
        }
    ]
}


@asynccontextmanager
async def answering(handler):
    """Serve what `handler` says on a free port."""
    application = web.Application()
    application.router.add_get("/{path:.*}", handler)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def test_span_is_read_whole():
    """Parent, links to other traces, kind, status, attributes and events."""

    async def handler(request):
        assert request.path == f"/api/traces/{TRACE}"
        return web.json_response(ANSWER)

    async with answering(handler) as address:
        (span,) = await Jaeger(address).trace(TRACE)
    assert span == ToldSpan(
        name="chat m",
        trace_id=TRACE,
        span_id="000000000000000b",
        parent_id="000000000000000a",
        began_ns=1_700_000_000_000_001_000,
        ended_ns=1_700_000_000_002_501_000,
        kind="client",
        is_error=True,
        attributes={"span.kind": "client", "otel.status_code": "ERROR", "gen_ai.usage.input_tokens": 7},
        events=(ToldEvent("retry", 1_700_000_000_000_002_000, {"episodes.attempt": 1}),),
        links=(("cc".zfill(32), "000000000000000d"),),
    )
    assert span.seconds == 0.0025


async def test_latest_asks_for_service_operation_and_attributes():
    """They go into the question; the newest trace comes first."""
    asked = {}

    async def handler(request):
        asked.update(request.query)
        old = json.loads(json.dumps(ANSWER["data"][0]))
        old["spans"][0]["startTime"] -= 10
        return web.json_response({"data": [old, ANSWER["data"][0]]})

    async with answering(handler) as address:
        found = await Jaeger(address).latest("pods", operation="process e", tags={"a": "b"}, limit=3)
    assert [spans[0].began_ns % 1_000_000 for spans in found] == [1_000, 991_000]
    assert {name: asked[name] for name in ("service", "operation", "limit", "tags")} == {
        "service": "pods",
        "operation": "process e",
        "limit": "3",
        "tags": '{"a": "b"}',
    }


async def test_unknown_trace_is_none():
    """Jaeger says 404: no spans, no error."""

    async def handler(_request):
        return web.json_response({"data": None, "errors": [{"code": 404}]}, status=404)

    async with answering(handler) as address:
        assert await Jaeger(address).trace(TRACE) == []


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [(500, "oops", "answers 500"), (200, "<html>", "no Jaeger"), (200, "[]", "is no Jaeger")],
)
async def test_what_is_no_jaeger_is_told(status, body, told):
    """An error, a page, other JSON: a fault of the world with the address in it."""

    async def handler(_request):
        return web.Response(text=body, status=status)

    async with answering(handler) as address:
        with pytest.raises(WorldFault, match=told):
            await Jaeger(address).trace(TRACE)


async def test_nobody_there_and_no_address_are_told_apart():
    """A closed port is the world's fault, a word that is no address the user's."""
    with pytest.raises(WorldFault, match="no Jaeger answers"):
        await Jaeger("http://127.0.0.1:1").trace(TRACE)
    with pytest.raises(UserError, match="is no address"):
        await Jaeger("jaeger").trace(TRACE)
