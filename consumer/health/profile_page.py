"""/debug/profile: looks at what the pod does for some seconds, and answers where its time went.

Function names and counts only: no values, no text, no line of source. Off unless a setting says otherwise.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from aiohttp import web

from consumer.profiling import flame
from consumer.profiling.bottleneck import bottleneck
from consumer.profiling.profile import Profile, lines
from consumer.profiling.sampler import sampled

PATH = "/debug/profile"
USAGE = "where the pod's time goes: ?seconds=10 (60 at most), &format=collapsed, html, top or json"
MOST_S = 60.0
_DEFAULT_S = 10.0

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


class _Depth(NamedTuple):
    name: str
    done: int
    queued: int


class ProfilePage:
    """Answers one request at a time; others are told to come back."""

    def __init__(self, statistics: Callable[[], Mapping[str, Any]]) -> None:
        """Store who tells of the stages' queues; it is asked on the event loop."""
        self._statistics = statistics
        self._is_busy = False
        self.heard: set[Any] = set()
        """Connections that wait for an answer, so that nobody takes them for ones that hang."""

    async def answer(self, request: web.Request) -> web.Response:
        """Look for as long as was asked for, and answer in the form that was asked for."""
        told_s, form = request.query.get("seconds", str(_DEFAULT_S)), request.query.get("format", "collapsed")
        seconds = _seconds(told_s)
        if seconds is None:
            return _refused(400, f"seconds={told_s[:20]}: a number above 0, {MOST_S:.0f} at most")
        if form not in _FORMS:
            return _refused(400, f"format={form[:20]}: one of {', '.join(_FORMS)}")
        if self._is_busy:
            return _refused(409, "another profile is being made; come back in a minute", {"Retry-After": "60"})
        self._is_busy = True
        self.heard.add(request.protocol)
        try:
            profile = await sampled(seconds, self._depths)
            # The drawing of a long profile takes a while, and the loop has other things to do.
            return await asyncio.to_thread(_FORMS[form], profile)
        finally:
            self._is_busy = False
            self.heard.discard(request.protocol)

    def _depths(self) -> Iterable[_Depth]:
        stages = self._statistics().get("stages", ())
        return [_Depth(stage["name"], stage["done"], stage["queued"]) for stage in stages]


def _seconds(told: str) -> float | None:
    try:
        seconds = float(told)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and 0 < seconds <= MOST_S else None


def _collapsed(profile: Profile) -> web.Response:
    return web.Response(text="".join(f"{line}\n" for line in profile.collapsed()))


def _json(profile: Profile) -> web.Response:
    return _document(profile.as_dict() | {"bottleneck": bottleneck(profile).sentence})


def _top(profile: Profile) -> web.Response:
    stages = list(profile.cpu())
    return _document(
        {
            "seconds": profile.seconds,
            "loop_busy": round(profile.loop_busy, 4),
            "looking_cost_s": profile.own_cpu_s,
            "bottleneck": bottleneck(profile).sentence,
            "functions": profile.top(),
            "by_stage": {stage: profile.top(stage) for stage in stages},
        }
    )


def _html(profile: Profile) -> web.Response:
    drawn = {"what ran": profile.collapsed()}
    for stage, stacks in profile.waiting.items():
        drawn[f"{stage}: what its workers were at, waiting included"] = list(lines(stacks))
    told = [
        bottleneck(profile).sentence,
        (
            f"{profile.seconds:.0f} s looked at; the event loop ran for {profile.loop_busy:.0%} of it. Looking took "
            f"{profile.own_cpu_s:.2f} s of CPU."
        ),
    ]
    page = flame.page("Where this pod's time goes", told, drawn)
    return web.Response(text=page, content_type="text/html", headers={"Content-Security-Policy": _POLICY})


_FORMS: dict[str, Callable[[Profile], web.Response]] = {
    "collapsed": _collapsed,
    "html": _html,
    "top": _top,
    "json": _json,
}


def _document(value: Mapping[str, Any]) -> web.Response:
    return web.Response(text=json.dumps(value, indent=1) + "\n", content_type="application/json")


def _refused(status: int, why: str, headers: Mapping[str, str] | None = None) -> web.Response:
    body = json.dumps({"status": "failed", "why": why}) + "\n"
    return web.Response(text=body, status=status, content_type="application/json", headers=headers)
