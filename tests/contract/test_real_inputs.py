"""All of the optional real inputs through the stages: nothing crashes, nothing is lost, each engine reads what it can.

The short form takes some of each folder; the whole of it is in `make endure`.
"""

import gzip
import json
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from consumer.bench.stages import running_stages
from consumer.model.work import Record, TopicPartition
from consumer.settings import Engine, Settings
from consumer.testing.episodes import LOG_START
from consumer.testing.fakes import FakeDeadLetterSink, FakeGraphStore
from consumer.testing.simulator import Simulator
from consumer.testing.simulator_profile import Profile

DATA = Path(__file__).parents[3] / "shared" / "data"
FOLDERS = ("apollo11", "awkward", "commits", "irc", "kdconv", "kev")
FOLDERS += ("locomo", "longmemeval", "oz", "qmsum", "us-offices", "xquad")
SOME = 40
LOG_START_MS = int(LOG_START.timestamp() * 1_000)

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the optional data folder ../shared/data is not there")


def events(folder):
    """All events of a folder, in its files' order."""
    for path in sorted((DATA / folder).glob("*.jsonl*")):
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
            yield from (event for event in map(json.loads, lines) if "content" in event)


def records(folder, every, most):
    """Every so manieth event as the record that publishes it; what UTF-8 cannot hold as it escapes."""
    for offset, event in enumerate(islice(events(folder), 0, None, every)):
        if offset == most:
            return
        value = json.dumps(event, ensure_ascii=True).encode()
        yield Record("episodes", 0, offset, LOG_START_MS + offset, event["group_id"].encode(), value)


async def run(settings, taken):
    """Run the stages over records; return the store and the dead letters."""
    store, letters = FakeGraphStore(), FakeDeadLetterSink()
    async with running_stages(settings, store, letters) as stages:
        assert await stages.feed(taken) == len(taken)
        await stages.emptied()
        assert stages.pipeline.assignments.next_offsets() == {TopicPartition("episodes", 0): len(taken)}
    return store, letters


def assert_nothing_is_lost(taken, store, letters):
    """Each record is an episode in the store, with its content whole, or a dead letter with its reason."""
    dead = Counter(letter.record.offset for letter in letters.letters)
    assert max(dead.values(), default=1) == 1
    kept = {one.episode.position.offset: one.episode for one in store.episodes.values()}
    ids = Counter((record.key, json.loads(record.value)["event_id"]) for record in taken)
    for record in taken:
        event = json.loads(record.value)
        if record.offset in dead:
            continue
        if record.offset not in kept:
            assert ids[record.key, event["event_id"]] > 1, f"{event['event_id']} is lost"
            continue
        assert kept[record.offset].content == event["content"]
    assert len(kept) + len(dead) >= len(ids)


def every_for(folder):
    """So far apart that `SOME` events span the folder."""
    return max(1, sum(1 for _ in events(folder)) // SOME)


def openai(simulator, **pipeline):
    """All asked of the simulator."""
    return Settings(
        extractor=Engine.OPENAI,
        embedder=Engine.OPENAI,
        openai_api_key="k",
        openai_base_url=simulator.base_url,
        embedding={"dimension": 64},
        pipeline={
            "max_value_bytes": 4_000_000,
            "max_content_chars": 2_000_000,
            "burst_consecutive": 0,
            "burst_window": 0,
        }
        | pipeline,
    )


def local(simulator):
    """Extraction on this machine; vectors are asked of the simulator, for the local ones take most of an hour."""
    return openai(simulator).model_copy(update={"extractor": Engine.LOCAL})


async def through_the_simulator(folder, every, most):
    """A folder with a model whose answers are often wrong in form."""
    taken = list(records(folder, every, most))
    profile = Profile(rate_fences=0.05, rate_bare_list=0.05, rate_missing_part=0.05, rate_bad_json=0.02, dimension=64)
    async with Simulator(profile) as simulator:
        store, letters = await run(openai(simulator), taken)
        calls = simulator.stats.chat_calls
    assert_nothing_is_lost(taken, store, letters)
    reasons = dict(Counter(letters.reasons))
    print(f"{folder}: {len(taken)} events, {len(store.episodes)} episodes, {calls} calls, dead letters {reasons}")
    assert set(reasons) <= {"nul-character", "too-deep", "lone-surrogate", "invalid-event", "too-many-containers"}


@pytest.mark.parametrize("folder", FOLDERS)
async def test_some_of_each_folder_goes_through_the_simulator(folder):
    """Forty events that span the folder."""
    await through_the_simulator(folder, every_for(folder), SOME)


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS)
async def test_all_of_each_folder_goes_through_the_simulator(folder):
    """Some 25,000 events in all."""
    await through_the_simulator(folder, 1, None)


async def through_the_local_extractor(folder, every, most):
    """A folder read on this machine."""
    pytest.importorskip("spacy", reason="the local engines need the extra `local`")
    taken = list(records(folder, every, most))
    async with Simulator(Profile(dimension=64)) as simulator:
        store, letters = await run(local(simulator), taken)
    assert_nothing_is_lost(taken, store, letters)
    facts = sum(len(one.knowledge.assertions) for one in store.episodes.values())
    reasons = dict(Counter(letters.reasons))
    print(f"{folder}: {len(taken)} events, {len(store.episodes)} episodes, {facts} facts, dead letters {reasons}")
    assert not letters.letters


@pytest.mark.engine
async def test_some_of_the_awkward_goes_through_the_local_extractor():
    """What breaks parsers, read by ours."""
    await through_the_local_extractor("awkward", 33, 20)


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("folder", FOLDERS)
async def test_all_of_each_folder_goes_through_the_local_extractor(folder):
    """The whole folder."""
    await through_the_local_extractor(folder, 1, None)
