"""Builds the models behind an OpenAI-compatible endpoint, with what wraps them, in order.

Imports openai: a command that may not need a model imports this late.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil

from consumer.cache.levels import CHAT, tiered
from consumer.extract.answer_parts import EpisodeBinder
from consumer.llm.accounts import Accounts
from consumer.llm.batching import BatchedChat
from consumer.llm.cached import CachedChat
from consumer.llm.chat import OpenAiChat
from consumer.llm.embedding_model import EmbeddingModel
from consumer.llm.embeddings import OpenAiEmbeddings
from consumer.llm.exchange import ChatModel
from consumer.llm.fallback import FallbackChat
from consumer.llm.hedge import HedgedChat
from consumer.llm.limited import LimitedChat, LimitedEmbeddings
from consumer.llm.limiter import Limiter
from consumer.llm.tiers import TierChat, tier_settings
from consumer.settings import LlmSettings, Settings, Tier


def chat_models(settings: Settings, key: str) -> Mapping[Tier, ChatModel]:
    """Return the model of each tier, behind one cache of answers; tiers of the same settings are one model.

    Close each with `aclose`. `consumer.llm.routing.decide` chooses between them.
    """
    endpoint = _Endpoint(settings, key)
    built: list[tuple[LlmSettings, ChatModel]] = []
    models: dict[Tier, ChatModel] = {}
    for tier in Tier:
        asked = tier_settings(settings.llm, tier)
        chat = next((chat for like, chat in built if like == asked), None)
        if chat is None:
            chat = endpoint.answering(asked)
            built.append((asked, chat))
        models[tier] = TierChat(chat, tier, settings.llm)
    return models


class _Endpoint:
    """The endpoint of the settings, for all models that are asked there.

    One limiter a model, whoever asks it: a tier, or in another's place. One account and one cache for all.
    """

    def __init__(self, settings: Settings, key: str) -> None:
        self._settings = settings
        self._key = key
        self._limiters: dict[str, Limiter] = {}
        self._accounts = Accounts.of(settings.llm, settings.cache)
        self._cache = tiered(CHAT, settings.cache.memory_bytes, settings.cache)

    def answering(self, asked: LlmSettings) -> ChatModel:
        """Return the model that `asked` names, with those that stand in for it, behind the cache of answers.

        Questions of several episodes share a call; the cache keeps each one's own answer, whoever it was asked with.
        With another endpoint or setting there are other answers.
        """
        scope = [self._settings.openai_base_url, asked.temperature, asked.structured_output, asked.reasoning_effort]
        gate = self._limiter(asked.model)
        batched = BatchedChat(self._chain(asked), EpisodeBinder(), asked, self._settings.concurrency, gate=gate)
        return CachedChat(batched, self._cache, scope=scope)

    def _chain(self, asked: LlmSettings) -> ChatModel:
        """Return the model, before its fallback models if there are any."""
        *first, last = dict.fromkeys([asked.model, *asked.fallback_models])
        patience_s = min(asked.timeout_s, asked.fallback_after_s or asked.timeout_s)
        models = [self._held(asked.model_copy(update={"model": name, "timeout_s": patience_s})) for name in first]
        models.append(self._held(asked.model_copy(update={"model": last})))
        return FallbackChat(models, on_refusal=asked.fallback_on_refusal) if len(models) > 1 else models[0]

    def _held(self, asked: LlmSettings) -> ChatModel:
        """Return one model, counted and held to the day's budget, which waits for its limits, and is hedged."""
        limiter = self._limiter(asked.model)
        client = OpenAiChat(
            asked,
            self._key,
            self._settings.openai_base_url,
            api_version=self._settings.openai_api_version,
            on_headers=limiter.learn,
        )
        metered = self._accounts.metered(client, asked.model)
        limited = (
            HedgedChat(metered, limiter, budget=asked.hedge_budget, quantile=asked.hedge_quantile)
            if asked.hedge_budget
            else LimitedChat(metered, limiter)
        )
        return self._accounts.held(limited, asked.model)

    def _limiter(self, model: str) -> Limiter:
        """Return the limiter of `model`; the limits of the settings are those of the section's own model.

        It has some places more than calls are made at once, for hedges: a call that hangs would else hold up its own.
        """
        llm = self._settings.llm
        if model not in self._limiters:
            is_own = model == llm.model
            self._limiters[model] = Limiter(
                model,
                self._settings.concurrency + ceil(self._settings.concurrency * llm.hedge_budget),
                llm.requests_per_min if is_own else None,
                llm.tokens_per_min if is_own else None,
            )
        return self._limiters[model]


def embedding_model(
    settings: Settings, key: str, on_call: Callable[[int, float], None] | None = None
) -> EmbeddingModel:
    """Return the embedding model of the settings, which waits for its endpoint's limits; close it with `aclose`.

    `on_call` is told of each call how many texts it had and how many seconds it took, without that wait.
    """
    asked = settings.embedding
    limiter = Limiter(asked.model, settings.concurrency, asked.requests_per_min, asked.tokens_per_min)
    embeddings = OpenAiEmbeddings(
        asked,
        key,
        settings.openai_base_url,
        api_version=settings.openai_api_version,
        on_headers=limiter.learn,
        on_call=on_call,
    )
    accounts = Accounts.of(settings.llm, settings.cache)
    return LimitedEmbeddings(accounts.metered_embeddings(embeddings, asked.model), limiter)
