"""`episodes trace`: what one episode's time went into, read from a Jaeger and drawn in the terminal or as a picture."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consumer.cli.output import note, print_json, print_line
from consumer.errors import UserError

if TYPE_CHECKING:
    from consumer.telemetry.told_span import ToldSpan

EPILOG = "Example: episodes trace --outcome rejected --svg trace.svg"
_BAR = 40
_LOOKED_AT = 50
_IS_ID = re.compile("[0-9a-fA-F]{1,32}")


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("trace", epilog=EPILOG)(trace)


def trace(
    *,
    trace_id: Annotated[str | None, typer.Argument(help="Which one; by default the newest of an episode.")] = None,
    jaeger: Annotated[str, typer.Option(help="Address of Jaeger's page.")] = "http://127.0.0.1:16686",
    service: Annotated[str | None, typer.Option(help="Whose traces; by default that of the settings.")] = None,
    outcome: Annotated[
        str | None, typer.Option(help="Only episodes that ended so: written, rejected, present, …")
    ] = None,
    svg: Annotated[Path | None, typer.Option(help="Write a picture to this file as well.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the spans as JSON.")] = False,
) -> None:
    """Show one episode's way from its producer to the commit: where it waited, what was called, what went wrong."""
    from consumer.settings import Settings  # noqa: PLC0415 - heavy
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415
    from consumer.telemetry.waterfall import draw, rows  # noqa: PLC0415
    from consumer.telemetry.waterfall_svg import picture  # noqa: PLC0415

    configure_command_logging()
    settings = Settings()
    spans = asyncio.run(
        _found(jaeger, trace_id, service or settings.telemetry.service_name, settings.kafka.topic, outcome)
    )
    if svg is not None:
        try:
            svg.write_text(picture(rows(spans), _title(spans)), encoding="utf-8")
        except OSError as error:
            raise UserError(f"cannot write {svg}: {error.strerror or error}") from error
        note(f"{svg} has the picture")
    if as_json:
        print_json([_as_dict(span) for span in spans])
        return
    print_line(f"trace {spans[0].trace_id}: {_title(spans)} (· waiting, █ at work, ! error)")
    for line in draw(spans, _BAR, with_notes=True):
        print_line(line)


async def _found(
    address: str, trace_id: str | None, service: str, topic: str, outcome: str | None
) -> Sequence[ToldSpan]:
    """Return the spans that were asked for.

    Raises:
        UserError: there are none.
        WorldFault: no Jaeger answers.
    """
    from consumer.telemetry import names  # noqa: PLC0415 - heavy
    from consumer.telemetry.jaeger import Jaeger  # noqa: PLC0415

    store = Jaeger(address)
    if trace_id is not None:
        if not _IS_ID.fullmatch(trace_id):
            raise UserError(f"{trace_id!r} is no trace id: up to 32 hexadecimal digits, as in the logs")
        spans = await store.trace(trace_id)
        if not spans:
            raise UserError(f"no trace {trace_id} at {address}")
        return spans
    tags = {names.OUTCOME: outcome} if outcome else None
    told = await store.latest(service, operation=names.process(topic), tags=tags, limit=_LOOKED_AT)
    if not told:
        which = f"episode that is {outcome}" if outcome else "episode"
        raise UserError(
            f"no trace of an {which} of topic {topic!r} and service {service!r} at {address}; "
            "EPISODES_TELEMETRY__OTLP_ENDPOINT says where they are sent"
        )
    return told[0]


def _title(spans: Sequence[ToldSpan]) -> str:
    first = min(spans, key=lambda span: span.began_ns)
    ended = max(span.ended_ns for span in spans)
    return f"one episode, {(ended - first.began_ns) / 1_000_000:.0f} ms from “{first.name}” to the end"


def _as_dict(span: ToldSpan) -> dict[str, Any]:
    return {
        "name": span.name,
        "span_id": span.span_id,
        "parent_id": span.parent_id or None,
        "began_ns": span.began_ns,
        "ms": round(span.seconds * 1_000, 3),
        "is_error": span.is_error,
        "attributes": dict(span.attributes),
        "events": [{"name": event.name, "at_ns": event.at_ns, **event.attributes} for event in span.events],
        "links": [{"trace_id": trace_id, "span_id": span_id} for trace_id, span_id in span.links],
    }
