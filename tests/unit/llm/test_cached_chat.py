"""The cache before a chat model: what is kept, what is asked anew."""

import asyncio
from dataclasses import replace

import pytest

from consumer.cache import MemoryCache
from consumer.errors import WorldFault
from consumer.extract.openai import OpenAiExtractor
from consumer.llm.cached import CachedChat
from consumer.llm.exchange import AnswerFormat, ChatAnswer, ChatRequest, Finish, Usage
from consumer.testing.episodes import episode_of

REQUEST = ChatRequest(
    "system", "user", AnswerFormat("f", {"type": "object"}), 100, is_usable=lambda text: text != "bad"
)
GOOD = ChatAnswer("good", model="m-1", usage=Usage(10, 5))
BAD = ChatAnswer("bad", usage=Usage(10, 5))


class Model:
    """Gives laid-out answers, the last one for ever; keeps the requests."""

    name = "openai/m"

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.gate = None
        self.is_closed = False

    async def complete(self, request):
        """Give or raise the next answer."""
        self.requests.append(request)
        if self.gate is not None:
            await self.gate.wait()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def aclose(self):
        """Note it."""
        self.is_closed = True


async def test_a_question_is_asked_once():
    """The second answer is the first one's text, and nothing was spent for it."""
    model = Model(GOOD)
    chat = CachedChat(model, MemoryCache(10_000))
    assert chat.name == "openai/m"
    assert await chat.complete(REQUEST) == GOOD
    assert await chat.complete(REQUEST) == replace(GOOD, usage=Usage())
    assert len(model.requests) == 1


@pytest.mark.parametrize(
    "change", [{"system": "s"}, {"user": "u"}, {"answer_format": None}, {"answer_format": AnswerFormat("f", {})}]
)
async def test_another_question_is_another_call(change):
    """Both texts and the format are part of the key."""
    model = Model(GOOD)
    chat = CachedChat(model, MemoryCache(10_000))
    await chat.complete(REQUEST)
    await chat.complete(replace(REQUEST, **change))
    assert len(model.requests) == 2


async def test_another_model_or_endpoint_finds_nothing():
    """What decides the answer beside the request: model, endpoint, settings."""
    cache, model = MemoryCache(10_000), Model(GOOD)
    other = Model(GOOD)
    other.name = "openai/other"
    for chat in (CachedChat(model, cache), CachedChat(model, cache, scope=["http://b"]), CachedChat(other, cache)):
        await chat.complete(REQUEST)
    assert (len(model.requests), len(other.requests)) == (2, 1)


async def test_an_unusable_answer_is_asked_anew():
    """It is not kept, so the next try reaches the model; a kept one that is unusable today is passed over."""
    cache, model = MemoryCache(10_000), Model(BAD, GOOD)
    chat = CachedChat(model, cache)
    assert await chat.complete(REQUEST) == BAD
    assert await chat.complete(REQUEST) == GOOD
    assert (await chat.complete(REQUEST)).text == "good"
    assert len(model.requests) == 2
    await chat.complete(replace(REQUEST, is_usable=lambda text: text == "better"))
    assert len(model.requests) == 3


@pytest.mark.parametrize("finish", [Finish.LENGTH, Finish.REFUSED])
async def test_refusals_and_cut_off_answers_are_not_kept(finish):
    """The next call may be answered."""
    model = Model(replace(GOOD, finish=finish), GOOD)
    chat = CachedChat(model, MemoryCache(10_000))
    assert (await chat.complete(REQUEST)).finish is finish
    assert (await chat.complete(REQUEST)).finish is Finish.STOP
    assert len(model.requests) == 2


async def test_what_needed_more_tokens_is_found_under_the_first_limit():
    """Cut off at 100, complete at 200: a replay that begins at 100 costs no call."""
    model = Model(replace(GOOD, finish=Finish.LENGTH), GOOD)
    chat = CachedChat(model, MemoryCache(10_000))
    await chat.complete(REQUEST)
    await chat.complete(replace(REQUEST, max_output_tokens=200))
    assert (await chat.complete(REQUEST)).text == "good"
    assert len(model.requests) == 2


async def test_without_a_judge_nothing_is_kept():
    """A caller that can't say what is usable gets the model each time."""
    model = Model(GOOD)
    chat = CachedChat(model, MemoryCache(10_000))
    for _ in range(2):
        await chat.complete(replace(REQUEST, is_usable=None))
    assert len(model.requests) == 2


async def test_equal_requests_at_once_are_one_call():
    """Single flight: the tokens are counted once."""
    model = Model(GOOD)
    model.gate = asyncio.Event()
    chat = CachedChat(model, MemoryCache(10_000))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(chat.complete(REQUEST)) for _ in range(3)]
        for _ in range(10):
            await asyncio.sleep(0)
        model.gate.set()
    assert len(model.requests) == 1
    assert sorted(task.result().usage.input_tokens for task in tasks) == [0, 0, 10]


async def test_a_fault_is_raised_and_not_kept():
    """An outage is the caller's to wait for."""
    model = Model(WorldFault("llm", "down"), GOOD)
    chat = CachedChat(model, MemoryCache(10_000))
    with pytest.raises(WorldFault):
        await chat.complete(REQUEST)
    assert await chat.complete(REQUEST) == GOOD
    await chat.aclose()
    assert model.is_closed


async def test_a_kept_value_of_another_form_is_a_miss():
    """Whatever lies there: it is asked."""
    cache, model = MemoryCache(10_000), Model(GOOD)
    chat = CachedChat(model, cache)
    for value in (b"", b"\xff", b"[]", b'{"text": 1, "model": "m"}', b"null"):
        await cache.set(chat._key(REQUEST), value)
        assert (await chat.complete(REQUEST)).text == "good"
    assert len(model.requests) == 5


async def test_the_extractor_keeps_what_it_could_read():
    """Garbage, then an answer; a second extraction of the same episode costs nothing, another episode does."""
    episode = episode_of(
        {"event_id": "e", "group_id": "g", "content": "Ada works.", "reference_time": "2024-05-06T10:00:00Z"}
    )
    model = Model(ChatAnswer("garbage"), ChatAnswer('{"entities": [{"name": "Ada", "type": "Person"}], "facts": []}'))
    extractor = OpenAiExtractor(CachedChat(model, MemoryCache(100_000)))
    first = await extractor.extract(episode)
    assert len(model.requests) == 2
    assert await extractor.extract(episode) == first
    assert len(model.requests) == 2
    await extractor.extract(replace(episode, content="Bo works."))
    assert len(model.requests) == 3
