"""Chat with any OpenAI-compatible endpoint: one HTTP request a call, strict JSON Schema where the server has it.

Servers differ in what they accept. What is known of a model is in a table (`quirks`); what a 400 names as unknown or
unsupported is dropped or replaced, the call is sent once more, and the server's ways are remembered for the life of
the object.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from json import JSONDecodeError

import openai
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion

from consumer.clock import Clock, SystemClock
from consumer.llm.client import Endpoint, open_client
from consumer.llm.completion import read_completion
from consumer.llm.dialect import REFUSALS, Dialect
from consumer.llm.exchange import ChatAnswer, ChatModel, ChatRequest
from consumer.llm.faults import family_of
from consumer.llm.quirks import quirks_of
from consumer.llm.told_texts import tell_answer, tell_question
from consumer.settings import LlmSettings
from consumer.telemetry import names
from consumer.telemetry.calls import Call, client_call

__all__ = ["ChatModel", "OpenAiChat"]

DEPENDENCY = "llm"


class OpenAiChat:
    """A chat model behind an OpenAI-compatible endpoint; opens its connections with the first call."""

    def __init__(
        self,
        settings: LlmSettings,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        api_version: str | None = None,
        clock: Clock | None = None,
        on_headers: Callable[[Mapping[str, str]], None] | None = None,
    ) -> None:
        """Store where and how to ask.

        `base_url` None is OpenAI's own address, `api_version` makes it Azure's; `on_headers` hears each response's.
        """
        self._endpoint = Endpoint(
            api_key,
            base_url,
            settings.timeout_s,
            settings.max_connections,
            api_version,
            settings.keep_alive_s,
            settings.dns_ttl_s,
        )
        self._model = settings.model
        self._temperature = settings.temperature
        self._max_output_tokens = settings.max_output_tokens
        self._dialect = Dialect(settings.structured_output, quirks_of(settings.model), settings.reasoning_effort)
        self._clock = clock or SystemClock()
        self._on_headers = on_headers
        self._client: AsyncOpenAI | None = None

    @property
    def name(self) -> str:
        """`openai/` and the model."""
        return f"openai/{self._model}"

    async def complete(self, request: ChatRequest) -> ChatAnswer:
        """Return the model's answer within the endpoint's `timeout_s`.

        Raises:
            EpisodeFault: this request can never be answered (too long, filtered).
            WorldFault: the model is down, throttled or too slow.
            UserError: the key or the model name is wrong.
        """
        attributes = {
            names.GEN_AI_OPERATION: "chat",
            names.GEN_AI_PROVIDER: "openai",
            names.GEN_AI_REQUEST_MODEL: self._model,
        }
        with client_call(names.chat(self._model), attributes, metric=names.GEN_AI_DURATION) as call:
            tell_question(call, request)
            try:
                async with asyncio.timeout(self._endpoint.timeout_s):
                    completion = await self._send(request)
            except (openai.OpenAIError, TimeoutError, JSONDecodeError, UnicodeDecodeError) as error:
                family = family_of(error, DEPENDENCY, self._clock.now())
                if family is None:
                    raise
                raise family from error
            answer = read_completion(completion, DEPENDENCY)
            _tell(call, answer)
            return answer

    async def prepare(self) -> None:
        """Open the client in a thread: what it imports and its TLS context would hold up the first call, and others."""
        if self._client is None:
            opened = await asyncio.to_thread(_ready_client, self._endpoint, self._on_headers)
            if self._client is None:
                self._client = opened  # nothing is connected yet, so that one which comes too late may be dropped

    async def aclose(self) -> None:
        """Close the connections; the next call would open them again."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _send(self, request: ChatRequest) -> ChatCompletion:
        """Send the request, again each time the server's refusal taught us something."""
        if self._client is None:
            self._client = open_client(self._endpoint, self._on_headers)
        while True:
            fields = self._dialect.fields(request, self._temperature, self._max_output_tokens)
            try:
                # Not `chat.completions.create`, which walks through messages and schema to check their types each time.
                completion: ChatCompletion = await self._client.post(
                    "/chat/completions",
                    cast_to=ChatCompletion,
                    body={"model": self._model, **fields},
                    options={"security": {"bearer_auth": True}},
                )
                return completion  # noqa: TRY300 - the way out of the loop
            except REFUSALS as error:
                spoke = fields == self._dialect.fields(request, self._temperature, self._max_output_tokens)
                if spoke and not self._dialect.learn(error):
                    raise


def _ready_client(endpoint: Endpoint, on_headers: Callable[[Mapping[str, str]], None] | None) -> AsyncOpenAI:
    """Return a client whose answers have been read once: the first builds their models."""
    client = open_client(endpoint, on_headers)
    message = {"role": "assistant", "content": ""}
    ChatCompletion.construct(choices=[{"index": 0, "finish_reason": "stop", "message": message}])
    return client


def _tell(call: Call, answer: ChatAnswer) -> None:
    """Put the answer's figures on the span, and its text if the operator opted in."""
    call.set(names.GEN_AI_RESPONSE_MODEL, answer.model)
    call.set(names.GEN_AI_FINISH_REASONS, (answer.finish.value,))
    call.set(names.GEN_AI_INPUT_TOKENS, answer.usage.input_tokens)
    call.set(names.GEN_AI_OUTPUT_TOKENS, answer.usage.output_tokens)
    tell_answer(call, answer)
