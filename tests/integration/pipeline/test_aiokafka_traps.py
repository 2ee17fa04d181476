"""The client's traps (docs/architecture.md, "The poll loop"), each on the real broker."""

import asyncio
import json
import logging
import os
import sys
import uuid

import pytest
from plugins.end_to_end import drained, pods, until

from consumer.app.runtime import open_runtime
from consumer.errors import UserError, WorldFault
from consumer.testing.generate import generate
from consumer.testing.simulator import Profile, Simulator


@pytest.mark.timeout(1_200)
async def test_a_blocked_pipeline_keeps_its_membership(make_log):
    """Trap 1: with the budget full for longer than max_poll_interval_ms, polling goes on and nothing is re-read."""
    events = generate(seed=21, n=80, groups=2)
    async with Simulator(Profile(latency_ms=5_000)) as slow:
        log = await make_log(
            base_url=slow.base_url,
            partitions=2,
            kafka={"max_poll_interval_ms": 2_000},
            pipeline={"budget_items": 20, "concurrency": 40},
        )
        await log.publish(events)
        async with pods(log, 1) as (runtime,):
            await until(lambda: runtime.view().is_paused, 30)
            await drained(log)
            assert runtime.source.rebalances == 0
            assert runtime.pipeline.outcomes == {"written": 80}
            assert runtime.pipeline.budget.peak_items == 20
        assert slow.stats.chat_questions == 80


@pytest.mark.timeout(1_200)
async def test_a_paused_pod_takes_up_again_after_a_rebalance(make_log):
    """Traps 3, 4, 6: pause flags and positions are made anew; both pods together do everything once."""
    events = generate(seed=22, n=300, groups=6)
    async with Simulator(Profile(latency_ms=100)) as slow:
        log = await make_log(base_url=slow.base_url, pipeline={"budget_items": 30, "concurrency": 10})
        await log.publish(events)
        async with pods(log, 1) as (first,):
            await until(lambda: first.view().is_paused, 30)
            async with pods(log, 1) as (second,):
                await drained(log)
                assert first.source.rebalances >= 1
                assert second.pipeline.outcomes["written"] > 0
        written = first.pipeline.outcomes["written"] + second.pipeline.outcomes["written"]
        present = first.pipeline.outcomes["present"] + second.pipeline.outcomes["present"]
        assert written + present >= 300
    for group in sorted(log.groups):
        log.assert_gold(events, group, *await log.graph(group))


async def test_a_bounded_budget_in_bytes_leaves_large_records_with_kafka(make_log):
    """Trap 12: what does not fit is sought back to and fetched again; the byte bound holds."""
    events = [
        {"group_id": "big", "event_id": str(n), "content": "Ada Quill knows Bo Reed. " + "x" * 200_000}
        for n in range(12)
    ]
    log = await make_log(pipeline={"budget_bytes": 500_000, "concurrency": 4})
    await log.publish(events)
    async with pods(log, 1) as (runtime,):
        await drained(log)
        assert runtime.pipeline.budget.peak_bytes <= 500_000
        assert runtime.pipeline.outcomes == {"written": 12}


async def test_raw_bytes_and_an_unread_topic_from_its_start(make_log):
    """Trap 14: no deserializer of the client's, and a group without offsets starts at the earliest record."""
    log = await make_log()
    await log.publish_raw([(b"g-raw", b"\xff\xfe", ())])
    log.groups.add("g-raw")
    async with pods(log, 1) as (runtime,):
        await drained(log)
        assert runtime.pipeline.outcomes == {"rejected": 1}


async def test_context_is_re_read_after_a_restart(make_log, simulator):
    """Trap 3 and context: the episode after a restart sees the ones before the committed offset."""
    log = await make_log(partitions=1)
    first = [{"group_id": "ctx", "event_id": str(n), "content": f"Ada Quill likes tea number {n}."} for n in range(3)]
    await log.publish(first)
    async with pods(log, 1):
        await drained(log)
    await log.publish([{"group_id": "ctx", "event_id": "3", "content": "Bo Reed knows Ada Quill."}], first=3)
    async with open_runtime(log.settings) as runtime:
        seen = []
        extract = runtime.pipeline._extract._extractor.extract

        async def spy(episode):
            seen.append([one.content for one in episode.context])
            return await extract(episode)

        runtime.pipeline._extract._extractor.extract = spy
        await runtime.run(until_drained=True)
    assert seen == [[event["content"] for event in first]]
    assert runtime.pipeline.outcomes == {"written": 1}


async def test_a_missing_topic_is_one_clear_line(make_log):
    """A pod on a topic that is not there says so and how to make it."""
    log = await make_log()
    settings = log.settings.model_copy(
        update={"kafka": log.settings.kafka.model_copy(update={"topic": "no-such-topic"})}
    )
    async with open_runtime(settings) as runtime:
        with pytest.raises(UserError, match="no-such-topic"):
            await runtime.run()


async def test_no_broker_is_a_world_fault_in_time(make_log):
    """A pod without a broker ends with what it could not reach, not with a stack of the client's."""
    log = await make_log()
    settings = log.settings.model_copy(
        update={
            "kafka": log.settings.kafka.model_copy(update={"bootstrap_servers": "127.0.0.1:1"}),
            "startup_wait_s": 0.0,
        }
    )
    with pytest.raises(WorldFault, match=r"127\.0\.0\.1:1"):
        async with open_runtime(settings) as runtime:
            await runtime.run()


async def test_transaction_markers_do_not_leave_lag(make_log):
    """The last offset of a transactional producer holds no record; the watermark passes it."""
    from aiokafka import AIOKafkaProducer

    log = await make_log(partitions=1)
    log.groups.add("txn")
    producer = AIOKafkaProducer(
        bootstrap_servers=log.settings.kafka.bootstrap_servers, transactional_id=f"txn-{log.topic}"
    )
    await producer.start()
    try:
        async with producer.transaction():
            for number in range(3):
                value = json.dumps({"group_id": "txn", "event_id": str(number), "content": "Ada Quill likes tea."})
                await producer.send_and_wait(log.topic, value.encode(), key=b"txn")
    finally:
        await producer.stop()
    async with pods(log, 1):
        await drained(log, 20)
    assert await log.ends() == {0: 4}


async def test_stopping_under_load_hangs_nowhere(make_log, caplog):
    """Trap 8: the client's stop calls no callback and may hang; ours drains first and has a deadline."""
    caplog.set_level(logging.WARNING)
    events = generate(seed=23, n=400, groups=4)
    async with Simulator(Profile(latency_ms=300)) as slow:
        log = await make_log(base_url=slow.base_url)
        await log.publish(events)
        async with asyncio.timeout(60), pods(log, 1) as (runtime,):
            await until(lambda: runtime.pipeline.outcomes["written"] > 20, 30)
        assert await log.committed() != await log.ends()
        assert runtime.pipeline.budget.items == 0
        assert "did not stop" not in caplog.text
    async with Simulator() as fast:
        log.settings = log.settings.model_copy(update={"openai_base_url": fast.base_url})
        async with pods(log, 1):
            await drained(log)
    for group in sorted(log.groups):
        log.assert_gold(events, group, *await log.graph(group))


@pytest.mark.timeout(1_200)
async def test_a_rebalance_while_records_are_fetched_loses_none(make_log):
    """What is fetched after a revoke began is neither admitted nor committed: members come and go, all is written."""
    events = generate(seed=24, n=600, groups=8)
    async with Simulator(Profile(latency_ms=60)) as slow:
        log = await make_log(base_url=slow.base_url, pipeline={"budget_items": 25, "concurrency": 8})
        await log.publish(events)
        async with pods(log, 1):
            for _ in range(4):
                async with pods(log, 1):
                    await asyncio.sleep(0.7)
            await drained(log)
    for group in sorted(log.groups):
        log.assert_gold(events, group, *await log.graph(group))


@pytest.mark.timeout(1_200)
async def test_what_retention_removes_unread_is_told_and_the_rest_is_written(make_log, caplog):
    """Records removed under a running pod, and before a stopped one reads them: an error says which, and it goes on."""
    content, group = "Ada Quill likes tea.", f"kept-{uuid.uuid4().hex}"
    events = [{"group_id": group, "event_id": str(n), "content": content} for n in range(120)]
    async with Simulator(Profile(latency_ms=1_000)) as slow:
        log = await make_log(base_url=slow.base_url, partitions=1, pipeline={"budget_items": 10, "concurrency": 10})
        await log.publish(events)
        async with pods(log, 1) as (runtime,):
            await until(lambda: runtime.view().is_paused, 30)
            await log.remove_before({0: 100})
            await drained(log)
            assert 20 <= runtime.pipeline.outcomes["written"] <= 40
        assert "were removed from the log before they were read" in caplog.text
        caplog.clear()
        await log.publish(events[:30], first=200)
        await log.remove_before({0: 140})
        async with pods(log, 1):
            await drained(log)
        assert "20 offsets (120 to 139)" in caplog.text


ODD_PRODUCER = """
import asyncio, sys
from aiokafka import AIOKafkaProducer

class Odd(str):
    def encode(self, *_):
        return b"\\xff\\xfe-name"

async def main(bootstrap, topic, value):
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, compression_type="gzip") as producer:
        await producer.send_and_wait(topic, value.encode(), key=b"odd-headers", headers=[(Odd("x"), b"1")])

asyncio.run(main(*sys.argv[1:]))
"""
"""Another client's record: this one's Python builder can be made to write it, its reader cannot read it."""


async def test_a_header_name_that_is_not_utf8_stops_nothing(make_log, monkeypatch, caplog):
    """The client raises while it unpacks, at every fetch; the record and those around it are written all the same."""
    from aiokafka.consumer import fetcher

    monkeypatch.setattr(fetcher, "MemoryRecords", fetcher.MemoryRecords)  # undone at the end
    log = await make_log(partitions=1)

    def events(*ids):
        return [{"group_id": "odd-headers", "event_id": name, "content": "", "extract": False} for name in ids]

    await log.publish(events("before"))
    odd = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        ODD_PRODUCER,
        log.settings.kafka.bootstrap_servers,
        log.topic,
        json.dumps(events("odd")[0]),
        env={**os.environ, "AIOKAFKA_NO_EXTENSIONS": "1"},
    )
    assert await odd.wait() == 0
    await log.publish(events("after"), first=5)
    async with pods(log, 1) as (pod,):
        await drained(log)
        assert pod.pipeline.outcomes == {"written": 3}
    assert "a header name that is not UTF-8" in caplog.text
