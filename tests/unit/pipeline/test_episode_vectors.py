"""Episodes are embedded whole where that is wanted; what is blank has nothing to embed."""

from dataclasses import replace

import numpy as np
import pytest

from consumer.model.episode import Extraction
from consumer.model.knowledge import Assertion, complete
from consumer.pipeline.embed_stage import EmbedStage
from consumer.testing.episodes import episode_of


class Counting:
    """An embedder that keeps what it was asked."""

    model, dimension = "counting/2", 2

    def __init__(self):
        self.asked = []

    async def embed(self, texts, *, is_query=False):
        """One vector for all."""
        self.asked += texts
        return np.array([[1.0, 0.0]] * len(texts), dtype=np.float32)


class Always:
    """A persistence that tries once, and assignments that want everything."""

    def is_wanted(self, _work):
        """Everything is."""
        return True

    async def call(self, _stage, _dependency, once, *, is_wanted):
        """Try once."""
        assert is_wanted()
        return await once()


class Work:
    """As much of a work as the stage looks at."""

    def __init__(self, payload):
        self.payload = payload

    def with_payload(self, payload):
        """The same with another payload."""
        return Work(payload)


@pytest.mark.parametrize(
    ("content", "embeds", "asked"),
    [
        ("Ada: I moved.", True, ["Ada", "Oslo", "Ada lives in Oslo", "Ada: I moved."]),
        ("Ada: I moved.", False, ["Ada", "Oslo", "Ada lives in Oslo"]),
        (" \n", True, ["Ada", "Oslo", "Ada lives in Oslo"]),
    ],
)
async def test_the_content_is_embedded_beside_names_and_sentences(content, embeds, asked):
    """With its vector among the episode's."""
    event = {"event_id": "e", "group_id": "g", "name": "chat", "source": "text", "content": "…"}
    episode = replace(episode_of(event), content=content)
    said = complete((), (Assertion("Ada", "LIVES_IN", "Oslo", "Ada lives in Oslo"),))
    embedder = Counting()
    stage = EmbedStage(embedder, Always(), Always(), embeds_episodes=embeds)
    (done,) = await stage.handle([Work(Extraction(episode, said))])
    assert embedder.asked == asked
    assert (content in done.payload.vectors) is (embeds and bool(content.strip()))
