"""Asks another model where the first gives no answer: down, too slow, or refusing. The next call begins with the first.

Throttling is no reason: the model works, and its limiter and the pipeline's breaker know when. A wrong key or model
name is none either: the operator has to see it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from consumer.clock import Clock, SystemClock
from consumer.errors import EpisodeFault, WorldFault
from consumer.llm.cooldown import Cooldown
from consumer.llm.exchange import ChatAnswer, ChatModel, ChatRequest, Finish
from consumer.ports import prepare
from consumer.telemetry import names
from consumer.telemetry.calls import count, event

logger = logging.getLogger(__name__)


class FallbackChat:
    """A chain of chat models, best first.

    G1: a call asks each model once at most, in order, those that rest last of all: somebody is always asked.
    G2: what leaves a call that nobody answered is what the first model said or did, or, if it was not asked, the next.
    """

    def __init__(self, models: Sequence[ChatModel], *, on_refusal: bool = False, clock: Clock | None = None) -> None:
        """Take the models, owned from now on; `on_refusal`: a refusal is put to the next model too."""
        self._models = [(model, Cooldown()) for model in models]
        self._on_refusal = on_refusal
        self._clock = clock or SystemClock()

    @property
    def name(self) -> str:
        """The first model's."""
        return self._models[0][0].name

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the answer of the first model that gives one; `ChatAnswer.model` says which.

        Raises:
            EpisodeFault: this request can never be answered (too long, filtered), says the first model.
            WorldFault: the first model is down, throttled or too slow, and so are the others.
            UserError: the key or a model's name is wrong.
        """
        outcomes: dict[int, ChatAnswer | Exception] = {}
        for place in self._in_order():
            if outcomes:
                self._tell(place, list(outcomes.values())[-1])
            said = await self._ask(place, request)
            if isinstance(said, ChatAnswer) and not self._is_refusal(said):
                return said
            outcomes[place] = said
            if self._is_last_word(place, said):
                break
        # The first model's word counts if it was asked: another may take less, or refuse more.
        said = outcomes[min(outcomes)]
        if isinstance(said, ChatAnswer):
            return said
        raise said

    async def prepare(self) -> None:
        """Prepare all models: a fallback is needed when there is no time for it."""
        for model, _ in self._models:
            await prepare(model)

    async def aclose(self) -> None:
        """Close all models."""
        for model, _ in self._models:
            await model.aclose()

    def _in_order(self) -> list[int]:
        """Return the places of the models in the order in which this call asks them: those that rest last."""
        now = self._clock.monotonic()
        awake = [place for place, (_, cooldown) in enumerate(self._models) if cooldown.may_ask(now)]
        return awake + [place for place in range(len(self._models)) if place not in awake]

    async def _ask(self, place: int, request: ChatRequest) -> ChatAnswer | Exception:
        """Return what the model answers, or its fault.

        Raises:
            UserError: as the model raised it; so does a bug.
        """
        model, cooldown = self._models[place]
        try:
            answer = await model.complete(request)
        except EpisodeFault as fault:
            cooldown.succeeded()
            return fault
        except WorldFault as fault:
            if not fault.is_throttling:
                cooldown.failed(self._clock.monotonic())
            return fault
        cooldown.succeeded()
        return answer

    def _is_refusal(self, said: ChatAnswer | Exception) -> bool:
        """Whether `said` is a refusal that another model may see otherwise."""
        is_refused = said.finish is Finish.REFUSED if isinstance(said, ChatAnswer) else _reason(said) == "refused"
        return self._on_refusal and is_refused

    def _is_last_word(self, place: int, said: ChatAnswer | Exception) -> bool:
        """Whether no other model is to be asked after this one said so."""
        if isinstance(said, WorldFault):
            return said.is_throttling
        return place == 0 and not self._is_refusal(said)

    def _tell(self, place: int, why: ChatAnswer | Exception) -> None:
        model = self._models[place][0]
        logger.info("asking %s instead: %s", model.name, "refused" if isinstance(why, ChatAnswer) else why)
        attributes = {names.GEN_AI_REQUEST_MODEL: model.name.removeprefix("openai/")}
        count(names.LLM_FALLBACKS, attributes)
        event(names.FALLBACK, attributes)


def _reason(fault: Exception) -> str:
    return fault.reason if isinstance(fault, EpisodeFault) else ""
