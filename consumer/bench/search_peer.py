"""graphiti-core's `search()` on the same database, for a comparison in the same run; needs the extra `peers`."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from graphiti_core import Graphiti
from graphiti_core.cross_encoder.client import CrossEncoderClient
from graphiti_core.driver.neo4j_driver import Neo4jDriver
from graphiti_core.embedder.client import EmbedderClient
from graphiti_core.llm_client.client import LLMClient
from graphiti_core.llm_client.config import LLMConfig

from consumer.search import SearchRequest
from consumer.settings import Neo4jSettings
from consumer.testing.hash_vectors import hash_vectors


class _Vectors(EmbedderClient):
    """The vectors of the benchmark's texts."""

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension

    async def create(self, input_data: Any) -> list[float]:
        """Return the vector of one text."""
        text = input_data if isinstance(input_data, str) else str(input_data[0])
        found: list[float] = hash_vectors([text], self._dimension)[0].tolist()
        return found

    async def create_batch(self, input_data_list: list[str]) -> list[list[float]]:
        """Return the vectors of several."""
        found: list[list[float]] = hash_vectors(input_data_list, self._dimension).tolist()
        return found


class NoJudge(CrossEncoderClient):
    """`search()` asks no judge."""

    async def rank(self, query: str, passages: Iterable[str]) -> list[tuple[str, float]]:
        """Return the passages as they are."""
        del query
        return [(passage, 0.0) for passage in passages]


class _NoModel(LLMClient):
    """`search()` asks no model."""

    async def _generate_response(self, *_: Any, **__: Any) -> dict[str, Any]:
        raise AssertionError("a search asked a model")


class GraphitiSearch:
    """Asks graphiti-core what we are asked; close it with `aclose`."""

    def __init__(self, settings: Neo4jSettings, dimension: int) -> None:
        os.environ["GRAPHITI_TELEMETRY_ENABLED"] = "false"  # noqa: TID251 - its only switch: nothing leaves the machine
        password = settings.password.get_secret_value() if settings.password else None
        self._driver = Neo4jDriver(settings.uri, settings.username if password else None, password)
        self._graphiti = Graphiti(
            graph_driver=self._driver,
            llm_client=_NoModel(LLMConfig(api_key="unused")),
            embedder=_Vectors(dimension),
            cross_encoder=NoJudge(),
        )

    @property
    def ask(self) -> Callable[[SearchRequest], Awaitable[Any]]:
        """The door: the same question, groups and number of hits."""

        async def asked(request: SearchRequest) -> Any:
            return await self._graphiti.search(
                request.query, group_ids=list(request.group_ids), num_results=request.limit
            )

        return asked

    async def aclose(self) -> None:
        """Close its connections."""
        await self._driver.close()
