"""The HTTP endpoint: /livez, /readyz, /metrics and /statz. Answers questions; decides and changes nothing.

Open to whoever can reach the port, so it tells numbers and states, never content, settings or a stack trace.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Protocol, Self

from aiohttp import web

from consumer.health import profile_page
from consumer.health.exposition import CONTENT_TYPE, OPENMETRICS_TYPE, accepts_openmetrics
from consumer.health.vitals import Verdict
from consumer.listening import Bounds, Listener, Naming
from consumer.settings import HealthSettings

logger = logging.getLogger(__name__)

SHUTDOWN_S = 0.5
"""How long a stop waits for answers under way, in seconds."""
REQUEST_S = 5.0
"""Longest life of a connection, in seconds: it carries one request."""
MAX_CONNECTIONS = 64
"""More at once are closed, the oldest first."""
_MAX_LINE = 2_048
_MAX_HEADERS = 64
_MAX_BODY = 1_024

NAMING = Naming("health endpoint", host="EPISODES_HEALTH__HOST", port="EPISODES_HEALTH__PORT (or --health-port)")

ROUTES = {
    "/livez": "200 while the pod lives, 503 when only a restart helps",
    "/readyz": "200 once the pod has joined its consumer group, 503 when it starts, halts or stops",
    "/metrics": "metrics in Prometheus's text format",
    "/statz": "where the pod stands, as JSON",
}

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Probes(Protocol):
    """What the endpoint asks, on the event loop: each answer is immediate."""

    def live(self) -> Verdict:
        """Return whether a restart would not help."""
        ...

    def ready(self) -> Verdict:
        """Return whether the pod takes part."""
        ...

    def statistics(self) -> Mapping[str, Any]:
        """Return where the pod stands, ready for JSON."""
        ...


class HealthServer:
    """Listens while the `async with` block runs. `port` is the one it got; `metrics` is called in a thread."""

    def __init__(
        self,
        settings: HealthSettings,
        probes: Probes,
        metrics: Callable[[], bytes] | None = None,
        openmetrics: Callable[[], bytes] | None = None,
    ) -> None:
        """Store what is asked; without `metrics`, /metrics says that they are off.

        `openmetrics` is for scrapers that ask for that form.
        """
        self._settings = settings
        self._probes = probes
        self._metrics = metrics
        self._openmetrics = openmetrics
        self._profile = profile_page.ProfilePage(probes.statistics) if settings.profiling else None
        self._routes = ROUTES if self._profile is None else ROUTES | {profile_page.PATH: profile_page.USAGE}
        # An answer closes its connection, so whichever is old is one that hangs.
        self._listener = Listener(
            self._application(),
            settings.host,
            settings.port or 0,
            Bounds(_MAX_LINE, _MAX_HEADERS, MAX_CONNECTIONS, silent_s=REQUEST_S, stop_s=SHUTDOWN_S),
            NAMING,
            heard=None if self._profile is None else self._profile.heard,
        )

    @property
    def port(self) -> int:
        """The port it got."""
        return self._listener.port

    async def __aenter__(self) -> Self:
        """Listen on the host and port of the settings.

        Raises:
            UserError: the address is taken or not ours.
        """
        await self._listener.__aenter__()
        logger.info("health endpoint on http://%s:%d (%s)", self._settings.host, self.port, " ".join(self._routes))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening, within a second."""
        await self._listener.__aexit__(kind, error, trace)

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[_plain_errors], client_max_size=_MAX_BODY)
        application.on_response_prepare.append(_finish)
        application.add_routes(
            [
                web.get("/", self._index),
                web.get("/livez", self._live),
                web.get("/readyz", self._ready),
                web.get("/metrics", self._scrape),
                web.get("/statz", self._statistics),
                web.get(profile_page.PATH, self._profiled, allow_head=False),
            ]
        )
        return application

    async def _live(self, _request: web.Request) -> web.Response:
        return _told(self._probes.live())

    async def _ready(self, _request: web.Request) -> web.Response:
        return _told(self._probes.ready())

    async def _scrape(self, request: web.Request) -> web.Response:
        if self._metrics is None:
            return _told(Verdict(ok=False, why="metrics are off"))
        if self._openmetrics is not None and accepts_openmetrics(request.headers.get("Accept", "")):
            body = await asyncio.to_thread(self._openmetrics)
            return web.Response(body=body, headers={"Content-Type": OPENMETRICS_TYPE})
        body = await asyncio.to_thread(self._metrics)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    async def _statistics(self, _request: web.Request) -> web.Response:
        return web.Response(text=json.dumps(self._probes.statistics(), indent=1), content_type="application/json")

    async def _profiled(self, request: web.Request) -> web.Response:
        if self._profile is None:
            return _json(
                {"status": "failed", "why": "profiling is off; EPISODES_HEALTH__PROFILING=true allows it"}, 403
            )
        return await self._profile.answer(request)

    async def _index(self, _request: web.Request) -> web.Response:
        width = max(len(path) for path in self._routes) + 2
        return web.Response(text="".join(f"{path:<{width}}{meaning}\n" for path, meaning in self._routes.items()))


@web.middleware
async def _plain_errors(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Answer errors in JSON: what is wrong with the request, and no more than that something is wrong with us."""
    try:
        return await handler(request)
    except web.HTTPException as refused:
        why = f"no such page; there are {' '.join(ROUTES)}" if refused.status == web.HTTPNotFound.status_code else ""
        return _json({"status": "failed", "why": why or refused.reason.lower()}, refused.status)
    except Exception:
        logger.exception("health endpoint: %s failed", request.path[:100])
        return _json({"status": "failed", "why": "internal error; the pod's log has it"}, 500)


async def _finish(_request: web.Request, response: web.StreamResponse) -> None:
    """Let each connection carry one request, so that whichever is old is one that hangs."""
    response.force_close()
    response.headers["Server"] = "episodes"
    response.headers["Cache-Control"] = "no-store"


def _told(verdict: Verdict) -> web.Response:
    return _json({"status": "ok" if verdict.ok else "failed", "why": verdict.why}, 200 if verdict.ok else 503)


def _json(body: Mapping[str, str], status: int) -> web.Response:
    return web.json_response(body, status=status, dumps=lambda value: json.dumps(value) + "\n")
