"""The web application: routes from the table of endpoints, and what surrounds each request.

A request passes, from outside to inside: its id and headers, span and measurement, errors as problems, the guard, the
bound on requests in work, the time limit, and its endpoint.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import uuid
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from aiohttp import web
from opentelemetry.trace import SpanKind
from pydantic import TypeAdapter

from consumer.app.memory import Memory
from consumer.health.exposition import CONTENT_TYPE, OPENMETRICS_TYPE, accepts_openmetrics
from consumer.serve import bounds, openapi, problems
from consumer.serve.endpoint import Endpoint
from consumer.serve.endpoints import ENDPOINTS
from consumer.serve.guard import Guard
from consumer.serve.page_files import INDEX, page_files
from consumer.serve.problems import Problem
from consumer.telemetry import names
from consumer.telemetry.calls import Call, client_call, level
from consumer.telemetry.propagation import TRACE_HEADERS, within

logger = logging.getLogger(__name__)

REQUEST_ID = "X-Request-Id"
ID = web.RequestKey("id", str)
UNKNOWN = "unknown"
"""Route of requests that fit none, so that paths that strangers make up are no time series."""

_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_COMPRESS_OVER = 1_024

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""No outside host, no inline script or style, no frame around us."""

HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Server": "episodes",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Metrics = Callable[[], bytes]


class Api:
    """The application of one memory.

    `app` is served; `in_work` counts requests; `heard` are connections that sent one, as long as they are open.
    """

    def __init__(self, memory: Memory, metrics: Metrics | None = None, openmetrics: Metrics | None = None) -> None:
        """Take what answers; both forms of metrics are called in a thread."""
        self._memory = memory
        self._settings = memory.settings.serve
        self._guard = Guard(self._settings)
        self._metrics = metrics
        self._openmetrics = openmetrics
        self.in_work = 0
        self.heard: set[Any] = set()
        self.is_stopping = False
        self.app = web.Application(
            middlewares=[self._around, self._telemetry, self._errors, self._let_in, self._bounded],
            client_max_size=self._settings.max_body_bytes,
        )
        self.app.on_response_prepare.append(self._finish)
        self.app.add_routes([web.route(each.method, each.path, self._answering(each)) for each in ENDPOINTS])
        self.app.add_routes(
            [
                web.get("/openapi.json", self._openapi),
                web.get("/livez", self._live),
                web.get("/readyz", self._ready),
                web.get("/metrics", self._scrape),
                web.get("/", self._index),
                web.get("/assets/{name}", self._asset),
            ]
        )
        if self._settings.cors_origins:
            self.app.router.add_route("OPTIONS", "/v1/{path:.*}", self._preflight)

    # --- what surrounds a request -------------------------------------------------------------------------------

    @web.middleware
    async def _around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Give the request its id."""
        self.heard.add(request.protocol)
        given = request.headers.get(REQUEST_ID, "")
        request[ID] = given if _ID.fullmatch(given) else uuid.uuid4().hex
        return await handler(request)

    @web.middleware
    async def _telemetry(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Record the request as a span that continues the caller's trace, and measure it."""
        resource = request.match_info.route.resource
        route = UNKNOWN if resource is None else resource.canonical
        carrier = {name: request.headers[name] for name in TRACE_HEADERS if name in request.headers}
        attributes = {names.HTTP_METHOD: _method(request.method), names.HTTP_ROUTE: route}
        self.in_work += 1
        level(names.HTTP_ACTIVE, self.in_work, {})
        try:
            with (
                within(carrier),
                client_call(
                    names.served(_method(request.method), route),
                    attributes,
                    metric=names.HTTP_DURATION,
                    kind=SpanKind.SERVER,
                ) as call,
            ):
                response = await handler(request)
                _tell(call, request, response)
                return response
        finally:
            self.in_work -= 1
            level(names.HTTP_ACTIVE, self.in_work, {})

    @web.middleware
    async def _errors(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer every error as a problem."""
        try:
            return await handler(request)
        except Exception as error:  # noqa: BLE001 - each has its status in `problems`; what nobody foresaw is logged
            return problems.answer(problems.problem_of(error, f"[{request[ID]}] {request.path[:200]}"), request[ID])

    @web.middleware
    async def _let_in(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let in who may come."""
        if request.method != "OPTIONS":
            self._guard.check(request.method, request.path, request.headers)
        return await handler(request)

    @web.middleware
    async def _bounded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Bound requests in work, and the time of each; probes are always answered."""
        if self.in_work > self._settings.max_requests and request.path.startswith("/v1/"):
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "too many requests in work (serve.max_requests); try again",
                headers={"Retry-After": "1"},
            )
        async with asyncio.timeout(self._settings.request_timeout_s):
            return await handler(request)

    async def _finish(self, request: web.Request, response: web.StreamResponse) -> None:
        """Put on the headers that every answer has."""
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["Server"] = HEADERS["Server"]
        response.headers[REQUEST_ID] = request.get(ID, "")
        response.headers.setdefault("Cache-Control", "no-store")
        origin = self._guard.allowed_origin(request.headers)
        if self._settings.cors_origins:
            response.headers["Vary"] = "Origin"
        if origin is not None:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = REQUEST_ID
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if self.is_stopping:
            response.force_close()

    # --- answers ------------------------------------------------------------------------------------------------

    def _answering(self, endpoint: Endpoint) -> Handler:
        """Return the handler of one endpoint."""
        told: TypeAdapter[Any] = TypeAdapter(endpoint.answer)

        async def answer(request: web.Request) -> web.StreamResponse:
            if endpoint.publishes and self._settings.read_only:
                raise Problem(HTTPStatus.FORBIDDEN, "this API is read-only (serve.read_only)")
            query = {name: request.query.getall(name) for name in request.query}
            body = await request.read() if endpoint.body is not None else None
            call = endpoint.call(dict(request.match_info), query, body)
            bounds.check(call.query, "query", self._settings)
            bounds.check(call.body, "body", self._settings)
            found = await endpoint.handle(self._memory, call)
            text = told.dump_json(found)
            response = web.Response(body=text, status=endpoint.status.value, content_type="application/json")
            if len(text) > _COMPRESS_OVER:
                response.enable_compression()
            return response

        return answer

    async def _openapi(self, _request: web.Request) -> web.Response:
        return web.Response(text=openapi.text(), content_type="application/json")

    async def _live(self, _request: web.Request) -> web.Response:
        return _told("")

    async def _ready(self, _request: web.Request) -> web.Response:
        return _told("stopping" if self.is_stopping else await self._memory.is_ready())

    async def _scrape(self, request: web.Request) -> web.Response:
        if self._metrics is None:
            raise Problem(HTTPStatus.NOT_FOUND, "metrics are off")
        if self._openmetrics is not None and accepts_openmetrics(request.headers.get("Accept", "")):
            body = await asyncio.to_thread(self._openmetrics)
            return web.Response(body=body, headers={"Content-Type": OPENMETRICS_TYPE})
        body = await asyncio.to_thread(self._metrics)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return self._file(request, INDEX)

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        return self._file(request, request.match_info["name"])

    def _file(self, request: web.Request, name: str) -> web.StreamResponse:
        found = page_files().get(name) if self._settings.page else None
        if found is None:
            raise Problem(HTTPStatus.NOT_FOUND, "there is no such file" if self._settings.page else "the page is off")
        headers = {"ETag": found.etag, "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == found.etag:
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        response = web.Response(body=found.body, content_type=found.kind, charset="utf-8", headers=headers)
        response.enable_compression()
        return response

    async def _preflight(self, request: web.Request) -> web.Response:
        """Answer whether a page of a named origin may ask."""
        if self._guard.allowed_origin(request.headers) is None:
            raise Problem(HTTPStatus.FORBIDDEN, "this page's origin is not one of serve.cors_origins")
        return web.Response(
            status=HTTPStatus.NO_CONTENT,
            headers={
                "Access-Control-Allow-Methods": "GET, POST, DELETE",
                "Access-Control-Allow-Headers": f"Authorization, Content-Type, {REQUEST_ID}, traceparent, tracestate",
                "Access-Control-Max-Age": "600",
            },
        )


def _told(why: str) -> web.Response:
    """Return the answer of a probe: all is well, or why not."""
    body = {"status": "failed" if why else "ok", "why": why}
    status = HTTPStatus.SERVICE_UNAVAILABLE if why else HTTPStatus.OK
    return web.Response(text=json.dumps(body) + "\n", status=status, content_type="application/json")


def _tell(call: Call, request: web.Request, response: web.StreamResponse) -> None:
    """Set what is known at the end: status, and the error of a request that we failed."""
    call.set(names.HTTP_STATUS, response.status)
    call.set(names.REQUEST_ID, request[ID])
    if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        call.set(names.ERROR_TYPE, str(response.status))


def _method(method: str) -> str:
    """Return the method as an attribute: those that strangers make up are one."""
    return method if method in {"GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"} else "_OTHER"
