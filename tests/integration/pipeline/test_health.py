"""The endpoint of a real pod: before, while and after it takes part; what a scrape and /statz tell of real work."""

import asyncio
import json

import aiohttp
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from plugins.end_to_end import BASE_MS, drained, pods, until
from prometheus_client.parser import text_string_to_metric_families

from consumer.app.runtime import open_runtime
from consumer.health.exposition import Exposition
from consumer.telemetry.setup import configure
from consumer.testing.generate import generate

SECRETS = ("simulator", "127.0.0.1")


async def ask(port, path):
    """Return status and text of one page."""
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.text()


async def statz(port):
    """Return /statz."""
    status, text = await ask(port, "/statz")
    assert status == 200
    return json.loads(text)


async def test_a_pod_tells_how_it_is(make_log):
    """Starting, running with work done, stopping: each page says so, over the real Kafka and Neo4j."""
    log = await make_log(partitions=2, health={"port": 0})
    events = generate(5, 40, 3)
    exposition = Exposition()
    with configure(log.settings.telemetry, metric_readers=[exposition.reader]):
        async with open_runtime(log.settings, metrics=exposition.text) as runtime:
            port = runtime.server.port
            assert (await ask(port, "/readyz"))[0] == 503
            assert (await ask(port, "/livez"))[0] == 200
            assert (await statz(port))["state"] == "starting"

            running = asyncio.ensure_future(runtime.run())
            await until(lambda: runtime.source.has_joined, 40)
            assert (await ask(port, "/readyz"))[0] == 200
            await log.publish(events)
            await drained(log)

            told = await statz(port)
            assert told["state"] == "running"
            assert told["outcomes"] == {"written": 40}
            assert [p["partition"] for p in told["partitions"]] == [0, 1]
            assert sum(p["committed"] for p in told["partitions"]) == 40
            assert [stage["done"] for stage in told["stages"]] == [40, 40, 40, 40]
            assert told["in_flight"]["items"] == 0 < told["in_flight"]["peak_items"]
            assert {breaker["state"] for breaker in told["breakers"].values()} == {"closed"}
            assert told["member_id"]
            assert told["rss_bytes"] is None or told["rss_bytes"] > 10_000_000
            assert not [secret for secret in SECRETS if secret in json.dumps(told)]
            assert not [event for event in events if event["content"] in json.dumps(told)]

            async with asyncio.timeout(90):  # the log's ends are looked at from time to time
                while "episodes_lag{" not in (text := (await ask(port, "/metrics"))[1]):
                    await asyncio.sleep(0.2)
            status, text = await ask(port, "/metrics")
            assert status == 200
            families = {family.name: family for family in text_string_to_metric_families(text)}
            assert {s.labels["messaging_destination_partition_id"] for s in families["episodes_lag"].samples} == {
                "0",
                "1",
            }
            assert sum(s.value for s in families["episodes_finished"].samples if s.name.endswith("_total")) == 40
            stages = families["episodes_stage_duration_seconds"].samples
            assert {s.labels["episodes_stage"] for s in stages} == {"intake", "extract", "embed", "write"}
            assert 60.0 in {float(s.labels["le"]) for s in stages if s.name.endswith("_bucket")}

            sizes = families["episodes_stage_batch_size"].samples
            assert {s.labels["episodes_stage"] for s in sizes} == {"intake", "extract", "embed", "write"}
            pools = families["episodes_pool_connections"].samples
            assert {(s.labels["episodes_pool"], s.labels["episodes_pool_state"]) for s in pools} >= {
                ("neo4j", "in_use"),
                ("neo4j", "idle"),
            }
            assert sum(s.value for s in pools if s.labels["episodes_pool"] == "neo4j") > 0

            runtime.stop()
            status, text = await ask(port, "/readyz")
            assert status == 503
            assert "stopping" in text
            assert (await ask(port, "/livez"))[0] == 200
            await running
            assert (await statz(port))["state"] == "stopping"


async def test_a_model_that_is_down_fails_no_probe(make_log):
    """The pod is where it should be: ready, alive, and its page names what it waits for."""
    log = await make_log(
        partitions=1,
        base_url="http://127.0.0.1:9/v1",
        health={"port": 0, "stuck_after_s": 3.0},
        pipeline={"breaker_failures": 2, "retry_initial_s": 0.1, "retry_max_s": 0.2},
    )
    await log.publish(generate(5, 5))
    async with open_runtime(log.settings) as runtime:
        running = asyncio.ensure_future(runtime.run())
        await until(lambda: "llm" in runtime.pipeline.breakers.open, 40)
        await asyncio.sleep(6)
        port = runtime.server.port
        assert (await ask(port, "/livez"))[0] == 200
        status, text = await ask(port, "/readyz")
        assert status == 200
        assert "waits for llm" in text
        told = await statz(port)
        assert told["breakers"]["llm"]["state"] in {"open", "probing"}
        assert told["retries"]["llm"] > 0
        runtime.stop()
        await running


@pytest.mark.parametrize("span", [256, 1])
async def test_a_transaction_marker_alone_is_no_lag(make_log, span):
    """A pod that starts between a transaction's last record and its marker passes it, and is not taken to be stuck."""
    log = await make_log(partitions=1, pipeline={"context_span": span})
    events = generate(5, 3)
    log.groups |= {event["group_id"] for event in events}
    producer = AIOKafkaProducer(bootstrap_servers=log.settings.kafka.bootstrap_servers, transactional_id=log.topic)
    async with producer, producer.transaction():
        for event in events:
            await producer.send(
                log.topic, json.dumps(event).encode(), key=event["group_id"].encode(), timestamp_ms=BASE_MS
            )
    committed = AIOKafkaConsumer(
        bootstrap_servers=log.settings.kafka.bootstrap_servers,
        group_id=log.settings.kafka.consumer_group,
        enable_auto_commit=False,
    )
    async with committed:
        partition = TopicPartition(log.topic, 0)
        committed.assign([partition])
        await committed.commit({partition: 3})
    async with pods(log, 1):
        await drained(log, 30)
        assert await log.committed() == {0: 4}


class Stuck:
    """An extractor that never answers."""

    name = "stuck"

    async def extract(self, _episode):
        await asyncio.Event().wait()

    async def aclose(self):
        """Nothing is held."""


async def test_a_pod_that_is_stuck_fails_liveness_and_says_where(make_log, caplog):
    """Work that never ends, nothing down: /livez names the stage, and the log has it once."""
    log = await make_log(partitions=1, health={"port": 0, "stuck_after_s": 2.0}, kafka={"drain_deadline_s": 1.0})
    await log.publish(generate(5, 5))
    async with open_runtime(log.settings, extractor=Stuck()) as runtime:
        running = asyncio.ensure_future(runtime.run())

        async def is_stuck():
            return (await ask(runtime.server.port, "/livez"))[0] == 503

        await until(is_stuck, 60)
        _, text = await ask(runtime.server.port, "/livez")
        assert "held in extract 5" in text
        assert "lag 5 on 1 partitions" in text
        assert len([record for record in caplog.records if record.message.startswith("stuck:")]) == 1
        runtime.stop()
        await running
