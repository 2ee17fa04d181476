"""Chat over HTTP: what is sent, what is learned from refusals, how failures arrive."""

import asyncio

import pytest
from aiohttp import web

from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.llm.chat import OpenAiChat
from consumer.llm.exchange import AnswerFormat, ChatRequest, Finish
from consumer.settings import LlmSettings

ASKED = ChatRequest("system text", "user text", AnswerFormat("shape", {"type": "object"}), 99)


async def test_a_request_carries_schema_limit_and_temperature(server, chat, completion):
    """Strict JSON Schema, the token limit in today's spelling, no retries in the client."""
    server.answers((200, completion("{}")))
    answer = await chat.complete(ASKED)
    body = server.bodies[0]
    assert [message["content"] for message in body["messages"]] == ["system text", "user text"]
    assert body["response_format"]["json_schema"] == {"name": "shape", "strict": True, "schema": {"type": "object"}}
    assert (body["model"], body["max_completion_tokens"], body["temperature"]) == ("asked-model", 99, 0.0)
    assert server.headers[0]["Authorization"] == "Bearer the-key"
    assert (answer.text, answer.finish, answer.model) == ("{}", Finish.STOP, "served-model")
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.cached_tokens) == (7, 3, 5)


@pytest.mark.parametrize(
    "case",
    [
        ("Unsupported value: 'temperature' does not support 0", "temperature", "temperature", None),
        ("Unrecognized request argument: max_completion_tokens", None, "max_completion_tokens", "max_tokens"),
        ("'max_completion_tokens': Extra inputs are not permitted", None, "max_completion_tokens", "max_tokens"),
    ],
)
async def test_a_refused_parameter_is_left_out_once_and_for_all(server, chat, completion, refusal, case):
    """One refusal teaches: the call is sent again without, and later calls never have it."""
    message, param, gone, instead = case
    server.answers((400, refusal(message, param)), (200, completion("1")), (200, completion("2")))
    assert (await chat.complete(ASKED)).text == "1"
    assert (await chat.complete(ASKED)).text == "2"
    assert gone in server.bodies[0]
    assert gone not in server.bodies[1]
    assert gone not in server.bodies[2]
    assert instead is None or server.bodies[2][instead] == 99


async def test_a_server_without_strict_schemas_is_asked_for_plain_json(server, chat, completion, refusal):
    """json_schema falls back to json_object, and that to no format at all."""
    server.answers(
        (400, refusal("response_format json_schema is not supported", "response_format")),
        (400, refusal("response_format is not supported", "response_format")),
        (200, completion("{}")),
    )
    await chat.complete(ASKED)
    assert server.bodies[1]["response_format"] == {"type": "json_object"}
    assert "response_format" not in server.bodies[2]


async def test_learning_ends(server, chat, refusal):
    """A server that refuses everything gets each variant once, then the episode is given up."""
    server.answers(*[(400, refusal("unsupported: temperature", "temperature"))] * 2)
    with pytest.raises(EpisodeFault):
        await chat.complete(ASKED)
    assert len(server.bodies) == 2


async def test_concurrent_calls_learn_together(server, chat, completion, refusal):
    """A refusal that another call has learned from already is no reason to give up."""
    both = asyncio.Barrier(2)

    async def refuse(_):
        await both.wait()
        return web.json_response(refusal("Unsupported parameter: 'temperature'", "temperature"), status=400)

    server.answers(refuse, refuse, (200, completion("a")), (200, completion("b")))
    async with asyncio.TaskGroup() as group:
        calls = [group.create_task(chat.complete(ASKED)) for _ in range(2)]
    assert {call.result().text for call in calls} == {"a", "b"}


@pytest.mark.parametrize(
    "case",
    [
        ({"text": "cut", "finish": "length"}, (Finish.LENGTH, "cut")),
        ({"text": None, "refusal": "I won't."}, (Finish.REFUSED, "I won't.")),
        ({"text": "", "finish": "content_filter"}, (Finish.REFUSED, "")),
        ({"text": None, "finish": "odd_reason"}, (Finish.STOP, "")),
    ],
)
async def test_why_the_model_stopped_is_told(server, chat, completion, case):
    """Cut-off answers and refusals are answers with a finish, not exceptions."""
    body, told = case
    server.answers((200, completion(**body)))
    answer = await chat.complete(ASKED)
    assert (answer.finish, answer.text) == told


async def test_throttling_is_not_retried_here(server, chat, refusal):
    """One retry layer only: a 429 costs one request and leaves with its Retry-After."""
    server.answers((429, refusal("slow down"), {"Retry-After": "3"}))
    with pytest.raises(WorldFault) as fault:
        await chat.complete(ASKED)
    assert fault.value.retry_after_s == 3.0
    assert len(server.bodies) == 1


@pytest.mark.parametrize(
    "body",
    [
        "<html>gateway</html>",
        b'{"choices": [{',
        b"\xff\xfe{",
        {"choices": [], "object": "chat.completion"},
        {"choices": None},
        {"choices": {"first": "a"}},
        {"choices": ["a"]},
        {"choices": [{"index": 0}]},
        {"choices": [{"index": 0, "message": None}]},
        {"choices": [{"index": 0, "message": {"content": 7}}]},
        {"choices": [{"index": 0, "message": {"content": ["a"]}}]},
        {"result": "done"},
        [],
    ],
)
async def test_a_body_that_is_no_answer_is_the_worlds_fault(server, chat, body):
    """A proxy's page with status 200, or an answer without choices, is tried again later."""
    server.answers((200, body))
    with pytest.raises(WorldFault):
        await chat.complete(ASKED)


async def test_a_wrong_key_is_the_users_to_mend(server, chat, refusal):
    """401 stops the command with advice."""
    server.answers((401, refusal("Incorrect API key provided", code="invalid_api_key")))
    with pytest.raises(UserError, match="OPENAI_API_KEY"):
        await chat.complete(ASKED)


async def test_a_slow_answer_ends_at_the_total_limit(server):
    """The limit is for the whole call, not for each read."""

    async def never(_):
        await asyncio.Event().wait()

    server.answers(never)
    chat = OpenAiChat(LlmSettings(timeout_s=0.05), "k", server.base_url)
    with pytest.raises(WorldFault, match="time"):
        await chat.complete(ASKED)
    await chat.aclose()


async def test_nobody_listening_is_the_worlds_fault():
    """A refused connection leaves as an outage of the model."""
    chat = OpenAiChat(LlmSettings(timeout_s=5), "k", "http://127.0.0.1:9/v1")
    with pytest.raises(WorldFault) as fault:
        await chat.complete(ASKED)
    assert fault.value.dependency == "llm"
    await chat.aclose()


async def test_a_cancelled_call_leaves_the_client_usable(server, chat, completion):
    """Cancellation mid-call closes that request; the next one is answered."""
    reached = asyncio.Event()

    async def hangs(_):
        reached.set()
        await asyncio.Event().wait()

    server.answers(hangs, (200, completion("after")))
    async with asyncio.TaskGroup() as group:
        call = group.create_task(chat.complete(ASKED))
        await reached.wait()
        call.cancel()
    assert call.cancelled()
    assert (await chat.complete(ASKED)).text == "after"


async def test_a_closed_model_opens_again(server, chat, completion):
    """Closing releases connections; nothing else is lost."""
    server.answers((200, completion("1")), (200, completion("2")))
    await chat.complete(ASKED)
    await chat.aclose()
    assert (await chat.complete(ASKED)).text == "2"


async def test_an_endpoint_without_a_key_gets_a_placeholder(server, completion):
    """Local servers take any key; the environment's is not used behind our back."""
    server.answers((200, completion("ok")))
    chat = OpenAiChat(LlmSettings(), None, server.base_url)
    await chat.complete(ASKED)
    assert server.headers[0]["Authorization"] == "Bearer none"
    await chat.aclose()


async def test_a_prepared_client_is_used_and_preparing_twice_is_harmless(server, chat, completion):
    """The client is opened beforehand, without a request; closing it opens another one later."""
    server.answers((200, completion("1")), (200, completion("2")))
    await chat.prepare()
    client = chat._client
    await chat.prepare()
    assert chat._client is client
    assert not server.bodies
    assert (await chat.complete(ASKED)).text == "1"
    assert chat._client is client
    await chat.aclose()
    assert (await chat.complete(ASKED)).text == "2"


async def test_preparing_beside_a_call_leaves_one_client(server, chat, completion):
    """Whichever comes first is kept."""
    server.answers((200, completion("1")), (200, completion("2")))
    async with asyncio.TaskGroup() as group:
        group.create_task(chat.prepare())
        group.create_task(chat.complete(ASKED))
    client = chat._client
    await chat.complete(ASKED)
    assert chat._client is client
