"""A second call for a late answer: when it is sent, whose answer counts, what it may cost, what it gains."""

import asyncio
import statistics

import pytest
from cpu_time import in_some_go
from hypothesis import given
from hypothesis import strategies as st

from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.llm.chat import OpenAiChat
from consumer.llm.exchange import ChatAnswer, ChatRequest, Finish, Usage
from consumer.llm.hedge import SAVED, HedgeBudget, HedgedChat
from consumer.llm.latency import AT_LEAST
from consumer.llm.limited import LimitedChat
from consumer.llm.limiter import LOOK_EVERY_S, Limiter
from consumer.settings import LlmSettings
from consumer.testing.fake_clock import FakeClock
from consumer.testing.simulator import Simulator
from consumer.testing.simulator_profile import Profile

ASKED = ChatRequest("system", "user")
DOWN = WorldFault("llm", "down")
THROTTLED = WorldFault("llm", "slow down", 2.0, is_throttling=True)
USABLE = ChatRequest("system", "user", is_usable=lambda text: text != "rubbish")


def timed_out():
    """A fault as an adapter raises it when no answer came in time."""
    fault = WorldFault("llm", "no answer in time")
    fault.__cause__ = TimeoutError()
    return fault


class Timed:
    """A model whose calls take (seconds, answer or fault), as laid out; then one second each."""

    name = "openai/m"

    def __init__(self, clock):
        self.clock = clock
        self.calls = []
        self.begun_at = []
        self.cancelled = 0
        self.is_prepared = False

    async def complete(self, request):
        """Take the next of what is laid out."""
        self.begun_at.append(self.clock.monotonic())
        seconds, said = self.calls.pop(0) if self.calls else (1.0, ChatAnswer("ok"))
        try:
            await self.clock.sleep(seconds)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if isinstance(said, Exception):
            raise said
        return ChatAnswer(said) if isinstance(said, str) else said

    async def prepare(self):
        """Note it."""
        self.is_prepared = True

    async def aclose(self):
        """Nothing is open."""


class Bench:
    """A hedged model that has seen enough calls of a second each, and the means to ask it."""

    def __init__(self, places=4, budget=0.5, requests_per_min=None):
        self.clock = FakeClock()
        self.model = Timed(self.clock)
        self.limiter = Limiter("m", places, requests_per_min, clock=self.clock)
        self.chat = HedgedChat(self.model, self.limiter, budget=budget, clock=self.clock)

    async def warm(self, calls=AT_LEAST):
        """Make so many calls of one second each."""
        for _ in range(calls):
            await self.run()
        self.model.begun_at.clear()
        return self

    async def run(self, *calls, request=ASKED, seconds=1.0):
        """Ask with these calls laid out, let time pass, and return the ended task."""
        self.model.calls = list(calls)
        task = asyncio.create_task(self.chat.complete(request))
        await self.clock.advance(seconds)
        return task


async def test_a_late_answer_is_asked_for_again_and_the_first_answer_counts():
    """Late after the second that calls take; the other call is ended, and all places are given back."""
    bench = await Bench().warm()
    began = bench.clock.monotonic()
    task = await bench.run((50.0, "slow"), (0.5, "quick"), seconds=1.5)
    assert task.result().text == "quick"
    assert bench.model.begun_at == [began, began + 1.0]
    assert bench.model.cancelled == 1
    assert bench.limiter.in_flight == 0


async def test_the_first_calls_answer_counts_when_it_comes_first():
    """The second call is ended then."""
    bench = await Bench().warm()
    task = await bench.run((1.2, "first"), (5.0, "second"), seconds=1.2)
    assert (task.result().text, bench.model.cancelled, bench.limiter.in_flight) == ("first", 1, 0)


async def test_nothing_is_sent_twice_before_latencies_are_known():
    """One call fewer than enough."""
    bench = await Bench().warm(AT_LEAST - 1)
    task = await bench.run((50.0, "slow"), (0.5, "quick"), seconds=50)
    assert task.result().text == "slow"
    assert len(bench.model.begun_at) == 1


@pytest.mark.parametrize("fault", [DOWN, THROTTLED, EpisodeFault("refused"), UserError("key"), RuntimeError("bug")])
async def test_h3_a_call_that_fails_before_it_is_late_is_not_asked_again(fault):
    """The fault leaves as it came, at once."""
    bench = await Bench().warm()
    task = await bench.run((0.5, fault), seconds=0.5)
    assert task.exception() is fault
    assert len(bench.model.begun_at) == 1
    assert bench.limiter.in_flight == 0


@pytest.mark.parametrize("fault", [DOWN, THROTTLED, EpisodeFault("refused"), UserError("key"), RuntimeError("bug")])
@pytest.mark.parametrize("fails", ["first", "second"])
async def test_h2_a_fault_waits_for_the_other_call(fault, fails):
    """Whichever fails: the other's answer is taken."""
    bench = await Bench().warm()
    calls = [(1.5, fault), (3.0, "ok")] if fails == "first" else [(4.0, "ok"), (0.2, fault)]
    task = await bench.run(*calls, seconds=1.7)
    assert not task.done()
    await bench.clock.advance(2.3)
    assert task.result().text == "ok"
    assert bench.limiter.in_flight == 0


async def test_h2_of_two_faults_the_first_ones_counts():
    """Also when the second call failed earlier."""
    bench = await Bench().warm()
    task = await bench.run((3.0, DOWN), (0.2, EpisodeFault("refused")), seconds=3)
    assert task.exception() is DOWN
    assert bench.limiter.in_flight == 0


@pytest.mark.parametrize("poor", ["rubbish", ChatAnswer("cut", Finish.LENGTH), ChatAnswer("no", Finish.REFUSED)])
async def test_h2_an_answer_that_cannot_be_used_waits_for_the_other(poor):
    """Unusable, cut off or refused; it counts when the other call brings nothing better."""
    bench = await Bench().warm()
    task = await bench.run((1.5, poor), (2.0, "good"), request=USABLE, seconds=3)
    assert task.result().text == "good"
    task = await bench.run((1.5, poor), (2.0, DOWN), request=USABLE, seconds=3)
    assert task.result().text in {"rubbish", "cut", "no"}
    task = await bench.run((1.5, DOWN), (2.0, poor), request=USABLE, seconds=3)
    assert task.result().text in {"rubbish", "cut", "no"}


async def test_h1_without_a_spare_place_nothing_is_sent_twice_until_there_is_one():
    """One place: taken by the first call. A place that comes later is used."""
    bench = await Bench(places=1).warm()
    task = await bench.run((50.0, "slow"), (0.5, "quick"), seconds=10)
    assert not task.done()
    assert len(bench.model.begun_at) == 1
    bench.limiter.concurrency._places = bench.limiter.concurrency._ceiling = 2
    await bench.clock.advance(LOOK_EVERY_S + 0.5)
    assert task.result().text == "quick"


async def test_h1_a_rate_limit_that_is_used_up_leaves_no_second_call():
    """A first call's request is the last of its minute."""
    bench = await Bench(requests_per_min=AT_LEAST + 1).warm()
    await bench.clock.advance(1.0)
    task = await bench.run((5.0, "slow"), (0.5, "quick"), seconds=5)
    assert task.result().text == "slow"
    assert len(bench.model.begun_at) == 1


async def test_late_is_counted_from_when_the_call_begins():
    """A call that waited for its place is not late for that."""
    bench = await Bench(places=2).warm()
    bench.model.calls = [(0.9, "a"), (0.9, "b"), (0.9, "c")]
    async with asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(bench.chat.complete(ASKED))
        await bench.clock.advance(2.0)
    assert len(bench.model.begun_at) == 3


async def test_what_fails_teaches_the_limiter_also_when_the_other_call_answers():
    """A first call's 429 holds what follows, and its timeout takes places."""
    bench = await Bench(places=10).warm()
    task = await bench.run((1.2, THROTTLED), (1.0, "ok"), seconds=2)
    assert task.result().text == "ok"
    assert bench.limiter.concurrency.places == 7
    bench = await Bench(places=10).warm()
    task = await bench.run((9.0, timed_out()), (8.5, "ok"), seconds=9.5)
    assert task.result().text == "ok"
    assert bench.limiter.concurrency.places == 7


async def test_slow_calls_that_lost_keep_the_quantile_up():
    """Hedged calls count for the time they were waited for: the limit does not sink with each hedge that wins."""
    bench = await Bench(budget=1.0).warm()
    for _ in range(200):
        await bench.run((50.0, "slow"), (0.1, "quick"), seconds=2)
    assert bench.chat._latency.late_after_s(4) >= 1.0


async def test_a_hedge_counts_for_the_tokens_it_used():
    """Both calls are corrected by what the server says."""
    bench = await Bench().warm()
    before = bench.limiter.rates._sum
    await bench.run((50.0, "slow"), (0.5, ChatAnswer("quick", usage=Usage(400, 100))), seconds=2)
    assert bench.limiter.rates._sum - before >= 500


@pytest.mark.parametrize("after_s", [0.5, 1.0, 1.5])
async def test_h4_a_cancelled_question_ends_both_calls(after_s):
    """Cancelled before, while and after the second call is sent: places come back, the next question is answered."""
    bench = await Bench().warm()
    task = await bench.run((50.0, "slow"), (20.0, "slow too"), seconds=after_s)
    task.cancel()
    await bench.clock.settle()
    assert task.cancelled()
    assert bench.limiter.in_flight == 0
    assert bench.clock.sleepers == 0 or bench.model.cancelled == len(bench.model.begun_at)
    assert (await bench.run()).result().text == "ok"


async def test_preparing_reaches_the_model():
    """Through the wrapper."""
    bench = Bench()
    await bench.chat.prepare()
    assert bench.model.is_prepared
    assert bench.chat.name == "openai/m"


@given(st.floats(0, 1), st.lists(st.booleans(), max_size=400))
def test_b1_b2_a_budget_is_never_overdrawn(share, wants):
    """B1 over all calls, B2 over any stretch of them."""
    budget, spent_after = HedgeBudget(share), [0]
    for wants_one in wants:
        budget.called()
        spends = wants_one and budget.has_one
        if spends:
            budget.spend()
        spent_after.append(spent_after[-1] + spends)
    assert spent_after[-1] <= share * len(wants) + 1e-6
    for begin in range(0, len(wants), 7):
        assert spent_after[-1] - spent_after[begin] <= SAVED + share * (len(wants) - begin) + 1e-6


def percentile(latencies, share):
    """A percentile of latencies."""
    return statistics.quantiles(latencies, n=100)[round(share * 100) - 1]


class HeavyTail:
    """A model with the simulator's heavy tail on a fake clock: one call in fifty takes ten times as long."""

    name = "openai/m"

    def __init__(self, clock):
        self.clock = clock
        self.calls = 0
        self.profile = Profile(latency_ms=1_000, latency="heavy")

    async def complete(self, request):
        """Take as long as the profile says."""
        self.calls += 1
        await self.clock.sleep(self.profile.decide("chat", request.user, self.calls).latency_s)
        return ChatAnswer("ok")

    async def aclose(self):
        """Nothing is open."""


async def ask_all(chat, clock, questions, at_once):
    """Ask so many questions, so many at once; return their latencies after the first hundred."""
    latencies, turn = [], asyncio.Semaphore(at_once)

    async def one(number):
        async with turn:
            began = clock.monotonic()
            await chat.complete(ChatRequest("system", f"Ana works at Acme {number}."))
            latencies.append(clock.monotonic() - began)

    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(one(number)) for number in range(questions)]
        while not all(task.done() for task in asked):
            if isinstance(clock, FakeClock):
                await clock.advance(5.0)
            else:
                await asyncio.sleep(0.01)
    return latencies[100:]


@pytest.mark.parametrize("budget", [0.03, 0.05, 0.1])
async def test_a_heavy_tail_is_cut_and_calls_grow_by_the_budget_at_most(budget):
    """A thousand questions, eight at once, on a fake clock: the 99th percentile with and without a second call."""
    p99 = {}
    for share in (0.0, budget):
        clock = FakeClock()
        model = HeavyTail(clock)
        limiter = Limiter("m", 10, clock=clock)
        chat = HedgedChat(model, limiter, budget=share, clock=clock)
        p99[share] = percentile(await ask_all(chat, clock, 1_000, 8), 0.99)
        extra = model.calls / 1_000 - 1
        assert extra <= share
        assert limiter.in_flight == 0
        print(f"budget {share:.0%}: p99 {p99[share]:.2f} s, calls +{extra:.1%}")
    assert p99[budget] < p99[0.0] * 0.4


@in_some_go  # what the machine holds up has a tail, too
async def test_a_heavy_tail_is_cut_over_http():
    """The same with the simulator over real HTTP, twenty milliseconds a call: the figures are printed."""
    p99 = await tails_over_http()
    assert p99[0.1] < p99[0.0]


async def tails_over_http():
    """The 99th percentile without and with second calls, whose number is checked."""
    p99, calls = {}, {}
    for share in (0.0, 0.1):
        async with Simulator(Profile(latency_ms=20, latency="heavy", seed=3)) as simulator:
            limiter = Limiter("m", 10)
            inner = OpenAiChat(LlmSettings(), "k", simulator.base_url)
            chat = HedgedChat(inner, limiter, budget=share) if share else LimitedChat(inner, limiter)
            p99[share] = percentile(await ask_all(chat, limiter._clock, 400, 6), 0.99)
            await chat.aclose()
            calls[share] = simulator.stats.chat_calls
        assert limiter.in_flight == 0
        print(f"budget {share:.0%}: p99 {p99[share] * 1e3:.0f} ms, {calls[share]} calls for 400 questions")
    assert calls[0.0] == 400 < calls[0.1] <= 440
    return p99
