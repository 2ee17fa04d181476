"""The table of models: each row against a server that behaves so, and what is learned where there is no row."""

import json

import pytest
from aiohttp import web

from consumer.llm.chat import OpenAiChat
from consumer.llm.exchange import AnswerFormat, ChatRequest
from consumer.llm.quirks import TABLE, UNKNOWN, quirks_of
from consumer.settings import LlmSettings

ASKED = ChatRequest("system text", "user text", AnswerFormat("shape", {"type": "object"}), 99)
EXAMPLES = (
    "o1-mini",
    "openai/o3-mini",
    "gpt-5-chat-latest",
    "azure/gpt-5-mini",
    "openrouter/openai/gpt-oss-120b",
    "gpt-3.5-turbo",
    "gpt-4-0613",
    "deepseek-reasoner",
    "deepseek-chat",
    "google/gemma-2-9b-it",
    "gemini-2.5-flash",
    "mistral-small-latest",
    "Qwen/Qwen3-8B-Instruct",
)
"""One model of each row, in the order of the table."""


def strict_server(row, completion, refusal):
    """Return a handler that refuses whatever the models of `row` do not take."""

    async def handle(request):
        body = await request.json()
        roles = [message["role"] for message in body["messages"]]
        mode = body.get("response_format", {}).get("type")
        refused = next(
            (
                name
                for name, is_wrong in (
                    ("temperature", not row.with_temperature and "temperature" in body),
                    ("max_tokens", row.tokens_field != "max_tokens" and "max_tokens" in body),
                    ("max_completion_tokens", row.tokens_field == "max_tokens" and "max_completion_tokens" in body),
                    ("response_format", mode is not None and row.structured_output is None),
                    ("response_format", mode == "json_schema" and row.structured_output == "json_object"),
                    ("reasoning_effort", row.effort_field is None and "reasoning_effort" in body),
                )
                if is_wrong
            ),
            None,
        )
        if "system" in roles and not row.with_system_role:
            return web.json_response(refusal("System role not supported"), status=400)
        if refused:
            return web.json_response(refusal(f"Unsupported parameter: '{refused}'", refused), status=400)
        return web.json_response(completion(json.dumps(body)))

    return handle


@pytest.mark.parametrize(("model", "row"), list(zip(EXAMPLES, TABLE, strict=True)), ids=lambda value: str(value)[:30])
async def test_a_known_model_is_asked_as_it_takes_it(server, completion, refusal, model, row):
    """Row by row: the first request is accepted, and the limit of output tokens is in it."""
    assert quirks_of(model) is row
    server.answers(strict_server(row, completion, refusal))
    chat = OpenAiChat(LlmSettings(model=model, reasoning_effort="low"), "k", server.base_url)
    body = json.loads((await chat.complete(ASKED)).text)
    await chat.aclose()
    assert body[row.tokens_field] == 99
    assert ("temperature" in body) == row.with_temperature
    assert body.get("reasoning_effort") == ("low" if row.effort_field else None)
    assert body.get("response_format", {}).get("type") == row.structured_output
    assert "system text" in body["messages"][0]["content"]
    assert "user text" in body["messages"][-1]["content"]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.pattern[:30])
async def test_an_unknown_model_with_the_same_ways_is_learned(server, completion, refusal, row):
    """Without the table a few refusals teach the same, and the second call meets none."""
    server.answers(*[strict_server(row, completion, refusal)] * 10)
    chat = OpenAiChat(LlmSettings(model="my-finetune", reasoning_effort="low"), "k", server.base_url)
    await chat.complete(ASKED)
    asked = len(server.bodies)
    await chat.complete(ASKED)
    await chat.aclose()
    assert len(server.bodies) == asked + 1


@pytest.mark.parametrize(
    "message",
    [
        "System role not supported",
        "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
        "system messages are not supported by this model",
    ],
)
async def test_a_refused_system_role_is_learned(server, completion, refusal, message):
    """The system text goes in front of the user's, in one message."""
    server.answers((400, refusal(message, "messages[0].role")), (200, completion("{}")))
    chat = OpenAiChat(LlmSettings(model="my-finetune"), "k", server.base_url)
    await chat.complete(ASKED)
    await chat.aclose()
    assert server.bodies[1]["messages"] == [{"role": "user", "content": "system text\n\nuser text"}]


@pytest.mark.parametrize("model", ["gpt-4.1-mini", "gpt-4o", "gpt-4o-mini", "sim-chat", "my-finetune"])
def test_a_model_of_no_row_is_asked_for_everything(model):
    """Today's default model too."""
    assert quirks_of(model) is UNKNOWN


@pytest.mark.parametrize("model", ["gemma3:4b", "gemma-3-27b-it", "gemma3n"])
def test_newer_gemmas_have_a_system_role(model):
    """Only the first two generations lack it."""
    assert quirks_of(model).with_system_role


async def test_the_settings_can_only_lower_the_mode_of_structured_output(server, completion):
    """`json_object` asked for by the settings holds for a model that could do more."""
    server.answers((200, completion("{}")))
    chat = OpenAiChat(LlmSettings(model="gpt-5", structured_output="json_object"), "k", server.base_url)
    await chat.complete(ASKED)
    await chat.aclose()
    assert server.bodies[0]["response_format"] == {"type": "json_object"}
