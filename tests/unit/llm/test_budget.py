"""The day's budget: what it lets begin, when it begins anew, and what it does when nobody keeps its count."""

import asyncio
import logging
import random
import sqlite3
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.cache.day_counter import DiskDayCounter, MemoryDayCounter, day_counter
from consumer.errors import WorldFault
from consumer.llm.budget import ASK_AGAIN_S, REFRESH_S, BudgetedChat, DayBudget, SpendingEmbeddings
from consumer.llm.exchange import ChatAnswer, ChatRequest
from consumer.pipeline.breaker import Limits
from consumer.pipeline.breakers import Breakers
from consumer.pipeline.retry import Persistence
from consumer.settings import CacheSettings, PipelineSettings, Price
from consumer.testing.fake_clock import FakeClock

EVENING = datetime(2024, 1, 1, 23, 50, tzinfo=UTC)
REQUEST = ChatRequest("s" * 4_000, "")
PRICE = Price(input=1_000.0)
"""So that REQUEST, a thousand LLM tokens, is expected to cost one USD."""


class Counter(MemoryDayCounter):
    """Fails while it is told to; keeps how often it was asked."""

    def __init__(self):
        super().__init__()
        self.is_down = False
        self.calls = 0

    async def add(self, day, amount):
        """Add, or be down."""
        self.calls += 1
        await asyncio.sleep(0)
        if self.is_down:
            raise ConnectionError("no route")
        return await super().add(day, amount)


class Model:
    """Costs what a test says, when it lets calls go."""

    name = "openai/m"

    def __init__(self, day, usd=1.0):
        self.day = day
        self.usd = usd
        self.calls = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def complete(self, request):
        """Answer, having told the cost."""
        self.calls += 1
        await self.gate.wait()
        self.day.spend(self.usd)
        return ChatAnswer("ok")

    async def embed(self, texts, *, on_usage=None):
        """The same for vectors."""
        await self.complete(texts)
        return texts

    async def aclose(self):
        """Nothing is open."""


def budget(limit=3.0, counter=None, clock=None):
    """A budget, its clock and a model that is held to it."""
    clock = clock or FakeClock(EVENING)
    day = DayBudget(limit, counter or MemoryDayCounter(), clock=clock)
    model = Model(day)
    return day, clock, model, BudgetedChat(model, PRICE, day)


def own_lines(caplog):
    """What the product logged; threads that an earlier test left log too."""
    return [record.getMessage() for record in caplog.records if record.name.startswith("consumer.")]


async def test_a_spent_day_lets_no_call_begin_and_says_until_when():
    """Throttling, not an outage: no breaker opens, nothing is dead-lettered."""
    _day, clock, model, chat = budget()
    for _ in range(3):
        await chat.complete(REQUEST)
    with pytest.raises(
        WorldFault, match=r"3\.0000 of 3 USD are spent.*goes on by itself at 2024-01-02T00:00:00"
    ) as told:
        await chat.complete(REQUEST)
    assert (told.value.is_throttling, told.value.dependency) == (True, "llm")
    assert told.value.retry_after_s == ASK_AGAIN_S
    assert model.calls == 3
    await clock.advance(9.5 * 60)
    with pytest.raises(WorldFault) as told:
        await chat.complete(REQUEST)
    assert told.value.retry_after_s == pytest.approx(30.0)


async def test_b3_midnight_begins_from_zero():
    """Of UTC, to the second."""
    day, clock, _model, chat = budget()
    day.spend(3.0)
    await clock.advance(599)
    with pytest.raises(WorldFault):
        await chat.complete(REQUEST)
    await clock.advance(1)
    assert day.spent_usd == 0.0
    await chat.complete(REQUEST)
    assert day.spent_usd == 1.0


async def test_b1_calls_under_way_have_their_money_kept():
    """Ten that ask at once get three; one that ends cheaper makes room for another."""
    day, clock, model, chat = budget()
    model.usd = 0.5
    model.gate.clear()
    calls = [asyncio.create_task(chat.complete(REQUEST)) for _ in range(10)]
    await clock.settle()
    assert model.calls == 3
    refused = [call.exception() for call in calls if call.done()]
    assert len(refused) == 7
    assert {fault.retry_after_s for fault in refused} == {1.0}
    model.gate.set()
    await clock.settle()
    assert day.spent_usd == 1.5
    await chat.complete(REQUEST)


async def test_b1_a_call_that_is_given_up_gives_its_money_back():
    """Cancelled while under way, at whichever await."""
    _day, clock, model, chat = budget(limit=1.0)
    model.gate.clear()
    call = asyncio.create_task(chat.complete(REQUEST))
    await clock.settle()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    model.gate.set()
    await chat.complete(REQUEST)


@given(st.integers(0, 10_000), st.floats(0.1, 20.0))
def test_b1_the_limit_holds_when_no_call_costs_more_than_expected(seed, limit):
    """Whatever the calls cost below that, in any interleaving, and however many processes share the counter."""
    rng = random.Random(seed)

    async def one(day):
        cost = rng.uniform(0, 1.0)
        await asyncio.sleep(0)
        try:
            async with day.admitted(1.0):
                for _ in range(rng.randrange(4)):
                    await asyncio.sleep(0)
                day.spend(cost)
        except WorldFault:
            return 0.0
        return cost

    async def run():
        day = DayBudget(limit, MemoryDayCounter(), clock=FakeClock(EVENING))
        async with asyncio.TaskGroup() as tasks:
            calls = [tasks.create_task(one(day)) for _ in range(30)]
        spent = sum(call.result() for call in calls)
        assert spent <= limit + 1e-6
        assert day.spent_usd == pytest.approx(spent, abs=1e-6)

    asyncio.run(run())


async def test_processes_that_share_a_counter_share_the_budget():
    """What one spends the other knows within seconds; a new one knows it before its first call."""
    counter, clock = Counter(), FakeClock(EVENING)
    first, second = (budget(counter=counter, clock=clock) for _ in range(2))
    await second[3].complete(REQUEST)
    await first[3].complete(REQUEST)
    await first[3].complete(REQUEST)
    await clock.advance(REFRESH_S)
    for chat in (second[3], budget(counter=counter, clock=clock)[3]):
        with pytest.raises(WorldFault, match=r"3\.0000 of 3 USD"):
            await chat.complete(REQUEST)


async def test_several_first_calls_wait_for_what_was_spent_before():
    """A start after a crash does not spend a round of calls in ignorance."""
    counter, clock = Counter(), FakeClock(EVENING)
    await counter.add("2024-01-01", 3 * 10**9)
    _, _, model, chat = budget(counter=counter, clock=clock)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(5):
            tasks.create_task(refused(chat))
    assert model.calls == 0


async def refused(chat):
    """Ask, and be refused."""
    with pytest.raises(WorldFault):
        await chat.complete(REQUEST)


async def test_b4_a_counter_that_fails_holds_nobody_up(caplog):
    """The limit holds in this process, the log tells once a minute, and the counter gets all of it afterwards."""
    counter = Counter()
    counter.is_down = True
    day, clock, _model, chat = budget(limit=100.0, counter=counter)
    with caplog.at_level(logging.WARNING):
        for _ in range(12):
            await chat.complete(REQUEST)
            await clock.advance(4)
    assert day.spent_usd == 12.0
    assert len(own_lines(caplog)) == 1
    assert "memory, this process counts by itself: ConnectionError: no route" in caplog.text
    assert counter.calls <= 6
    counter.is_down = False
    await clock.advance(20)
    await chat.complete(REQUEST)
    assert await counter.add("2024-01-01", 0) == 13 * 10**9


async def test_b4_a_counter_that_hangs_takes_a_second_at_most(monkeypatch):
    """Then it is left alone for a while."""
    monkeypatch.setattr("consumer.llm.budget._COUNTER_TIMEOUT_S", 0.01)
    day, _, _model, chat = budget()

    async def hang(_day, _amount):
        await asyncio.sleep(60)

    day._counter.add = hang
    await chat.complete(REQUEST)
    assert day.spent_usd == 1.0


async def test_b2_an_emptied_counter_does_not_give_the_money_back():
    """Redis may evict it, or somebody flushes it."""
    counter = Counter()
    _day, clock, _, chat = budget(counter=counter)
    for _ in range(3):
        await chat.complete(REQUEST)
    counter._days.clear()
    await clock.advance(REFRESH_S)
    with pytest.raises(WorldFault):
        await chat.complete(REQUEST)


async def test_closing_brings_the_last_of_it_to_the_counter():
    """Also the cost of a call that ended without an answer."""
    counter = Counter()
    day, _, _, chat = budget(counter=counter)
    day.spend(0.25)
    await chat.aclose()
    assert await counter.add("2024-01-01", 0) == 250_000_000


async def test_embeddings_count_and_are_never_stopped():
    """Search needs them, and episodes that are extracted."""
    day, _, model, chat = budget(limit=1.0)
    embeddings = SpendingEmbeddings(model, day)
    model.dimension = 3
    assert (embeddings.name, embeddings.dimension) == ("openai/m", 3)
    for _ in range(2):
        assert await embeddings.embed(["a"]) == ["a"]
    assert day.spent_usd == 2.0
    with pytest.raises(WorldFault):
        await chat.complete(REQUEST)
    await embeddings.aclose()


async def test_the_pipeline_waits_tells_each_minute_and_goes_on_by_itself_at_midnight(caplog):
    """Ten episodes wait through ten minutes: one line a minute, no breaker opens, and then all are answered."""
    day, clock, model, chat = budget()
    day.spend(3.0)
    model.usd = 0.1
    breakers = Breakers(Limits(5, 0.5, 5.0), clock)
    persistence = Persistence(clock, PipelineSettings(), breakers, jitter=random.Random(1))
    request = ChatRequest("s" * 400, "")
    with caplog.at_level(logging.WARNING):
        calls = [
            asyncio.create_task(persistence.call("extract", "llm", lambda: chat.complete(request))) for _ in range(10)
        ]
        for _ in range(590):
            await clock.advance(1)
            assert breakers.open == []
    told = own_lines(caplog)
    assert model.calls == 0
    assert 9 <= len(told) <= 11
    assert all("the day's budget does not cover another call" in line for line in told)
    for _ in range(75):
        await clock.advance(1)
    assert [call.result().text for call in calls] == ["ok"] * 10
    assert day.spent_usd == pytest.approx(1.0)


async def test_the_disk_counts_for_the_next_start_and_for_neighbours(tmp_path):
    """Two open the same file; days before are forgotten."""
    first, second = (DiskDayCounter(tmp_path / "new") for _ in range(2))
    await first.add("2024-01-01", 5)
    assert [await first.add("2024-01-02", 1), await second.add("2024-01-02", 2)] == [1, 3]
    assert await second.add("2024-01-01", 0) == 0
    async with asyncio.TaskGroup() as tasks:
        for _ in range(20):
            tasks.create_task(first.add("2024-01-02", 1))
            tasks.create_task(second.add("2024-01-02", 1))
    assert await first.add("2024-01-02", 0) == 43
    assert first.place.endswith("days-1.sqlite3")
    await first.close()


async def test_a_damaged_file_is_told_and_the_budget_still_holds(tmp_path, caplog):
    """It fails open, as a store that is down does."""
    (tmp_path / "days-1.sqlite3").write_bytes(b"no database" * 1_000)
    with pytest.raises(sqlite3.Error):
        await DiskDayCounter(tmp_path).add("2024-01-01", 1)
    _, _, _model, chat = budget(limit=1.0, counter=DiskDayCounter(tmp_path))
    await chat.complete(REQUEST)
    assert "cannot be shared in" in caplog.text
    with pytest.raises(WorldFault):
        await chat.complete(REQUEST)


def test_the_widest_level_that_is_set_counts(tmp_path):
    """Redis before the disk, else the process."""
    redis = CacheSettings(redis_url="redis://user:secret@127.0.0.1:1/0", disk_dir=tmp_path)
    assert day_counter(redis).place == "redis://127.0.0.1:1/0"
    assert day_counter(CacheSettings(disk_dir=tmp_path)).place == str(tmp_path / "days-1.sqlite3")
    assert day_counter(CacheSettings()) is day_counter(CacheSettings())
