"""Asks a model a second time when its answer is late, and takes the answer that comes first.

The slow calls of a provider are slow by chance (a busy machine, a lost packet), so a second one is likely to be quick.
It is sent only where nobody else could use the place (`Limiter.spare`), and within a budget.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field

from consumer.clock import Clock, SystemClock
from consumer.errors import WorldFault
from consumer.llm.exchange import ChatAnswer, ChatModel, ChatRequest, Finish
from consumer.llm.faults import is_timeout
from consumer.llm.latency import LatencyWindow
from consumer.llm.limited import LimitedChat, text_tokens
from consumer.llm.limiter import LOOK_EVERY_S, Limiter
from consumer.llm.wrapped import WrappedChat
from consumer.telemetry import names
from consumer.telemetry.calls import count, event
from consumer.telemetry.labels import labelled

SAVED = 8.0
"""Hedges that quiet times can save up: enough for a bad moment, no more."""


class HedgeBudget:
    """How many calls may be sent twice. Pure.

    B1: never more than `share` of the calls made so far.
    B2: never more than `SAVED` and those of the calls meanwhile, in any stretch of time.
    """

    def __init__(self, share: float) -> None:
        """Begin with nothing saved."""
        self._share = share
        self._saved = 0.0

    @property
    def has_one(self) -> bool:
        """Whether a hedge may be sent."""
        return self._saved >= 1.0

    def called(self) -> None:
        """Note a call."""
        self._saved = min(SAVED, self._saved + self._share)

    def spend(self) -> None:
        """Note a hedge; only while there `has_one`."""
        self._saved -= 1.0


@dataclass(slots=True)
class _Race:
    """One question: whether its call has begun, when, and whether a second one was sent."""

    request: ChatRequest
    late_after_s: float | None
    began_at: float = 0.0
    has_begun: asyncio.Event = field(default_factory=asyncio.Event)
    is_hedged: bool = False

    @property
    def size(self) -> int:
        """Bytes of what differs between requests: the fixed text takes the same time each call."""
        return len(self.request.user.encode("utf-8", "replace"))


class HedgedChat(WrappedChat):
    """A model behind its limiter, as `LimitedChat` is, which is asked again when it is late.

    H1: two calls at most for a question; the second never before the first was late, never without a spare place.
    H2: the first answer that can be used is taken and the other call ended; a fault, or an answer that is unusable,
        waits for the other. If neither is any good, the first one's word counts, unless it alone is a fault.
    H3: a question whose call fails before it was late is not asked again here: that is the pipeline's to decide.
    H4: however a question ends, its places are given back.
    """

    def __init__(
        self, inner: ChatModel, limiter: Limiter, *, budget: float, quantile: float = 0.95, clock: Clock | None = None
    ) -> None:
        """Take the model, owned from now on, and the limiter of its endpoint and name.

        A smaller budget waits longer, so that it is there for the slowest calls: with 0.02 the slowest in fifty.
        """
        super().__init__(inner)
        self._limiter = limiter
        self._budget = HedgeBudget(budget)
        self._latency = LatencyWindow(max(quantile, 1 - budget))
        self._clock = clock or SystemClock()
        self._attributes = {names.GEN_AI_REQUEST_MODEL: inner.name.removeprefix("openai/")}

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the answer that came first, asked for when limits allow.

        Raises:
            EpisodeFault: this request can never be answered (too long, filtered).
            WorldFault: the model is down, throttled or too slow.
            UserError: the key or the model name is wrong.
        """
        self._budget.called()
        race = _Race(request, None)
        race.late_after_s = self._latency.late_after_s(race.size)
        if race.late_after_s is None:
            return await self._first(race)
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(_outcome(self._first(race)), name="chat-first")
            second = tasks.create_task(_outcome(self._second(race, race.late_after_s)), name="chat-second")
            said = await self._winner(race, first, second)
            first.cancel()
            second.cancel()
        if isinstance(said, ChatAnswer):
            return said
        raise said

    async def _first(self, race: _Race) -> ChatAnswer:
        """Ask within the limits; late is counted from when the call begins, not from when it waits."""
        return await LimitedChat(_Timed(self._inner, race, self._latency, self._clock), self._limiter).complete(
            race.request
        )

    async def _second(self, race: _Race, late_after_s: float) -> ChatAnswer:
        """Wait until the first call is late and there is a place for another, then ask."""
        await race.has_begun.wait()
        await self._clock.sleep(late_after_s)
        while True:
            if self._budget.has_one:
                with self._limiter.spare(text_tokens(race.request)) as permit:
                    if permit is not None:
                        self._budget.spend()
                        race.is_hedged = True
                        count(names.LLM_HEDGES, self._attributes)
                        event(names.HEDGE, self._attributes)
                        with labelled({names.LLM_IS_HEDGE: True}):
                            answer = await self._inner.complete(race.request)
                        permit.used(answer.usage.input_tokens + answer.usage.output_tokens)
                        return answer
            await self._clock.sleep(LOOK_EVERY_S)

    async def _winner(
        self,
        race: _Race,
        first: asyncio.Task[ChatAnswer | Exception],
        second: asyncio.Task[ChatAnswer | Exception],
    ) -> ChatAnswer | Exception:
        """Return what counts of what the two calls say."""
        pending = {first, second}
        while pending:
            _, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            if first.done() and (not race.is_hedged or _is_good(race.request, first.result())):
                return first.result()
            if second.done() and _is_good(race.request, second.result()):
                if not first.done():
                    self._latency.observe(race.size, self._clock.monotonic() - race.began_at)
                count(names.LLM_HEDGES_WON, self._attributes)
                return second.result()
        is_answer = isinstance(first.result(), ChatAnswer) or not isinstance(second.result(), ChatAnswer)
        return first.result() if is_answer else second.result()


class _Timed(WrappedChat):
    """The model of one race's first call: tells that it begins, and measures how long it takes."""

    def __init__(self, inner: ChatModel, race: _Race, latency: LatencyWindow, clock: Clock) -> None:
        super().__init__(inner)
        self._race = race
        self._latency = latency
        self._clock = clock

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the inner model's answer; see there for what it raises."""
        self._race.began_at = self._clock.monotonic()
        self._race.has_begun.set()
        try:
            answer = await self._inner.complete(request)
        except WorldFault as fault:
            if is_timeout(fault):
                self._observe()
            raise
        self._observe()
        return answer

    async def aclose(self) -> None:
        """Leave the inner model open: it is not this call's."""

    def _observe(self) -> None:
        self._latency.observe(self._race.size, self._clock.monotonic() - self._race.began_at)


async def _outcome(call: Awaitable[ChatAnswer]) -> ChatAnswer | Exception:
    """Return what a call said or raised, so that its fault does not end the other call."""
    try:
        return await call
    except Exception as error:  # noqa: BLE001 - `HedgedChat.complete` raises it as it came
        return error


def _is_good(request: ChatRequest, said: ChatAnswer | Exception) -> bool:
    """Whether `said` is an answer that its asker can use, as far as can be told here."""
    if not isinstance(said, ChatAnswer) or said.finish is not Finish.STOP:
        return False
    return request.is_usable is None or request.is_usable(said.text)
