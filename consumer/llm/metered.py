"""Counts what calls use and cost: by model, and divided among the episodes that a call is asked for.

Wraps the client itself, inside all that sends a call twice, to another model or again, so that every request the
provider sees is counted, and nothing that a cache answered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from consumer.llm.embedding_model import EmbeddingModel
from consumer.llm.exchange import ChatAnswer, ChatModel, ChatRequest, Usage
from consumer.llm.expected import Expectation
from consumer.llm.faults import may_be_billed
from consumer.llm.prices import PriceTable, cost_usd
from consumer.llm.wrapped import WrappedChat, WrappedEmbeddings
from consumer.model.token_estimate import estimated_tokens
from consumer.telemetry import names, providers
from consumer.telemetry.calls import count, level, measure
from consumer.telemetry.group_labels import group_label
from consumer.telemetry.model_use import use_of

REPORTED, ESTIMATED = "reported", "estimated"
_REMEMBERED = 0.99
"""How much a call before counts in the share of cached tokens: about the last hundred."""


class Meter:
    """The figures of one model: tokens and cost of all its calls, and each episode's part of them.

    M1: the parts of a call's episodes add up to the call's tokens and cost.
    M2: the cost of a model without a price is in no figure; its calls are counted apart.
    """

    def __init__(
        self, model: str, operation: str, prices: PriceTable, on_cost: Callable[[float], None] | None = None
    ) -> None:
        """Take the model as it is asked for; `operation` is chat or embeddings, `on_cost` hears each call's USD."""
        self._model = model
        self._attributes = {names.GEN_AI_OPERATION: operation, names.GEN_AI_REQUEST_MODEL: model}
        self._use = use_of(operation)
        self._prices = prices
        self._on_cost = on_cost
        self._given = 0.0
        self._cached = 0.0

    def add(
        self,
        usage: Usage,
        *,
        answered: str = "",
        about: Sequence[tuple[str, int]] = (),
        is_estimated: bool = False,
    ) -> None:
        """Count one call that used `usage`; `answered` is what the server calls the model, `about` its episodes."""
        price = self._prices.of(self._model, answered)
        cost = None if price is None else cost_usd(price, usage)
        self._use.add(usage.input_tokens, usage.cached_tokens, usage.output_tokens, cost)
        if cost is not None and self._on_cost is not None:
            self._on_cost(cost)
        if not providers.is_metering():
            return
        attributes = {**self._attributes, names.USAGE_SOURCE: ESTIMATED if is_estimated else REPORTED}
        for kind, tokens in (
            ("input", usage.input_tokens),
            ("cached", usage.cached_tokens),
            ("output", usage.output_tokens),
        ):
            if tokens:
                count(names.LLM_TOKENS, {**attributes, names.GEN_AI_TOKEN_TYPE: kind}, tokens)
        if cost is None:
            count(names.LLM_UNPRICED, attributes)
        else:
            count(names.LLM_COST, attributes, cost)
        if not is_estimated:
            self._tell_cached(usage)
        _divide(usage.input_tokens + usage.output_tokens, cost, about)

    def _tell_cached(self, usage: Usage) -> None:
        if usage.output_tokens:  # embeddings have no prompt to cache
            self._given = self._given * _REMEMBERED + usage.input_tokens
            self._cached = self._cached * _REMEMBERED + usage.cached_tokens
            level(names.LLM_CACHED_SHARE, self._cached / max(self._given, 1.0), self._attributes)


class MeteredChat(WrappedChat):
    """Wraps any `ChatModel` and is one.

    M3: a call is counted once: by its answer's usage; by the estimate when the server tells none, or when the call
        ended without an answer in a way that may be billed (given up, too late, broken). A call that was refused or
        could not reach the server is not counted.
    """

    def __init__(self, inner: ChatModel, meter: Meter) -> None:
        """Take the client, owned from now on."""
        super().__init__(inner)
        self._meter = meter
        self._expectation = Expectation()

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the model's answer, counted.

        Raises:
            EpisodeFault: see `ChatModel.complete`.
            WorldFault: see `ChatModel.complete`.
            UserError: see `ChatModel.complete`.
        """
        try:
            answer = await self._inner.complete(request)
        except BaseException as error:
            if may_be_billed(error):
                self._meter.add(self._expectation.of(request), about=request.about, is_estimated=True)
            raise
        usage = answer.usage
        is_told = usage.input_tokens > 0 or usage.output_tokens > 0
        if not is_told:
            usage = Usage(self._expectation.of(request).input_tokens, estimated_tokens(answer.text))
        self._expectation.learn(request, usage.output_tokens)
        self._meter.add(usage, answered=answer.model, about=request.about, is_estimated=not is_told)
        return answer


class MeteredEmbeddings(WrappedEmbeddings):
    """Wraps any `EmbeddingModel` and is one; counts as `MeteredChat` does (M3)."""

    def __init__(self, inner: EmbeddingModel, meter: Meter) -> None:
        """Take the client, owned from now on."""
        super().__init__(inner)
        self._meter = meter

    async def embed(
        self, texts: Sequence[str], *, on_usage: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Return the model's vectors, counted.

        Raises:
            EpisodeFault: see `EmbeddingModel.embed`.
            WorldFault: see `EmbeddingModel.embed`.
            UserError: see `EmbeddingModel.embed`.
        """
        is_counted = False

        def told(tokens: int) -> None:
            nonlocal is_counted
            is_counted = True
            self._add(texts, tokens)
            if on_usage is not None:
                on_usage(tokens)

        try:
            vectors = await self._inner.embed(texts, on_usage=told)
        except BaseException as error:
            if not is_counted and may_be_billed(error):
                self._add(texts, 0)
            raise
        return vectors

    def _add(self, texts: Sequence[str], tokens: int) -> None:
        self._meter.add(Usage(tokens or sum(map(estimated_tokens, texts))), is_estimated=not tokens)


def _divide(tokens: int, cost: float | None, about: Sequence[tuple[str, int]]) -> None:
    """Tell each episode's part, by the characters it adds to the question."""
    whole = sum(characters for _, characters in about)
    for group_id, characters in about:
        part = characters / whole if whole else 1 / len(about)
        label = group_label(group_id)
        attributes = {} if label is None else {names.GROUP: label}
        measure(names.LLM_EPISODE_TOKENS, tokens * part, attributes)
        if cost is not None:
            measure(names.LLM_EPISODE_COST, cost * part, attributes)
