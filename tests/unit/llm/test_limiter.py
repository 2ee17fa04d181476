"""A limiter and its callers: order, places given back, what failures teach, and no 429 against a real limit."""

import asyncio

import pytest

from consumer.errors import EpisodeFault, WorldFault
from consumer.llm.chat import OpenAiChat
from consumer.llm.exchange import ChatAnswer, ChatRequest, Usage
from consumer.llm.limited import LimitedChat, LimitedEmbeddings
from consumer.llm.limiter import Limiter
from consumer.settings import LlmSettings
from consumer.testing.fake_clock import FakeClock
from consumer.testing.simulator import Simulator
from consumer.testing.simulator_profile import Profile

ASKED = ChatRequest("system", "user")


class Held:
    """A model whose answers a test lets go, one by one; an exception is raised."""

    name = dimension = "held"

    def __init__(self):
        self.begun = []
        self.answers = asyncio.Queue()

    async def complete(self, request):
        """Begin, and answer when let go."""
        self.begun.append(request)
        answer = await self.answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def embed(self, texts, *, on_usage=None):
        """Begin, tell a million tokens a text, and answer when let go."""
        if on_usage is not None:
            on_usage(1_000_000 * len(texts))
        return await self.complete(texts)

    async def aclose(self):
        """Nothing is open."""


def asked(name):
    """A request that can be told from others."""
    return ChatRequest("system", name)


async def test_l1_calls_begin_in_the_order_in_which_they_asked():
    """One place: the queue is first in, first out, and what waits passes nobody."""
    clock, model = FakeClock(), Held()
    chat = LimitedChat(model, Limiter("m", 1, clock=clock))
    async with asyncio.TaskGroup() as tasks:
        for name in "abcde":
            tasks.create_task(chat.complete(asked(name)))
            await clock.settle()
        for _ in "abcde":
            model.answers.put_nowait(ChatAnswer("ok"))
            await clock.settle()
    assert [request.user for request in model.begun] == list("abcde")


async def test_a_limit_a_minute_is_kept_by_waiting():
    """Three a minute: the fourth begins a minute after the first, and not before."""
    clock, model = FakeClock(), Held()
    chat = LimitedChat(model, Limiter("m", 10, 3, clock=clock))
    async with asyncio.TaskGroup() as tasks:
        for name in "abcd":
            tasks.create_task(chat.complete(asked(name)))
            model.answers.put_nowait(ChatAnswer("ok"))
        await clock.settle()
        assert len(model.begun) == 3
        await clock.advance(59.9)
        assert len(model.begun) == 3
        await clock.advance(1.0)
    assert len(model.begun) == 4


async def test_a_limit_that_rises_ends_the_wait_early():
    """A waiting call looks again: it does not sleep through a minute that a new limit made shorter."""
    clock, model = FakeClock(), Held()
    limiter = Limiter("m", 10, clock=clock)
    limiter.learn({"x-ratelimit-limit-requests": "1"})
    chat = LimitedChat(model, limiter)
    async with asyncio.TaskGroup() as tasks:
        for name in "ab":
            tasks.create_task(chat.complete(asked(name)))
            model.answers.put_nowait(ChatAnswer("ok"))
        await clock.settle()
        limiter.learn({"x-ratelimit-limit-requests": "5"})
        await clock.advance(1.0)
        assert len(model.begun) == 2


@pytest.mark.parametrize(
    "end",
    [
        ChatAnswer("ok"),
        WorldFault("llm", "down"),
        EpisodeFault("refused"),
        WorldFault("llm", "slow down", 2.0, is_throttling=True),
    ],
)
async def test_l2_a_place_comes_back_however_a_call_ends(end):
    """Answered, failed, refused or throttled."""
    model = Held()
    limiter = Limiter("m", 2, clock=FakeClock())
    model.answers.put_nowait(end)
    try:
        await LimitedChat(model, limiter).complete(ASKED)
    except (WorldFault, EpisodeFault) as error:
        assert error is end  # noqa: PT017 - the fault leaves as it came
    assert limiter.in_flight == 0


@pytest.mark.parametrize("waits_for", ["turn", "place", "minute", "answer"])
async def test_l3_a_cancelled_call_gives_back_what_it_had(waits_for):
    """Cancelled at each await: nothing is held, nothing is counted that did not begin, and the next call begins."""
    clock, model = FakeClock(), Held()
    limiter = Limiter(
        "m", 1 if waits_for in {"turn", "place"} else 5, 1 if waits_for == "minute" else None, clock=clock
    )
    chat = LimitedChat(model, limiter)
    before = {"turn": 2, "place": 1, "minute": 1, "answer": 0}[waits_for]
    async with asyncio.TaskGroup() as tasks:
        others = [tasks.create_task(chat.complete(asked("other"))) for _ in range(before)]
        await clock.settle()
        if waits_for == "minute":
            model.answers.put_nowait(ChatAnswer("ok"))
            await clock.settle()
        begun = len(model.begun)
        cancelled = tasks.create_task(chat.complete(asked("cancelled")))
        await clock.settle()
        cancelled.cancel()
        await clock.settle()
        assert cancelled.cancelled()
        assert limiter.in_flight == (begun if waits_for in {"turn", "place"} else 0)
        for _ in others:
            model.answers.put_nowait(ChatAnswer("ok"))
        await clock.settle()
        last = tasks.create_task(chat.complete(asked("last")))
        model.answers.put_nowait(ChatAnswer("ok"))
        await clock.advance(61.0)
        assert last.done()
    assert limiter.in_flight == 0
    assert ("cancelled" in [request.user for request in model.begun]) == (waits_for == "answer")


async def test_throttling_holds_the_next_call_and_takes_places():
    """A 429 of one call: fewer at once, none before the time asked; an episode's own 4xx teaches nothing."""
    clock, model = FakeClock(), Held()
    limiter = Limiter("m", 10, clock=clock)
    chat = LimitedChat(model, limiter)
    for fault in (EpisodeFault("refused"), WorldFault("llm", "HTTP 500")):
        model.answers.put_nowait(fault)
        with pytest.raises(type(fault)):
            await chat.complete(ASKED)
    assert limiter.concurrency.places == 10
    model.answers.put_nowait(WorldFault("llm", "slow down", 5.0, is_throttling=True))
    with pytest.raises(WorldFault):
        await chat.complete(ASKED)
    assert limiter.concurrency.places == 7
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(chat.complete(ASKED))
        model.answers.put_nowait(ChatAnswer("ok"))
        await clock.advance(4.9)
        assert len(model.begun) == 3
        await clock.advance(0.2)
        assert len(model.begun) == 4


async def test_a_call_that_timed_out_takes_places(server):
    """No answer in time is overload, seen through the real client."""

    async def never(_):
        await asyncio.Event().wait()

    server.answers(never)
    limiter = Limiter("m", 10)
    chat = LimitedChat(OpenAiChat(LlmSettings(timeout_s=0.05), "k", server.base_url), limiter)
    with pytest.raises(WorldFault):
        await chat.complete(ASKED)
    assert limiter.concurrency.places == 7
    await chat.aclose()


async def test_a_call_counts_for_the_tokens_it_used():
    """Estimated before, corrected after: ten tokens used of a hundred leave room for the next."""
    clock, model = FakeClock(), Held()
    limiter = Limiter("m", 10, None, 100, clock=clock)
    chat = LimitedChat(model, limiter)
    model.answers.put_nowait(ChatAnswer("ok", usage=Usage(8, 2)))
    await chat.complete(asked("x" * 250))
    assert limiter.rates.wait_s(0.0, 90) == 0.0
    assert limiter.rates.wait_s(0.0, 91) > 0.0


async def test_the_usage_of_embeddings_corrects_the_estimate():
    """A call that used the minute's tokens holds up the next, and whoever else wants to know is told."""
    clock, model, heard = FakeClock(), Held(), []
    embeddings = LimitedEmbeddings(model, Limiter("m", 5, tokens_per_min=1_000_000, clock=clock))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(embeddings.embed(["a"], on_usage=heard.append))
        await clock.settle()
        tasks.create_task(embeddings.embed(["b"]))
        await clock.advance(30)
        assert model.begun == [["a"]]
        assert heard == [1_000_000]
        for _ in "ab":
            model.answers.put_nowait(None)
        await clock.advance(90)
    assert model.begun == [["a"], ["b"]]


async def test_embeddings_wait_for_their_limit_too():
    """The same limiter in front of the other kind of model."""
    clock, model = FakeClock(), Held()
    embeddings = LimitedEmbeddings(model, Limiter("m", 5, 1, clock=clock))
    async with asyncio.TaskGroup() as tasks:
        for _ in range(2):
            tasks.create_task(embeddings.embed(["a", "b"]))
            model.answers.put_nowait(ChatAnswer("row"))
        await clock.advance(1.0)
        assert len(model.begun) == 1
        await clock.advance(60.0)
    assert len(model.begun) == 2


async def test_a_spare_place_is_given_only_while_nobody_waits():
    """A hedge never takes the place of a first request."""
    limiter = Limiter("m", 2, 3, clock=FakeClock())
    with limiter.spare(10) as first, limiter.spare(10) as second, limiter.spare(10) as third:
        assert first
        assert second
        assert third is None
    assert limiter.in_flight == 0
    with limiter.spare(10):
        pass
    with limiter.spare(10) as over_the_limit:
        assert over_the_limit is None


async def test_headers_of_errors_teach_too(server, refusal, completion):
    """The limit that a 429 names is known to the call after it."""
    limiter = Limiter("m", 10)
    chat = LimitedChat(OpenAiChat(LlmSettings(), "k", server.base_url, on_headers=limiter.learn), limiter)
    server.answers((429, refusal("slow down"), {"x-ratelimit-limit-requests": "20", "x-ratelimit-limit-tokens": "900"}))
    with pytest.raises(WorldFault):
        await chat.complete(ASKED)
    assert limiter.rates.limits == (20, 900)
    await chat.aclose()


@pytest.mark.parametrize("configured", [20, None])
async def test_a_steady_limit_is_kept_without_a_429(configured):
    """Twenty a minute (a minute of one second), sixty calls, as many at once as a pod makes.

    With the limit in the settings none is refused; learned from the first answers, none after the first minute.
    """
    profile = Profile(requests_per_min=20, window_s=1.0, latency_ms=5)
    async with Simulator(profile) as simulator:
        limiter = Limiter("m", 10, configured, window_s=profile.window_s)
        chat = LimitedChat(OpenAiChat(LlmSettings(), "k", simulator.base_url, on_headers=limiter.learn), limiter)
        async with asyncio.TaskGroup() as tasks:
            for number in range(60):
                tasks.create_task(chat.complete(asked(f"Ana works at Acme {number}.")))
        await chat.aclose()
    assert simulator.stats.chat_calls == 60
    assert simulator.stats.faults["rate-limit"] == 0
