"""`episodes replay` on a real broker: what is copied, what is left out, how fast, and after which end it goes on."""

import asyncio
import json
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete

from consumer.kafka.admin import describe, ensure_topics
from consumer.kafka.replay_run import consumer_group, stored_run
from consumer.model.instants import from_millis, iso
from consumer.model.replay import ORIGIN, RUN_ID
from consumer.settings import KafkaSettings
from consumer.testing.generate import generate

EPISODES = str(Path(sys.executable).with_name("episodes"))
BASE_MS = 1_795_000_000_000
PARTITIONS = 4


@pytest.fixture
async def source(kafka_bootstrap, topic):
    """Settings of a topic that is there."""
    settings = KafkaSettings(
        bootstrap_servers=kafka_bootstrap, topic=topic, consumer_group=topic, partitions=PARTITIONS
    )
    await ensure_topics(settings)
    return settings


@pytest.fixture
def publish(source):
    """Returns a coroutine that sends (key, value, headers), a second apart, or at the milliseconds given."""

    async def send(records, stamps=None):
        async with AIOKafkaProducer(bootstrap_servers=source.bootstrap_servers, enable_idempotence=True) as producer:
            sent = []
            for number, (key, value, headers) in enumerate(records):
                stamp = BASE_MS + (number * 1_000 if stamps is None else stamps[number])
                sent.append(
                    await producer.send(source.topic, value, key=key, timestamp_ms=stamp, headers=list(headers))
                )
            await asyncio.gather(*sent)

    return send


@pytest.fixture
def read(source):
    """Returns a coroutine that reads what is committed in a topic, partition by partition."""

    async def records(name):
        reader = AIOKafkaConsumer(
            bootstrap_servers=source.bootstrap_servers,
            isolation_level="read_committed",
            max_partition_fetch_bytes=4_000_000,
        )
        await reader.start()
        try:
            partitions = [TopicPartition(name, number) for number in range(PARTITIONS)]
            reader.assign(partitions)
            await reader.seek_to_beginning()
            ends = await reader.end_offsets(partitions)
            found = []
            for partition in partitions:
                while await reader.position(partition) < ends[partition]:
                    batch = await reader.getmany(partition, timeout_ms=500)
                    found += [record for some in batch.values() for record in some]
            return found
        finally:
            await reader.stop()

    return records


@pytest.fixture
def replay(episodes):
    """Runs `episodes replay …` and returns its JSON; asserts that it succeeds."""

    def run(*arguments):
        result = episodes("replay", *arguments, "--json")
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return run


def some_records():
    """Episodes of five groups, removals of each kind, and records that are no events."""
    events = generate(seed=8, n=60, groups=5)
    records = [(event["group_id"].encode(), json.dumps(event).encode(), ()) for event in events]
    first, last = events[0]["group_id"], events[-1]["group_id"]
    removed = {"type": "episode.removed", "group_id": last, "event_id": events[-1]["event_id"]}
    records += [
        (last.encode(), json.dumps(removed).encode(), (("n", None), ("source", b"crm"))),
        (first.encode(), None, (("event_id", events[0]["event_id"].encode()),)),
        (first.encode(), json.dumps({"type": "group.removed", "group_id": first}).encode(), ()),
        (first.encode(), b"{no json", ()),
        (None, b'{"group_id":"nobody","content":"x"}', ()),
        (last.encode(), json.dumps({"group_id": last, "content": "without id"}).encode(), ()),
    ]
    return records


def origin(record):
    """The record that it repeats: partition and offset."""
    _, partition, offset = dict(record.headers)[ORIGIN].decode().rsplit("/", 2)
    return int(partition), int(offset)


async def test_copies_are_the_records_in_their_order(replay, publish, read, source):
    """Into another topic: bytes, keys, timestamps, headers, partitions; under a prefix: the group alone is another."""
    await publish(some_records())
    before = await read(source.topic)
    copy, renamed = f"{source.topic}-copy", f"{source.topic}-renamed"
    told = replay("--to", copy, "--run-id", f"{source.topic}-1", "--yes")
    assert (told["records"], told["copies"], told["is_done"]) == (66, 66, True)
    assert (told["episodes"], told["removals"], told["invalid"]) == (61, 3, {"invalid-json": 1, "wrong-key": 1})
    after = await read(copy)
    assert [(r.partition, r.key, r.value, r.timestamp, r.headers[:-2]) for r in after] == [
        (r.partition, r.key, r.value, r.timestamp, r.headers) for r in before
    ]
    assert [origin(r) for r in after] == [(r.partition, r.offset) for r in before]
    assert {dict(r.headers)[RUN_ID] for r in after} == {f"{source.topic}-1".encode()}
    replay("--to", renamed, "--group-prefix", "x-", "--run-id", f"{source.topic}-2", "--yes")
    found = await read(renamed)
    assert [origin(r) for r in found] == [origin(r) for r in after]
    for one, other in zip(before, found, strict=True):
        assert other.key == (b"x-" + one.key if one.key else one.key)
        if one.value is None or one.value == b"{no json":
            assert other.value == one.value
        else:
            old, new = json.loads(one.value), json.loads(other.value)
            assert new.pop("group_id") == "x-" + old.pop("group_id")
            has_id = new.pop("event_id", None) is not None
            assert has_id == (old.get("type") != "group.removed" and one.key is not None)
            old.pop("event_id", None)
            assert new == old


async def test_without_yes_nothing_is_there_afterwards(episodes, replay, publish, source, read):
    """No topic, no record, no offset; counts and an estimate are told, for people too."""
    await publish(some_records())
    copy = f"{source.topic}-copy"
    told = replay("--to", copy, "--group-prefix", "x-", "--run-id", source.topic)
    assert (told["records"], told["episodes"], told["removals"], told["group_count"]) == (66, 61, 3, 5)
    assert told["estimate"]["episodes"] == 61
    assert told["estimate"]["calls"] > 0
    replay("--group-prefix", "x-", "--run-id", source.topic)
    assert len(await read(source.topic)) == 66
    assert await stored_run(source, source.topic) is None
    assert (await describe(source.model_copy(update={"topic": copy}))).topic is None
    shown = episodes("replay", "--to", copy, "--speed", "2")
    assert "2 x the recorded speed: 32 s" in shown.stdout
    assert "nothing was sent; --yes sends it" in shown.stderr


async def test_stretches_and_groups_are_chosen(replay, publish, read, source):
    """By time, by offsets, by names and patterns: exactly these, in all their partitions."""
    await publish(some_records())
    before = await read(source.topic)
    names = sorted({r.key.decode() for r in before if r.key})
    instants = [iso(from_millis(BASE_MS + 1_000 * number)) for number in (10, 30)]
    partition = max(range(PARTITIONS), key=lambda number: sum(r.partition == number for r in before))
    for number, (arguments, is_taken) in enumerate(
        {
            ("--since", instants[0], "--until", instants[1]): lambda r: 10_000 <= r.timestamp - BASE_MS < 30_000,
            ("--since", instants[1]): lambda r: r.timestamp - BASE_MS >= 30_000,
            ("--offsets", f"{partition}:3-7"): lambda r: r.partition == partition and 3 <= r.offset <= 7,
            ("--offsets", f"{partition}:4-"): lambda r: r.partition == partition and r.offset >= 4,
            ("--group", names[0], "--group", names[1]): lambda r: r.key in {n.encode() for n in names[:2]},
            ("--group", names[0][:-1] + "*"): lambda r: (r.key or b"").startswith(names[0][:-1].encode()),
            ("--since", iso(from_millis(BASE_MS + 10**9))): lambda r: False,
        }.items()
    ):
        copy = f"{source.topic}-{number}"
        told = replay("--to", copy, *arguments, "--yes")
        wanted = [(r.partition, r.offset) for r in before if is_taken(r)]
        assert [origin(r) for r in await read(copy)] == wanted, arguments
        assert told["copies"] == len(wanted)


async def test_a_replay_within_a_topic_ends_and_copies_no_copies(episodes, replay, publish, read, source):
    """It reads to where the log ended when it began; a second one leaves out what the first made."""
    await publish(some_records())
    replay("--group-prefix", "r1-", "--yes")
    told = replay("--group-prefix", "r2-", "--yes")
    assert (told["copies"], told["left_out"]) == (66, {"copies made by a replay": 66})
    assert len(await read(source.topic)) == 3 * 66
    assert episodes("replay", "--yes").returncode == 2


async def test_fewer_partitions_keep_the_order_of_each_group(replay, publish, read, source, kafka_bootstrap):
    """Copies then go by their keys, merged by time."""
    await publish(some_records())
    copy = f"{source.topic}-one"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(copy, 1, 1, topic_configs={"retention.ms": "-1"})])
    finally:
        await admin.close()
    replay("--to", copy, "--yes")
    reader = AIOKafkaConsumer(copy, bootstrap_servers=kafka_bootstrap, auto_offset_reset="earliest")
    await reader.start()
    try:
        found = []
        while len(found) < 66:
            found += [r for some in (await reader.getmany(timeout_ms=500)).values() for r in some]
    finally:
        await reader.stop()
    assert [r.timestamp for r in found] == [BASE_MS + 1_000 * number for number in range(66)]


async def test_distances_are_kept_at_a_speed(publish, source, kafka_bootstrap, environment):
    """At twice the speed a pause takes half as long, and one over --max-gap as long as that."""
    stamps = [0, 1_000, 1_400, 3_400, 63_400]
    await publish([(b"g", b'{"group_id":"g","content":"x"}', ())] * 5, stamps)
    copy = f"{source.topic}-copy"
    await ensure_topics(source, topic=copy)
    reader = AIOKafkaConsumer(
        copy, bootstrap_servers=kafka_bootstrap, auto_offset_reset="earliest", isolation_level="read_committed"
    )
    await reader.start()
    process = subprocess.Popen(  # noqa: S603, ASYNC220 - our own command
        [EPISODES, "replay", "--to", copy, "--speed", "2", "--max-gap", "3", "--yes"],
        env=environment,
        stderr=subprocess.PIPE,
    )
    try:
        seen = []
        async with asyncio.timeout(120):
            while len(seen) < 5:
                for records in (await reader.getmany(timeout_ms=20)).values():
                    seen += [time.monotonic()] * len(records)
        error = (await asyncio.to_thread(process.communicate, timeout=90))[1]
    finally:
        process.kill()
        await reader.stop()
    assert process.returncode == 0, error
    after = [instant - seen[0] for instant in seen]
    # A busy machine sees the first late, and then the next ones sooner after it; which is due when: test_replay_pace.
    for instant, due in zip(after, [0, 0.5, 0.7, 1.7, 3.2], strict=True):
        assert due - 1.5 < instant < due + 20, after


async def test_a_signal_stops_it_in_order_and_resume_goes_on(episodes, publish, read, source, environment):
    """SIGTERM and Ctrl-C: what was sent is committed, the way on is told; every record is there once at the end."""
    await publish([(b"g%d" % (n % 7), b'{"group_id":"g%d","content":"x"}' % (n % 7), ()) for n in range(120)])
    copy = f"{source.topic}-copy"
    command = ("replay", "--to", copy, "--speed", "20", "--run-id", source.topic, "--yes")
    done = 0
    for number, how in enumerate((signal.SIGTERM, signal.SIGINT)):
        process = subprocess.Popen(  # noqa: S603, ASYNC220 - our own command
            [EPISODES, *(command if number == 0 else ("replay", "resume", source.topic))],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        await grown(source, done + 10)
        process.send_signal(how)
        error = process.communicate(timeout=90)[1]
        assert process.returncode == 130, error
        assert f"go on with `episodes replay resume {source.topic}`" in error
        done = await done_of(source)
        assert 10 <= done < 120
        assert len(await read(copy)) == done
    again = episodes(*command)
    assert again.returncode == 1
    assert "was begun already" in again.stderr
    result = episodes("replay", "resume", source.topic)
    assert result.returncode == 0, result.stderr
    found = await read(copy)
    assert sorted(origin(r) for r in found) == [(r.partition, r.offset) for r in await read(source.topic)]
    nothing = json.loads(episodes("replay", "resume", source.topic, "--json").stdout)
    assert (nothing["copies"], nothing["is_done"]) == (0, True)
    assert episodes("replay", "resume", "never-begun").returncode == 1


async def test_killed_at_any_moment_it_loses_and_doubles_nothing(episodes, publish, read, source, environment):
    """Killed with -9 in the middle of a flood, again and again; committed readers see each record once, in order."""
    total = 30_000
    value = b'{"group_id":"%s","content":"' + b"x" * 200 + b'"}'
    groups = [f"g{number}".encode() for number in range(40)]
    await publish([(groups[n % 40], value % groups[n % 40], ()) for n in range(total)], list(range(total)))
    copy, kills, done = f"{source.topic}-copy", 0, 0
    command = ("replay", "--to", copy, "--group-prefix", "x-", "--run-id", source.topic, "--yes")
    while kills < 4:
        process = subprocess.Popen(  # noqa: S603, ASYNC220 - our own command
            [EPISODES, *command], env=environment, stderr=subprocess.DEVNULL
        )
        try:
            if kills:
                await grown(source, done + 1)
            else:
                await begun(source)
            await asyncio.sleep(0.05 * kills)
        finally:
            process.kill()
            process.wait()
        done, kills = await done_of(source), kills + 1
        command = ("replay", "resume", source.topic)
        if done == total:
            break
    assert kills >= 2, "it was never killed in the middle"
    assert episodes("replay", "resume", source.topic).returncode == 0
    assert await done_of(source) == total
    found, before = await read(copy), await read(source.topic)
    assert [origin(r) for r in found] == [(r.partition, r.offset) for r in before]


async def test_two_processes_at_one_run_end_with_every_record_once(episodes, publish, read, source, environment):
    """The later one goes on, the earlier one is told so and ends."""
    await publish([(b"g", b'{"group_id":"g","content":"x"}', ())] * 60)
    copy = f"{source.topic}-copy"
    first = subprocess.Popen(  # noqa: S603, ASYNC220 - our own command
        [EPISODES, "replay", "--to", copy, "--speed", "10", "--run-id", source.topic, "--yes"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    await grown(source, 5)
    first.send_signal(signal.SIGSTOP)  # long enough to be taken for dead
    second = episodes("replay", "resume", source.topic)
    first.send_signal(signal.SIGCONT)
    assert second.returncode == 0, second.stderr
    error = first.communicate(timeout=90)[1]
    assert first.returncode == 1
    assert "another process goes on with this run" in error
    assert len(await read(copy)) == 60


async def test_records_that_are_gone_are_told(episodes, publish, source, kafka_bootstrap, environment):
    """Retention took what a stopped run had left: going on would leave it out in silence."""
    await publish([(b"g", b'{"group_id":"g","content":"x"}', ())] * 100)
    command = [EPISODES, "replay", "--to", f"{source.topic}-copy", "--speed", "5", "--run-id", source.topic, "--yes"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)  # noqa: S603, ASYNC220 - our own
    await grown(source, 3)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=90)
    stretches = (await stored_run(source, source.topic))[1]
    (partition,) = (number for number, stretch in stretches.items() if not stretch.is_done)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(source.topic, partition): RecordsToDelete(before_offset=99)})
    finally:
        await admin.close()
    result = episodes("replay", "resume", source.topic)
    assert result.returncode == 1
    assert f"does not hold offsets {stretches[partition].at} to 99 of partition {partition} any more" in result.stderr


async def test_what_cannot_be_replayed_is_one_line(episodes, publish, source, kafka_bootstrap):
    """A topic that stamps records itself, one that is not there, one that takes less, a stranger's offsets."""
    await publish([(b"g", b'{"group_id":"g","content":"' + b"x" * 5_000 + b'"}', ())])
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    stamping, small = f"{source.topic}-stamping", f"{source.topic}-small"
    try:
        await admin.create_topics(
            [
                NewTopic(stamping, 1, 1, topic_configs={"message.timestamp.type": "LogAppendTime"}),
                NewTopic(small, PARTITIONS, 1, topic_configs={"max.message.bytes": "1000", "retention.ms": "-1"}),
            ]
        )
    finally:
        await admin.close()
    stranger = uuid.uuid4().hex
    reader = AIOKafkaConsumer(
        bootstrap_servers=kafka_bootstrap, group_id=consumer_group(stranger), enable_auto_commit=False
    )
    await reader.start()
    try:
        reader.assign([TopicPartition(source.topic, 0)])
        await reader.commit({TopicPartition(source.topic, 0): 0})
    finally:
        await reader.stop()
    for arguments, said in {
        ("--to", stamping, "--yes"): "LogAppendTime",
        ("--to", "nowhere-at-all", "--no-create-topic", "--yes"): "does not exist",
        ("--topic", "nowhere-at-all", "--to", small): "'nowhere-at-all' does not exist",
        ("--to", small, "--yes"): f"refuses the copy of {source.topic}/",
        ("--to", small, "--offsets", "9:1"): "has no partition 9",
        ("resume", stranger): "is not that of a replay",
    }.items():
        result = episodes("replay", *arguments)
        assert result.returncode in {1, 2}, arguments
        errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
        assert len(errors) == 1, result.stderr
        assert said in errors[0]


async def done_of(source):
    """How many offsets of the run are done."""
    found = await stored_run(source, source.topic)
    return sum(stretch.at - stretch.begin for stretch in found[1].values()) if found else 0


async def begun(source):
    """Wait until the run is there."""
    async with asyncio.timeout(120):
        while await stored_run(source, source.topic) is None:
            await asyncio.sleep(0.02)


async def grown(source, count):
    """Wait until `count` offsets of the run are done."""
    async with asyncio.timeout(120):
        while await done_of(source) < count:
            await asyncio.sleep(0.02)
