"""The real services are configured for what the product needs."""

import json
import uuid

import neo4j
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import MessageSizeTooLargeError

from consumer.errors import UserError
from consumer.stack import LocalStack, Service, StackOptions
from consumer.stack.kafka_service import MAX_MESSAGE_BYTES


async def _make_topic(bootstrap: str) -> str:
    topic = f"stack-{uuid.uuid4().hex}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1)])
    finally:
        await admin.close()
    return topic


async def _publish(bootstrap: str, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, max_request_size=4 * MAX_MESSAGE_BYTES) as producer:
        await producer.send_and_wait(topic, value)


async def _first(bootstrap: str, topic: str) -> bytes:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=topic, auto_offset_reset="earliest")
    async with consumer:
        return (await consumer.getone()).value


async def test_kafka_takes_records_twice_as_large_as_the_consumer_does(kafka_bootstrap):
    """What is too large meets the consumer's limit, with a dead letter, before it meets Kafka's."""
    topic = await _make_topic(kafka_bootstrap)
    value = b"x" * (MAX_MESSAGE_BYTES - 1_000)
    await _publish(kafka_bootstrap, topic, value)
    assert await _first(kafka_bootstrap, topic) == value
    with pytest.raises(MessageSizeTooLargeError):
        await _publish(kafka_bootstrap, topic, b"x" * (MAX_MESSAGE_BYTES + 1_000))


async def test_kafka_makes_no_topic_by_itself(kafka_bootstrap):
    """A misspelt topic is an error, not a new topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    try:
        name = f"misspelt-{uuid.uuid4().hex}"
        await admin.describe_topics([name])
        assert name not in await admin.list_topics()
    finally:
        await admin.close()


async def test_neo4j_answers_a_driver_without_credentials(neo4j_uri):
    """On the loopback interface only, so that a demo needs no password."""
    async with neo4j.AsyncGraphDatabase.driver(neo4j_uri) as driver:
        records, _, _ = await driver.execute_query("RETURN $x AS x", x=41)
        assert records[0]["x"] == 41


async def test_data_are_there_after_a_restart_on_other_ports(stack_settings):
    """Records, committed offsets and nodes outlive the processes; ports may change."""
    options = StackOptions(settings=stack_settings)
    async with LocalStack(options) as stack:
        topic = await _make_topic(stack.kafka_bootstrap)
        await _publish(stack.kafka_bootstrap, topic, json.dumps({"n": 1}).encode())
        async with neo4j.AsyncGraphDatabase.driver(stack.neo4j_uri) as driver:
            await driver.execute_query("CREATE (:Kept {n: 1})")
        ports = stack.ports
    async with LocalStack(options) as stack:
        assert stack.ports != ports
        assert await _first(stack.kafka_bootstrap, topic) == b'{"n": 1}'
        async with neo4j.AsyncGraphDatabase.driver(stack.neo4j_uri) as driver:
            records, _, _ = await driver.execute_query("MATCH (k:Kept) RETURN k.n AS n")
            assert [record["n"] for record in records] == [1]


async def test_kafka_s_own_words_are_shown_when_it_refuses_to_start(stack_settings):
    """A damaged storage, as an example: one line, with the reason and the log's place."""
    data = stack_settings.data_dir / "kafka" / "data"
    data.mkdir(parents=True)
    (data / "meta.properties").write_text("version=1\nnode.id=77\ncluster.id=other\n")
    options = StackOptions(services=frozenset({Service.KAFKA}), settings=stack_settings)
    with pytest.raises(UserError, match=r"Kafka ended \(exit code 1\).*77.*console\.log") as caught:
        await LocalStack(options).start()
    assert "\n" not in str(caught.value)
