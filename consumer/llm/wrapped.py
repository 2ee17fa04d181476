"""What all wrappers of a model share: its name, its preparation and its end are those of what they wrap."""

from __future__ import annotations

from consumer.llm.embedding_model import EmbeddingModel
from consumer.llm.exchange import ChatModel
from consumer.ports import prepare


class WrappedChat:
    """A chat model around another one, which it owns; `complete` is the wrapper's own."""

    def __init__(self, inner: ChatModel) -> None:
        """Take the model, owned from now on."""
        self._inner = inner

    @property
    def name(self) -> str:
        """The inner model's."""
        return self._inner.name

    async def prepare(self) -> None:
        """Prepare the inner model."""
        await prepare(self._inner)

    async def aclose(self) -> None:
        """Close the inner model."""
        await self._inner.aclose()


class WrappedEmbeddings:
    """An embedding model around another one, which it owns; `embed` is the wrapper's own."""

    def __init__(self, inner: EmbeddingModel) -> None:
        """Take the model, owned from now on."""
        self._inner = inner

    @property
    def name(self) -> str:
        """The inner model's."""
        return self._inner.name

    @property
    def dimension(self) -> int:
        """The inner model's."""
        return self._inner.dimension

    async def aclose(self) -> None:
        """Close the inner model."""
        await self._inner.aclose()
