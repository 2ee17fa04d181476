"""What the environment says, and what is so without it."""

import pytest
from pydantic import ValidationError

from consumer.settings import Engine, Settings


def test_graphitis_name_of_the_concurrency_is_honoured(monkeypatch):
    """SEMAPHORE_LIMIT is the calls at once, before the section's own; ten without either."""
    assert Settings().concurrency == 10
    monkeypatch.setenv("EPISODES_PIPELINE__CONCURRENCY", "4")
    assert Settings().concurrency == 4
    monkeypatch.setenv("SEMAPHORE_LIMIT", "7")
    assert Settings().concurrency == 7


def test_extraction_takes_what_its_calls_hold_and_what_the_next_will(monkeypatch):
    """Calls at once times episodes a call with a model, and two calls or a quarter more; one each for the local one."""
    monkeypatch.setenv("SEMAPHORE_LIMIT", "4")
    llm = {"batch_episodes": 8}
    assert Settings(extractor=Engine.LOCAL, llm=llm).extract_workers == 4
    assert Settings(extractor=Engine.OPENAI, llm=llm).extract_workers == 48
    assert Settings(extractor=Engine.OPENAI, llm={"batch_episodes": 1}).extract_workers == 6


def test_what_performance_guides_recommend_is_the_default_where_it_is_right():
    """The figures of docs/guides/tuning.md."""
    settings = Settings()
    llm, embedding, pipeline, neo4j = settings.llm, settings.embedding, settings.pipeline, settings.neo4j
    assert (llm.truncate_tokens, llm.compression, llm.tiers, llm.fallback_after_s) == (None, "none", {}, None)
    assert (llm.max_attempts, llm.max_connections, llm.dns_ttl_s, llm.timeout_s) == (3, 100, 300.0, 60.0)
    assert (llm.routing.fast_below_chars, llm.routing.fast_below_sentences) == (500, 5)
    assert (embedding.batch_size, embedding.max_batch_size, embedding.timeout_s) == (100, 1_000, 30.0)
    assert (embedding.vector_bits, embedding.importance_threshold) == (16, 0.0)
    assert (pipeline.concurrency, pipeline.write_batch_works, pipeline.chunk_tokens) == (10, 100, 2_000)
    assert (neo4j.max_connections, neo4j.acquisition_timeout_s, neo4j.retry_s) == (50, 4.0, 2.0)
    assert settings.cache.redis_ttl_s == 3_600


@pytest.mark.parametrize("name", ["EPISODES_LLM__COMPRESSION", "EPISODES_LLM__TOKENIZER"])
def test_an_unknown_level_is_refused(monkeypatch, name):
    """Not taken for none."""
    monkeypatch.setenv(name, "extreme")
    with pytest.raises(ValidationError):
        Settings()
