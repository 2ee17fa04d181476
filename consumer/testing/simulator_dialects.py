"""Servers that call themselves OpenAI-compatible, each in its own way: for tests of the client against their habits.

A `Dialect` is data: where the server listens, what it refuses and in whose words, and where it puts the answer. The
answer itself is whatever the test says. Latency and faults are the simulator's (`consumer.testing.simulator`).

Sources: the API references of vLLM, Ollama, LM Studio, LiteLLM, Azure OpenAI, Mistral and DeepSeek, and messages that
their users report.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

HOST = "127.0.0.1"
_OK, _BAD_REQUEST, _UNAUTHORIZED, _NOT_FOUND = 200, 400, 401, 404
Body = Mapping[str, Any]


def _openai_error(message: str, param: str | None = None, code: str | None = None) -> Any:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def _vllm_error(message: str, param: str | None = None, code: str | None = None) -> Any:  # noqa: ARG001 - it tells neither
    return {"object": "error", "message": message, "type": "BadRequestError", "param": None, "code": _BAD_REQUEST}


def _bare_error(message: str, param: str | None = None, code: str | None = None) -> Any:  # noqa: ARG001 - it tells neither
    return {"error": message}


def _validator_error(message: str, param: str | None = None, code: str | None = None) -> Any:  # noqa: ARG001 - no code
    return {"detail": [{"type": "extra_forbidden", "loc": ["body", param], "msg": message, "input": "what was sent"}]}


def _proxy_error(message: str, param: str | None = None, code: str | None = None) -> Any:  # noqa: ARG001 - it tells neither
    return {"error": {"message": f"litellm.{message}", "type": "None", "param": "None", "code": "400"}}


def _content(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def _tool_call(text: str) -> dict[str, Any]:
    function = {"name": "json_tool_call", "arguments": text}
    return {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function", "function": function}]}


def _tool_call_of_an_object(text: str) -> dict[str, Any]:
    function = {"name": "answer", "arguments": json.loads(text)}
    return {"role": "assistant", "content": "", "tool_calls": [{"id": "1", "type": "function", "function": function}]}


def _thinks_aloud(text: str) -> dict[str, Any]:
    return _content(f'<think>\nFirst draft: {{"draft": true}}. Better:\n</think>\n\n{text}')


def _thinks_without_an_opening(text: str) -> dict[str, Any]:
    return _content(f'Okay, perhaps {{"draft": true}}?\n</think>\n\n{text}')


def _thinks_apart(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text, "reasoning_content": 'perhaps {"draft": true}'}


def _answers_in_its_thoughts(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "reasoning_content": text}


def _in_parts(text: str) -> dict[str, Any]:
    thoughts = {"type": "thinking", "thinking": [{"type": "text", "text": '{"draft": true}'}]}
    return {"role": "assistant", "content": [thoughts, {"type": "text", "text": text}]}


@dataclass(frozen=True, slots=True)
class Dialect:
    """One server's ways.

    `refuses`: a field, or `response_format:json_object` for a value of it, `role:system` for a message, and the words
    of the refusal. `model` is what it is to be asked for.
    """

    name: str
    model: str
    refuses: Mapping[str, str] = field(default_factory=dict)
    error: Callable[[str, str | None, str | None], Any] = _openai_error
    says_param: bool = True
    status: int = _BAD_REQUEST
    message: Callable[[str], dict[str, Any]] = _content
    finish: str = "stop"
    path: str = "/v1"
    key_header: str = "Authorization"
    query: Mapping[str, str] = field(default_factory=dict)
    has_usage: bool = True


_NO_SCHEMA = "response_format type 'json_schema' is not supported by this model"
DIALECTS: tuple[Dialect, ...] = (
    Dialect(
        "openai-reasoning",
        "o4-mini",
        {
            "temperature": "Unsupported value: 'temperature' does not support 0 with this model.",
            "max_tokens": "Unsupported parameter: 'max_tokens' is not supported; use 'max_completion_tokens' instead.",
        },
    ),
    Dialect("openai-old", "gpt-4-0613", {"response_format": "Invalid parameter: 'response_format' is not supported."}),
    Dialect(
        "vllm-no-system-role",
        "my-gemma",
        {"role:system": "System role not supported"},
        _vllm_error,
        says_param=False,
    ),
    Dialect("vllm-thinking", "Qwen/Qwen3-8B", message=_thinks_apart),
    Dialect("vllm-no-reasoning-parser", "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", message=_thinks_without_an_opening),
    Dialect("vllm-answer-taken-for-thoughts", "Qwen/Qwen3-32B", message=_answers_in_its_thoughts),
    Dialect("ollama", "qwen3:4b", message=_thinks_aloud),
    Dialect(
        "lm-studio",
        "local-model",
        {"response_format:json_object": "'response_format.type' must be 'json_schema' or 'text'"},
        _bare_error,
        says_param=False,
    ),
    Dialect(
        "litellm",
        "anthropic/some-model",
        {
            "temperature": "UnsupportedParamsError: anthropic does not support parameters: ['temperature']",
            "reasoning_effort": "UnsupportedParamsError: anthropic does not support parameters: ['reasoning_effort']",
        },
        _proxy_error,
        message=_tool_call,
        finish="tool_calls",
    ),
    Dialect(
        "strict-gateway",
        "house-model",
        {
            "max_completion_tokens": "Extra inputs are not permitted",
            "response_format:json_schema": _NO_SCHEMA,
        },
        _validator_error,
        status=422,
        message=_tool_call_of_an_object,
        has_usage=False,
    ),
    Dialect(
        "deepseek",
        "deepseek-chat",
        {"response_format:json_schema": "This response_format type is unavailable now"},
        message=_thinks_apart,
    ),
    Dialect(
        "mistral", "magistral-medium", {"max_completion_tokens": "Extra inputs are not permitted"}, message=_in_parts
    ),
    Dialect(
        "azure",
        "my-deployment",
        path="/openai/deployments/my-deployment",
        key_header="api-key",
        query={"api-version": "2024-10-21"},
    ),
)
"""Each habit once at least."""


class DialectServer:
    """A server of one dialect as an async context manager, on loopback. Keeps what it was asked and refused."""

    def __init__(self, dialect: Dialect, answer: str = "{}", *, key: str = "the-key") -> None:
        """Store what it answers to each question that it accepts, and the key that it wants."""
        self.dialect = dialect
        self.bodies: list[Body] = []
        self.refused = 0
        self._answer = answer
        self._key = key
        self._runner: web.AppRunner | None = None
        self.address = ""

    @property
    def base_url(self) -> str:
        """What a user would set: the resource's address for Azure, else with the version in its path."""
        return self.address if self.dialect.query else f"{self.address}/v1"

    async def __aenter__(self) -> Self:
        """Listen; `base_url` is valid from now on."""
        app = web.Application()
        app.add_routes([web.post("/{path:.*}", self._handle)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0).start()
        self.address = f"http://{HOST}:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.Response:
        dialect = self.dialect
        if request.path != f"{dialect.path}/chat/completions" or any(
            request.query.get(name) != value for name, value in dialect.query.items()
        ):
            return web.json_response(_openai_error("Resource not found", None, "404"), status=_NOT_FOUND)
        wanted = f"Bearer {self._key}" if dialect.key_header == "Authorization" else self._key
        if request.headers.get(dialect.key_header) != wanted:
            return web.json_response(_openai_error("Access denied", None, "invalid_key"), status=_UNAUTHORIZED)
        body = await request.json()
        self.bodies.append(body)
        for what, words in dialect.refuses.items():
            name, _, value = what.partition(":")
            if _has(body, name, value):
                self.refused += 1
                told = dialect.error(words, name if dialect.says_param else None, None)
                return web.json_response(told, status=dialect.status)
        return web.json_response(self._completion(body), status=_OK)

    def _completion(self, body: Body) -> dict[str, Any]:
        choice = {"index": 0, "finish_reason": self.dialect.finish, "message": self.dialect.message(self._answer)}
        usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 0,
            "model": body.get("model"),
            "choices": [choice],
            "usage": usage if self.dialect.has_usage else None,
        }


def _has(body: Body, name: str, value: str) -> bool:
    """Whether a request has what a dialect refuses."""
    if name == "role":
        return any(message["role"] == value for message in body["messages"])
    return name in body and (not value or body[name].get("type") == value)
