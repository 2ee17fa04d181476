"""D1 to D3 of the chunked extractor, with the grammar's reading of each chunk as what is right."""

import asyncio
import contextlib

import pytest

from consumer.errors import EpisodeFault, WorldFault
from consumer.model.knowledge import Knowledge, Mention
from consumer.pipeline.bounded_extractor import BoundedExtractor
from consumer.pipeline.chunked_extractor import ChunkedExtractor
from consumer.pipeline.chunking import chunk
from consumer.settings import PipelineSettings
from consumer.testing.episodes import episode_of
from consumer.testing.fake_models import FakeExtractor
from consumer.testing.sentences import KNOWS, WORKS_AT, asserts, parse

SETTINGS = PipelineSettings(chunk_tokens=50, chunk_concurrency=3)
PEOPLE = [f"Person{number}" for number in range(60)]
STORY = " ".join(asserts(name, WORKS_AT, "Acme") for name in PEOPLE)


def episode(content=STORY, source="text", offset=0):
    return episode_of({"group_id": "g", "event_id": f"e{offset}", "source": source, "content": content}, offset)


class Engine(FakeExtractor):
    """Keeps the episodes it is asked about; `answer_of` may raise or wait by the number of the call."""

    def __init__(self, answer_of=None):
        super().__init__()
        self.asked = []
        self.answer_of = answer_of

    async def extract(self, episode):
        self.asked.append(episode)
        number = len(self.asked)
        self._running += 1
        self.max_concurrency = max(self.max_concurrency, self._running)
        try:
            await asyncio.sleep(0)
            if self.answer_of is not None:
                await self.answer_of(number)
        finally:
            self._running -= 1
        return parse(episode.content, episode.local_reference_time, source=episode.source)


def raising(errors):
    """Raise the error that `errors` has for the number of a call."""

    async def answer_of(number):
        if number in errors:
            raise errors[number]

    return answer_of


async def test_a_small_episode_is_handed_on_as_it_is():
    """The engine gets the very episode, and its answer is returned untouched."""
    engine, small = Engine(), episode("Ann works at Acme.")
    said = await ChunkedExtractor(engine, SETTINGS).extract(small)
    assert engine.asked == [small]
    assert engine.asked[0] is small
    assert said == parse(small.content, small.reference_time, source="text")


async def test_d1_d2_chunks_are_read_at_once_and_merged_in_order():
    """Nothing is lost at a boundary, the order is the content's, and no more than the bound are under way."""

    async def later_first(number):
        await asyncio.sleep(0.001 * (30 - number) / 30)

    engine, large = Engine(later_first), episode()
    said = await ChunkedExtractor(engine, SETTINGS).extract(large)
    assert len(engine.asked) > 6
    assert engine.max_concurrency == 3
    assert said == parse(large.content, large.reference_time, source="text")
    assert {one.uuid for one in engine.asked} == {large.uuid}


async def test_d2_a_short_episode_passes_a_long_one():
    """While a long episode waits for room, another's few chunks are not behind all of its."""
    gate = asyncio.Event()

    async def answer_of(_number):
        await gate.wait()

    engine = Engine(answer_of)
    extractor = ChunkedExtractor(engine, SETTINGS)
    long, short = episode(STORY * 8), episode(STORY[:400], offset=1)
    few = len(chunk(short.content, "text", SETTINGS.chunk_tokens))
    assert 1 < few <= 3
    async with asyncio.TaskGroup() as group:
        first = group.create_task(extractor.extract(long))
        await until(lambda: len(engine.asked) == 3)
        second = group.create_task(extractor.extract(short))
        await until(lambda: len(extractor._free._waiters or ()) == few)
        gate.set()
        await second
        assert not first.done()
    places = [number for number, asked in enumerate(engine.asked) if asked.uuid == short.uuid]
    assert len(places) == few
    assert places[-1] < 10
    assert engine.max_concurrency == 3


async def until(condition):
    """Let others run until `condition` holds."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.001)


async def test_each_chunk_is_shown_what_stands_before_it():
    """Later chunks have the end of the one before, and their headings, as the latest context."""
    engine = Engine()
    await ChunkedExtractor(engine, SETTINGS).extract(episode("# Staff\n\n" + STORY))
    first, second, *_ = engine.asked
    assert first.context == ()
    told = second.context[-1].content
    assert told.startswith("# Staff\n")
    assert told.rstrip().endswith(first.content.rstrip()[-20:])


async def test_each_chunk_of_a_message_says_who_speaks():
    """A message that is one long speech is the speaker's in every chunk, so that "I" is."""
    engine = Engine()
    story = "Ann: " + " ".join(asserts("I", KNOWS, name) for name in PEOPLE)
    extractor = ChunkedExtractor(engine, SETTINGS, lambda content: content.split(":")[0])
    said = await extractor.extract(episode(story, "message"))
    assert all(one.content.startswith("Ann: ") for one in engine.asked)
    assert {(one.subject, one.object) for one in said.assertions} == {("Ann", name) for name in PEOPLE}


async def test_a_chunk_of_a_chat_says_who_speaks_only_amid_a_speech():
    """Speeches that begin with a chunk keep their own speaker."""
    engine = Engine()
    speech = "Bo: " + " ".join(asserts("I", KNOWS, name) for name in PEOPLE)
    extractor = ChunkedExtractor(engine, SETTINGS, lambda content: content.split(":")[0])
    await extractor.extract(episode(f"Ann: Tell me.\n{speech}\nAnn: Good.\nBo: Yes.", "message"))
    assert [one.content.split(":")[0] for one in engine.asked][1:-1] == ["Bo"] * (len(engine.asked) - 2)


async def test_d1_a_chunk_that_is_refused_rejects_the_episode_and_is_named():
    """The reason stays, the detail says which chunk; its siblings are cancelled, nothing is kept."""
    engine = Engine(raising({4: EpisodeFault("refused", "no", 2)}))
    extractor = ChunkedExtractor(engine, SETTINGS)
    with pytest.raises(EpisodeFault) as caught:
        await extractor.extract(episode())
    assert (caught.value.reason, caught.value.attempts) == ("refused", 2)
    assert caught.value.detail.startswith("chunk 4 of ")
    assert caught.value.detail.endswith(": no")
    assert engine._running == 0
    assert extractor._results.taken_bytes == 0


async def test_d3_what_was_answered_is_not_asked_for_again():
    """A fault of the world leaves by itself, after what was under way; the next try asks for the rest only."""
    engine = Engine(raising({4: WorldFault("llm", "busy", 7.0)}))
    extractor, large = ChunkedExtractor(engine, SETTINGS), episode()
    with pytest.raises(WorldFault) as caught:
        await extractor.extract(large)
    assert caught.value.retry_after_s == 7.0
    tried = len(engine.asked)
    said = await extractor.extract(large)
    assert len(engine.asked) == tried + 1
    assert said == parse(large.content, large.reference_time, source="text")
    assert extractor._results.taken_bytes == 0


async def test_an_outage_is_noticed_after_two_calls_in_a_row():
    """No further chunk is asked for when nothing answers, or when the provider wants us slower."""
    engine = Engine(raising(dict.fromkeys(range(1, 100), WorldFault("llm", "down"))))
    with pytest.raises(WorldFault):
        await ChunkedExtractor(engine, SETTINGS).extract(episode())
    assert len(engine.asked) <= 4
    engine = Engine(raising({1: WorldFault("llm", "slower", 3.0, is_throttling=True)}))
    with pytest.raises(WorldFault) as caught:
        await ChunkedExtractor(engine, SETTINGS).extract(episode())
    assert caught.value.is_throttling
    assert len(engine.asked) <= 4


async def test_a_bug_is_what_it_is():
    """An exception of no family leaves by itself, not in a group."""
    engine = Engine(raising({2: KeyError("bug")}))
    with pytest.raises(KeyError):
        await ChunkedExtractor(engine, SETTINGS).extract(episode())


@pytest.mark.parametrize("calls", range(1, 6))
async def test_cancelled_at_any_call_gives_back_every_permit(calls):
    """After a cancellation all room is free, nothing runs, and the episode can be read as ever."""
    reached, gate = asyncio.Event(), asyncio.Event()

    async def answer_of(number):
        if number >= calls and not gate.is_set():
            reached.set()
            await gate.wait()

    engine = Engine(answer_of)
    extractor, large = ChunkedExtractor(engine, SETTINGS), episode()
    task = asyncio.ensure_future(extractor.extract(large))
    await reached.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert engine._running == 0
    gate.set()
    assert await extractor.extract(large) == parse(large.content, large.reference_time, source="text")
    assert extractor._free._value == 3


async def test_another_event_under_the_same_id_is_read_by_itself():
    """What is kept for a retry belongs to one place in the log."""
    engine = Engine(raising({2: WorldFault("llm", "busy")}))
    extractor = ChunkedExtractor(engine, SETTINGS)
    with pytest.raises(WorldFault):
        await extractor.extract(episode())
    other = STORY.replace("Acme", "Globex")
    again = episode_of({"group_id": "g", "event_id": "e0", "source": "text", "content": other}, 5)
    assert {one.object for one in (await extractor.extract(again)).assertions} == {"Globex"}


async def test_a_large_content_is_cut_off_the_event_loop():
    """A content of 400,000 characters is cut while the loop goes on, and read whole."""
    content = " ".join(asserts(name, KNOWS, f"Friend{n}") for n in range(200) for name in PEOPLE)[:400_000]
    settings = PipelineSettings()
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            await asyncio.sleep(0.005)
            ticks += 1

    ticking = asyncio.ensure_future(tick())
    large = episode(content)
    said = await BoundedExtractor(ChunkedExtractor(Engine(), settings), settings).extract(large)
    ticking.cancel()
    assert ticks > 0
    assert len(said.assertions) > 10 * settings.max_facts / 2
    assert said == parse(content, large.reference_time, source="text")


async def test_the_engine_is_named_prepared_and_closed():
    """The wrapper shows the engine's name and hands on what concerns its life."""
    engine = FakeExtractor()
    extractor = ChunkedExtractor(engine, SETTINGS)
    await extractor.prepare()
    assert extractor.name == "fake/grammar"
    await extractor.aclose()
    assert engine.is_closed


async def test_json_is_read_as_json_chunk_by_chunk():
    """Each chunk of a record is JSON of its own."""
    engine = Engine()
    content = {"people": [{"name": name, "city": "Oslo"} for name in PEOPLE]}
    said = await ChunkedExtractor(engine, SETTINGS).extract(episode(content, "json"))
    assert said == Knowledge()
    assert all(one.content.startswith('{"people":[{') and one.content.endswith("}]}") for one in engine.asked)
    assert sum(one.content.count('"name"') for one in engine.asked) == len(PEOPLE)


async def test_mentions_of_several_chunks_are_one():
    """A name that every chunk has is told once."""
    said = await ChunkedExtractor(Engine(), SETTINGS).extract(episode())
    assert said.mentions.count(Mention("Acme", "Organization")) == 1
    assert len(said.mentions) == len(PEOPLE) + 1
