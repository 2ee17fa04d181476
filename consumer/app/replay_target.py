"""Where the copies of a run go, and whether they can: the target topic is made, looked at, or refused beforehand."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from consumer.clock import Clock, SystemClock
from consumer.errors import UserError
from consumer.kafka.admin import admin_client, ensure_topics, partition_counts, topic_config
from consumer.kafka.dead_letter_topic import partitions_of
from consumer.kafka.replay_run import stored_run
from consumer.model.replay import Order, Stretch
from consumer.settings import KafkaSettings

_DAY_MS = 24 * 3_600 * 1_000


@dataclass(slots=True)
class Target:
    """A topic that takes the copies; `keeps_partitions` when it has as many as the source."""

    keeps_partitions: bool
    notes: list[str] = field(default_factory=list)


def new_run_id(clock: Clock | None = None) -> str:
    """Return a run id that nobody has had: the instant, and some digits."""
    return f"{(clock or SystemClock()).now():%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


async def refuse_unfit(kafka: KafkaSettings, run_id: str, order: Order) -> None:
    """Return if the run is new, and its target, if it is there, keeps the records' own times.

    Raises:
        WorldFault: no broker answers.
        UserError: it is not, or does not.
    """
    if await stored_run(kafka, run_id) is not None:
        raise UserError(f"run {run_id} was begun already: `episodes replay resume {run_id}` goes on, or name another")
    async with admin_client(kafka) as admin:
        if order.target not in await partition_counts(admin, [order.target]):
            return
        if (await topic_config(admin, order.target)).get("message.timestamp.type") == "LogAppendTime":
            raise UserError(
                f"{order.target} stamps records when they come (message.timestamp.type=LogAppendTime): copies would "
                "lose their times, and the graph with them; set it to CreateTime"
            )


async def load_run(kafka: KafkaSettings, run_id: str) -> tuple[Order, dict[int, Stretch]]:
    """Return what a run was ordered to do, and what is left of it.

    Raises:
        WorldFault: no broker answers.
        UserError: there is no such run.
    """
    found = await stored_run(kafka, run_id)
    if found is None:
        raise UserError(
            f"no run {run_id} at {kafka.bootstrap_servers}: it never began, or it was so long ago that the broker has "
            "forgotten its offsets"
        )
    return found


async def prepare_target(kafka: KafkaSettings, order: Order, partitions: int, *, create: bool) -> Target:
    """Return the target, made with as many `partitions` as the source if it was missing, and what to know of it.

    Raises:
        WorldFault: no broker answers.
        UserError: it is not there, or the broker refuses us.
    """
    notes: list[str] = []
    if create:
        wanted = kafka.model_copy(update={"partitions": partitions})
        made = [topic for topic in await ensure_topics(wanted, topic=order.target) if topic.was_created]
        notes += [f"made topic {topic.name} with {topic.partitions} partitions" for topic in made]
    count = await partitions_of(kafka, order.target)
    if count is None:
        raise UserError(f"topic {order.target!r} does not exist; --create-topic makes it")
    if count != partitions:
        notes.append(f"{order.target} has {count} partitions and {order.source} {partitions}: copies go by their keys")
    async with admin_client(kafka) as admin:
        config = await topic_config(admin, order.target)
        source_config = await topic_config(admin, order.source)
    limit, needed = (int(each.get("max.message.bytes") or 0) for each in (config, source_config))
    if limit < needed:
        notes.append(f"{order.target} takes {limit:,} bytes (max.message.bytes), {order.source} {needed:,}")
    keeps_ms = int(config.get("retention.ms") or -1)
    if keeps_ms >= 0:
        notes.append(
            f"{order.target} keeps records for {keeps_ms / _DAY_MS:g} days by their own times: older copies may be "
            "deleted before they are read; set its retention.ms to -1"
        )
    return Target(count == partitions, notes)
