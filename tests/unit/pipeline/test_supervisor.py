"""The pipeline as a whole, on small in-memory ports: order, bounds, verdicts, drain, outages."""

import asyncio
import json
from collections import defaultdict

import numpy as np
import pytest

from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.model.episode import Embedded, LogPosition
from consumer.model.instants import from_millis
from consumer.model.knowledge import Assertion, Mention, complete
from consumer.model.work import Record, TopicPartition
from consumer.pipeline.supervisor import Pipeline
from consumer.ports import WriteReport
from consumer.settings import PipelineSettings
from consumer.telemetry.observed import PipelineTelemetry

P0 = TopicPartition("t", 0)


class World:
    """All four ports in one: gates hold extract calls back, faults are raised once each."""

    name = "fake"
    model = "fake/4"
    dimension = 4

    def __init__(self):
        self.gates = defaultdict(asyncio.Event)
        self.gated = set()
        self.faults = defaultdict(list)
        self.extracting = set()
        self.extracted = []
        self.written = []
        self.batches = []
        self.dead = []
        self.there = set()
        self.removed = {}

    def hold(self, name):
        self.gated.add(name)

    def release(self, name):
        self.gates[name].set()

    async def extract(self, episode):
        self.extracting.add(episode.event_id)
        if episode.event_id in self.gated:
            await self.gates[episode.event_id].wait()
        if self.faults[episode.event_id]:
            raise self.faults[episode.event_id].pop(0)
        await asyncio.sleep(0)
        self.extracted.append(episode.event_id)
        return complete(
            (Mention("Ada"),), (Assertion("Ada", "SAID", episode.event_id, f"Ada said {episode.event_id}"),)
        )

    async def embed(self, texts, *, is_query=False):
        if self.faults["embed"]:
            raise self.faults["embed"].pop(0)
        return np.ones((len(texts), 4), dtype=np.float32) / 2

    async def present(self, episodes):
        return {uuid for uuid in episodes if uuid in self.there}

    async def removed_up_to(self, group_ids):
        return {group: self.removed[group] for group in group_ids if group in self.removed}

    async def write(self, batch):
        if self.faults["write"]:
            raise self.faults["write"].pop(0)
        if any(isinstance(p, Embedded) and "unwritable" in p.episode.content for p in batch):
            raise EpisodeFault("unwritable")
        self.batches.append(len(batch))
        for payload in batch:
            self.written.append((payload.group_id, payload.episode.event_id if isinstance(payload, Embedded) else None))
            if isinstance(payload, Embedded):
                self.there.add(payload.episode.uuid)
        return WriteReport(len(batch))

    async def send(self, record, verdict, trace):
        if self.faults["send"]:
            raise self.faults["send"].pop(0)
        self.dead.append((record.offset, verdict.reason, verdict.family))

    async def aclose(self):
        pass


def record(offset, group="g", content="hello", value=None, partition=0):
    if value is None:
        value = json.dumps({"group_id": group, "event_id": f"{group}.{offset}", "content": content}).encode()
    return Record("t", partition, offset, 1_700_000_000_000 + offset, group.encode(), value)


class Running:
    """A pipeline that runs in the background and is always closed."""

    def __init__(self, world, concurrency=8, **settings):
        options = {
            "write_linger_ms": 0,
            "embed_linger_ms": 0,
            "retry_initial_s": 0.001,
            "retry_max_s": 0.002,
        } | settings
        self.pipeline = Pipeline(
            extractor=world,
            embedder=world,
            store=world,
            dead_letters=world,
            settings=PipelineSettings(**options),
            telemetry=PipelineTelemetry("test"),
            extract_workers=concurrency,
        )

    async def __aenter__(self):
        self.pipeline.assign({P0: 0})
        self.task = asyncio.ensure_future(self.pipeline.run())
        return self.pipeline

    async def __aexit__(self, kind, error, trace):
        self.pipeline.close()
        if error is None:
            async with asyncio.timeout(60):
                await self.task
        else:
            self.task.cancel()
            await asyncio.wait([self.task])


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("concurrency", [1, 4, 32])
async def test_each_group_is_written_in_log_order_at_any_concurrency(concurrency):
    """Promise 2: extraction finishes out of order, writes do not."""
    world = World()
    records = [record(offset, group=f"g{offset % 3}") for offset in range(60)]
    async with Running(world, concurrency) as pipeline:
        assert pipeline.offer(records) == 60
    for group in ("g0", "g1", "g2"):
        written = [name for owner, name in world.written if owner == group]
        assert written == [f"{group}.{r.offset}" for r in records if r.key == group.encode()]
    assert pipeline.assignments.committable() == {P0: 60}
    assert (pipeline.budget.items, pipeline.budget.bytes) == (0, 0)
    assert pipeline.outcomes == {"written": 60}


async def test_a_slow_call_holds_up_its_own_group_only():
    """The other group is written while the first waits; the watermark stays at the slow one."""
    world = World()
    world.hold("slow.0")
    async with Running(world) as pipeline:
        pipeline.offer([record(0, "slow"), record(1, "slow"), record(2, "fast"), record(3, "fast")])
        await until(lambda: len(world.written) == 2)
        assert [group for group, _ in world.written] == ["fast", "fast"]
        assert pipeline.assignments.committable() == {}
        world.release("slow.0")
    assert [name for _, name in world.written][2:] == ["slow.0", "slow.1"]


async def test_what_does_not_fit_the_budget_is_left_with_kafka():
    """Promise 3: never more in flight than the budget; the rest is offered again later."""
    world = World()
    records = [record(offset) for offset in range(10)]
    world.hold("g.0")
    async with Running(world, budget_items=4) as pipeline:
        assert pipeline.offer(records) == 4
        assert pipeline.offer(records[4:]) == 0
        assert pipeline.budget.is_paused
        world.release("g.0")
        await until(lambda: not pipeline.budget.is_paused)
        taken = 4
        while taken < 10:
            taken += pipeline.offer(records[taken:])
            await asyncio.sleep(0.001)
    assert pipeline.budget.peak_items == 4
    assert len(world.written) == 10


async def test_of_a_scarce_budget_the_rest_is_for_partitions_with_little_in_flight():
    """One partition's flood fills nine tenths; then it alone is held, and another's record is admitted."""
    world = World()
    world.hold("flood.0")
    other = TopicPartition("t", 1)
    async with Running(world, budget_items=20) as pipeline:
        pipeline.assign({other: 0})
        pipeline.offer([record(offset, "flood") for offset in range(17)])
        assert pipeline.held == set()
        pipeline.offer([record(17, "flood")])
        assert pipeline.held == {P0}
        assert pipeline.offer([record(0, "late", partition=1)]) == 1
        await until(lambda: ("late", "late.0") in world.written)
        pipeline.offer([record(offset, "flood") for offset in (18, 19)])
        assert pipeline.held == {P0, other}
        world.release("flood.0")
        await until(lambda: not pipeline.held)


async def test_a_flooding_group_holds_up_no_other_between_the_stages():
    """Four hundred of one group wait in front; another's episode that comes then is among the next ones written."""
    world = World()
    async with Running(world, concurrency=4, group_window=40, write_batch_works=5) as pipeline:
        pipeline.offer([record(offset, "flood") for offset in range(400)])
        await until(lambda: len(world.written) >= 20)
        before = len(world.written)
        pipeline.offer([record(400, "late")])
        await until(lambda: ("late", "late.400") in world.written)
        place = world.written.index(("late", "late.400"))
    assert place - before <= 60
    assert [name for group, name in world.written if group == "flood"] == [f"flood.{n}" for n in range(400)]


async def test_a_backlog_holds_up_no_drain():
    """What nothing was done for leaves at once, in whatever lane; what was started is written."""
    world = World()
    started = {"g.0", "h.1"}
    for name in started:
        world.hold(name)
    async with Running(world, concurrency=2) as pipeline:
        pipeline.offer([record(offset, "gh"[offset % 2]) for offset in range(500)])
        await until(lambda: world.extracting == started and not pipeline.intake.fetched)
        draining = asyncio.ensure_future(pipeline.drain([P0], 5.0))
        await until(lambda: pipeline.budget.items == 2)
        assert not draining.done()
        for name in started:
            world.release(name)
        assert await draining
        assert (pipeline.budget.items, pipeline.waiting_in_order) == (0, 0)
        pipeline.offer([record(500)])  # the partition is draining: nothing is taken
        assert pipeline.budget.items == 0
    assert {name for _, name in world.written} == started
    assert pipeline.outcomes == {"written": 2, "discarded": 498}


async def test_what_was_fetched_and_not_looked_at_leaves_a_drain_undecoded():
    """Records behind a slow look into the graph: none is decoded, rejected or asked about, and all leave."""
    world = World()
    async with Running(world) as pipeline:
        pipeline.offer([record(offset, value=b"not even JSON") for offset in range(50)])
        assert await pipeline.drain([P0], 5.0)
        assert pipeline.budget.items == 0
    assert pipeline.outcomes == {"discarded": 50}
    assert world.dead == []
    assert pipeline.assignments.committable() == {}


async def test_a_bad_episode_is_dead_lettered_and_its_group_moves_on():
    """Promise 4: bad JSON, a refused and an unwritable episode are verdicts; their neighbours are written."""
    world = World()
    world.faults["g.2"].append(EpisodeFault("refused"))
    records = [record(0), record(1, value=b"nonsense"), record(2), record(3, content="unwritable"), record(4)]
    async with Running(world) as pipeline:
        pipeline.offer(records)
    assert sorted(world.dead) == [
        (1, "invalid-json", "episode"),
        (2, "refused", "episode"),
        (3, "unwritable", "episode"),
    ]
    assert [name for _, name in world.written] == ["g.0", "g.4"]
    assert pipeline.assignments.committable() == {P0: 5}


async def test_an_outage_is_outlasted_and_fills_no_dead_letter_topic():
    """Promise 4: world faults in every stage delay, and nothing else."""
    world = World()
    world.faults["g.0"] += [WorldFault("llm", "down")] * 3
    world.faults["embed"] += [WorldFault("embeddings", "down")] * 2
    world.faults["write"] += [WorldFault("neo4j", "down")] * 4
    world.faults["send"] += [WorldFault("kafka", "down")] * 2
    async with Running(world) as pipeline:
        pipeline.offer([record(0), record(1), record(2, value=b"x")])
    assert [name for _, name in world.written] == ["g.0", "g.1"]
    assert world.dead == [(2, "invalid-json", "episode")]


@pytest.mark.parametrize("stage", ["g.1", "embed", "write"])
async def test_an_unexpected_exception_is_retried_then_that_episode_alone_goes(stage):
    """A bug costs the episode it strikes, after three tries; in a batch the others are saved."""
    world = World()
    tries = 3 if stage == "g.1" else 6  # a batch is tried three times, then each work alone
    world.faults[stage] += [KeyError("bug")] * tries
    async with Running(world, concurrency=1, write_workers=1, embed_workers=1, embed_linger_ms=50) as pipeline:
        pipeline.offer([record(0), record(1)])
    assert len(world.dead) >= 1
    assert all(reason == "unexpected" and family == "unexpected" for _, reason, family in world.dead)
    assert len(world.dead) + len(world.written) == 2
    assert pipeline.assignments.committable() == {P0: 2}


async def test_an_operators_error_ends_the_pipeline():
    """A wrong key concerns every episode: the pod stops and says so instead of rejecting them all."""
    world = World()
    world.faults["g.0"].append(UserError("the key is wrong"))
    running = Running(world)
    running.pipeline.assign({P0: 0})
    running.pipeline.offer([record(0)])
    with pytest.raises(BaseExceptionGroup) as caught:
        await running.pipeline.run()
    assert caught.group_contains(UserError, match="key is wrong")
    assert world.dead == []


async def test_what_the_graph_has_costs_no_model_call():
    """Promise 1: a replay over a graph that has the episodes passes them by, in the same order."""
    world = World()
    async with Running(world) as pipeline:
        pipeline.offer([record(offset) for offset in range(5)])
    calls = len(world.extracted)
    async with Running(world) as pipeline:
        pipeline.offer([record(offset) for offset in range(6)])
    assert len(world.extracted) == calls + 1
    assert pipeline.outcomes == {"present": 5, "written": 1}
    assert pipeline.assignments.committable() == {P0: 6}


async def test_drain_finishes_what_was_started_and_discards_the_rest():
    """A revoke waits for started works, discards queued ones, and leaves the watermark between them."""
    world = World()
    for offset in range(10):
        world.hold(f"g.{offset}")
    async with Running(world, concurrency=3) as pipeline:
        pipeline.offer([record(offset) for offset in range(10)])
        await until(lambda: len(world.extracting) == 3)
        draining = asyncio.ensure_future(pipeline.drain([P0], 60))
        await asyncio.sleep(0.01)
        assert not draining.done()
        for offset in range(3):
            world.release(f"g.{offset}")
        assert await draining
        assert pipeline.assignments.committable() == {P0: 3}
        pipeline.revoke([P0])
    assert [name for _, name in world.written] == ["g.0", "g.1", "g.2"]
    assert pipeline.outcomes == {"written": 3, "discarded": 7}
    assert pipeline.budget.items == 0


async def test_after_the_deadline_late_works_are_stale():
    """A call that outlives the drain deadline is discarded when it ends, in the old epoch, and read again."""
    world = World()
    world.hold("g.0")
    async with Running(world) as pipeline:
        pipeline.offer([record(0)])
        await until(lambda: world.extracting)
        assert not await pipeline.drain([P0], 0.01)
        pipeline.revoke([P0])
        pipeline.assign({P0: 0})
        world.gated.clear()
        pipeline.offer([record(0)])
        await until(lambda: len(world.written) == 1)
        world.release("g.0")
    assert [name for _, name in world.written] == ["g.0"]
    assert pipeline.outcomes == {"written": 1, "discarded": 1}
    assert pipeline.assignments.committable() == {P0: 1}


async def test_an_outage_does_not_keep_a_lost_partition_for_ever():
    """A work that is retried while its partition goes is let go at its next try."""
    world = World()
    world.faults["g.0"] += [WorldFault("llm", "down")] * 10_000
    async with Running(world) as pipeline:
        pipeline.offer([record(0)])
        await until(lambda: world.extracting)
        await pipeline.drain([P0], 0.01)
        pipeline.revoke([P0])
        await until(lambda: pipeline.budget.items == 0)
    assert pipeline.outcomes == {"discarded": 1}


async def test_records_before_the_start_are_context_only():
    """What an assignment re-reads is shown to the extractor and neither written nor counted."""
    world = World()
    seen = []
    original = world.extract

    async def extract(episode):
        seen.append([one.content for one in episode.context])
        return await original(episode)

    world.extract = extract
    running = Running(world)
    async with running as pipeline:
        pipeline.assign({P0: 2})
        pipeline.offer([record(0, content="first"), record(1, content="second"), record(2, content="third")])
    assert seen == [["first", "second"]]
    assert [name for _, name in world.written] == ["g.2"]
    assert pipeline.assignments.committable() == {P0: 3}


async def test_what_was_removed_is_shown_to_no_extractor():
    """Neither by who has read it as context nor by who re-reads the stretch at its assignment."""
    removal = json.dumps({"type": "episode.removed", "group_id": "g", "event_id": "g.0"}).encode()
    log = [record(0, content="secret"), record(1, content="open"), record(2, value=removal), record(3, content="next")]
    for start in (0, 3):
        world = World()
        seen = {}
        original = world.extract

        async def extract(episode, original=original, seen=seen):
            seen[episode.event_id] = [one.content for one in episode.context]
            return await original(episode)

        world.extract = extract
        async with Running(world) as pipeline:
            pipeline.assign({P0: start})
            pipeline.offer(log)
        assert seen["g.3"] == ["open"]


@pytest.mark.parametrize("after", [0.0, 0.001, 0.003, 0.01, 0.03])
async def test_cancelled_anywhere_it_ends_at_once(after):
    """The second signal: cancelling the run ends all stages; what was not written is not committable."""
    world = World()
    running = Running(world)
    running.pipeline.assign({P0: 0})
    running.pipeline.offer([record(offset) for offset in range(100)])
    task = asyncio.ensure_future(running.pipeline.run())
    await asyncio.sleep(after)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    durable = {name for _, name in world.written}
    committable = running.pipeline.assignments.committable().get(P0, 0)
    assert all(f"g.{offset}" in durable for offset in range(committable))


async def test_an_episode_told_again_behind_a_group_removal_is_written_again():
    """What the graph has before the removal says nothing of an episode that comes after it."""
    world = World()
    async with Running(world) as pipeline:
        pipeline.offer([record(0)])
    told = record(0)
    removal = Record("t", 0, 1, told.timestamp_ms, b"g", b'{"type": "group.removed", "group_id": "g"}')
    again = Record("t", 0, 2, told.timestamp_ms, told.key, told.value)
    async with Running(world) as pipeline:
        pipeline.offer([told, removal, again])
    assert pipeline.outcomes == {"present": 1, "removed": 1, "written": 1}
    assert world.written == [("g", "g.0"), ("g", None), ("g", "g.0")]
    assert pipeline.intake._group_removals == {}
    assert pipeline.intake.admitted == {}


async def test_a_replay_over_a_removed_group_costs_no_model_call():
    """Episodes up to the place where their group was removed are ignored; what was told after it is new."""
    world = World()
    told = [record(offset) for offset in range(4)]
    world.removed["g"] = LogPosition(from_millis(told[2].timestamp_ms), 0, 2)
    async with Running(world) as pipeline:
        pipeline.offer(told)
    assert pipeline.outcomes == {"ignored": 3, "written": 1}
    assert world.extracted == ["g.3"]
    assert pipeline.assignments.committable() == {P0: 4}


async def test_a_burst_of_dead_letters_halts_intake_and_rejects_no_more():
    """Promise 4: what rejects everything is no bad episode; intake stops, and the rest stays with Kafka."""
    world = World()
    running = Running(world, concurrency=1, burst_consecutive=5)
    async with running as pipeline:
        pipeline.offer([record(0), *[record(offset, value=b"x") for offset in range(1, 60)]])
        await until(lambda: pipeline.halted and pipeline.budget.items == 0)
        assert "5 episodes in a row were rejected; the last: invalid-json" in pipeline.halted
        assert pipeline.is_paused
        assert pipeline.offer([record(60)]) == 0
        pipeline.revoke([P0])
        pipeline.assign({P0: 6})
        assert pipeline.offer([record(60)]) == 0, "a new assignment is no restart"
    assert [offset for offset, _, _ in world.dead] == [1, 2, 3, 4, 5]
    assert pipeline.outcomes == {"written": 1, "rejected": 5, "discarded": 54}


async def test_what_was_not_rejected_yet_is_not_committed_past_a_halt():
    """The watermark ends behind the last dead letter: a restart begins with the first that was discarded."""
    world = World()
    async with Running(world, concurrency=1, burst_consecutive=3) as pipeline:
        pipeline.offer([record(offset, value=b"x") for offset in range(10)])
        await until(lambda: pipeline.halted and pipeline.budget.items == 0)
        assert pipeline.assignments.committable() == {P0: 3}


async def test_bugs_in_a_row_halt_sooner():
    """Exceptions that no table knows have a limit of their own: ten episodes are enough to see it is us."""
    world = World()
    world.faults["write"] += [KeyError("bug")] * 1_000
    async with Running(world, concurrency=1, write_workers=1, burst_unexpected=2) as pipeline:
        pipeline.offer([record(offset, group=f"g{offset}") for offset in range(8)])
        await until(lambda: pipeline.halted and pipeline.budget.items == 0)
        assert "no table knows" in pipeline.halted
    assert len(world.dead) == 2


async def test_an_outage_makes_a_drain_short_and_writes_nothing_out_of_order():
    """With the database down, a revoke waits for no deadline; what is in flight is discarded as a whole."""
    world = World()
    world.faults["write"] += [WorldFault("neo4j", "down")] * 6
    settings = {"breaker_failures": 2, "breaker_probe_s": 0.3, "breaker_probe_max_s": 0.3}
    async with Running(world, concurrency=4, write_batch_works=1, write_workers=1, **settings) as pipeline:
        pipeline.offer([record(offset) for offset in range(20)])
        await until(lambda: pipeline.breakers.open == ["neo4j-write"])
        assert pipeline.is_paused
        async with asyncio.timeout(30):
            assert await pipeline.drain([P0], 300)
        assert pipeline.assignments.committable() == {}
        pipeline.revoke([P0])
        pipeline.assign({P0: 0})
        await until(lambda: pipeline.budget.items == 0)
        assert pipeline.breakers.open
        assert not pipeline.is_paused, "with nothing in flight nobody would probe, and the pod would wait for ever"
        pipeline.offer([record(offset) for offset in range(20)])
        assert pipeline.is_paused
    assert [name for _, name in world.written] == [f"g.{offset}" for offset in range(20)]
    assert pipeline.outcomes == {"written": 20, "discarded": 20}


async def test_a_batch_too_large_for_the_database_is_written_in_parts():
    """Memory that many episodes together use up is no fault of any of them, and no outage."""
    world = World()
    write = world.write

    async def small_only(batch):
        if len(batch) > 2:
            raise WorldFault("neo4j", "memory", is_batch_too_large=True)
        return await write(batch)

    world.write = small_only
    async with Running(world, concurrency=1, write_workers=1, write_linger_ms=200) as pipeline:
        pipeline.offer([record(offset) for offset in range(9)])
    assert [name for _, name in world.written] == [f"g.{offset}" for offset in range(9)]
    assert max(world.batches) == 2
    assert world.dead == []
    assert all(view.failures == 0 for view in pipeline.breakers.view())


async def test_who_is_alone_waits_for_no_company_and_who_is_not_does():
    """Without another on its way neither embedding nor writing lingers; with one, both are done together."""
    an_hour = 3_600_000
    world = World()
    world.hold("b.1")
    lingers = {"embed_linger_ms": an_hour, "write_linger_ms": an_hour}
    async with Running(world, embed_workers=1, write_workers=1, **lingers) as pipeline:
        pipeline.offer([record(0, "a")])
        await until(lambda: world.written == [("a", "a.0")])
        pipeline.offer([record(1, "b"), record(2, "c")])
        await until(lambda: "c.2" in world.extracted)
        assert world.batches == [1]
        world.release("b.1")
        await until(lambda: len(world.written) == 3)
    assert world.batches == [1, 2]


async def test_an_episode_whose_calls_alone_keep_failing_lets_its_group_go_on():
    """Nothing stuck: others are answered all the while, so it is dead-lettered and those behind it are written."""
    world = World()
    world.faults["g.0"] += [WorldFault("llm", "no answer in time")] * 10_000
    settings = {"max_lone_attempts": 4, "breaker_failures": 1_000}
    async with Running(world, concurrency=2, **settings) as pipeline:
        pipeline.offer([record(0), record(1)])
        offset = 2
        while not world.dead:
            pipeline.offer([record(offset, group="other")])
            offset += 1
            await asyncio.sleep(0.001)
    assert world.dead == [(0, "keeps-failing", "world")]
    assert [name for _, name in world.written if name.startswith("g.")] == ["g.1"]


async def test_a_bug_of_the_look_ahead_costs_model_calls_only():
    """Whether the graph has an episode is asked to save calls; when that fails, the write looks again."""
    world = World()

    async def broken(_episodes):
        raise KeyError("bug")

    world.present = broken
    async with Running(world) as pipeline:
        pipeline.offer([record(0), record(1)])
    assert pipeline.outcomes == {"written": 2}
