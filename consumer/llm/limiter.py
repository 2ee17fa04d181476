"""One model at one endpoint: who may call it now. Shared by all its callers, first come, first served.

Waits with the consumer's clock and decides nothing itself: `rate_limit` and `concurrency` do. A call that has to wait
does so here, before its own time limit begins. What the limiter could not know of, a 429 tells: it leaves as it came,
and the pipeline's breaker holds everybody for the time asked, as this limiter does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

from consumer.clock import Clock, SystemClock
from consumer.errors import WorldFault
from consumer.llm.concurrency import AdaptiveConcurrency
from consumer.llm.faults import is_timeout
from consumer.llm.rate_headers import told_limits
from consumer.llm.rate_limit import WINDOW_S, Begun, RateLimit
from consumer.llm.token_count import TokenCount
from consumer.telemetry import names
from consumer.telemetry.calls import level, measure

LOOK_EVERY_S = 1.0
"""How often a call that waits for a limit looks whether the limit has changed."""


class Permit:
    """The place of one call; tell it what the call used, if the server said so."""

    def __init__(self, limiter: Limiter, begun: Begun, text_tokens: int) -> None:
        self.begun = begun
        self._limiter = limiter
        self._text_tokens = text_tokens

    def used(self, tokens: int) -> None:
        """Count the call for the LLM tokens that it used; 0 is not known."""
        if tokens > 0:
            self._limiter.rates.correct(self.begun, tokens)
            self._limiter.count.learn(self._text_tokens, tokens)


class Limiter:
    """Limits of one model at one endpoint.

    L1: calls begin in the order in which they asked; a hedge (`spare`) never passes one that waits.
    L2: every place comes back, however the call ends.
    L3: a call that is cancelled while it waits has changed nothing.
    """

    def __init__(
        self,
        model: str,
        ceiling: int,
        requests_per_min: int | None = None,
        tokens_per_min: int | None = None,
        *,
        window_s: float = WINDOW_S,
        clock: Clock | None = None,
    ) -> None:
        """Take the configured limits, None for those to be learned, and the most calls at once."""
        self._attributes = {names.GEN_AI_REQUEST_MODEL: model}
        self.rates = RateLimit(requests_per_min, tokens_per_min, window_s=window_s)
        self.concurrency = AdaptiveConcurrency(ceiling)
        self.count = TokenCount()
        self.in_flight = 0
        self.waiting = 0
        self._clock = clock or SystemClock()
        self._turn = asyncio.Lock()  # first in, first out
        self._room = asyncio.Event()

    @property
    def places(self) -> int:
        """Calls at once that the model is found to bear."""
        return self.concurrency.places

    def wait_s(self, text_tokens: int) -> float:
        """Return seconds until the limits would let a call begin, 0 when they do now; places are another matter."""
        return self.rates.wait_s(self._clock.monotonic(), self.count.estimate(text_tokens))

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take over what an answer's headers tell of the limits."""
        self.rates.learn(self._clock.monotonic(), *told_limits(headers))

    @asynccontextmanager
    async def call(self, text_tokens: int) -> AsyncIterator[Permit]:
        """Wait for a place; it is given back at the end, and how the call ended teaches."""
        asked_at = self._clock.monotonic()
        with self._waiting():
            async with self._turn:
                while True:
                    tokens = self.count.estimate(text_tokens)
                    if self.in_flight >= self.concurrency.places:
                        self._room.clear()
                        await self._room.wait()
                    elif (wait_s := self.rates.wait_s(self._clock.monotonic(), tokens)) > 0:
                        await self._clock.sleep(min(wait_s, LOOK_EVERY_S))
                    else:
                        break
                permit = self._begin(tokens, text_tokens)
        measure(names.LLM_LIMIT_WAIT, permit.begun.at - asked_at, self._attributes)
        with self._held(permit):
            yield permit

    @contextmanager
    def spare(self, text_tokens: int) -> Iterator[Permit | None]:
        """Give a place that nobody else can use now, or None."""
        now = self._clock.monotonic()
        tokens = self.count.estimate(text_tokens)
        is_free = not self._turn.locked() and self.in_flight < self.concurrency.places
        if not is_free or self.rates.wait_s(now, tokens) > 0:
            yield None
            return
        permit = self._begin(tokens, text_tokens)
        with self._held(permit):
            yield permit

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        """Tell how many wait, while the block runs and after it."""
        self.waiting += 1
        level(names.LLM_WAITING, self.waiting, self._attributes)
        try:
            yield
        finally:
            self.waiting -= 1
            level(names.LLM_WAITING, self.waiting, self._attributes)

    def _begin(self, tokens: int, text_tokens: int) -> Permit:
        self.in_flight += 1
        level(names.LLM_IN_FLIGHT, self.in_flight, self._attributes)
        return Permit(self, self.rates.begin(self._clock.monotonic(), tokens), text_tokens)

    @contextmanager
    def _held(self, permit: Permit) -> Iterator[None]:
        """Give the place back at the end, and learn from how the call ended."""
        try:
            yield
        except WorldFault as fault:
            self._failed(fault, permit)
            raise
        else:
            self.concurrency.succeeded()
        finally:
            self.in_flight -= 1
            self.rates.answered(permit.begun, self._clock.monotonic())
            self._room.set()
            self._tell()

    def _tell(self) -> None:
        """Say where the limits stand."""
        level(names.LLM_CONCURRENCY, self.concurrency.places, self._attributes)
        level(names.LLM_IN_FLIGHT, self.in_flight, self._attributes)
        for measured, limit in zip(("requests", "tokens"), self.rates.limits, strict=True):
            if limit is not None:
                level(names.LLM_LIMIT, limit, {**self._attributes, names.LIMITED: measured})

    def _failed(self, fault: WorldFault, permit: Permit) -> None:
        now = self._clock.monotonic()
        if fault.is_throttling and fault.retry_after_s is not None:
            self.rates.hold(now, fault.retry_after_s)
        if fault.is_throttling or is_timeout(fault):
            self.concurrency.overloaded(now, permit.begun.at)
