"""A chat model behind a cache: a question that was answered once costs no call again.

What is kept is keyed by all that decides the answer: the endpoint, model and settings, both texts of the prompt (its
version is in them) and the wanted format. The limit of output tokens is not: an answer that ended by itself is the
same under any limit, so a question whose first answer was cut off is found by its first request next time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from aiocache.base import BaseCache

from consumer.cache import SingleFlight
from consumer.cache.keys import cache_key
from consumer.cache.levels import CHAT
from consumer.llm.exchange import ChatAnswer, ChatModel, ChatRequest, Finish, Usage
from consumer.llm.wrapped import WrappedChat


class CachedChat(WrappedChat):
    """Wraps any `ChatModel` and is one; concurrent equal requests are one call.

    Kept are answers that ended by themselves and that `ChatRequest.is_usable` takes, never refusals or cut-off ones.
    What comes from the cache has no usage: nothing was spent for it.
    """

    def __init__(self, chat: ChatModel, cache: BaseCache, *, scope: Sequence[str | int | float | None] = ()) -> None:
        """Take the model and the cache, both owned from now on; `scope` is what else decides its answers."""
        super().__init__(chat)
        self._cache = cache
        self._scope = tuple(scope)
        self._flight: SingleFlight[ChatAnswer] = SingleFlight()

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the answer that is kept, or the model's.

        Raises:
            EpisodeFault: see `ChatModel.complete`.
            WorldFault: see `ChatModel.complete`.
            UserError: see `ChatModel.complete`.
        """
        is_usable = request.is_usable
        if is_usable is None:
            return await self._inner.complete(request)
        key = self._key(request)
        kept = _loads(await self._cache.get(key))
        if kept is not None and is_usable(kept.text):
            return kept
        return await self._ask(request, key, is_usable)

    async def aclose(self) -> None:
        """Close the model and the cache."""
        await super().aclose()
        await self._cache.close()

    async def _ask(self, request: ChatRequest, key: str, is_usable: Callable[[str], bool]) -> ChatAnswer:
        """Ask the model, or wait for another who asks the same with the same limit."""
        flight = f"{key}:{request.max_output_tokens}"
        is_leader = False

        async def load(_: Sequence[str]) -> Mapping[str, ChatAnswer]:
            nonlocal is_leader
            is_leader = True
            answer = await self._inner.complete(request)
            if answer.finish is Finish.STOP and is_usable(answer.text):
                await self._cache.set(key, _dumps(answer))
            return {flight: answer}

        answer = (await self._flight.fetch([flight], load))[flight]
        return answer if is_leader else replace(answer, usage=Usage())

    def _key(self, request: ChatRequest) -> str:
        wanted = request.answer_format
        form = json.dumps([wanted.name, wanted.schema], sort_keys=True) if wanted is not None else None
        return cache_key(CHAT, [self.name, *self._scope, request.system, request.user, form])


def _dumps(answer: ChatAnswer) -> bytes:
    return json.dumps({"text": answer.text, "model": answer.model}, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _loads(value: bytes | None) -> ChatAnswer | None:
    """Return what `_dumps` kept, or None for anything else."""
    if value is None:
        return None
    try:
        fields: Any = json.loads(value.decode("utf-8", "surrogatepass"))
        text, model = fields["text"], fields["model"]
    except (ValueError, LookupError, TypeError):
        return None
    return ChatAnswer(text, model=model) if isinstance(text, str) and isinstance(model, str) else None
