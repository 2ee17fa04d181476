"""The chain of models: who is asked when the first gives no answer, and whose word counts when nobody does."""

import asyncio

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from consumer.app.build_models import chat_models
from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.llm.cooldown import COOL_MAX_S, FAILURES, Cooldown
from consumer.llm.exchange import ChatAnswer, ChatRequest, Finish
from consumer.llm.fallback import FallbackChat
from consumer.ports import prepare
from consumer.settings import LlmSettings, Settings, Tier
from consumer.testing.fake_clock import FakeClock

ASKED = ChatRequest("system", "user")
DOWN = WorldFault("llm", "down")
THROTTLED = WorldFault("llm", "slow down", 2.0, is_throttling=True)
TOO_LONG = EpisodeFault("context-length")
FILTERED = EpisodeFault("refused", "filtered")
REFUSED = ChatAnswer("no", Finish.REFUSED, "refuser")


class Scripted:
    """A model that says what a test tells it to."""

    def __init__(self, name, says=None):
        self.name = name
        self.says = says or ChatAnswer("ok", model=name)
        self.asked = 0
        self.is_closed = False

    async def complete(self, request):
        """Say it."""
        self.asked += 1
        if isinstance(self.says, asyncio.Event):
            await self.says.wait()
        if isinstance(self.says, Exception):
            raise self.says
        return self.says

    async def aclose(self):
        """Note that it was closed."""
        self.is_closed = True


def chain(*says, on_refusal=False, clock=None):
    """Models a, b, … that say these things, and the chain of them."""
    models = [Scripted(name, said) for name, said in zip("abc", says, strict=False)]
    return models, FallbackChat(models, on_refusal=on_refusal, clock=clock or FakeClock())


async def test_the_next_model_answers_for_one_that_is_down_and_the_first_is_tried_again():
    """For one call only: as soon as the first answers it is used again."""
    (first, second), chat = chain(DOWN, None)
    assert (await chat.complete(ASKED)).model == "b"
    first.says = ChatAnswer("ok", model="a")
    assert (await chat.complete(ASKED)).model == "a"
    assert (first.asked, second.asked) == (2, 1)
    assert chat.name == "a"


@pytest.mark.parametrize("says", [THROTTLED, TOO_LONG, UserError("wrong key"), RuntimeError("a bug"), FILTERED])
async def test_what_is_no_outage_leaves_as_it_came(says):
    """Throttling, an episode's own fault, a wrong key, a bug: no other model is asked."""
    (_, second), chat = chain(says, None)
    with pytest.raises(type(says)) as raised:
        await chat.complete(ASKED)
    assert raised.value is says
    assert second.asked == 0


@pytest.mark.parametrize("says", [REFUSED, FILTERED])
async def test_a_refusal_is_put_to_the_next_model_only_when_asked_for(says):
    """An answer that refuses, and a content filter's 400."""
    _, chat = chain(says, None, on_refusal=True)
    assert (await chat.complete(ASKED)).model == "b"
    (_, second), chat = chain(REFUSED, None)
    assert await chat.complete(ASKED) is REFUSED
    assert second.asked == 0


@pytest.mark.parametrize("last", [DOWN, TOO_LONG, FILTERED, THROTTLED])
async def test_g2_the_first_models_word_counts_when_nobody_answers(last):
    """A fallback that takes less rejects no episode: the first model's outage is outlasted."""
    first = WorldFault("llm", "first is down")
    _, chat = chain(first, last)
    with pytest.raises(WorldFault) as raised:
        await chat.complete(ASKED)
    assert raised.value is first
    _, chat = chain(REFUSED, last, on_refusal=True)
    assert await chat.complete(ASKED) is REFUSED


async def test_a_dead_model_is_not_waited_for_at_each_call():
    """After three failures it rests; then one call asks it, and an answer ends the rest."""
    clock = FakeClock()
    (first, second), chat = chain(DOWN, None, clock=clock)
    for _ in range(10):
        await chat.complete(ASKED)
    assert (first.asked, second.asked) == (3, 10)
    await clock.advance(15.0)
    for _ in range(5):
        await chat.complete(ASKED)
    assert first.asked == 4
    await clock.advance(30.0)
    first.says = ChatAnswer("ok", model="a")
    assert {(await chat.complete(ASKED)).model for _ in range(5)} == {"a"}


async def test_g1_a_resting_model_is_asked_when_nobody_else_answers():
    """Even then its word counts, so that the rest of a good model rejects nothing."""
    (first, second), chat = chain(DOWN, None)
    for _ in range(3):
        await chat.complete(ASKED)
    second.says = TOO_LONG
    first.says = ChatAnswer("ok", model="a")
    assert (await chat.complete(ASKED)).model == "a"


@pytest.mark.parametrize("waits", ["a", "b"])
async def test_a_cancelled_call_leaves_the_chain_usable(waits):
    """Cancelled while the first or the second model is asked: no failure is counted, the next call is answered."""
    never = asyncio.Event()
    models, chat = chain(never if waits == "a" else DOWN, never if waits == "b" else None)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(2):
            call = tasks.create_task(chat.complete(ASKED))
            await asyncio.sleep(0.01)
            call.cancel()
    for model in models:
        model.says = ChatAnswer("ok", model=model.name)
    assert (await chat.complete(ASKED)).model == "a"
    await chat.aclose()
    assert all(model.is_closed for model in models)


async def test_a_model_that_is_down_is_passed_by_over_http(server, completion, refusal):
    """The settings' chain against a real endpoint: a 503 of the first model, an answer of the second."""
    server.answers((503, refusal("overloaded")), (200, completion("{}")))
    llm = LlmSettings(model="first", fallback_models=("second",), requests_per_min=5)
    chat = chat_models(Settings(llm=llm, openai_base_url=server.base_url), "k")[Tier.BALANCED]
    assert (await chat.complete(ASKED)).text == "{}"
    await chat.aclose()
    assert [body["model"] for body in server.bodies] == ["first", "second"]
    assert chat.name == "openai/first"


async def test_a_model_that_is_slow_is_passed_by_after_a_time_of_its_own(server, completion):
    """`fallback_after_s`: the first has so long, the last as long as any call."""
    asked = []

    async def slow(request):
        asked.append(request)
        await asyncio.sleep(2.0)
        return web.json_response(completion("late"))

    server.answers(slow, slow)
    llm = LlmSettings(model="first", fallback_models=("second",), fallback_after_s=1.0, timeout_s=9, hedge_budget=0)
    chat = chat_models(Settings(llm=llm, openai_base_url=server.base_url), "k")[Tier.BALANCED]
    await prepare(chat)
    assert (await chat.complete(ASKED)).text == "late"
    await chat.aclose()
    assert [body["model"] for body in server.bodies] == ["first", "second"]


@given(st.lists(st.tuples(st.floats(0, 300), st.sampled_from(["ok", "fail", "cancel"])), max_size=60))
def test_d1_d2_d3_a_rest_is_bounded_and_ends(calls):
    """D1 to D3: never resting below three failures, never for longer than four minutes, awake after an answer."""
    cooldown, now, failures = Cooldown(), 0.0, 0
    for pause, end in calls:
        now += pause
        may = cooldown.may_ask(now)
        assert may or failures >= FAILURES
        if not may:
            continue
        if failures >= FAILURES:
            assert not cooldown.may_ask(now)
        if end == "ok":
            cooldown.succeeded()
            failures = 0
            assert cooldown.may_ask(now)
        elif end == "fail":
            cooldown.failed(now)
            failures += 1
    assert cooldown.may_ask(now + COOL_MAX_S)
