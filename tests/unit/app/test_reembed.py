"""Which embedder groups are moved to."""

import pytest

from consumer.app.reembed import Mover, target_settings
from consumer.embed.local import MODEL
from consumer.errors import UserError
from consumer.graph import Place
from consumer.graph.reembed_places import Kind
from consumer.settings import EmbeddingSettings, Engine, Settings
from consumer.testing.fakes import FakeEmbedder

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


async def test_who_finds_his_work_undone_stops():
    """Two who move a group to different models would make vectors for ever, at a price."""

    class Undone:
        staged = 0

        async def finish(self):
            pass

        async def unstaged(self, limit):
            return [Place(Kind.NAME, "u", "Ada")] * limit

        async def stage(self, places, vectors):
            self.staged += len(places)

    move = Undone()
    with pytest.raises(UserError, match="another model at the same time"):
        await Mover(None, FakeEmbedder())._stage("g", move, 5_000)
    assert move.staged == 6_000
