"""A chat model that answers several callers' questions in one call, each caller none the wiser.

Callers ask one question each, as of any `ChatModel`. Questions that wait at the same time and share the fixed text
are bound into one; its answer is taken apart again by key. A part that is missing, or that its asker cannot use, is
asked for once more among others, then alone: a question that spoils its neighbours' answers spoils them twice at most.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from opentelemetry import trace

from consumer.clock import Clock, SystemClock
from consumer.errors import EpisodeFault, WorldFault
from consumer.llm.batch_size import BatchSize
from consumer.llm.exchange import ChatAnswer, ChatModel, ChatRequest, Finish
from consumer.llm.waiting_room import Ask, WaitingRoom
from consumer.llm.wrapped import WrappedChat
from consumer.model.token_estimate import estimated_tokens
from consumer.ports import IS_STARTABLE
from consumer.settings import LlmSettings
from consumer.telemetry import names
from consumer.telemetry.calls import count, linked, measure

_TRIES_TOGETHER = 2
"""So many unusable answers among others, then alone."""
_FAULTS_TOGETHER = 3
"""So many calls without an answer among others (throttling not counted), then alone: it may be what they fail by."""
_REMEMBERED = 10_000
_LINGER_SHARE = 0.1
_LINGER_MOST_S = 0.5
_WEIGHT = 0.2
_TURNS_TO_SEND = 8
"""Turns of the event loop in which a call that was begun is on the wire (measured: 2, and those of the wrappers)."""
_LOOK_EVERY_S = 0.5
"""While limits hold all calls, how often it is looked whether those that wait are wanted still."""


class Binder(Protocol):
    """How questions become one, and an answer several."""

    def bind(self, users: Sequence[str]) -> str:
        """Return the user text that asks all of `users`, distinct texts, in that order."""
        ...

    def split(self, text: str, users: Sequence[str]) -> list[str | None]:
        """Return what `text` answers to each of `users`, None where it says nothing that is surely theirs."""
        ...


class Gate(Protocol):
    """Says when the model can be called: questions wait here meanwhile, so that the call is full when it goes."""

    @property
    def places(self) -> int:
        """Calls at once that the model bears now."""
        ...

    def wait_s(self, text_tokens: int) -> float:
        """Return seconds until its limits let a call with so many LLM tokens of text begin."""
        ...


class BatchedChat(WrappedChat):
    """Wraps a `ChatModel` and is one.

    H1: no more than `concurrency` calls at once; between groups that wait, places in calls are shared fairly.
    H2: every caller gets one answer or one fault; what a batch did wrong is no caller's fault.
    H3: a caller who gives up takes nobody with him.
    """

    def __init__(
        self,
        chat: ChatModel,
        binder: Binder,
        settings: LlmSettings,
        concurrency: int,
        *,
        gate: Gate | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Take the model, owned from now on; without a gate it is called whenever a place is free."""
        super().__init__(chat)
        self._gate = gate
        self._binder = binder
        self._settings = settings
        self._places = concurrency
        self._clock = clock or SystemClock()
        self._size = BatchSize(settings.batch_episodes, settings.batch_target_s)
        self._room = WaitingRoom(settings.batch_tokens)
        self._troubled: OrderedDict[int, int] = OrderedDict()
        self._calls: set[asyncio.Task[None]] = set()
        self._reading: set[asyncio.Task[None]] = set()
        self._timer: asyncio.Task[None] | None = None
        self._timer_at = 0.0
        self._latency_s = 0.0

    @property
    def waiting(self) -> int:
        """Questions that are in no call yet."""
        return len(self._room)

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the answer to `request`, asked alone or among others.

        Raises:
            EpisodeFault: see `ChatModel.complete`.
            AssignmentLost: `IS_STARTABLE` said no when its turn came.
            WorldFault: see `ChatModel.complete`; `is_shared` for all callers of a call but one.
            UserError: see `ChatModel.complete`.
        """
        ask = Ask(
            request,
            asyncio.get_running_loop().create_future(),
            self._clock.monotonic(),
            estimated_tokens(request.user),
            contextvars.copy_context(),
            trace.get_current_span(),
            IS_STARTABLE.get(),
        )
        is_suspect = self._troubled.get(hash(request.user), 0) >= _FAULTS_TOGETHER
        self._room.add(ask, alone=request.is_alone or is_suspect)
        self._pump()
        return await ask.answer

    async def aclose(self) -> None:
        """End what is under way and close the model."""
        for ask in self._room.drain():
            ask.answer.cancel()
        running = [*self._calls, *self._reading, *([self._timer] if self._timer else [])]
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
        await super().aclose()

    # Who goes next. Synchronous: called whenever a place or a question comes.

    def _pump(self) -> None:
        while len(self._calls) < self._free_places() and not self._is_held():
            asks = self._next()
            if not asks:
                return
            # The call's span is the child of one that is recorded, if there is one, and linked to the others.
            parent = next((ask for ask in asks if ask.span.is_recording()), asks[0])
            call = asyncio.get_running_loop().create_task(
                self._call(asks, parent), name="chat-batch", context=parent.context
            )
            self._calls.add(call)
            call.add_done_callback(self._ended)

    def _free_places(self) -> int:
        return self._places if self._gate is None else min(self._places, self._gate.places)

    def _is_held(self) -> bool:
        """Whether the model's limits let no call begin now; then look again when they do."""
        if self._gate is None or not self.waiting:
            return False
        wait_s = self._gate.wait_s(self._settings.batch_tokens)
        if wait_s > 0:
            self._room.tell_unwanted()
            self._look_again(self._clock.monotonic() + min(wait_s, _LOOK_EVERY_S))
        return wait_s > 0

    def _ended(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self._reading.discard(call)
        if not call.cancelled():
            self._pump()

    def _next(self) -> list[Ask]:
        """Take the questions of the next call; none when nothing waits or it is worth waiting for more."""
        linger_s = self._linger_s()
        asks = self._room.take(self._size.limit, self._clock.monotonic(), linger_s)
        if not asks and (soonest := self._room.soonest(linger_s)) < float("inf"):
            self._look_again(soonest)
        return asks

    def _linger_s(self) -> float:
        """Return how long a question waits for company: while others are being answered, a tenth of a call more.

        While an answer is handed out its askers come back one by one: then at most `_LINGER_MOST_S`.
        """
        if self._reading:
            return _LINGER_MOST_S
        least_s = self._settings.batch_linger_ms / 1000
        return max(least_s, min(_LINGER_MOST_S, _LINGER_SHARE * self._latency_s) if self._calls else 0.0)

    def _look_again(self, when: float) -> None:
        if self._timer is not None and not self._timer.done():
            if self._timer_at <= when:
                return
            self._timer.cancel()
        self._timer_at = when
        self._timer = asyncio.get_running_loop().create_task(self._later(when), name="chat-linger")

    async def _later(self, when: float) -> None:
        await self._clock.sleep(max(0.0, when - self._clock.monotonic()))
        self._timer = None
        self._pump()

    # One call.

    async def _call(self, asks: list[Ask], parent: Ask) -> None:
        began = self._clock.monotonic()
        try:
            measure(names.LLM_BATCH_SIZE, len(asks), {})
            others = dict.fromkeys(ask.span for ask in asks)  # chunks of one episode are asked about in one span
            others.pop(parent.span)
            with linked(list(others), both_ways=True):
                answer = await self._inner.complete(self._bound(asks))
            seconds = self._clock.monotonic() - began
            self._latency_s += (_WEIGHT if self._latency_s else 1.0) * (seconds - self._latency_s)
            self._size.answered(len(asks), seconds, is_cut=answer.finish is Finish.LENGTH)
            self._give_back_place()  # the next call goes before this one's answer is read
            await _turns(_TURNS_TO_SEND)
            await self._answered(asks, answer)
        except EpisodeFault as fault:
            self._refused(asks, fault)
        except WorldFault as fault:
            self._failed(asks, fault)
        except asyncio.CancelledError:
            for ask in asks:
                ask.answer.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - a bug, or the operator's to mend: it is the callers' to tell
            for ask in asks:
                ask.fail(error)

    def _give_back_place(self) -> None:
        call = asyncio.current_task()
        if call is not None and call in self._calls:
            self._calls.discard(call)
            self._reading.add(call)
            self._pump()

    def _bound(self, asks: Sequence[Ask]) -> ChatRequest:
        first = asks[0].request
        return replace(
            first,
            user=self._binder.bind([ask.request.user for ask in asks]),
            max_output_tokens=first.max_output_tokens if len(asks) == 1 else None,
            is_usable=None,
            about=tuple(one for ask in asks for one in ask.request.about),
        )

    async def _answered(self, asks: list[Ask], answer: ChatAnswer) -> None:
        for ask in asks:
            self._troubled.pop(hash(ask.request.user), None)
        if answer.finish is Finish.REFUSED:
            self._refused(asks, answer)
            return
        texts = self._binder.split(answer.text, [ask.request.user for ask in asks])
        for ask, text in zip(asks, texts, strict=True):
            is_usable = ask.request.is_usable
            if text is not None and (is_usable is None or is_usable(text)):
                ask.settle(replace(answer, text=text, finish=Finish.STOP))
                await _turns(1)  # what its asker makes of it is not in the way of the others' answers
            elif len(asks) == 1:
                ask.settle(answer)
            else:
                count(names.LLM_PARTS_LOST, {})
                ask.tries += 1
                ask.span.add_event(names.PART_LOST, {names.ATTEMPT: ask.tries})
                self._again(ask, alone=ask.tries >= _TRIES_TOGETHER)

    def _refused(self, asks: list[Ask], said: ChatAnswer | EpisodeFault) -> None:
        """Ask each alone, for nobody knows which one it was; alone it is that one."""
        if len(asks) > 1:
            for ask in asks:
                self._again(ask, alone=True)
        elif isinstance(said, ChatAnswer):
            asks[0].settle(said)
        else:
            asks[0].fail(said)

    def _failed(self, asks: list[Ask], fault: WorldFault) -> None:
        """Tell each caller that still waits; one of them of the fault itself, the others that it is the same one."""
        told = fault
        for ask in asks:
            if not fault.is_throttling and len(asks) > 1:
                self._remember(ask)
            if not ask.answer.done():
                ask.fail(told)
                told = fault.shared()

    def _remember(self, ask: Ask) -> None:
        key = hash(ask.request.user)
        self._troubled[key] = self._troubled.pop(key, 0) + 1
        if len(self._troubled) > _REMEMBERED:
            self._troubled.popitem(last=False)

    def _again(self, ask: Ask, *, alone: bool) -> None:
        ask.since = self._clock.monotonic()  # it waits for company anew
        self._room.add(ask, alone=alone)


async def _turns(count: int) -> None:
    """Let everything that is ready run, so many times."""
    for _ in range(count):
        await asyncio.sleep(0)
