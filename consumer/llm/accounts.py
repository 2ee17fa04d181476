"""Puts a pod's models under one account: what each call costs, and the day's budget for all of them."""

from __future__ import annotations

from typing import Self

from consumer.cache.day_counter import day_counter
from consumer.clock import Clock
from consumer.errors import UserError
from consumer.llm.budget import BudgetedChat, DayBudget, SpendingEmbeddings
from consumer.llm.embedding_model import EmbeddingModel
from consumer.llm.exchange import ChatModel
from consumer.llm.metered import Meter, MeteredChat, MeteredEmbeddings
from consumer.llm.prices import PriceTable
from consumer.settings import CacheSettings, LlmSettings


class Accounts:
    """What models are wrapped in: the client in `metered`, and that with its limits in `held`."""

    def __init__(self, prices: PriceTable, day: DayBudget | None = None) -> None:
        """Take the prices, and the day's budget if there is one."""
        self._prices = prices
        self._day = day

    @classmethod
    def of(cls, settings: LlmSettings, cache: CacheSettings, *, clock: Clock | None = None) -> Self:
        """Return the account of a pod; its budget is shared with others as far as the cache is."""
        limit = settings.daily_budget_usd
        day = None if limit is None else DayBudget(limit, day_counter(cache), clock=clock)
        return cls(PriceTable(settings.prices), day)

    def metered(self, client: ChatModel, model: str) -> ChatModel:
        """Return the client of `model`, each call of it counted."""
        return MeteredChat(client, self._meter(model, "chat"))

    def held(self, chat: ChatModel, model: str) -> ChatModel:
        """Return `chat` held to the day's budget, if there is one.

        Raises:
            UserError: there is one, and nobody knows what `model` costs.
        """
        if self._day is None:
            return chat
        price = self._prices.of(model)
        if price is None:
            raise UserError(
                f"EPISODES_LLM__DAILY_BUDGET_USD is set and the price of {model} is unknown: name it in "
                f'EPISODES_LLM__PRICES=\'{{"{model}": {{"input": …, "output": …}}}}\' (USD a million LLM tokens)'
            )
        return BudgetedChat(chat, price, self._day)

    def metered_embeddings(self, client: EmbeddingModel, model: str) -> EmbeddingModel:
        """Return the client of an embedding model, each call of it counted, against the day's budget too."""
        metered = MeteredEmbeddings(client, self._meter(model, "embeddings"))
        return metered if self._day is None else SpendingEmbeddings(metered, self._day)

    def _meter(self, model: str, operation: str) -> Meter:
        return Meter(model, operation, self._prices, None if self._day is None else self._day.spend)
