"""The worker process: its own answers to each, survival of crashes and cancellations, no orphan."""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime

import psutil
import pytest

from consumer.errors import EpisodeFault
from consumer.extract import local_process
from consumer.extract.local import LocalExtractor
from consumer.extract.local_process import UnreadablePassage, WorkerDied, WorkerProcess
from consumer.extract.local_protocol import decode_answer, decode_passage, encode_knowledge, encode_passage
from consumer.extract.passage import Passage
from consumer.model.knowledge import Assertion, Exclusive, Knowledge, Mention, Polarity
from consumer.testing.episodes import episode_of

pytestmark = pytest.mark.engine

NOW = datetime(2024, 5, 20, 12, tzinfo=UTC)

ECHO = """
import os, sys, time
from consumer.extract.local_protocol import decode_passage, encode_failure, encode_knowledge
from consumer.model.knowledge import Knowledge, Mention
for line in sys.stdin.buffer:
    number, passage = decode_passage(line)
    if passage.text == "die":
        os._exit(7)
    if passage.text == "fail":
        answer = encode_failure(number, ValueError("odd"))
    else:
        time.sleep(0.05 if passage.text == "slow" else 0)
        answer = encode_knowledge(number, Knowledge((Mention(passage.text, summary="x" * 200_000),)))
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
"""


@pytest.fixture
async def worker(monkeypatch):
    """A worker process with a quick reader instead of the model."""
    monkeypatch.setattr(local_process, "_COMMAND", (sys.executable, "-c", ECHO))
    started = WorkerProcess()
    yield started
    await started.aclose()


def passage(text):
    """A passage of text."""
    return Passage(text, NOW)


async def test_p1_each_call_gets_its_own_answer(worker):
    """P1: many at once, answers larger than a pipe's buffer."""
    async with asyncio.TaskGroup() as group:
        calls = [group.create_task(worker.read(passage(str(n)))) for n in range(20)]
    assert [call.result().mentions[0].name for call in calls] == [str(n) for n in range(20)]


async def test_p2_a_cancelled_call_disturbs_no_other(worker):
    """P2: its late answer is dropped, the next call's is its own."""
    await worker.read(passage("first"))
    async with asyncio.TaskGroup() as group:
        call = group.create_task(worker.read(passage("slow")))
        await asyncio.sleep(0.01)
        call.cancel()
    assert (await worker.read(passage("next"))).mentions[0].name == "next"


async def test_a_dead_worker_is_replaced(worker):
    """Who waited is told, the next call has a new process."""
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(outcome(worker.read(passage("die"))))
        also = group.create_task(outcome(worker.read(passage("behind it"))))
    assert isinstance(waiting.result(), WorkerDied)
    assert isinstance(also.result(), WorkerDied)
    assert (await worker.read(passage("again"))).mentions[0].name == "again"


async def outcome(call):
    """What a call returns, or its error."""
    try:
        return await call
    except WorkerDied as error:
        return error


async def test_a_failing_passage_is_told_and_harms_nobody(worker):
    """The worker lives on."""
    with pytest.raises(UnreadablePassage, match="ValueError: odd"):
        await worker.read(passage("fail"))
    assert (await worker.read(passage("ok"))).mentions[0].name == "ok"


async def test_an_episode_that_kills_the_worker_twice_is_given_up(monkeypatch):
    """It is the episode's fault, and others go on."""
    monkeypatch.setattr(local_process, "_COMMAND", (sys.executable, "-c", ECHO))
    extractor = LocalExtractor()

    def episode(content):
        return episode_of(
            {"event_id": "e", "group_id": "g", "content": content, "reference_time": "2024-05-20T12:00:00Z"}
        )

    for content in ("die", "fail"):
        with pytest.raises(EpisodeFault) as fault:
            await extractor.extract(episode(content))
        assert fault.value.reason == "unusable-answer"
    assert (await extractor.extract(episode("fine"))).mentions[0].name == "fine"
    await extractor.aclose()


async def test_p3_closing_ends_the_process(worker):
    """P3: also when it is in the middle of something; closing twice is no error."""
    before = set(psutil.Process().children())
    await worker.read(passage("x"))
    (child,) = set(psutil.Process().children()) - before
    await worker.aclose()
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    await worker.aclose()


async def test_p3_a_killed_parent_leaves_no_orphan():
    """P3: SIGKILL of the parent closes the worker's input, which ends it; Ctrl-C is not the worker's business."""
    parent_code = (
        "import asyncio\n"
        "from consumer.extract.local_process import WorkerProcess\n"
        "async def main():\n"
        "    worker = WorkerProcess()\n"
        "    await worker.start()\n"
        "    import psutil\n"
        "    print(psutil.Process().children()[0].pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", parent_code, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    worker = psutil.Process(int(await parent.stdout.readline()))
    os.kill(parent.pid, signal.SIGKILL)
    await parent.wait()
    async with asyncio.timeout(60):
        while worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.1)


def test_the_protocol_carries_everything():
    """Passages and knowledge come out of a line as they went in, line breaks and surrogates included."""
    asked = Passage("a\nb \ud800 王", NOW, "Ada", is_record=True, topic="红楼梦")
    line = encode_passage(3, asked)
    assert line.count(b"\n") == 1
    assert decode_passage(line) == (3, asked)
    said = Knowledge(
        (Mention("Ada", "Person", "s\n", {"n": 1, "t": True, "x": "y"}),),
        (Assertion("Ada", "R", "Bo", "s.", NOW, None, Exclusive.BOTH, Polarity.ENDS, NOW),),
    )
    assert decode_answer(encode_knowledge(4, said)) == (4, said)
