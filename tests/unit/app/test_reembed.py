"""Which embedder groups are moved to."""

import pytest

from consumer.app.reembed import target_settings
from consumer.embed.local import MODEL
from consumer.errors import UserError
from consumer.settings import EmbeddingSettings, Engine, Settings

KEYED = Settings(openai_api_key="k", embedding=EmbeddingSettings(model="old", dimension=256, batch_size=7))
KEYLESS = Settings()


@pytest.mark.parametrize(
    ("settings", "asked", "engine", "found"),
    [
        (KEYED, (None, None), Engine.OPENAI, ("old", 256)),
        (KEYED, (None, 512), Engine.OPENAI, ("old", 512)),
        (KEYED, ("old", None), Engine.OPENAI, ("old", 256)),
        (KEYED, ("new", None), Engine.OPENAI, ("new", None)),
        (KEYED, ("new", 64), Engine.OPENAI, ("new", 64)),
        (KEYED, ("local", None), Engine.LOCAL, ("old", 256)),
        (KEYED, (MODEL, None), Engine.LOCAL, ("old", 256)),
        (KEYLESS, (None, None), Engine.LOCAL, ("text-embedding-3-small", None)),
        (KEYLESS, ("new", None), Engine.OPENAI, ("new", None)),
    ],
)
def test_the_target_is_what_is_named_or_what_is_set(settings, asked, engine, found):
    """The dimension of the settings is that of their own model, not of another; all else is as set."""
    target = target_settings(settings, *asked)
    assert (target.embedder, (target.embedding.model, target.embedding.dimension)) == (engine, found)
    assert target.embedding.batch_size == settings.embedding.batch_size


def test_the_local_model_has_one_dimension():
    """Another one is wrong usage, not a surprise at the first vector."""
    with pytest.raises(UserError, match="--dimension") as refused:
        target_settings(KEYLESS, "local", 64)
    assert refused.value.exit_code == 2
