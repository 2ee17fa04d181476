"""The real extractor against a simulated provider, without a cache: for tests that look at single calls."""

from __future__ import annotations

from consumer.extract.answer_parts import EpisodeBinder
from consumer.extract.openai import OpenAiExtractor
from consumer.llm.batching import BatchedChat
from consumer.llm.chat import OpenAiChat
from consumer.ontology import Ontologies
from consumer.settings import LlmSettings


def openai_extractor(
    base_url: str, settings: LlmSettings | None = None, ontologies: Ontologies | None = None, concurrency: int = 10
) -> OpenAiExtractor:
    """Return an extractor that asks the provider at `base_url`, so many calls at once; close it with `aclose`."""
    settings = settings or LlmSettings()
    chat = OpenAiChat(settings, "k", base_url)
    return OpenAiExtractor(BatchedChat(chat, EpisodeBinder(), settings, concurrency), settings, ontologies)
