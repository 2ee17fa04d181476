"""A cross-encoder behind HTTP: any `/rerank` endpoint, as vLLM, text-embeddings-inference, Jina and Cohere have it.

They differ in names, not in kind: passages are `documents` or `texts`, scores come as `results` or as a bare list, of
`relevance_score` or `score`. Each score is mapped back by its index: equal passages never share one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from consumer.errors import UserError, WorldFault
from consumer.settings.search import SearchSettings

DEPENDENCY = "rerank"
_BUSY = (408, 425, 429)
_SERVER = 500


class RerankEndpoint:
    """Asks one endpoint; opens its connections with the first call."""

    def __init__(self, settings: SearchSettings) -> None:
        """Store where and how to ask; `settings.rerank_url` must be set."""
        self._url = settings.rerank_url or ""
        self._model = settings.rerank_model
        key = settings.rerank_api_key
        self._headers = {} if key is None else {"Authorization": f"Bearer {key.get_secret_value()}"}
        self._timeout = aiohttp.ClientTimeout(total=settings.rerank_timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def scores(self, query: str, passages: Sequence[str]) -> Sequence[float]:
        """Return one score a passage, in their order; what the endpoint leaves out has the lowest.

        Raises:
            WorldFault: the endpoint is down, busy or too slow.
            UserError: it refuses the request, or answers something else.
        """
        if not passages:
            return []
        texts = list(passages)
        # Both names of the passages, both of what must come back: each server reads those that it knows.
        body: dict[str, Any] = {"query": query, "documents": texts, "texts": texts, "top_n": len(texts)}
        if self._model:
            body["model"] = self._model
        return scores_of(await self._asked(body), len(texts), self._url)

    async def aclose(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _asked(self, body: Mapping[str, Any]) -> Any:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout, headers=self._headers)
        try:
            async with self._session.post(self._url, json=body) as response:
                if response.status in _BUSY or response.status >= _SERVER:
                    raise WorldFault(DEPENDENCY, f"{self._url} answered {response.status}")
                if not response.ok:
                    told = (await response.text())[:200]
                    raise UserError(f"EPISODES_SEARCH__RERANK_URL={self._url} answered {response.status}: {told}")
                return await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise WorldFault(DEPENDENCY, f"{self._url}: {error!r}") from error
        except ValueError as error:
            raise UserError(f"EPISODES_SEARCH__RERANK_URL={self._url} answered no JSON: {error}") from error


def scores_of(answer: Any, count: int, url: str = "") -> list[float]:
    """Return the scores of an answer by the index that each bears. Pure.

    Raises:
        UserError: it is no answer of a rerank endpoint.
    """
    rows = answer.get("results", answer.get("data")) if isinstance(answer, Mapping) else answer
    try:
        found = {int(row["index"]): float(row.get("relevance_score", row.get("score"))) for row in rows}
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise UserError(f"EPISODES_SEARCH__RERANK_URL={url} answered no scores: {str(answer)[:200]}") from error
    if not found or not all(0 <= index < count for index in found):
        raise UserError(f"EPISODES_SEARCH__RERANK_URL={url} answered scores of other passages: {sorted(found)[:5]}")
    lowest = min(found.values())
    return [found.get(index, lowest) for index in range(count)]
