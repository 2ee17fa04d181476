"""The day's budget: a call that would pass it is not made, until the day is over.

An episode's own budget is another matter (`consumer.extract.within_budget`): that is the episode's fault, this is the
world's, so nothing is dead-lettered, intake pauses by itself, and midnight UTC mends it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from consumer.cache.day_counter import DayCounter
from consumer.clock import Clock, SystemClock
from consumer.errors import WorldFault
from consumer.llm.embedding_model import EmbeddingModel
from consumer.llm.exchange import ChatAnswer, ChatModel, ChatRequest
from consumer.llm.expected import Expectation
from consumer.llm.prices import cost_usd
from consumer.llm.wrapped import WrappedChat, WrappedEmbeddings
from consumer.model.instants import iso
from consumer.settings import Price
from consumer.telemetry import names
from consumer.telemetry.calls import level

logger = logging.getLogger(__name__)

ASK_AGAIN_S = 60.0
"""A call that was refused asks again after a minute at most: each time the log tells why nothing happens."""
REFRESH_S = 5.0
"""What others spent is looked up when it is older, in seconds."""
_UNDER_WAY_S = 1.0
_RETRY_S = 10.0
_TELL_EVERY_S = 60.0
_COUNTER_TIMEOUT_S = 1.0
_DETAIL_CHARS = 200
_NANO = 1_000_000_000


class DayBudget:
    """What all calls of a UTC day may cost.

    B1: a call begins only while the limit covers what was spent, what calls under way are expected to cost, and what
        it is expected to cost itself; so the limit is passed by wrong expectations alone.
    B2: within a day the sum never falls, whatever the counter does: evicted, emptied, unreachable.
    B3: at midnight UTC it begins from zero.
    B4: a counter that fails holds nobody up: this process counts on by itself, and what the counter missed is added
        when it answers again.
    """

    def __init__(self, limit_usd: float, counter: DayCounter, *, clock: Clock | None = None) -> None:
        """Take the limit, and the counter that others may share, owned from now on. Nothing is read yet."""
        self.limit_usd = limit_usd
        self._counter = counter
        self._clock = clock or SystemClock()
        self._day = ""
        self._told = 0  # what the counter said last, in billionths of a USD: whole numbers add up the same everywhere
        self._untold = 0
        self._held = 0
        self._turn = asyncio.Lock()
        self._fresh_until = float("-inf")
        self._down_until = float("-inf")
        self._warned_at = float("-inf")
        level(names.LLM_DAY_BUDGET, limit_usd, {})

    @property
    def spent_usd(self) -> float:
        """What was spent today, as far as is known."""
        self._turn_page()
        return (self._told + self._untold) / _NANO

    def spend(self, usd: float) -> None:
        """Note that a call cost `usd`. Synchronous: also a call that is cancelled has told its cost."""
        self._turn_page()
        self._untold += round(usd * _NANO)
        level(names.LLM_DAY_COST, self.spent_usd, {})

    @asynccontextmanager
    async def admitted(self, usd: float) -> AsyncIterator[None]:
        """Let a call that is expected to cost `usd` begin, and keep that much for it until it has ended.

        Raises:
            WorldFault: `is_throttling`: the day's budget does not cover it; `retry_after_s` is no later than midnight.
        """
        await self.sync()
        expected = round(usd * _NANO)
        self._check(expected)
        self._held += expected
        try:
            yield
        finally:
            self._held -= expected

    async def sync(self) -> None:
        """Bring what was spent to the counter, and learn what others have; at most a second, and no fault is raised."""
        async with self._turn:
            self._turn_page()
            now = self._clock.monotonic()
            if now < self._down_until or (not self._untold and now < self._fresh_until):
                return
            day, added = self._day, self._untold
            try:
                async with asyncio.timeout(_COUNTER_TIMEOUT_S):
                    total = await self._counter.add(day, added)
            except Exception as error:  # noqa: BLE001 - whatever a client raises: counting goes on without it (B4)
                self._failed(error)
                return
            self._fresh_until = self._clock.monotonic() + REFRESH_S
            if day == self._day:
                # What was cancelled on its way may be added twice: a budget errs on the dear side.
                self._told = max(self._told + added, total)
                self._untold -= added
                level(names.LLM_DAY_COST, self.spent_usd, {})

    async def aclose(self) -> None:
        """Bring the last of it to the counter and let that go."""
        await self.sync()
        await self._counter.close()

    def _turn_page(self) -> None:
        today = self._clock.now().date().isoformat()
        if today != self._day:
            self._day, self._told, self._untold = today, 0, 0
            self._fresh_until = float("-inf")

    def _check(self, expected: int) -> None:
        spent = self._told + self._untold
        limit = round(self.limit_usd * _NANO)
        is_covered = spent + self._held + expected <= limit
        level(names.LLM_DAY_SPENT, 0 if is_covered else 1, {})
        if is_covered:
            return
        now = self._clock.now()
        midnight = _next_midnight(now)
        wait_s = min(ASK_AGAIN_S, (midnight - now).total_seconds())
        detail = (
            f"the day's budget does not cover another call: {spent / _NANO:.4f} of {self.limit_usd:g} USD are spent, "
            f"a call is expected to cost {expected / _NANO:.4f}; goes on by itself at {iso(midnight)}, or with a "
            "higher EPISODES_LLM__DAILY_BUDGET_USD"
        )
        if spent + expected <= limit:  # it may yet, when calls under way turn out cheaper
            wait_s = min(wait_s, _UNDER_WAY_S)
        raise WorldFault("llm", detail, wait_s, is_throttling=True)

    def _failed(self, error: Exception) -> None:
        now = self._clock.monotonic()
        self._down_until = now + _RETRY_S
        if now < self._warned_at + _TELL_EVERY_S:
            return
        self._warned_at = now
        logger.warning(
            "the day's spending cannot be shared in %s, this process counts by itself: %s: %s",
            self._counter.place,
            type(error).__name__,
            " ".join(str(error).split())[:_DETAIL_CHARS],
        )


class BudgetedChat(WrappedChat):
    """Wraps any `ChatModel` and is one: no call is made that the day's budget does not cover.

    Stands outside of limits, so that a call that waits for them has its money kept.
    """

    def __init__(self, inner: ChatModel, price: Price, day: DayBudget) -> None:
        """Take the model, owned from now on, what it costs, and the budget."""
        super().__init__(inner)
        self._price = price
        self._day = day
        self._expectation = Expectation()

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the model's answer.

        Raises:
            EpisodeFault: see `ChatModel.complete`.
            WorldFault: see `ChatModel.complete`; also, throttling, when the day's budget is spent.
            UserError: see `ChatModel.complete`.
        """
        async with self._day.admitted(cost_usd(self._price, self._expectation.of(request))):
            answer = await self._inner.complete(request)
        self._expectation.learn(request, answer.usage.output_tokens)
        await self._day.sync()
        return answer

    async def aclose(self) -> None:
        """Close the model, and bring what was spent to the counter."""
        await super().aclose()
        await self._day.aclose()


class SpendingEmbeddings(WrappedEmbeddings):
    """Wraps any `EmbeddingModel` and is one: what it costs counts against the day's budget, and nothing stops it.

    Vectors cost a hundredth of extraction; held back, they would hold up episodes that are paid for, and every search.
    """

    def __init__(self, inner: EmbeddingModel, day: DayBudget) -> None:
        """Take the model, owned from now on, and the budget."""
        super().__init__(inner)
        self._day = day

    async def embed(
        self, texts: Sequence[str], *, on_usage: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Return the inner model's vectors.

        Raises:
            EpisodeFault: see `EmbeddingModel.embed`.
            WorldFault: see `EmbeddingModel.embed`.
            UserError: see `EmbeddingModel.embed`.
        """
        vectors = await self._inner.embed(texts, on_usage=on_usage)
        await self._day.sync()
        return vectors

    async def aclose(self) -> None:
        """Close the model, and bring what was spent to the counter."""
        await super().aclose()
        await self._day.aclose()


def _next_midnight(now: datetime) -> datetime:
    return datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
