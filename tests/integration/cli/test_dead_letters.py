"""`episodes dead-letters` on a real broker: what was rejected is listed, shown, mended, replayed and purged."""

import hashlib
import json
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from consumer.kafka.admin import ensure_topics
from consumer.kafka.dead_letters import KafkaDeadLetters
from consumer.model.dead_letter import REPLAYED_FROM
from consumer.model.episode import Rejected
from consumer.model.work import Record
from consumer.settings import KafkaSettings
from consumer.testing.fakes import FakeClock

EPISODES = str(Path(sys.executable).with_name("episodes"))
LOGGED_MS = 1_795_000_000_000
GOOD = b'{"group_id":"alice","content":"hi"}'


@pytest.fixture
async def settings(kafka_bootstrap, topic):
    """Settings of topics that are there."""
    settings = KafkaSettings(bootstrap_servers=kafka_bootstrap, topic=topic, consumer_group=topic)
    await ensure_topics(settings)
    return settings


@pytest.fixture
def reject(settings):
    """Returns a coroutine that keeps records as dead letters; each is a dict of what differs."""

    async def keep(*letters):
        for number, letter in enumerate(letters):
            about = {"key": b"alice", "value": GOOD, "reason": "refused", "headers": (), "age_days": 0} | letter
            offset = about.get("offset", number)
            where = (settings.topic, about.get("partition", 1), offset, LOGGED_MS + offset)
            record = Record(*where, about["key"], about["value"], about["headers"])
            family, stage = about.get("family", "episode"), about.get("stage", "intake")
            clock = FakeClock(datetime.now(UTC) - timedelta(days=about["age_days"]))
            async with KafkaDeadLetters(settings, clock) as sink:
                await sink.send(record, Rejected("alice", about["reason"], "no", stage, family=family), {})

    return keep


@pytest.fixture
def log(settings):
    """Returns a coroutine that reads the episodes topic."""

    async def read():
        reader = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap_servers, max_partition_fetch_bytes=4_000_000)
        await reader.start()
        try:
            partitions = [TopicPartition(settings.topic, number) for number in range(settings.partitions)]
            reader.assign(partitions)
            await reader.seek_to_beginning()
            ends = await reader.end_offsets(partitions)
            found = []
            for partition in partitions:
                while await reader.position(partition) < ends[partition]:
                    found += [
                        r for records in (await reader.getmany(partition, timeout_ms=500)).values() for r in records
                    ]
            return found
        finally:
            await reader.stop()

    return read


@pytest.fixture
def dead_letters(episodes):
    """Runs `episodes dead-letters …` and returns its JSON; asserts that it succeeds."""

    def run(*arguments, **options):
        result = episodes("dead-letters", *arguments, "--json", **options)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return run


async def test_filters_choose_and_counts_are_told(dead_letters, reject):
    """By reason, family, stage, group, origin, time and place; the first so many."""
    await reject(
        {"age_days": 3},
        {"reason": "invalid-json", "key": b"bob", "value": b"{"},
        {"reason": "unexpected", "family": "unexpected", "stage": "write", "partition": 2},
        {"reason": "invalid-json", "value": b"[", "key": None},
    )
    day = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    for arguments, wanted in {
        (): ["0:0", "0:1", "0:2", "0:3"],
        ("--reason", "refused", "--reason", "unexpected"): ["0:0", "0:2"],
        ("--family", "unexpected"): ["0:2"],
        ("--stage", "intake", "--group", "bob"): ["0:1"],
        ("--origin-partition", "2"): ["0:2"],
        ("--origin-offset", "1-2"): ["0:1", "0:2"],
        ("--origin-offset", "3"): ["0:3"],
        ("--since", day): ["0:1", "0:2", "0:3"],
        ("--until", day): ["0:0"],
        ("--position", "0:1", "--position", "0:3"): ["0:1", "0:3"],
        ("--limit", "2"): ["0:0", "0:1"],
    }.items():
        assert [letter["position"] for letter in dead_letters("list", *arguments)["letters"]] == wanted, arguments
    counts = dead_letters("list", "--count")
    assert counts["counts"] == {"invalid-json": 2, "refused": 1, "unexpected": 1}
    assert "letters" not in counts


async def test_a_record_rejected_twice_is_listed_once(episodes, reject):
    """The newest is shown; --all shows both; rows are tab-separated, counts beside them."""
    await reject({"offset": 5}, {"offset": 6}, {"offset": 5})
    result = episodes("dead-letters", "list")
    assert [line.split("\t")[0] for line in result.stdout.splitlines()] == ["position", "0:1", "0:2"]
    assert "2 dead letters: 2 refused" in result.stderr
    assert "1 older copies of the same records not shown (--all shows them)" in result.stderr
    everything = episodes("dead-letters", "list", "--all").stdout.splitlines()
    assert "[superseded]" in everything[1]
    assert len(everything) == 4


async def test_show_tells_all_and_raw_gives_the_exact_bytes(episodes, reject, tmp_path):
    """Headers, key, JSON indented, other bytes in hex; to a file or to standard output."""
    noise = bytes(range(256)) * 8
    await reject({"headers": (("source", b"crm"), ("n", None))}, {"value": noise}, {"value": None})
    shown = episodes("dead-letters", "show", "0:0")
    assert shown.returncode == 0
    for said in ("reason:    refused", "header:    source = crm", "header:    n = null", '  "content": "hi"'):
        assert said in shown.stdout
    assert "00 01 02 03" in episodes("dead-letters", "show", "0:1").stdout
    assert "a tombstone" in episodes("dead-letters", "show", "0:2").stdout
    assert episodes("dead-letters", "show", "0:1", "--raw", str(tmp_path / "raw")).returncode == 0
    assert (tmp_path / "raw").read_bytes() == noise
    assert episodes("dead-letters", "show", "0:0", "--raw", "-").stdout == GOOD.decode()


async def test_replay_sends_the_record_as_it_was(episodes, dead_letters, reject, log):
    """Nothing before --yes; then key, value, own headers, timestamp and partition, with a note of where from."""
    old = (REPLAYED_FROM, b"elsewhere/0/0")
    await reject({"headers": (("source", b"crm"), old)}, {"reason": "invalid-json", "value": b"{"})
    assert dead_letters("replay")["replayed"] == ["0:0"]
    assert await log() == []
    told = dead_letters("replay", "--yes")
    assert told["replayed"] == ["0:0"]
    assert told["rejected_again"][0]["why"].startswith("invalid-json")
    (record,) = await log()
    assert (record.key, record.value, record.timestamp, record.partition) == (b"alice", GOOD, LOGGED_MS, 1)
    assert record.headers == (("source", b"crm"), (REPLAYED_FROM, f"{record.topic}.dead-letters/0/0".encode()))
    assert dead_letters("replay", "--yes", "--force", "--reason", "invalid-json")["replayed"] == ["0:1"]
    assert len(await log()) == 2
    assert "decoding would reject it again" in episodes("dead-letters", "replay").stderr


async def test_a_mended_value_is_checked_and_sent(episodes, reject, log, tmp_path):
    """One that would be rejected again is refused with the reason and exit code 1."""
    await reject({"value": b"{bad"})
    mended = tmp_path / "mended.json"
    mended.write_bytes(b"{still bad")
    command = ("dead-letters", "replay", "--position", "0:0", "--value-from", str(mended), "--yes")
    refused = episodes(*command)
    assert (refused.returncode, await log()) == (1, [])
    assert "invalid-json" in refused.stderr
    mended.write_bytes(GOOD)
    assert episodes(*command).returncode == 0
    assert [record.value for record in await log()] == [GOOD]


async def test_an_oversized_record_comes_back_equal(dead_letters, reject, log, settings):
    """Kept in parts, replayed in one: the topic must take it, and the limit of the settings be raised."""
    value = b'{"group_id":"alice","content":"' + random.Random(1).randbytes(450_000).hex().encode() + b'"}'
    await reject({"value": value, "reason": "value-too-large"}, {"value": value * 14, "reason": "value-too-large"})
    assert {letter["parts"] for letter in dead_letters("list")["letters"]} == {1, 3}
    assert dead_letters("replay")["replayed"] == []
    told = dead_letters("replay", "--yes", EPISODES_PIPELINE__MAX_CONTENT_CHARS="2000000")
    assert told["replayed"] == ["0:0"]  # the second is no JSON: two objects beside each other
    assert "value-too-large" in told["rejected_again"][0]["why"]
    (record,) = await log()
    assert hashlib.sha256(record.value).digest() == hashlib.sha256(value).digest()


async def test_a_record_that_its_topic_refuses_is_told(episodes, reject, log):
    """Others are sent all the same; exit code 1."""
    large = b'{"group_id":"alice","content":"' + b"x" * 20_000_000 + b'"}'
    await reject({}, {"value": large, "reason": "value-too-large"}, {}, {})
    result = episodes("dead-letters", "replay", "--yes", "--force", "--json")
    told = json.loads(result.stdout)
    assert (result.returncode, told["replayed"]) == (1, ["0:0", "0:5", "0:6"])
    assert [each["position"] for each in told["refused"]] == ["0:1"]
    assert len(await log()) == 3


async def test_purge_removes_the_head_and_no_half_letter(episodes, dead_letters, reject):
    """Dry run first; the cut moves before a letter in parts; what was removed is gone."""
    await reject({"age_days": 40}, {"age_days": 39, "value": b"x" * 12_000_000}, {"age_days": 1})
    assert dead_letters("purge", "--older-than", "30d")["letters"] == 2
    assert dead_letters("list")["count"] == 3
    told = dead_letters("purge", "--before-position", "0:2", "--yes")
    assert (told["letters"], told["offsets"], told["spared"]) == (1, {"0": 1}, ["0:1"])
    assert [letter["position"] for letter in dead_letters("list")["letters"]] == ["0:1", "0:4"]
    assert dead_letters("purge", "--older-than", "30d", "--yes")["offsets"] == {"0": 4}
    assert dead_letters("purge", "--all", "--yes")["letters"] == 1
    assert dead_letters("list")["count"] == 0
    assert "removed 0 dead letters" in episodes("dead-letters", "purge", "--all", "--yes").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["show", "0:0"], 1, "no dead letter at 0:0: it is empty"),
        (["show", "7:0"], 1, "has no partition 7, only 1"),
        (["replay", "--position", "0:9"], 1, "no dead letter at 0:9"),
        (["replay", "--to", "nowhere-at-all"], 1, "does not exist"),
        (["purge", "--before-position", "3:0"], 1, "has no partition 3"),
        (["list", "--topic", "nowhere-at-all"], 1, "'nowhere-at-all.dead-letters' does not exist"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
async def test_what_cannot_be_done_is_one_line(episodes, settings, arguments, code, said):
    """With what to do, and the exit code of its kind."""
    result = episodes("dead-letters", *arguments)
    assert (result.returncode, result.stdout) == (code, "")
    assert said in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
