"""Which embedder serves vectors of a recorded model."""

import logging

import pytest

from consumer.app.build import build_embedder
from consumer.app.embedders import EmbeddersByModel, settings_for
from consumer.settings import EmbeddingSettings, Engine, Settings
from consumer.testing.fakes import FakeEmbedder

KEYED = Settings(openai_api_key="k", openai_base_url="http://127.0.0.1:9/v1", embedder=Engine.OPENAI)


@pytest.mark.parametrize(
    ("model", "engine", "name", "dimension"),
    [
        ("text-embedding-3-large/256", Engine.OPENAI, "text-embedding-3-large", 256),
        ("org/some-model/768", Engine.OPENAI, "org/some-model", 768),
        ("multilingual-e5-small-q4/384", Engine.LOCAL, "text-embedding-3-small", None),
    ],
)
def test_a_recorded_name_tells_engine_model_and_dimension(model, engine, name, dimension):
    """The last slash is before the dimension; the local model is known by name."""
    chosen = settings_for(KEYED, model)
    assert (chosen.embedder, chosen.embedding.model, chosen.embedding.dimension) == (engine, name, dimension)
    assert chosen.embedding.cache_bytes == EmbeddingSettings().cache_bytes


@pytest.mark.parametrize("model", ["", "name", "name/", "/3", "name/x"])
def test_what_is_no_recorded_name_has_no_settings(model):
    """Nothing is guessed."""
    assert settings_for(KEYED, model) is None


async def test_each_model_is_built_once_and_closed():
    """The embedder of the settings is given back and left open."""
    own = FakeEmbedder()
    async with EmbeddersByModel(KEYED, own, build_embedder) as embedders:
        assert embedders.of(own.model) is own
        other = embedders.of("other/8")
        assert (other.model, other.dimension) == ("other/8", 8)
        assert embedders.of("other/8") is other
    assert not own.is_closed


async def test_without_a_key_the_lack_is_told_once(caplog):
    """A model that cannot be asked is none: those groups are searched by words."""
    with caplog.at_level(logging.WARNING):
        async with EmbeddersByModel(Settings(embedder=Engine.LOCAL), FakeEmbedder(), build_embedder) as embedders:
            assert embedders.of("other/8") is None
            assert embedders.of("other/8") is None
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "groups with vectors of other/8 are searched by words only"
    ]
