"""`episodes publish`: files, folders and standard input become events on the topic."""

from __future__ import annotations

import asyncio
import logging
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.output import bytes_text, note, print_json
from consumer.errors import UserError

if TYPE_CHECKING:
    from datetime import datetime

    from consumer.cli.publishing import Summary
    from consumer.settings import Settings

EPILOG = (
    "Examples: episodes publish events.jsonl · cat chat.jsonl | episodes publish - · "
    "episodes publish notes/ --group alice --time-from mtime"
)


class InputFormat(StrEnum):
    """How inputs are read."""

    AUTO = "auto"
    JSONL = "jsonl"
    TEXT = "text"
    MARKDOWN = "markdown"


class TimeFrom(StrEnum):
    """Where a reference time comes from that an event does not give."""

    MTIME = "mtime"
    NOW = "now"


class Source(StrEnum):
    """What the content of an episode is."""

    MESSAGE = "message"
    TEXT = "text"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("publish", epilog=EPILOG)(publish)


def publish(
    inputs: Annotated[
        list[str],
        typer.Argument(help="JSONL, text or Markdown files (also .gz), folders, or - for standard input."),
    ],
    *,
    group: Annotated[str | None, typer.Option(help="Group of events that name none; texts need it.")] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of episodes that have none; {stem}, {path} and {n} are replaced.")
    ] = None,
    source: Annotated[Source | None, typer.Option(help="Source of events that name none.")] = None,
    source_description: Annotated[str | None, typer.Option(help="Where events come from that do not say.")] = None,
    reference_time: Annotated[
        str | None, typer.Option(help="When it happened, for events that do not say (RFC 3339 with zone).")
    ] = None,
    time_from: Annotated[
        TimeFrom | None, typer.Option(help="Take that time from the file's modification or from now.")
    ] = None,
    saga: Annotated[str | None, typer.Option(help="Saga of episodes that name none.")] = None,
    input_format: Annotated[
        InputFormat,
        typer.Option("--format", help="How to read inputs; auto goes by the name, standard input is JSONL."),
    ] = InputFormat.AUTO,
    rate: Annotated[float | None, typer.Option(min=0.001, help="Events a second at most.")] = None,
    topic: Annotated[str | None, typer.Option(help="Topic to publish to; EPISODES_KAFKA__TOPIC sets it too.")] = None,
    create_topic: Annotated[
        bool, typer.Option("--create-topic/--no-create-topic", help="Make the topics when they are missing.")
    ] = True,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Go on after a line or file that is no event.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and count, send nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Publish events from files, folders or standard input.

    JSONL holds one event a line; a text or Markdown file is one episode. Every event is checked before it is sent.
    Without --skip-bad the first bad one stops the command with exit code 1; what was sent before it is durable, and
    the counts say how much that is. Publishing the same text twice gives one episode.
    """
    from consumer.cli.drafts import EventDefaults  # noqa: PLC0415 - heavy
    from consumer.cli.inputs import Format, find_inputs  # noqa: PLC0415
    from consumer.cli.publishing import Job, check, send  # noqa: PLC0415
    from consumer.settings import Settings  # noqa: PLC0415
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415
    from consumer.telemetry.setup import configure  # noqa: PLC0415

    settings = _with_topic(Settings(), topic)
    configure_command_logging()
    # It warns of each event with fields it does not know: right in a consumer, a flood here.
    logging.getLogger("consumer.pipeline.decode").setLevel(logging.ERROR)
    job = Job(
        inputs=find_inputs(inputs, Format(input_format)),
        defaults=EventDefaults(
            limits=settings.pipeline,
            group=_valid_group(group),
            name=name,
            source=source,
            source_description=source_description,
            reference_time=_instant(reference_time, time_from),
            time_from="mtime" if time_from is TimeFrom.MTIME else None,
            saga=saga,
        ),
        skip_bad=skip_bad,
        per_second=rate,
        create_topic=create_topic,
    )
    if dry_run:
        summary = check(job)
    else:
        with configure(settings.telemetry, endpoint=settings.otlp_endpoint):
            summary = asyncio.run(send(job, settings.kafka))
    _tell(summary, settings.kafka.topic, dry_run=dry_run, as_json=as_json)
    if summary.stopped_at or summary.failure or (summary.bad and not skip_bad):
        raise typer.Exit(1)


def _with_topic(settings: Settings, topic: str | None) -> Settings:
    """Return the settings with another topic, if one is given."""
    if topic is None:
        return settings
    return settings.model_copy(update={"kafka": settings.kafka.model_copy(update={"topic": topic})})


def _valid_group(group: str | None) -> str | None:
    """Return the group, or say at once what groups look like."""
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - heavy

    from consumer.model.events import GroupId  # noqa: PLC0415

    if group is None:
        return None
    try:
        TypeAdapter(GroupId).validate_python(group)
    except ValidationError:
        raise UserError(f"--group {group!r}: a group is 1 to 200 ASCII letters, digits, - and _", exit_code=2) from None
    return group


def _instant(text: str | None, time_from: TimeFrom | None) -> datetime | None:
    """Return the reference time that the options give, UTC, or None."""
    from consumer.cli.times import parse_instant  # noqa: PLC0415
    from consumer.clock import SystemClock  # noqa: PLC0415

    if text is not None and time_from is not None:
        raise UserError("--reference-time and --time-from exclude each other", exit_code=2)
    if text is not None:
        return parse_instant("--reference-time", text)
    return SystemClock().now() if time_from is TimeFrom.NOW else None


def _tell(summary: Summary, topic: str, *, dry_run: bool, as_json: bool) -> None:
    """Print the counts: as JSON on standard output, or as lines on standard error."""
    if as_json:
        print_json({"topic": topic, "dry_run": dry_run, **summary.as_dict()})
    for bad in summary.bad_shown:
        note(f"bad event: {bad}")
    if summary.bad > len(summary.bad_shown):
        note(f"bad event: {summary.bad - len(summary.bad_shown)} more not shown")
    if summary.failure:
        note(f"error: {summary.failure}")
    if not as_json:
        verb = "would publish" if dry_run else "published"
        skipped = f", {summary.bad} bad" if summary.bad else ""
        note(
            f"{verb} {summary.events} events ({bytes_text(summary.value_bytes)}, {summary.groups} groups) to {topic} "
            f"in {summary.seconds:.1f} s, {summary.rate:.0f} /s{skipped}"
        )
    if summary.stopped_at:
        note(f"stopped at {summary.stopped_at}; everything before it was {'checked' if dry_run else 'sent'}")
