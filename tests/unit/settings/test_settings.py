"""What the environment says, and what is so without it."""

import pytest
from pydantic import ValidationError

from consumer.settings import Engine, PipelineSettings, Settings, Strategy
from consumer.settings.strategy import PRESETS


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


def test_a_strategy_sets_what_is_not_set_by_itself(monkeypatch):
    """From the environment or by name; a field that somebody sets keeps its value, given as text or as a section."""
    assert Settings().pipeline == PipelineSettings()
    assert Settings(strategy=Strategy.SEQUENTIAL).pipeline.group_window == 1
    assert Settings(strategy=Strategy.SEQUENTIAL).llm.batch_episodes == 1
    monkeypatch.setenv("EPISODES_STRATEGY", "conservative")
    monkeypatch.setenv("EPISODES_PIPELINE__CONCURRENCY", "7")
    assert (Settings().concurrency, Settings().pipeline.write_workers) == (7, 1)
    given = Settings(pipeline=PipelineSettings(write_workers=3))
    assert (given.pipeline.write_workers, given.pipeline.embed_workers) == (3, 1)


def test_a_strategy_that_is_none_is_refused(monkeypatch):
    """With the name of the setting."""
    monkeypatch.setenv("EPISODES_STRATEGY", "reckless")
    with pytest.raises(ValidationError, match="strategy"):
        Settings()


@pytest.mark.parametrize("strategy", list(Strategy))
def test_every_preset_is_of_settings_that_there_are(strategy):
    """Each value is allowed, and is what the settings then say."""
    settings = Settings(strategy=strategy)
    for section, preset in PRESETS[strategy].items():
        for name, value in preset.items():
            assert getattr(getattr(settings, section), name) == value
