"""The fakes: what they record and how they fail on order."""

import asyncio

import pytest

from consumer.errors import EpisodeFault, WorldFault
from consumer.model.episode import Embedded, Rejected, Removal
from consumer.model.ids import episode_uuid
from consumer.testing.episodes import LOG_START, episode_of, record_of
from consumer.testing.fakes import FakeClock, FakeDeadLetterSink, FakeEmbedder, FakeExtractor, FakeGraphStore
from consumer.testing.grammar import generate, parse

EPISODES = [episode_of(event, number) for number, event in enumerate(generate(1, 6, 1))]


def embedded(episode):
    """The episode as the write stage gets it."""
    return Embedded(episode, parse(episode.content, episode.local_reference_time), {}, "fake/1")


async def test_the_clock_stands_still_until_advanced():
    """K1, K2: sleepers wake in the order of their deadlines and see their own instant."""
    clock = FakeClock()
    seen = []

    async def sleeper(name, seconds):
        await clock.sleep(seconds)
        seen.append((name, clock.monotonic()))

    async with asyncio.TaskGroup() as group:
        for name, seconds in (("late", 3.0), ("early", 1.0), ("also early", 1.0)):
            group.create_task(sleeper(name, seconds))
        await clock.settle()
        assert (clock.sleepers, seen) == (3, [])
        await clock.advance(2.5)
        assert seen == [("early", 1.0), ("also early", 1.0)]
        assert clock.monotonic() == 2.5
        await clock.advance(0.5)
    assert seen[2] == ("late", 3.0)
    assert (clock.now() - FakeClock().now()).total_seconds() == 3.0
    assert clock.slept == [3.0, 1.0, 1.0]


async def test_a_cancelled_sleeper_is_forgotten():
    """Advancing past its deadline wakes nobody and breaks nothing."""
    clock = FakeClock()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(clock.sleep(1))
        await clock.settle()
        task.cancel()
    assert clock.sleepers == 0
    await clock.advance(2)


async def test_a_skipping_clock_waits_for_nobody():
    """Every sleep passes at once and moves the time along."""
    clock = FakeClock(skips_sleep=True)
    await clock.sleep(3_600)
    assert clock.monotonic() == 3_600


async def test_the_extractor_reads_the_grammar_and_keeps_count():
    """Its knowledge is the grammar's; calls and concurrency are on record."""
    clock = FakeClock()
    extractor = FakeExtractor(clock, delay=lambda episode: 1.0 + episode.position.offset)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(extractor.extract(episode)) for episode in EPISODES[:3]]
        await clock.advance(10)
    for task, episode in zip(tasks, EPISODES, strict=False):
        assert task.result() == parse(episode.content, episode.local_reference_time, source=episode.source)
    assert extractor.max_concurrency == 3
    assert extractor.calls == [episode.event_id for episode in EPISODES[:3]]


async def test_faults_come_as_scripted():
    """For the next calls, for one event a few times or always, and stalls."""
    extractor = FakeExtractor()
    first, second = EPISODES[:2]
    extractor.faults.fail_next(WorldFault("llm", "down"), None)
    with pytest.raises(WorldFault):
        await extractor.extract(first)
    await extractor.extract(first)
    extractor.faults.fail_for(second.event_id, EpisodeFault("refused"))
    await extractor.extract(first)
    with pytest.raises(EpisodeFault):
        await extractor.extract(second)
    await extractor.extract(second)
    extractor.faults.fail_always(first.event_id, EpisodeFault("refused"))
    for _ in range(3):
        with pytest.raises(EpisodeFault):
            await extractor.extract(first)
    extractor.faults.stall()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(extractor.extract(second))
        for _ in range(5):
            await asyncio.sleep(0)
        assert (extractor.faults.waiting, task.done()) == (1, False)
        extractor.faults.resume()


async def test_the_store_is_atomic_and_idempotent():
    """S1, S2: a faulty event keeps out its whole batch; what is there is not written again."""
    store = FakeGraphStore()
    bad = EPISODES[1].event_id
    store.faults.fail_for(bad, EpisodeFault("unwritable"))
    with pytest.raises(EpisodeFault):
        await store.write([embedded(EPISODES[0]), embedded(EPISODES[1])])
    assert store.episodes == {}
    await store.write([embedded(EPISODES[0]), embedded(EPISODES[1])])
    report = await store.write([embedded(EPISODES[1]), embedded(EPISODES[2])])
    assert (report.episodes_present, report.episodes_written) == (1, 1)
    group = EPISODES[0].group_id
    assert store.order[group] == store.event_ids(group) == [episode.event_id for episode in EPISODES[:3]]
    assert [len(batch) for batch in store.batches] == [2, 2]


async def test_a_lost_acknowledgement_has_written():
    """The write took effect and the caller does not know."""
    store = FakeGraphStore()
    store.lose_acknowledgements(WorldFault("neo4j", "connection lost"))
    with pytest.raises(WorldFault):
        await store.write([embedded(EPISODES[0])])
    assert (await store.write([embedded(EPISODES[0])])).episodes_present == 1


async def test_what_was_removed_is_remembered():
    """A removed episode, by its id, and a removed group's, by their place in the log, do not come back."""
    store = FakeGraphStore()
    first, second = EPISODES[:2]
    await store.write([embedded(first), embedded(second), Removal(first.group_id, first.event_id, first.position)])
    assert store.event_ids(first.group_id) == [second.event_id]
    await store.write([embedded(first), Removal(first.group_id, None, second.position), embedded(second)])
    assert store.event_ids(first.group_id) == []
    asked = {episode.uuid: episode.group_id for episode in EPISODES[:3]}
    assert await store.present(asked) == {first.uuid}
    assert await store.removed_up_to([first.group_id, "other"]) == {first.group_id: second.position}


async def test_a_removal_before_its_episode_keeps_it_out():
    """An id is enough to be remembered."""
    store = FakeGraphStore()
    first = EPISODES[0]
    await store.write([Removal(first.group_id, first.event_id, first.position), embedded(first)])
    assert store.event_ids(first.group_id) == []


async def test_a_failed_send_keeps_no_letter():
    """The sink keeps what it acknowledged, in order."""
    sink = FakeDeadLetterSink()
    record = record_of(generate(1, 1)[0], offset=4)
    sink.faults.fail_next(WorldFault("kafka", "down"))
    with pytest.raises(WorldFault):
        await sink.send(record, Rejected("g", "refused", "", "extract"), {})
    await sink.send(record, Rejected("g", "refused", "", "extract"), {"traceparent": "00-1"})
    assert sink.reasons == ["refused"]
    assert sink.letters[0].trace == {"traceparent": "00-1"}


async def test_the_embedder_hashes_words():
    """Shared words are nearness; the same text is the same vector anywhere."""
    rows = await FakeEmbedder().embed(["the red house", "a red house", "blau", "东京 塔", "东京"])
    assert rows[0] @ rows[1] > rows[0] @ rows[2]
    assert rows[3] @ rows[4] > 0.5


def test_events_become_records_and_episodes():
    """Keys, log times and ids are those that Kafka and intake would give."""
    event = generate(1, 1)[0]
    record, episode = record_of(event, 7, 2), episode_of(event, 7, 2)
    assert record.key == event["group_id"].encode()
    assert episode.uuid == episode_uuid(event["group_id"], event["event_id"])
    assert (episode.position.partition, episode.position.offset) == (2, 7)
    assert (episode.position.logged_at - LOG_START).total_seconds() == 7
    with pytest.raises(ValueError, match="no episode"):
        episode_of({"type": "group.removed", "group_id": "g"})
