"""Builds the models behind an OpenAI-compatible endpoint, with what wraps them, in order.

Imports openai: a command that may not need a model imports this late.
"""

from __future__ import annotations

from consumer.cache.levels import CHAT, tiered
from consumer.llm.cached import CachedChat
from consumer.llm.chat import OpenAiChat
from consumer.llm.embedding_model import EmbeddingModel
from consumer.llm.embeddings import OpenAiEmbeddings
from consumer.llm.exchange import ChatModel
from consumer.llm.limited import LimitedChat, LimitedEmbeddings
from consumer.llm.limiter import Limiter
from consumer.settings import Settings


def chat_model(settings: Settings, key: str) -> ChatModel:
    """Return the chat model of the settings, which waits for its endpoint's limits, behind its cache.

    What the cache has waits for nothing. Close it with `aclose`.
    """
    llm = settings.llm
    limiter = Limiter(llm.model, settings.concurrency, llm.requests_per_min, llm.tokens_per_min)
    model = LimitedChat(OpenAiChat(llm, key, settings.openai_base_url, on_headers=limiter.learn), limiter)
    cache = tiered(CHAT, settings.cache.memory_bytes, settings.cache)
    scope = [settings.openai_base_url, llm.temperature, llm.structured_output, llm.reasoning_effort]
    return CachedChat(model, cache, scope=scope)


def embedding_model(settings: Settings, key: str) -> EmbeddingModel:
    """Return the embedding model of the settings, which waits for its endpoint's limits; close it with `aclose`."""
    asked = settings.embedding
    limiter = Limiter(asked.model, settings.concurrency, asked.requests_per_min, asked.tokens_per_min)
    embeddings = OpenAiEmbeddings(asked, key, settings.openai_base_url, on_headers=limiter.learn)
    return LimitedEmbeddings(embeddings, limiter)
