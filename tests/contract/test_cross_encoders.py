"""Judges of passages, against servers that speak their protocols: scores by place, faults as families."""

import asyncio
import json
import math

import pytest
from aiohttp import web

from consumer.errors import UserError, WorldFault
from consumer.llm.client import Endpoint
from consumer.llm.relevance import LogprobJudge
from consumer.search.rerank_endpoint import RerankEndpoint
from consumer.settings.search import SearchSettings

PASSAGES = ["Ada drinks tea", "Bob sells boats", "Ada drinks tea", "tea tea"]


def relevance(query, passage):
    """The share of the passage's words that the question has."""
    asked = set(query.casefold().split())
    words = passage.casefold().split()
    return sum(word in asked for word in words) / len(words)


class Server:
    """One HTTP server whose answer a test decides; notes what it is asked."""

    def __init__(self, answer, status=200):
        self.answer, self.status, self.asked, self.headers = answer, status, [], []

    async def handle(self, request):
        body = await request.json()
        self.asked.append(body)
        self.headers.append(request.headers)
        return web.Response(
            text=json.dumps(self.answer(body)) if callable(self.answer) else self.answer,
            status=self.status,
            content_type="application/json",
        )

    async def __aenter__(self):
        app = web.Application()
        app.router.add_post("/{path:.*}", self.handle)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        await self._runner.cleanup()


def cohere(body):
    """As vLLM, Jina and Cohere answer: best first."""
    rows = [{"index": n, "relevance_score": relevance(body["query"], text)} for n, text in enumerate(body["documents"])]
    return {"results": sorted(rows, key=lambda row: -row["relevance_score"])}


def bare(body):
    """As text-embeddings-inference answers: a list, best first."""
    rows = [{"index": n, "score": relevance(body["query"], text)} for n, text in enumerate(body["texts"])]
    return sorted(rows, key=lambda row: -row["score"])


def rerank(server, **more):
    return RerankEndpoint(SearchSettings(rerank_url=f"{server.url}/rerank", **more))


@pytest.mark.parametrize("answer", [cohere, bare])
async def test_a_rerank_endpoint_s_scores_come_back_in_order(answer):
    """Whatever their order and names in the answer; equal passages have one each; key and model are sent."""
    async with Server(answer) as server:
        judge = rerank(server, rerank_api_key="secret", rerank_model="m")
        try:
            scores = await judge.scores("tea Ada", PASSAGES)
            assert await judge.scores("tea", []) == []
        finally:
            await judge.aclose()
    assert scores == [relevance("tea Ada", passage) for passage in PASSAGES]
    assert server.headers[0]["Authorization"] == "Bearer secret"
    assert server.asked[0]["model"] == "m"
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "status", "family"),
    [
        ("{}", 500, WorldFault),
        ("{}", 429, WorldFault),
        ("{}", 404, UserError),
        ("not json", 200, UserError),
        ("{}", 200, UserError),
    ],
)
async def test_a_rerank_endpoint_s_faults_are_families(answer, status, family):
    """What is down passes, what is wrongly set is told with the setting."""
    async with Server(answer, status) as server:
        judge = rerank(server)
        try:
            with pytest.raises(family):
                await judge.scores("tea", PASSAGES)
        finally:
            await judge.aclose()


async def test_a_rerank_endpoint_that_is_not_there_is_an_outage():
    """And one that is silent, too."""
    judge = RerankEndpoint(SearchSettings(rerank_url="http://127.0.0.1:9/rerank", rerank_timeout_s=1))
    try:
        with pytest.raises(WorldFault):
            await judge.scores("tea", PASSAGES)
    finally:
        await judge.aclose()


def judged(body):
    """A chat model that says how sure it is that the passage helps."""
    asked = body["messages"][-1]["content"]
    query = asked.split("<QUESTION>\n")[1].split("\n</QUESTION>")[0]
    passage = asked.split("<PASSAGE>\n")[1].split("\n</PASSAGE>")[0]
    yes = min(max(relevance(query, passage), 0.01), 0.99)
    top = [
        {"token": " True", "logprob": math.log(yes * 0.9), "bytes": None},
        {"token": "true", "logprob": math.log(yes * 0.1), "bytes": None},
        {"token": "False", "logprob": math.log(1 - yes), "bytes": None},
    ]
    content = [{**top[0], "top_logprobs": top}]
    return answered(body, {"content": content})


def answered(body, logprobs):
    """A chat completion."""
    choice = {"index": 0, "finish_reason": "length", "message": {"role": "assistant", "content": "True"}}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [choice | {"logprobs": logprobs}],
    }


async def test_a_chat_model_s_certainty_is_the_score():
    """The alternatives of its one token add up; equal passages are asked about once, and not too many at once."""
    async with Server(judged) as server:
        judge = LogprobJudge(Endpoint("key", server.url), "small", 2)
        try:
            scores = await judge.scores("tea Ada", PASSAGES)
        finally:
            await judge.aclose()
    assert scores == pytest.approx([min(max(relevance("tea Ada", each), 0.01), 0.99) for each in PASSAGES])
    assert len(server.asked) == 3
    assert all(body["logprobs"] and body["max_tokens"] == 1 for body in server.asked)


async def test_a_chat_model_without_log_probabilities_is_told_with_the_setting():
    """It cannot judge."""
    async with Server(lambda body: answered(body, None)) as server:
        judge = LogprobJudge(Endpoint("key", server.url), "small", 2)
        try:
            with pytest.raises(UserError, match="JUDGE_MODEL"):
                await judge.scores("tea", PASSAGES)
        finally:
            await judge.aclose()


async def test_a_chat_model_that_is_down_is_an_outage():
    """One fault leaves, not a group of them; and a cancelled judging leaves nothing running."""
    async with Server("{}", 503) as server:
        judge = LogprobJudge(Endpoint("key", server.url), "small", 2)
        try:
            with pytest.raises(WorldFault):
                await judge.scores("tea", PASSAGES)
            task = asyncio.create_task(judge.scores("tea", PASSAGES))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        finally:
            await judge.aclose()
