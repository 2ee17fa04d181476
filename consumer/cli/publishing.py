"""The work behind `episodes publish`: read, check, pace, send, count."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from consumer.cli.drafts import Bad, EventDefaults
from consumer.cli.feed import Feed
from consumer.cli.inputs import Chunk, Input, read_chunks
from consumer.cli.output import is_interactive, note
from consumer.clock import Clock, SystemClock
from consumer.errors import EpisodeFault, WorldFault
from consumer.kafka.admin import ensure_topics
from consumer.kafka.producer import Publisher
from consumer.settings import KafkaSettings

BAD_SHOWN = 20
LOG_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Job:
    """What to publish and how; `per_second` bounds the events a second."""

    inputs: Sequence[Input]
    defaults: EventDefaults
    skip_bad: bool = False
    per_second: float | None = None
    create_topic: bool = True


@dataclass(slots=True)
class Summary:
    """The counts. `events` and `value_bytes` are durable in the log (in a dry run: valid)."""

    events: int = 0
    value_bytes: int = 0
    bad: int = 0
    seconds: float = 0.0
    stopped_at: str = ""
    failure: str = ""
    bad_shown: list[str] = field(default_factory=list)
    group_ids: set[str] = field(default_factory=set)

    @property
    def groups(self) -> int:
        """How many groups the events belong to."""
        return len(self.group_ids)

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds if self.seconds else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the counts for a script."""
        return {
            "events": self.events,
            "bytes": self.value_bytes,
            "groups": self.groups,
            "bad": self.bad,
            "bad_events": self.bad_shown,
            "seconds": round(self.seconds, 3),
            "rate": round(self.rate, 1),
            "stopped_at": self.stopped_at or None,
            "failure": self.failure or None,
        }

    def note_bad(self, bad: Bad) -> None:
        """Count a line or file that is no event, and keep the first ones."""
        self.bad += 1
        if len(self.bad_shown) < BAD_SHOWN:
            self.bad_shown.append(str(bad))


def check(job: Job, clock: Clock | None = None) -> Summary:
    """Return the counts of what would be sent."""
    clock = clock or SystemClock()
    summary, started = Summary(), clock.monotonic()
    with _progress(job.inputs, clock) as advance:
        for chunk in read_chunks(job.inputs, job.defaults):
            for item in chunk.items:
                if isinstance(item, Bad):
                    summary.note_bad(item)
                    if not job.skip_bad:
                        summary.stopped_at = str(item).split(": ", 1)[0]
                        break
                else:
                    summary.events += 1
                    summary.value_bytes += len(item.value)
                    summary.group_ids.add(item.group_id)
            advance(chunk.input_bytes, summary.events)
            if summary.stopped_at:
                break
    summary.seconds = clock.monotonic() - started
    return summary


async def send(job: Job, settings: KafkaSettings, clock: Clock | None = None) -> Summary:
    """Publish the job's events and return what is durable; a broker that fails half way is told in `failure`.

    Raises:
        UserError: the topic is not there, or the broker refuses us.
        WorldFault: no broker answers at the start.
    """
    clock = clock or SystemClock()
    if job.create_topic:
        for topic in await ensure_topics(settings):
            if topic.was_created:
                note(f"made topic {topic.name} with {topic.partitions} partitions")
    summary, started = Summary(), clock.monotonic()
    publisher = Publisher(settings)
    try:
        async with publisher:
            await _send_all(job, publisher, summary, clock)
            await publisher.flush()
    except (WorldFault, EpisodeFault) as fault:
        if publisher.in_flight or publisher.delivered or publisher.failed:
            summary.failure = f"{fault}; events that were on their way may or may not be in the log"
        else:
            raise
    except asyncio.CancelledError:
        note(f"interrupted: {publisher.delivered} events are in {settings.topic}")
        raise
    finally:
        summary.events, summary.value_bytes = publisher.delivered, publisher.delivered_bytes
        summary.seconds = clock.monotonic() - started
    return summary


async def _send_all(job: Job, publisher: Publisher, summary: Summary, clock: Clock) -> None:
    """Send every event, paced; stop at a bad one unless they are skipped."""
    started = clock.monotonic()
    handed_over = 0
    with _progress(job.inputs, clock) as advance:
        async for chunk in Feed[Chunk](read_chunks(job.inputs, job.defaults)):
            for item in chunk.items:
                if isinstance(item, Bad):
                    summary.note_bad(item)
                    if not job.skip_bad:
                        summary.stopped_at = str(item).split(": ", 1)[0]
                        return
                    continue
                if job.per_second is not None:
                    await clock.sleep(max(0.0, started + handed_over / job.per_second - clock.monotonic()))
                await publisher.send(item.group_id, item.value)
                summary.group_ids.add(item.group_id)
                handed_over += 1
            advance(chunk.input_bytes, publisher.delivered)


class _Advance(Protocol):
    """Tells how far reading and sending have come."""

    def __call__(self, input_bytes: int, events: int) -> None:
        """Add `input_bytes` read; `events` are done altogether."""
        ...


@contextmanager
def _progress(inputs: Sequence[Input], clock: Clock) -> Iterator[_Advance]:
    """Show a bar on a terminal, a line every few seconds elsewhere."""
    sizes = [each.size_bytes for each in inputs if not each.is_compressed]
    known = [size for size in sizes if size is not None]
    total = sum(known) if len(known) == len(inputs) else None
    if is_interactive():
        from rich.console import Console  # noqa: PLC0415 - drawn for people only
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

        columns = (TextColumn("publish"), BarColumn(), TextColumn("{task.fields[events]} events"), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("publish", total=total, events=0)
            yield lambda input_bytes, events: bar.update(task, advance=input_bytes, events=events)
        return
    due = clock.monotonic() + LOG_EVERY_S

    def log(input_bytes: int, events: int) -> None:  # noqa: ARG001 - a line tells events only
        nonlocal due
        if clock.monotonic() >= due:
            due = clock.monotonic() + LOG_EVERY_S
            note(f"{events} events so far")

    yield log
