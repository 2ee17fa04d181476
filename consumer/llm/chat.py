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
from consumer.errors import WorldFault
from consumer.llm.client import Endpoint, open_client
from consumer.llm.dialect import Dialect
from consumer.llm.exchange import ChatAnswer, ChatModel, ChatRequest, Finish, Usage
from consumer.llm.faults import family_of
from consumer.llm.quirks import quirks_of
from consumer.settings import LlmSettings
from consumer.telemetry import names
from consumer.telemetry.calls import Call, client_call

__all__ = ["ChatModel", "OpenAiChat"]

DEPENDENCY = "llm"
_FINISHES = {"stop": Finish.STOP, "length": Finish.LENGTH, "content_filter": Finish.REFUSED}


class OpenAiChat:
    """A chat model behind an OpenAI-compatible endpoint; opens its connections with the first call."""

    def __init__(
        self,
        settings: LlmSettings,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        clock: Clock | None = None,
        on_headers: Callable[[Mapping[str, str]], None] | None = None,
    ) -> None:
        """Store where and how to ask; `base_url` None is OpenAI's own address, `on_headers` hears each response's."""
        self._endpoint = Endpoint(api_key, base_url, settings.timeout_s, settings.max_connections)
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
            try:
                async with asyncio.timeout(self._endpoint.timeout_s):
                    completion = await self._send(request)
            except (openai.OpenAIError, TimeoutError, JSONDecodeError, UnicodeDecodeError) as error:
                family = family_of(error, DEPENDENCY, self._clock.now())
                if family is None:
                    raise
                raise family from error
            answer = _answer(completion)
            _tell(call, answer)
            return answer

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
                completion: ChatCompletion = await self._client.chat.completions.create(
                    model=self._model,
                    **fields,
                )
                return completion  # noqa: TRY300 - the way out of the loop
            except openai.BadRequestError as error:
                spoke = fields == self._dialect.fields(request, self._temperature, self._max_output_tokens)
                if spoke and not self._dialect.learn(error):
                    raise


def _answer(completion: ChatCompletion) -> ChatAnswer:
    """Return what the first choice says.

    Raises:
        WorldFault: no answer of the API, or one without a choice, as overloaded proxies give.
    """
    if not getattr(completion, "choices", None):  # a page of HTML comes back from openai as a str
        raise WorldFault(DEPENDENCY, "an answer without choices")
    # Fields are not checked by openai: one that is missing, or of another type, shows when it is read.
    try:
        choice = completion.choices[0]
        finish = _FINISHES.get(choice.finish_reason, Finish.STOP)
        refusal = getattr(choice.message, "refusal", None)
        text = refusal or choice.message.content or ""
        usage = _usage(completion)
    except (AttributeError, TypeError, LookupError) as error:
        raise WorldFault(DEPENDENCY, "a body that is no API answer") from error
    if not isinstance(text, str):
        raise WorldFault(DEPENDENCY, f"an answer whose text is a {type(text).__name__}")
    return ChatAnswer(text, Finish.REFUSED if refusal else finish, completion.model or "", usage)


def _usage(completion: ChatCompletion) -> Usage:
    used = completion.usage
    if used is None:
        return Usage()
    cached = used.prompt_tokens_details.cached_tokens if used.prompt_tokens_details else 0
    return Usage(used.prompt_tokens or 0, used.completion_tokens or 0, cached or 0)


def _tell(call: Call, answer: ChatAnswer) -> None:
    """Put the answer's figures on the span; never its text."""
    call.set(names.GEN_AI_RESPONSE_MODEL, answer.model)
    call.set(names.GEN_AI_FINISH_REASONS, (answer.finish.value,))
    call.set(names.GEN_AI_INPUT_TOKENS, answer.usage.input_tokens)
    call.set(names.GEN_AI_OUTPUT_TOKENS, answer.usage.output_tokens)
