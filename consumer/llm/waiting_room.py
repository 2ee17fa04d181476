"""Where questions wait for a call that asks several of them, and which go into the next one. Awaits nothing."""

from __future__ import annotations

import asyncio
import contextvars
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from opentelemetry.trace import Span

from consumer.errors import AssignmentLost
from consumer.llm.exchange import ChatAnswer, ChatRequest
from consumer.model.fair_order import FairOrder


@dataclass(eq=False, slots=True)
class Ask:
    """One caller's question while it waits, since when (monotonic seconds), and of what context.

    `tries` counts the calls that gave no usable answer to it.
    """

    request: ChatRequest
    answer: asyncio.Future[ChatAnswer]
    since: float
    tokens: int
    context: contextvars.Context
    span: Span
    is_startable: Callable[[], bool] = lambda: True
    tries: int = 0

    @property
    def group(self) -> str:
        """The tenant it is asked for."""
        return self.request.about[0][0] if self.request.about else ""

    @property
    def is_wanted(self) -> bool:
        """Whether its caller still waits, and may still start a call; one who may not is told."""
        if not self.answer.done() and not self.is_startable():
            self.fail(AssignmentLost("waited for a call until nothing more may be started"))
        return not self.answer.done()

    def settle(self, answer: ChatAnswer) -> None:
        """Give its caller the answer, if he still waits."""
        if not self.answer.done():
            self.answer.set_result(answer)

    def fail(self, error: Exception) -> None:
        """Raise `error` in its caller, if he still waits."""
        if not self.answer.done():
            self.answer.set_exception(error)


class WaitingRoom:
    """Questions by what they share: the fixed text and the form of the answer. Between groups it is fair.

    M1: who gave up, or may start nothing more, is never taken.
    M2: one call never has two equal texts, nor more tokens than it may, unless it is for one question.
    """

    def __init__(self, max_tokens: int) -> None:
        """Start empty; a call has at most so many LLM tokens of questions."""
        self._max_tokens = max_tokens
        self._kinds: OrderedDict[tuple[str, str], FairOrder[Ask]] = OrderedDict()
        self._alone: deque[Ask] = deque()

    def __len__(self) -> int:
        return len(self._alone) + sum(len(kind) for kind in self._kinds.values())

    def add(self, ask: Ask, *, alone: bool = False) -> None:
        """Let `ask` wait, for company or to be asked alone."""
        if alone:
            self._alone.append(ask)
            return
        wanted = ask.request.answer_format
        kind = (ask.request.system, "" if wanted is None else wanted.name)
        order = self._kinds.setdefault(kind, FairOrder(lambda one: one.group, lambda one: one.tokens + 1))
        order.add(ask)

    def take(self, most: int, now: float, linger_s: float) -> list[Ask]:
        """Return the questions of the next call, `most` at most; none when none waits or more are worth waiting for."""
        while self._alone:
            ask = self._alone.popleft()
            if ask.is_wanted:
                return [ask]
        for kind, order in list(self._kinds.items()):
            while order and not order.peek().is_wanted:
                order.take()
            if not order:
                del self._kinds[kind]
            elif len(order) >= most or order.peek().since + linger_s <= now:
                self._kinds.move_to_end(kind)  # the next place goes to another kind, if one waits
                return self._filled(order, most)
        return []

    def soonest(self, linger_s: float) -> float:
        """Return when (monotonic seconds) the first of those that wait for company has waited long enough."""
        return min((order.peek().since + linger_s for order in self._kinds.values() if order), default=float("inf"))

    def tell_unwanted(self) -> None:
        """Tell those who may start nothing more."""
        for ask in chain(self._alone, *self._kinds.values()):
            _ = ask.is_wanted

    def drain(self) -> Iterator[Ask]:
        """Take and yield all that wait."""
        yield from self._alone
        self._alone.clear()
        for order in self._kinds.values():
            while order:
                yield order.take()

    def _filled(self, order: FairOrder[Ask], most: int) -> list[Ask]:
        asks = [order.take()]
        users = {asks[0].request.user}
        tokens = asks[0].tokens
        while order and len(asks) < most:
            ask = order.peek()
            if ask.is_wanted:
                tokens += ask.tokens
                if tokens > self._max_tokens or ask.request.user in users:
                    break
                users.add(ask.request.user)
                asks.append(ask)
            order.take()
        return asks
