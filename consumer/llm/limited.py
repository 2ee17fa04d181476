"""Models that keep to the limits of their endpoint: each call waits for its place in a `Limiter`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from consumer.llm.embedding_model import EmbeddingModel
from consumer.llm.exchange import ChatAnswer, ChatModel, ChatRequest
from consumer.llm.limiter import Limiter
from consumer.llm.wrapped import WrappedChat, WrappedEmbeddings
from consumer.model.token_estimate import estimated_tokens


class LimitedChat(WrappedChat):
    """A chat model behind its limiter."""

    def __init__(self, inner: ChatModel, limiter: Limiter) -> None:
        """Take the model, owned from now on, and the limiter of its endpoint and name."""
        super().__init__(inner)
        self._limiter = limiter

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the model's answer, asked for when limits allow.

        Raises:
            EpisodeFault: this request can never be answered (too long, filtered).
            WorldFault: the model is down, throttled or too slow.
            UserError: the key or the model name is wrong.
        """
        async with self._limiter.call(text_tokens(request)) as permit:
            answer = await self._inner.complete(request)
            permit.used(answer.usage.input_tokens + answer.usage.output_tokens)
            return answer


class LimitedEmbeddings(WrappedEmbeddings):
    """An embedding model behind its limiter."""

    def __init__(self, inner: EmbeddingModel, limiter: Limiter) -> None:
        """Take the model, owned from now on, and the limiter of its endpoint and name."""
        super().__init__(inner)
        self._limiter = limiter

    async def embed(
        self, texts: Sequence[str], *, on_usage: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Return the inner model's vectors, asked for when limits allow.

        Raises:
            EpisodeFault: a text is too long, or refused.
            WorldFault: the model is down, throttled or too slow, or sent other than it was asked for.
            UserError: key, model or dimension is wrong.
        """
        async with self._limiter.call(sum(map(estimated_tokens, texts))) as permit:

            def told(tokens: int) -> None:
                permit.used(tokens)
                if on_usage is not None:
                    on_usage(tokens)

            return await self._inner.embed(texts, on_usage=told)


def text_tokens(request: ChatRequest) -> int:
    """Return the LLM tokens of a request's texts by estimate, which what it will use is learned from."""
    return estimated_tokens(request.system) + estimated_tokens(request.user)
