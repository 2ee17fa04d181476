"""Builds the models behind an OpenAI-compatible endpoint, with what wraps them, in order.

Imports openai: a command that may not need a model imports this late.
"""

from __future__ import annotations

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
from consumer.llm.limited import LimitedChat, LimitedEmbeddings
from consumer.llm.limiter import Limiter
from consumer.settings import LlmSettings, Settings


def chat_model(settings: Settings, key: str) -> ChatModel:
    """Return the chat model of the settings, with those that stand in for it, behind a cache of answers.

    Questions of several episodes share a call; the cache keeps each one's own answer, whoever it was asked with. With
    another endpoint or setting there are other answers. Close it with `aclose`.
    """
    llm = settings.llm
    cache = tiered(CHAT, settings.cache.memory_bytes, settings.cache)
    scope = [settings.openai_base_url, llm.temperature, llm.structured_output, llm.reasoning_effort]
    batched = BatchedChat(_chain(settings, key), EpisodeBinder(), llm, settings.concurrency)
    return CachedChat(batched, cache, scope=scope)


def _chain(settings: Settings, key: str) -> ChatModel:
    """Return the model, before its fallback models if there are any."""
    llm = settings.llm
    chain = [llm, *(llm.model_copy(update={"model": name}) for name in llm.fallback_models)]
    accounts = Accounts.of(llm, settings.cache)
    models = [_limited_chat(settings, asked, key, accounts) for asked in chain]
    return FallbackChat(models, on_refusal=llm.fallback_on_refusal) if len(models) > 1 else models[0]


def _limited_chat(settings: Settings, asked: LlmSettings, key: str, accounts: Accounts) -> ChatModel:
    """Return one model, counted and held to the day's budget, which waits for its endpoint's limits.

    The limits of the settings are the first model's.
    """
    is_first = asked is settings.llm
    limiter = Limiter(
        asked.model,
        settings.concurrency,
        asked.requests_per_min if is_first else None,
        asked.tokens_per_min if is_first else None,
    )
    client = OpenAiChat(asked, key, settings.openai_base_url, on_headers=limiter.learn)
    return accounts.held(LimitedChat(accounts.metered(client, asked.model), limiter), asked.model)


def embedding_model(settings: Settings, key: str) -> EmbeddingModel:
    """Return the embedding model of the settings, which waits for its endpoint's limits; close it with `aclose`."""
    asked = settings.embedding
    limiter = Limiter(asked.model, settings.concurrency, asked.requests_per_min, asked.tokens_per_min)
    embeddings = OpenAiEmbeddings(asked, key, settings.openai_base_url, on_headers=limiter.learn)
    accounts = Accounts.of(settings.llm, settings.cache)
    return LimitedEmbeddings(accounts.metered_embeddings(embeddings, asked.model), limiter)
