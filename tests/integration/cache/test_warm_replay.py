"""A warm cache makes a replay free: no call, the same graph; with the cache broken, calls and the same graph."""

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from plugins.end_to_end import drained, pods

from consumer.testing.generate import generate
from consumer.testing.simulator_profile import Profile


async def replayed(log):
    """Empty the graph, go back to the log's beginning, and read all of it with a new pod."""
    await log.wipe()
    kafka = log.settings.kafka
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka.bootstrap_servers, group_id=kafka.consumer_group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        start = {TopicPartition(log.topic, number): 0 for number in range(kafka.partitions)}
        consumer.assign(list(start))
        await consumer.commit(start)
    finally:
        await consumer.stop()
    return await read(log)


async def read(log):
    """Read to the end with one pod; return the digests."""
    async with pods(log, 1):
        await drained(log)
    return await log.digests()


async def test_a_replay_with_a_warm_disk_makes_no_call(make_log, simulator, tmp_path):
    """Unusable answers on the way included: 0 chat calls, 0 embedding calls, equal digests."""
    simulator.profile = Profile(seed=3, rate_wrong_schema=0.4)
    events = generate(seed=11, n=60, groups=3)
    # So many attempts that no episode is given up: a dead letter has no answer that a replay could find.
    log = await make_log(cache={"disk_dir": tmp_path}, llm={"max_attempts": 12})
    await log.publish(events)
    first = await read(log)
    cold = simulator.stats.as_dict()
    assert cold["chat_questions"] >= 60
    assert cold["embedding_calls"] > 0
    assert cold["faults"].get("wrong-schema")
    assert await replayed(log) == first
    warm = simulator.stats.as_dict()
    assert (warm["chat_calls"], warm["embedding_calls"]) == (cold["chat_calls"], cold["embedding_calls"])
    assert await log.dead_letters() == []


async def test_redis_gone_costs_calls_and_nothing_else(make_log, simulator, redis_server):
    """Warm: no call. Killed while a pod reads: the rest is asked for, the graph is the same."""
    log = await make_log(cache={"redis_url": redis_server.url, "redis_timeout_s": 2.0})
    await log.publish(generate(seed=12, n=40, groups=3))
    first = await read(log)
    cold = simulator.stats.chat_questions
    assert await replayed(log) == first
    assert simulator.stats.chat_questions == cold
    redis_server.freeze()
    assert await replayed(log) == first
    redis_server.stop()
    assert await replayed(log) == first
    assert simulator.stats.chat_questions == 3 * cold


async def test_a_broken_disk_costs_calls_and_nothing_else(make_log, simulator, tmp_path):
    """A folder that cannot be made: every answer is asked for, and written."""
    (tmp_path / "file").write_text("in the way")
    log = await make_log(cache={"disk_dir": tmp_path / "file" / "cache"})
    await log.publish(generate(seed=13, n=20, groups=2))
    first = await read(log)
    assert await replayed(log) == first
    assert simulator.stats.chat_questions == 40


@pytest.mark.parametrize("bits", [8, 32])
async def test_vectors_of_any_size_give_one_digest(make_log, simulator, tmp_path, bits):
    """The digest is that of a cold run, whatever the caches keep."""
    log = await make_log(cache={"disk_dir": tmp_path}, embedding={"vector_bits": bits})
    await log.publish(generate(seed=14, n=10, groups=1))
    first = await read(log)
    calls = simulator.stats.embedding_calls
    assert await replayed(log) == first
    assert simulator.stats.embedding_calls == calls
