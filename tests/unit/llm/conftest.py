"""A scripted OpenAI-compatible server: each request is answered by the next of the responses a test has laid out."""

import pytest
from aiohttp import web

from consumer.llm.chat import OpenAiChat
from consumer.settings import LlmSettings


class ScriptedServer:
    """Answers POSTs in order; keeps their bodies and headers."""

    def __init__(self):
        self.responses = []
        self.bodies = []
        self.headers = []
        self.base_url = ""

    def answers(self, *responses):
        """Lay out responses: (status, body) or (status, body, headers), or a coroutine function of the request."""
        self.responses.extend(responses)

    async def handle(self, request):
        """Answer with the next response."""
        self.bodies.append(await request.json())
        self.headers.append(dict(request.headers))
        response = self.responses.pop(0)
        if callable(response):
            return await response(request)
        status, body, *headers = response
        if isinstance(body, bytes):
            return web.Response(status=status, body=body, content_type="application/json")
        if isinstance(body, str):
            return web.Response(status=status, text=body, headers=headers[0] if headers else None)
        return web.json_response(body, status=status, headers=headers[0] if headers else None)


def completion(text, finish="stop", **message):
    """The body of a chat completion."""
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 0,
        "model": "served-model",
        "choices": [
            {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text, **message}}
        ],
        "usage": {
            "prompt_tokens": 7,
            "completion_tokens": 3,
            "total_tokens": 10,
            "prompt_tokens_details": {"cached_tokens": 5},
        },
    }


def refusal(message, param=None, code=None, kind="invalid_request_error"):
    """The body of an error."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


@pytest.fixture
async def server():
    """A scripted server on loopback."""
    scripted = ScriptedServer()
    app = web.Application()
    app.add_routes([web.post("/v1/{tail:.*}", scripted.handle)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    scripted.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    yield scripted
    await runner.cleanup()


@pytest.fixture
async def chat(server):
    """A chat model that asks the scripted server."""
    model = OpenAiChat(LlmSettings(model="asked-model", timeout_s=5), "the-key", server.base_url)
    yield model
    await model.aclose()


@pytest.fixture(name="completion")
def _completion():
    return completion


@pytest.fixture(name="refusal")
def _refusal():
    return refusal
