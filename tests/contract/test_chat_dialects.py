"""One client, many servers: each dialect's answer arrives as the same text, and its refusals are met once."""

import json

import pytest

from consumer.errors import UserError
from consumer.llm.chat import OpenAiChat
from consumer.llm.exchange import AnswerFormat, ChatRequest, Finish
from consumer.settings import LlmSettings
from consumer.testing.simulator_dialects import DIALECTS, DialectServer

ANSWER = '{"entities": [{"name": "Zoë </think> 王"}], "facts": []}'
ASKED = ChatRequest("system text", "user text", AnswerFormat("shape", {"type": "object"}), 99)
BY_NAME = {dialect.name: dialect for dialect in DIALECTS}


def client(server, key="the-key", **settings):
    """The client as settings for this server would make it."""
    llm = LlmSettings(model=server.dialect.model, timeout_s=10, **settings)
    return OpenAiChat(llm, key, server.base_url, api_version=server.dialect.query.get("api-version"))


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("structured_output", ["json_schema", "json_object"])
async def test_each_server_is_understood(name, structured_output):
    """The JSON arrives; what the server refuses costs a call each at most once, and the second question none."""
    async with DialectServer(BY_NAME[name], ANSWER) as server:
        chat = client(server, structured_output=structured_output, reasoning_effort="low")
        answer = await chat.complete(ASKED)
        refused = server.refused
        again = await chat.complete(ASKED)
        await chat.aclose()
    assert json.loads(answer.text) == json.loads(ANSWER)
    assert json.loads(again.text) == json.loads(ANSWER)
    assert answer.finish is Finish.STOP
    assert refused <= len(server.dialect.refuses) + 1
    assert server.refused == refused
    asked = [message["content"] for message in server.bodies[-1]["messages"]]
    assert "".join(asked).replace("\n", "") == "system textuser text"


@pytest.mark.parametrize("name", ["openai-reasoning", "openai-old", "deepseek", "mistral", "ollama", "vllm-thinking"])
async def test_a_model_of_the_table_is_not_asked_for_what_it_refuses(name):
    """No call is spent on finding out."""
    async with DialectServer(BY_NAME[name], ANSWER) as server:
        chat = client(server)
        await chat.complete(ASKED)
        await chat.aclose()
    assert server.refused == 0
    assert 99 in server.bodies[0].values()


@pytest.mark.parametrize("name", BY_NAME)
async def test_a_wrong_key_is_told_whatever_the_server(name):
    """Also where the key has a header of its own."""
    async with DialectServer(BY_NAME[name], ANSWER) as server:
        chat = client(server, key="wrong")
        with pytest.raises(UserError, match="key"):
            await chat.complete(ASKED)
        await chat.aclose()


@pytest.mark.parametrize("suffix", ["", "/", "/openai", "/openai/deployments/my-deployment"])
async def test_azure_is_reached_by_any_of_its_addresses(suffix):
    """The resource's, with or without its path, or a deployment's own."""
    async with DialectServer(BY_NAME["azure"], ANSWER) as server:
        llm = LlmSettings(model="my-deployment")
        chat = OpenAiChat(llm, "the-key", server.address + suffix, api_version="2024-10-21")
        assert (await chat.complete(ASKED)).text == ANSWER
        await chat.aclose()


async def test_azure_without_its_version_is_told_as_a_wrong_address():
    """A hint at the address, not a dead letter."""
    async with DialectServer(BY_NAME["azure"], ANSWER) as server:
        chat = OpenAiChat(LlmSettings(model="my-deployment"), "the-key", server.base_url)
        with pytest.raises(UserError, match="OPENAI_BASE_URL"):
            await chat.complete(ASKED)
        await chat.aclose()
