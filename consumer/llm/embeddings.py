"""Embeddings from any OpenAI-compatible endpoint: one HTTP request a call, base64 on the wire.

Base64 halves the client's CPU against lists of floats. Batching, deduplication and caching wrap this
(`consumer.embed`); here one list of texts is one request.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping, Sequence
from json import JSONDecodeError

import numpy as np
import openai
from numpy.typing import NDArray
from openai import AsyncOpenAI

from consumer.clock import Clock, SystemClock
from consumer.errors import UserError, WorldFault
from consumer.llm.client import Endpoint, open_client
from consumer.llm.faults import family_of
from consumer.settings import EmbeddingSettings
from consumer.telemetry import names
from consumer.telemetry.calls import client_call

DEPENDENCY = "embeddings"
DEFAULT_DIMENSION = 1_024
"""Asked for when the settings name none: Graphiti's own default."""
ODD_ANSWERS = 4
"""So many answers of one other length, and none of ours, are no accident: the setting is wrong."""


class OpenAiEmbeddings:
    """An embedding model behind an OpenAI-compatible endpoint; opens its connections with the first call."""

    def __init__(
        self,
        settings: EmbeddingSettings,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        api_version: str | None = None,
        clock: Clock | None = None,
        on_headers: Callable[[Mapping[str, str]], None] | None = None,
        on_call: Callable[[int, float], None] | None = None,
    ) -> None:
        """Store where to ask and the length of vector to ask for; `base_url` None is OpenAI's own address.

        `on_call` is told of each call that was answered, or took too long, its texts and its seconds.
        """
        self._on_call = on_call
        self._endpoint = Endpoint(api_key, base_url, settings.timeout_s, api_version=api_version, pool="embeddings")
        self._model = settings.model
        self._dimension = settings.dimension or DEFAULT_DIMENSION
        self._asks_dimension = True
        self._odd_lengths: list[int] | None = []
        self._clock = clock or SystemClock()
        self._on_headers = on_headers
        self._client: AsyncOpenAI | None = None

    @property
    def name(self) -> str:
        """The model, without the provider."""
        return self._model

    @property
    def dimension(self) -> int:
        """Length of each vector."""
        return self._dimension

    async def embed(
        self, texts: Sequence[str], *, on_usage: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Return (n, d) float32 in the order of `texts`, as the server sent them: finite, of any norm, zero included.

        Raises:
            EpisodeFault: a text is too long, or refused.
            WorldFault: the model is down, throttled or too slow, or sent other than it was asked for.
            UserError: key, model or dimension is wrong; the dimension once no answer of several had it.
        """
        attributes = {
            names.GEN_AI_OPERATION: "embeddings",
            names.GEN_AI_PROVIDER: "openai",
            names.GEN_AI_REQUEST_MODEL: self._model,
        }
        with client_call(names.embeddings(self._model), attributes, metric=names.GEN_AI_DURATION) as call:
            began = self._clock.monotonic()
            try:
                async with asyncio.timeout(self._endpoint.timeout_s):
                    rows, used = await self._send(list(texts))
                self._tell(len(texts), began)
            except TimeoutError as error:
                self._tell(len(texts), began)
                raise family_of(error, DEPENDENCY, self._clock.now()) or error from error
            except (openai.OpenAIError, JSONDecodeError, UnicodeDecodeError) as error:
                family = family_of(error, DEPENDENCY, self._clock.now())
                if family is None:
                    raise
                raise family from error
            call.set(names.GEN_AI_INPUT_TOKENS, used)
        if on_usage is not None:
            on_usage(used)
        return self._matrix(rows, len(texts))

    async def aclose(self) -> None:
        """Close the connections; the next call would open them again."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def _tell(self, texts: int, began: float) -> None:
        if self._on_call is not None:
            self._on_call(texts, self._clock.monotonic() - began)

    async def _send(self, texts: list[str]) -> tuple[list[str | list[float]], int]:
        """Return the vectors as sent, in order, and the LLM tokens used."""
        if self._client is None:
            self._client = open_client(self._endpoint, self._on_headers)
        try:
            answer = await self._client.embeddings.create(
                model=self._model,
                input=texts,
                encoding_format="base64",
                dimensions=self._dimension if self._asks_dimension else openai.omit,
            )
        except openai.BadRequestError as error:
            if not self._asks_dimension or "dimensions" not in f"{error.param} {error.message}":
                raise
            self._asks_dimension = False  # a model of one size: its rows are checked against what we expect
            return await self._send(texts)
        # Fields are not checked by openai: a page of HTML comes back as a str, a missing one raises when it is read.
        try:
            ordered = sorted(answer.data, key=lambda item: item.index)
            rows: list[str | list[float]] = [item.embedding for item in ordered]
        except (AttributeError, TypeError) as error:
            raise WorldFault(DEPENDENCY, "a body that is no API answer") from error
        return rows, getattr(answer.usage, "prompt_tokens", 0)

    def _matrix(self, rows: Sequence[str | Sequence[float]], wanted: int) -> NDArray[np.float32]:
        """Return the rows as one matrix.

        Raises:
            WorldFault: not as many rows as texts, rows of another length than asked for, no numbers.
            UserError: no answer has had the length that is configured.
        """
        if len(rows) != wanted:
            raise WorldFault(DEPENDENCY, f"{len(rows)} vectors for {wanted} texts")
        try:
            vectors = [
                np.frombuffer(base64.b64decode(row), "<f4") if isinstance(row, str) else np.asarray(row, np.float32)
                for row in rows
            ]
        except (TypeError, ValueError) as error:
            raise WorldFault(DEPENDENCY, "a vector that is no list of numbers") from error
        for vector in vectors:
            if vector.shape != (self._dimension,):
                raise self._odd(vector.size)
        self._odd_lengths = None
        matrix = np.vstack(vectors).astype(np.float32, copy=False)
        if not np.isfinite(matrix).all():
            raise WorldFault(DEPENDENCY, "a vector with a number that is not finite")
        return matrix

    def _odd(self, length: int) -> WorldFault | UserError:
        """Return what a vector of another length means: an accident, unless it is all we ever got."""
        told = f"embedding model {self._model} gives vectors of length {length}, not {self._dimension}"
        if self._odd_lengths is not None:
            self._odd_lengths.append(length)
            if self._odd_lengths[-ODD_ANSWERS:] == [length] * ODD_ANSWERS:
                return UserError(f"{told}; set EPISODES_EMBEDDING__DIMENSION to what it gives")
        return WorldFault(DEPENDENCY, told)
