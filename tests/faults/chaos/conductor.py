"""Runs one seed: pods at work, faults by the schedule, all restored, the ledger closed, the calm twin compared."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from faults.chaos import graph, ledger
from faults.chaos.kinds import KINDS
from faults.chaos.pod import Fleet
from faults.chaos.producer import Producer, Sent, events_of
from faults.chaos.progress import Progress
from faults.chaos.report import Outcome
from faults.chaos.schedule import Planned, Schedule
from faults.chaos.stage import Stage, environment
from faults.chaos.topic import fresh_log, read_topic, send_again
from faults.chaos.world import World
from plugins.end_to_end import Log, drained, pods, until

logger = logging.getLogger(__name__)

_START_S = 240.0
_SEED_S = 1_000.0
_CATCH_UP_S = 90.0
_OUTAGES = ("kafka-restart", "kafka-kill", "kafka-blackhole", "kafka-refuse", "neo4j-restart", "neo4j-kill",
            "neo4j-blackhole", "neo4j-refuse", "llm-down", "llm-blackhole", "pods-kill-all")  # fmt: skip
_VECTORLESS = {"embeddings-nan", "embeddings-zero"}


async def play(world: World, plan: Schedule) -> Outcome:
    """Return what became of a seed; services that a failure left down are up again."""
    begun = time.monotonic()
    outcome = Outcome(plan.seed, faults=[fault.kind for fault in plan.faults])
    world.models.reset(plan.seed)
    async with fresh_log(world, plan.partitions) as log:
        with _pod_logs(plan.seed) as folder:
            fleet = Fleet(environment(world, log), folder)
            try:
                events = events_of(plan.seed, plan.episodes, plan.groups)
                log.groups |= {event["group_id"] for event in events}
                producer = Producer(log.settings.kafka.bootstrap_servers, log.topic, events)
                stage = Stage(world, log, fleet, producer)
                async with asyncio.timeout(_SEED_S):
                    await _disturb(stage, plan, outcome)
                    await _compare(stage, plan, outcome)
            except Exception as error:  # the session goes on with the next seed
                logger.exception("seed %d", plan.seed)
                outcome.problems.append(f"the conductor failed: {_leaf(error)!r}")
            finally:
                await fleet.close()
                await world.restore()
                await log.wipe()
                if outcome.problems:
                    outcome.logs = [f"{pod.name}: {line}" for pod in fleet.pods for line in pod.last_lines(4)]
    outcome.seconds = round(time.monotonic() - begun, 1)
    return outcome


def _leaf(error: BaseException) -> BaseException:
    """Return the first error within groups of errors."""
    return _leaf(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


@contextlib.contextmanager
def _pod_logs(seed: int) -> Iterator[Path]:
    """Give a folder for what the pods say; kept when EPISODES_TEST_CHAOS_LOGS names one to put it in."""
    kept = os.environ.get("EPISODES_TEST_CHAOS_LOGS")
    if kept:
        folder = Path(kept) / f"seed-{seed}"
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="episodes-chaos-pods-") as temporary:
        yield Path(temporary)


async def warm_up(world: World) -> None:
    """Let an undisturbed pod write something: a database's first plans take seconds, which would count as a fault."""
    async with fresh_log(world, 1) as log:
        events = events_of(0, 40, 2)
        log.groups |= {event["group_id"] for event in events}
        producer = Producer(log.settings.kafka.bootstrap_servers, log.topic, events)
        producer.go(0.1)
        await producer.run()
        async with pods(log, 1):
            await drained(log, 120)
        await log.wipe()


async def _disturb(stage: Stage, plan: Schedule, outcome: Outcome) -> None:
    """Let pods work while things go wrong, then restore everything and let one pod catch up."""
    progress, fleet = Progress(stage.log), stage.fleet
    undone: list[tuple[str, float, float]] = []
    watching = [asyncio.create_task(progress.watch()), asyncio.create_task(fleet.watch())]
    cuts = {"kafka": stage.world.kafka.cuts, "neo4j": stage.world.neo4j.cuts}
    try:
        await fleet.scale(plan.pods)
        producing = asyncio.create_task(stage.producer.run())
        await _working(progress)
        stage.producer.go(plan.length_s - 1.0)
        async with asyncio.TaskGroup() as tasks:
            for number, fault in enumerate(plan.faults):
                rng = random.Random(f"fault:{plan.seed}:{number}")
                tasks.create_task(_fault(stage, fault, rng, undone))
            await asyncio.sleep(plan.length_s)
        await producing
        await stage.settled()
        await stage.world.restore()
        restored = time.monotonic()
        await fleet.scale(1)
        try:
            await drained(stage.log, _CATCH_UP_S)
        except TimeoutError:
            ends, committed = await stage.log.ends(), await stage.log.committed()
            stuck = {p: (committed.get(p, 0), end) for p, end in ends.items() if committed.get(p, 0) != end}
            since_s = time.monotonic() - restored
            outcome.problems.append(f"stuck {since_s:.0f} s after all was restored, (committed, end): {stuck}")
        outcome.catch_up_s = round(time.monotonic() - restored, 1)
        await fleet.scale(0)
    finally:
        for task in watching:
            task.cancel()
        await asyncio.wait(watching)
    outcome.drains_s = [round(seconds, 2) for seconds in fleet.drains_s]
    outcome.restarts = [f"{exit_.pod} code={exit_.code} at={exit_.at_s:.0f}s {exit_.last}" for exit_ in fleet.exits]
    outcome.problems += [f"a stop was not clean: {e.pod} code={e.code} {e.last}" for e in fleet.unclean]
    outcome.problems += [f"a bug ended a pod: {line}" for line in outcome.restarts if "this is a bug" in line]
    outcome.cuts = {"kafka": stage.world.kafka.cuts - cuts["kafka"], "neo4j": stage.world.neo4j.cuts - cuts["neo4j"]}
    outcome.llm_calls, outcome.llm_prompts = stage.world.models.asked()
    outcome.recoveries_s = _recoveries([fault for fault in undone if fault[0] in _OUTAGES], progress)


def _recoveries(outages: list[tuple[str, float, float]], progress: Progress) -> dict[str, list[float]]:
    """Return seconds from each outage's end to the next commit; left out where another outage lies between."""
    found: dict[str, list[float]] = {}
    for kind, _, ended in outages:
        seconds = progress.recovery_s(ended)
        if seconds is None or any(begun < ended + seconds and until_ > ended for _, begun, until_ in outages):
            continue
        found.setdefault(kind, []).append(round(seconds, 2))
    return found


async def _working(progress: Progress) -> None:
    """Wait until something is committed."""
    try:
        await until(lambda: progress.committed, _START_S)
    except TimeoutError:
        raise RuntimeError(f"the pods committed nothing within {_START_S:.0f} s, before any fault") from None


async def _fault(stage: Stage, fault: Planned, rng: random.Random, undone: list[tuple[str, float, float]]) -> None:
    """Wait for the fault's moment, let it happen, and undo it when its time is over."""
    await asyncio.sleep(fault.at_s)
    begun = time.monotonic()
    undo: Callable[[], Awaitable[None]] = await KINDS[fault.kind].begin(stage, rng, fault.duration_s)
    try:
        await asyncio.sleep(fault.duration_s)
    finally:
        await undo()
    undone.append((fault.kind, begun, time.monotonic()))


async def _compare(stage: Stage, plan: Schedule, outcome: Outcome) -> None:
    """Close the ledger, then have an undisturbed pod read what was written and compare the graphs."""
    log, sent = stage.log, stage.producer.sent
    allowed = frozenset(reason for kind in plan.kinds for reason in KINDS[kind].dead_letters)
    places = {record.timestamp: (record.partition, record.offset) for record in await read_topic(log)}
    in_graph = await graph.episodes(log, {record.event for record in sent if record.event})
    committed = await log.committed()
    unread = frozenset(place for place in places.values() if place[1] >= committed.get(place[0], 0))
    letters = [_letter(record) for record in await log.dead_letters()]
    book = ledger.close(sent, places, in_graph, letters, allowed=allowed, unread=unread)
    outcome.problems += book.problems
    if bad := await graph.bad_vectors(log):
        outcome.problems.append(f"{bad} vectors in the graph would break a search")
    outcome.records, outcome.written, outcome.removed = len(sent), len(book.written), len(book.removed)
    outcome.dead_letters, outcome.doubled_letters = dict(book.reasons), book.doubled_letters
    outcome.rejected_then_written = book.both
    if unread:
        outcome.problems.append(f"{len(unread)} records were never read: {sorted(unread)[:3]}")
        return
    await _check_gold(log, stage.producer, book, outcome)
    chaos = await graph.lines(log.settings, log.groups)
    await log.wipe()
    calm = await _calm(stage, plan, book.calm(sent))
    if graph.difference(chaos, calm) and plan.kinds & _VECTORLESS:
        # What a model gave no usable vector for stays without one; the calm model always had one.
        outcome.without_vector = sum('_embedding":false' in line for group in chaos.values() for line in group)
        chaos, calm = graph.without_vectors(chaos), graph.without_vectors(calm)
    outcome.problems += graph.difference(chaos, calm)


async def _check_gold(log: Log, producer: Producer, book: ledger.Ledger, outcome: Outcome) -> None:
    """Compare each group of which everything was written with the grammar's gold; others the calm twin checks."""
    touched = {group for group, _ in book.rejected | book.removed}
    by_id = {(event["group_id"], event["event_id"]): event for event in producer.events}
    order = sorted(book.written, key=lambda identity: book.written[identity].timestamp_ms)
    events = [by_id[identity] for identity in order]
    for group in sorted(log.groups - touched):
        try:
            log.assert_gold(events, group, *await log.graph(group))
        except AssertionError as error:
            outcome.problems.append(f"{group} is not gold: {str(error)[:400]}")


async def _calm(stage: Stage, plan: Schedule, records: list[Sent]) -> dict[str, list[str]]:
    """Let an undisturbed pod read `records` and return the lines of its graph."""
    stage.world.models.reset(plan.seed)
    async with fresh_log(stage.world, plan.partitions) as calm:
        calm.groups |= stage.log.groups
        await send_again(calm, records)
        async with pods(calm, 1):
            await drained(calm, 60)
        lines = await graph.lines(calm.settings, calm.groups)
        await calm.wipe()
        return lines


def _letter(record: object) -> ledger.Letter:
    headers = dict(record.headers)

    def text(name: str) -> str:
        return headers.get(name, b"").decode(errors="replace")

    with contextlib.suppress(ValueError):
        origin = (int(text("episodes.origin.partition")), int(text("episodes.origin.offset")))
        return ledger.Letter(origin, text("episodes.dead_letter.reason"), text("episodes.dead_letter.detail")[:200])
    return ledger.Letter((-1, -1), "unreadable", str(sorted(headers))[:300])
