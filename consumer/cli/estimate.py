"""`episodes estimate`: what a replay or a publish will take, before it is done."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.output import bytes_text, note, print_json, print_table
from consumer.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from consumer.app.estimate import Estimator
    from consumer.app.estimate_result import Estimate
    from consumer.clock import Clock
    from consumer.llm.exchange import Usage
    from consumer.settings import Settings

EPILOG = (
    "Examples: episodes estimate · episodes estimate episodes --since 2026-11-01 --json · "
    "EPISODES_LLM__MODEL=gpt-5-mini episodes estimate chat.jsonl notes/ --group alice"
)
_BAD_SHOWN = 20
_LOG_EVERY_S = 5.0
_LEAST_SHOWN = 0.0001
_MINUTE_S, _HOUR_S = 60, 3_600


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("estimate", epilog=EPILOG)(estimate)


def estimate(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TOPIC|FILE",
            help="A topic (the configured one when nothing is named), or files, folders and - as for publish.",
        ),
    ] = None,
    *,
    since: Annotated[
        str | None, typer.Option(help="Of a topic: records of this instant or later (RFC 3339, or a date).")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Of a topic: records before this instant.")] = None,
    group: Annotated[str | None, typer.Option(help="Of files: group of events that name none; texts need it.")] = None,
    latency_ms: Annotated[float, typer.Option(min=1, help="How long one model call is taken to last.")] = 3_000,
    output_ratio: Annotated[
        float | None, typer.Option(min=0.0, help="LLM tokens answered for each of the content; yours, once measured.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the estimate as JSON.")] = False,
) -> None:
    """Say what extracting a topic or files will take: calls, LLM tokens, price, time.

    Reads the records and assembles their prompts with the settings of this moment; asks no model and sends nothing.
    What the graph has already, or a cache, is counted as if it were new: a replay costs this much or less.
    """
    from consumer.app.build import build_ontologies  # noqa: PLC0415 - heavy
    from consumer.app.estimate import Estimator  # noqa: PLC0415
    from consumer.app.estimate_result import Assumptions  # noqa: PLC0415
    from consumer.clock import SystemClock  # noqa: PLC0415
    from consumer.settings import Engine, Settings  # noqa: PLC0415
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()
    # It tells of each event with fields it does not know or that it can't decode: the command counts them.
    logging.getLogger("consumer.pipeline.decode").setLevel(logging.CRITICAL)
    settings, clock = Settings(), SystemClock()
    assumptions = Assumptions(latency_ms / 1_000, output_ratio)
    estimator = Estimator(settings, build_ontologies(settings), assumptions)
    bad: list[str] = []
    names = inputs or [settings.kafka.topic]
    if inputs and all(name == "-" or Path(name).exists() for name in names):
        _refuse_range(since, until)
        bad = _read_files(names, group, settings, estimator, clock)
    elif len(names) == 1:
        if group is not None:
            raise UserError("--group is for files that name no group; a topic's records have theirs", exit_code=2)
        instants = _instant("--since", since), _instant("--until", until)
        asyncio.run(_read_topic(names[0], settings, estimator, clock, instants))
    else:
        missing = next(name for name in names if name != "-" and not Path(name).exists())
        raise UserError(f"{missing}: no such file or folder, and several topics are not read at once", exit_code=2)
    found = estimator.result()
    if as_json:
        print_json({**found.as_dict(), "bad_events": len(bad)})
    else:
        print_table(("", "estimate"), estimate_rows(found))
        explain_estimate(found)
    for problem in bad[:_BAD_SHOWN]:
        note(f"bad event: {problem}")
    if len(bad) > _BAD_SHOWN:
        note(f"bad event: {len(bad) - _BAD_SHOWN} more not shown")
    if settings.engine(settings.extractor) is Engine.LOCAL:
        note("with these settings (no OPENAI_API_KEY, or EPISODES_EXTRACTOR=local) extraction is local, at no price")


def _read_files(
    names: Sequence[str], group: str | None, settings: Settings, estimator: Estimator, clock: Clock
) -> list[str]:
    """Add what the files hold; return what is no event, and why."""
    from consumer.cli.drafts import Bad, EventDefaults  # noqa: PLC0415 - heavy
    from consumer.cli.inputs import Format, find_inputs, read_chunks  # noqa: PLC0415
    from consumer.model.instants import to_millis  # noqa: PLC0415
    from consumer.model.work import Record  # noqa: PLC0415

    bad: list[str] = []
    progress = _Progress(clock)
    defaults = EventDefaults(limits=settings.pipeline, group=group)
    for chunk in read_chunks(find_inputs(names, Format.AUTO), defaults):
        for item in chunk.items:
            if isinstance(item, Bad):
                bad.append(str(item))
                continue
            now_ms = to_millis(clock.now())
            estimator.add(Record("", 0, estimator.records, now_ms, item.group_id.encode(), item.value))
        progress.tell(estimator)
    return bad


async def _read_topic(
    topic: str,
    settings: Settings,
    estimator: Estimator,
    clock: Clock,
    instants: tuple[datetime | None, datetime | None],
) -> None:
    """Add the topic's records.

    Raises:
        UserError: the topic is not there.
        WorldFault: no broker answers.
    """
    from consumer.kafka.topic_log import TopicLog  # noqa: PLC0415 - heavy
    from consumer.model.instants import to_millis  # noqa: PLC0415

    progress = _Progress(clock)
    since_ms, until_ms = (None if instant is None else to_millis(instant) for instant in instants)
    async with TopicLog(settings.kafka, topic) as log:
        async for record in log.records(since_ms, until_ms):
            estimator.add(record)
            progress.tell(estimator)


class _Progress:
    """A line on standard error every few seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due = clock.monotonic() + _LOG_EVERY_S

    def tell(self, estimator: Estimator) -> None:
        """Say how far it is, when it is time."""
        if self._clock.monotonic() >= self._due:
            self._due = self._clock.monotonic() + _LOG_EVERY_S
            note(f"{estimator.records:,} records so far")


def _instant(option: str, text: str | None) -> datetime | None:
    from consumer.cli.times import parse_instant  # noqa: PLC0415 - heavy

    return None if text is None else parse_instant(option, text, takes_dates=True)


def _refuse_range(since: str | None, until: str | None) -> None:
    """Refuse a range of time for files, whose events have no place in a log yet."""
    if since is not None or until is not None:
        raise UserError("--since and --until are for a topic; files are read as a whole", exit_code=2)


def estimate_rows(found: Estimate) -> list[tuple[str, str]]:
    """Return what a person wants to know, in the order of the questions."""
    rows = [
        (
            "read",
            f"{found.records:,} records, {found.episodes:,} episodes of {found.groups:,} groups, "
            + bytes_text(found.bytes),
        ),
        ("without a model", _counts(found.without_call)),
        ("rejected", _counts(found.rejected)),
        ("model calls", f"{found.calls:,}" + _ratio(found.calls, found.episodes)),
    ]
    rows += [
        (
            use.model,
            f"{use.calls:,} calls, {_tokens(use.usage)}: {_usd(use.usd)}",
        )
        for use in found.models
    ]
    rows.append((found.embedding_model, f"{found.embedding_tokens:,} LLM tokens: {_usd(found.embedding_usd)}"))
    price = _usd(found.usd)
    if found.cached_usd is not None and found.cached_usd != found.usd:
        price += f"; {_usd(found.cached_usd)} if the provider caches the prompt's prefix"
    rows.append(("price", price))
    rows.append(("time", f"{duration_text(found.seconds)} ({found.bottleneck})"))
    if found.days is not None and found.days > 1:
        rows.append(("days", f"{found.days:,}, at {_usd(found.daily_budget_usd)} a day"))
    return rows


def explain_estimate(found: Estimate) -> None:
    """Say what was taken for granted."""
    note(
        f"assumed: answers of {found.assumptions.answer}; {found.assumptions.latency_s:g} s a call; nothing in the "
        "graph or a cache yet (docs/guides/cost.md)"
    )
    if found.usd is None:
        note("a price is unknown: name the model in EPISODES_LLM__PRICES")


def _tokens(usage: Usage) -> str:
    return f"{usage.input_tokens:,} LLM tokens in, {usage.output_tokens:,} out"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in counts.items()) or "0"


def _ratio(calls: int, episodes: int) -> str:
    return f" ({calls / episodes:.2f} an episode)" if episodes else ""


def _usd(amount: float | None) -> str:
    """Return an amount for people: cents, and of less than a dollar two places more."""
    if amount is None:
        return "unknown"
    if 0 < amount < _LEAST_SHOWN:
        return f"under {_LEAST_SHOWN:.4f} USD"
    return f"{amount:,.2f} USD" if amount >= 1 else f"{amount:.4f} USD"


def duration_text(seconds: float) -> str:
    """Return a duration for people, in the unit that suits it."""
    if seconds < 2 * _MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR_S:
        return f"{seconds / _MINUTE_S:.0f} min"
    return f"{seconds / _HOUR_S:.1f} h"
