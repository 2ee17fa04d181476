"""`episodes top`: where one pod or all pods stand, live in the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from consumer.cli.output import print_json, print_line
from consumer.errors import UserError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from consumer.app.pod_view import PodView
    from consumer.cli.top_output import Frame
    from consumer.settings import Settings

EPILOG = "Example: episodes top http://127.0.0.1:8080 http://127.0.0.1:8081"


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("top", epilog=EPILOG)(top)


def top(
    urls: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[URL]…",
            help="Health endpoints of pods; those of EPISODES_SERVE__PODS, or EPISODES_HEALTH__PORT here, if left out.",
            show_default=False,
        ),
    ] = None,
    *,
    every_s: Annotated[float, typer.Option("--every", min=0.2, help="Seconds between two looks.")] = 2.0,
    timeout_s: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds to wait for a pod's answer.")] = 1.0,
    resolve: Annotated[
        bool,
        typer.Option(
            "--resolve", help="Ask every address that a host name has: all pods behind a headless service's name."
        ),
    ] = False,
    once: Annotated[
        bool, typer.Option("--once", help="Look once and print it; rates are averages since the start.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON: one document with --once, else a line for each look.")
    ] = False,
) -> None:
    """Show stages, queues, lag, breakers, model calls, LLM tokens and money of running pods.

    Read from their /statz; rates are those between two looks. Several pods are rows, with their sum. A pod that is
    silent is shown as such. Elsewhere than on a terminal it looks once. Ctrl-C ends it.
    """
    from consumer.settings import Settings  # noqa: PLC0415 - heavy: `episodes --help` imports this module

    addresses = addressed(urls or [], Settings())
    with contextlib.suppress(KeyboardInterrupt):
        if once or not (as_json or sys.stdout.isatty()):
            asyncio.run(_once(addresses, timeout_s, resolve=resolve, as_json=as_json))
        else:
            asyncio.run(_watch(addresses, timeout_s, every_s, resolve=resolve, as_json=as_json))


def addressed(urls: Sequence[str], settings: Settings) -> list[str]:
    """Return the addresses to ask: those given, else what the settings name.

    Raises:
        UserError: there are none, or one is no address.
    """
    if not urls:
        urls = settings.serve.pods
    if not urls and settings.health.port:
        host = settings.health.host
        urls = [f"{'127.0.0.1' if host in {'0.0.0.0', '::'} else host}:{settings.health.port}"]  # noqa: S104 - where a pod may listen
    if not urls:
        raise UserError(
            "which pods? Name them: episodes top http://127.0.0.1:8080, or set EPISODES_SERVE__PODS", exit_code=2
        )
    whole = [url if "://" in url else f"http://{url}" for url in urls]
    for url in whole:
        try:
            parts = urlsplit(url)
            is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_address = False
        if not is_address:
            raise UserError(f"{url}: not the address of a pod; it looks like http://127.0.0.1:8080", exit_code=2)
    return list(dict.fromkeys(url.rstrip("/") for url in whole))


async def resolved(addresses: Sequence[str]) -> list[str]:
    """Return one address for each that the host names have; a name that nobody knows stays, and is shown as silent."""
    loop = asyncio.get_running_loop()
    found: list[str] = []
    for address in addresses:
        parts = urlsplit(address)
        try:
            told = await loop.getaddrinfo(parts.hostname or "", parts.port or 80, type=socket.SOCK_STREAM)
        except OSError:
            found.append(address)
            continue
        for family, *_, where in sorted(told, key=lambda each: str(each[4][0])):
            host = f"[{where[0]!s}]" if family == socket.AF_INET6 else str(where[0])
            found.append(f"{parts.scheme}://{host}:{parts.port or 80}")
    return list(dict.fromkeys(found))


async def looks(
    addresses: Sequence[str], timeout_s: float, every_s: float, *, resolve: bool = False
) -> AsyncGenerator[Frame, None]:
    """Yield a frame now and then every `every_s` seconds."""
    from consumer.app.pod_view import PodView, rates  # noqa: PLC0415 - heavy
    from consumer.app.pods import pod_states  # noqa: PLC0415
    from consumer.cli.top_output import Frame  # noqa: PLC0415
    from consumer.clock import SystemClock  # noqa: PLC0415

    clock = SystemClock()
    before: dict[str, tuple[float, PodView]] = {}
    while True:
        began = clock.monotonic()
        asked = await resolved(addresses) if resolve else list(addresses)
        views = [PodView.of(told) for told in await pod_states(asked, timeout_s)]
        speeds = []
        for view in views:
            then, earlier = before.get(view.address, (began, None))
            speeds.append(rates(view, earlier, began - then))
            if view.is_reachable:
                before[view.address] = (began, view)
        yield Frame(tuple(views), tuple(speeds))
        await clock.sleep(max(0.0, every_s - (clock.monotonic() - began)))


async def _once(addresses: Sequence[str], timeout_s: float, *, resolve: bool, as_json: bool) -> None:
    """Print one frame.

    Raises:
        UserError: no pod answers.
    """
    async with contextlib.aclosing(looks(addresses, timeout_s, 0.0, resolve=resolve)) as frames:
        frame = await anext(frames)
    if not any(view.is_reachable for view in frame.views):
        silent = ", ".join(f"{view.address} ({view.why})" for view in frame.views)
        raise UserError(f"no pod answers: {silent}; `episodes run --health-port` gives a pod its port")
    if as_json:
        print_json(frame.as_json())
        return
    from rich.console import Console  # noqa: PLC0415 - drawn for people only

    from consumer.cli.top_output import drawn  # noqa: PLC0415

    Console(highlight=False).print(drawn(frame))


async def _watch(addresses: Sequence[str], timeout_s: float, every_s: float, *, resolve: bool, as_json: bool) -> None:
    from rich.console import Console  # noqa: PLC0415 - drawn for people only
    from rich.live import Live  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from consumer.cli.top_output import drawn  # noqa: PLC0415

    async with contextlib.aclosing(looks(addresses, timeout_s, every_s, resolve=resolve)) as frames:
        if as_json:
            async for frame in frames:
                print_line(json.dumps(frame.as_json(), ensure_ascii=False))
                sys.stdout.flush()
            return
        with Live(Text("asking …"), console=Console(highlight=False), auto_refresh=False) as live:
            async for frame in frames:
                live.update(drawn(frame), refresh=True)
