"""`episodes publish` on a real broker: what it says is in the log, is in the log."""

import gzip
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from consumer.clock import SystemClock

EPISODES = str(Path(sys.executable).with_name("episodes"))


@pytest.fixture
def log(kafka_bootstrap, topic):
    """Returns a coroutine that reads the topic's events, in order per partition."""

    async def read():
        reader = AIOKafkaConsumer(bootstrap_servers=kafka_bootstrap, auto_offset_reset="earliest")
        await reader.start()
        try:
            partitions = [TopicPartition(topic, n) for n in sorted(await reader._client._wait_on_metadata(topic))]
            reader.assign(partitions)
            ends = await reader.end_offsets(partitions)
            found = []
            for partition in partitions:
                while await reader.position(partition) < ends[partition]:
                    batch = await reader.getmany(partition, timeout_ms=1_000)
                    found += [record for records in batch.values() for record in records]
            return found
        finally:
            await reader.stop()

    return read


async def test_files_folders_and_standard_input_arrive(episodes, log, tmp_path):
    """JSONL, gzip, Markdown and text, with the group as key and the topics made on the way."""
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a.jsonl").write_text('{"group_id":"a","content":"one"}\n{"group_id":"b","content":"two"}\n')
    (tmp_path / "in" / "b.jsonl.gz").write_bytes(gzip.compress(b'{"type":"group.removed","group_id":"old"}\n'))
    (tmp_path / "in" / "deep" / "note.md").write_text("# 北京\n")
    result = episodes("publish", str(tmp_path / "in"), "-", "--group", "g", "--json", stdin='{"content":"three"}\n')
    assert result.returncode == 0, result.stderr
    counts = json.loads(result.stdout)
    assert (counts["events"], counts["groups"], counts["bad"]) == (5, 4, 0)
    assert "made topic" in result.stderr
    records = await log()
    events = {record.key: json.loads(record.value) for record in records if record.key != b"g"}
    assert events[b"a"] == {"group_id": "a", "content": "one"}
    assert events[b"old"]["type"] == "group.removed"
    assert [json.loads(r.value)["content"] for r in records if r.key == b"g"] == ["# 北京\n", "three"]


async def test_bad_line_stops_and_what_was_sent_is_said(episodes, log):
    """Exit code 1, the line's number, and exactly the events before it in the log."""
    lines = '{"group_id":"a","content":"1"}\n' * 7 + "{bad\n" + '{"group_id":"a","content":"9"}\n'
    result = episodes("publish", "-", stdin=lines)
    assert result.returncode == 1
    assert "stdin:8: not JSON" in result.stderr
    assert "published 7 events" in result.stderr
    assert "stopped at stdin:8; everything before it was sent" in result.stderr
    assert len(await log()) == 7


async def test_bad_lines_are_skipped_when_told(episodes, log):
    """Exit code 0 and everything else in the log, in order."""
    lines = "".join(f'{{"group_id":"a","content":"{n}"}}\n{{bad\n' for n in range(50))
    result = episodes("publish", "-", "--skip-bad", "--json", stdin=lines)
    assert result.returncode == 0
    assert json.loads(result.stdout)["bad"] == 50
    assert [json.loads(record.value)["content"] for record in await log()] == [str(n) for n in range(50)]


def test_missing_topic_is_not_made_when_told_so(episodes, topic):
    """--no-create-topic: one line, exit code 1."""
    result = episodes("publish", "-", "--no-create-topic", stdin='{"group_id":"a","content":"1"}\n')
    assert result.returncode == 1
    assert result.stderr == (f"error: topic '{topic}' does not exist; `episodes publish --create-topic` makes it\n")


def test_unreachable_broker_is_one_line(episodes):
    """No stack trace, no client chatter, exit code 1."""
    result = episodes("publish", "-", stdin="{}", EPISODES_KAFKA__BOOTSTRAP_SERVERS="127.0.0.1:1")
    assert result.returncode == 1
    assert result.stderr == "error: kafka: no broker at 127.0.0.1:1 accepts PLAINTEXT connections\n"


def test_wrong_setting_is_one_line(episodes):
    """The variable is named, exit code 2."""
    result = episodes("publish", "-", stdin="", EPISODES_KAFKA__PARTITIONS="none")
    assert result.returncode == 2
    assert result.stderr.startswith("error: settings: EPISODES_KAFKA__PARTITIONS: ")
    assert result.stderr.count("\n") == 1


def test_rate_is_kept(episodes):
    """Twenty events at forty a second take at least 0.4 s of sending."""
    lines = '{"group_id":"a","content":"1"}\n' * 20
    result = episodes("publish", "-", "--rate", "40", "--json", stdin=lines)
    counts = json.loads(result.stdout)
    assert counts["events"] == 20
    assert counts["seconds"] >= 19 / 40


@pytest.fixture
def waiting(environment, kafka_bootstrap):
    """The command waiting for more on its standard input, after a first event."""
    with subprocess.Popen(  # noqa: S603 - our own command
        [EPISODES, "publish", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        process.stdin.write(b'{"group_id":"a","content":"first"}\n')
        process.stdin.flush()
        yield process
        if process.poll() is None:
            process.kill()


async def arrived(log, count):
    """Wait until so many records are in the log."""
    clock = SystemClock()
    deadline = clock.monotonic() + 180
    while clock.monotonic() < deadline:
        try:
            if len(await log()) >= count:
                return True
        except Exception:  # noqa: BLE001 - the topic may not be there yet
            await clock.sleep(0.1)
    return False


async def test_event_is_sent_while_standard_input_waits(waiting, log):
    """A pipe that goes on for ever is published line by line, not at its end."""
    assert await arrived(log, 1)
    assert waiting.poll() is None


async def test_interrupt_ends_at_once_and_quietly(waiting, log):
    """Ctrl-C while waiting for input: exit code 130, no stack trace, what was sent stays."""
    assert await arrived(log, 1)
    waiting.send_signal(signal.SIGINT)
    assert waiting.wait(20) == 130
    assert b"Traceback" not in waiting.stderr.read()
    assert len(await log()) == 1
