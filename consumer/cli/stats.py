"""`episodes stats`: what a running pod has done, by operation."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.output import note, print_json, print_line, print_table

if TYPE_CHECKING:
    from consumer.app.pod_figures import Operation, PodFigures

EPILOG = "Example: episodes stats http://127.0.0.1:8080 --json"


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("stats", epilog=EPILOG)(stats)


def stats(
    url: Annotated[
        str | None,
        typer.Argument(help="The pod's health endpoint; that of EPISODES_HEALTH__PORT on this machine when left out."),
    ] = None,
    *,
    timeout_s: Annotated[float, typer.Option("--timeout", help="Seconds to wait for an answer.", min=0.1)] = 10.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Tell what a running pod has done since it started: how often each operation ran, failed, and how long it took.

    Read from its /statz and /metrics. Percentiles are of histograms: right to within a bucket.
    """
    from consumer.app.pod_figures import pod_figures  # noqa: PLC0415 - heavy

    figures = asyncio.run(pod_figures(_address(url), timeout_s))
    if as_json:
        print_json(figures.as_dict())
        return
    _tell(figures)


def _address(url: str | None) -> str:
    """Return the address to ask.

    Raises:
        UserError: none was given, and the settings have no port.
    """
    from consumer.errors import UserError  # noqa: PLC0415 - heavy
    from consumer.settings import Settings  # noqa: PLC0415

    if url is not None:
        return url if "://" in url else f"http://{url}"
    health = Settings().health
    if not health.port:
        raise UserError(
            "which pod? Give its address, e.g. http://127.0.0.1:8080, or set EPISODES_HEALTH__PORT", exit_code=2
        )
    host = "127.0.0.1" if health.host in {"0.0.0.0", "::"} else health.host  # noqa: S104 - where a pod may listen
    return f"http://{host}:{health.port}"


def _tell(figures: PodFigures) -> None:
    outcomes = " ".join(f"{name}={count}" for name, count in sorted(figures.outcomes.items())) or "nothing yet"
    print_line(
        f"{figures.address}: {figures.state}, version {figures.version}, up for {figures.uptime_s:.0f} s; {outcomes} "
        f"({figures.episodes_per_s:g}/s)"
    )
    if figures.operations:
        headings = ["operation", "count", "failed", "success", "per s", "mean", "p50", "p95", "p99"]
        print_table(headings, [_row(one) for one in figures.operations])
    else:
        note(figures.why_no_operations or "no operation was measured yet")


def _row(one: Operation) -> list[str]:
    durations = [_duration(seconds) for seconds in (one.mean_s, one.p50_s, one.p95_s, one.p99_s)]
    return [one.operation, str(one.count), str(one.failed), f"{one.success_share:.1%}", f"{one.per_s:g}", *durations]


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1_000 * seconds:.1f} ms"
