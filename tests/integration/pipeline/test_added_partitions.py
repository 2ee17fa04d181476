"""A topic that gets more partitions while pods read it."""

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from plugins.end_to_end import drained, pods

from consumer.testing.generate import generate


async def test_added_partitions_are_read_without_a_restart(make_log):
    """The pods notice within `metadata_max_age_ms`, and what was sent there before is read from its beginning."""
    log = await make_log(partitions=1, kafka={"metadata_max_age_ms": 1_000})
    events = generate(seed=31, n=60, groups=8)
    await log.publish(events[:30])
    async with pods(log, 1):
        await drained(log, 40)
        admin = AIOKafkaAdminClient(bootstrap_servers=log.settings.kafka.bootstrap_servers)
        await admin.start()
        try:
            await admin.create_partitions({log.topic: NewPartitions(4)})
        finally:
            await admin.close()
        kafka = log.settings.kafka.model_copy(update={"partitions": 4})
        log.settings = log.settings.model_copy(update={"kafka": kafka})
        await log.publish(events[30:], first=30)
        await drained(log, 40)
    assert sum(end > 0 for end in (await log.ends()).values()) > 1
    for group in sorted(log.groups):
        log.assert_gold(events, group, *await log.graph(group))
