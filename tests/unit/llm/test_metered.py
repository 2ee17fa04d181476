"""Every call that may be billed is counted once, by model, and divided among its episodes."""

import asyncio
import contextlib
import socket

import numpy as np
import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from consumer.errors import EpisodeFault, WorldFault
from consumer.llm.chat import OpenAiChat
from consumer.llm.embeddings import OpenAiEmbeddings
from consumer.llm.exchange import ChatRequest, Usage
from consumer.llm.expected import Expectation
from consumer.llm.metered import Meter, MeteredChat, MeteredEmbeddings
from consumer.llm.prices import PriceTable
from consumer.settings import EmbeddingSettings, LlmSettings, Price, TelemetrySettings
from consumer.telemetry import names
from consumer.telemetry.setup import configure

PRICES = PriceTable({"asked-model": Price(input=1.0, cached_input=0.5, output=2.0)})
REQUEST = ChatRequest("system", "user text", about=(("alice", 30), ("bob", 10)))
COST = (2 * 1.0 + 5 * 0.5 + 3 * 2.0) / 1e6
"""Of the scripted server's answer: 7 LLM tokens in, 5 of them cached, 3 out."""


class Figures:
    """The metrics of one test."""

    def __init__(self):
        self.reader = InMemoryMetricReader()

    def points(self, name):
        """Return the data points of a metric."""
        data = self.reader.get_metrics_data()
        return [
            point
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]

    def tokens(self):
        """Return LLM tokens by type and by who counted them."""
        return {
            (point.attributes[names.GEN_AI_TOKEN_TYPE], point.attributes[names.USAGE_SOURCE]): point.value
            for point in self.points(names.LLM_TOKENS)
        }

    def total(self, name):
        """Return a counter's sum over all attributes."""
        return sum(point.value for point in self.points(name))


@pytest.fixture
def figures():
    """Metrics are on, two groups are told by name."""
    found = Figures()
    with configure(TelemetrySettings(group_labels=1), metric_readers=[found.reader]):
        yield found


def metered(server, prices=PRICES, on_cost=None, timeout_s=5.0):
    """A metered client of the scripted server."""
    client = OpenAiChat(LlmSettings(model="asked-model", timeout_s=timeout_s), "k", server.base_url)
    return MeteredChat(client, Meter("asked-model", "chat", prices, on_cost))


async def test_an_answer_is_counted_by_what_the_server_reports(server, completion, figures):
    """Tokens by type, USD by the price table, the share of the prompt that was cached."""
    server.answers((200, completion("yes")))
    spent = []
    async with contextlib.aclosing(metered(server, on_cost=spent.append)) as chat:
        await chat.complete(REQUEST)
    assert figures.tokens() == {("input", "reported"): 7, ("cached", "reported"): 5, ("output", "reported"): 3}
    assert figures.total(names.LLM_COST) == pytest.approx(COST)
    assert spent == [pytest.approx(COST)]
    assert figures.points(names.LLM_CACHED_SHARE)[0].value == pytest.approx(5 / 7)


async def test_m1_the_parts_of_the_episodes_add_up_to_the_call(server, completion, figures):
    """By characters: three quarters are alice's, and only one group is told by name."""
    server.answers((200, completion("yes")))
    async with contextlib.aclosing(metered(server)) as chat:
        await chat.complete(REQUEST)
    tokens = {point.attributes[names.GROUP]: point.sum for point in figures.points(names.LLM_EPISODE_TOKENS)}
    cost = {point.attributes[names.GROUP]: point.sum for point in figures.points(names.LLM_EPISODE_COST)}
    assert tokens == {"alice": pytest.approx(7.5), "other": pytest.approx(2.5)}
    assert cost == {"alice": pytest.approx(COST * 0.75), "other": pytest.approx(COST * 0.25)}


async def test_m2_without_a_price_tokens_are_counted_and_cost_is_in_no_figure(server, completion, figures):
    """The unpriced call is told."""
    server.answers((200, completion("yes")))
    async with contextlib.aclosing(metered(server, PriceTable())) as chat:
        await chat.complete(REQUEST)
    assert figures.total(names.LLM_TOKENS) == 15
    assert figures.total(names.LLM_UNPRICED) == 1
    assert not figures.points(names.LLM_COST)
    assert not figures.points(names.LLM_EPISODE_COST)


async def test_m3_a_server_that_tells_no_usage_is_estimated(server, completion, figures):
    """The prompt by our estimate, the answer by its text."""
    body = completion("four tokens here")
    del body["usage"]
    server.answers((200, body))
    async with contextlib.aclosing(metered(server)) as chat:
        await chat.complete(REQUEST)
    assert figures.tokens() == {("input", "estimated"): 5, ("output", "estimated"): 4}


async def test_m3_a_cut_off_or_refused_answer_is_counted(server, completion, figures):
    """What is of no use is paid all the same."""
    server.answers((200, completion("{", finish="length")), (200, completion("", refusal="no")))
    async with contextlib.aclosing(metered(server)) as chat:
        await chat.complete(REQUEST)
        await chat.complete(REQUEST)
    assert figures.tokens()["input", "reported"] == 14


async def test_m3_a_broken_answer_and_one_too_late_are_estimated(server, figures):
    """The server worked on them: a page of HTML, and silence beyond the limit."""

    async def silence(_request):
        await asyncio.sleep(5)

    server.answers((200, "<html>"), silence)
    chat = metered(server, timeout_s=1.0)
    async with contextlib.aclosing(chat):
        for _ in range(2):
            with pytest.raises(WorldFault):
                await chat.complete(REQUEST)
    assert figures.tokens()["input", "estimated"] == 2 * Expectation().of(REQUEST).input_tokens


async def test_m3_a_call_that_is_given_up_is_estimated(server, figures):
    """As the slower one of two that were sent for the same question."""
    begun = asyncio.Event()

    async def silence(_request):
        begun.set()
        await asyncio.sleep(5)

    server.answers(silence)
    async with contextlib.aclosing(metered(server)) as chat:
        call = asyncio.create_task(chat.complete(REQUEST))
        await begun.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    assert figures.tokens()["input", "estimated"] == Expectation().of(REQUEST).input_tokens


@pytest.mark.parametrize("status", [400, 429, 500])
async def test_m3_a_refused_call_is_not_counted(server, refusal, figures, status):
    """No provider charges for an error that it answers with."""
    server.answers((status, refusal("no")))
    async with contextlib.aclosing(metered(server)) as chat:
        with pytest.raises((WorldFault, EpisodeFault)):
            await chat.complete(REQUEST)
    assert not figures.points(names.LLM_TOKENS)


async def test_m3_a_call_that_reached_nobody_is_not_counted(server, figures):
    """No connection, no bill."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        server.base_url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
    async with contextlib.aclosing(metered(server)) as chat:
        with pytest.raises(WorldFault):
            await chat.complete(REQUEST)
    assert not figures.points(names.LLM_TOKENS)


async def test_nothing_is_told_while_nobody_listens_but_the_cost_is_heard(server, completion):
    """A budget holds without metrics."""
    server.answers((200, completion("yes")))
    spent = []
    async with contextlib.aclosing(metered(server, on_cost=spent.append)) as chat:
        await chat.complete(REQUEST)
    assert spent == [pytest.approx(COST)]


def vectors(*rows, usage=None):
    """An embeddings answer with the rows as lists."""
    data = [{"object": "embedding", "index": n, "embedding": row} for n, row in enumerate(rows)]
    return {"object": "list", "data": data, "model": "m", "usage": usage}


async def test_embeddings_are_counted_alike(server, refusal, figures):
    """Reported, not reported, of no use, and refused."""
    used = {"prompt_tokens": 4, "total_tokens": 4}
    server.answers(
        (200, vectors([1.0, 2.0], usage=used)),
        (200, vectors([1.0, 2.0])),
        (200, vectors([1.0], usage=used)),
        (500, refusal("no")),
    )
    heard = []
    client = OpenAiEmbeddings(EmbeddingSettings(model="asked-model", dimension=2), "k", server.base_url)
    async with contextlib.aclosing(MeteredEmbeddings(client, Meter("asked-model", "embeddings", PRICES))) as model:
        assert (model.name, model.dimension) == ("asked-model", 2)
        assert np.array_equal(await model.embed(["twelve chars"], on_usage=heard.append), [[1.0, 2.0]])
        await model.embed(["twelve chars"])
        for _ in range(2):
            with pytest.raises(WorldFault):
                await model.embed(["twelve chars"])
    assert heard == [4]
    assert figures.tokens() == {("input", "reported"): 8, ("input", "estimated"): 3}
    assert not figures.points(names.LLM_CACHED_SHARE)


def test_cached_share_forgets_old_calls(figures):
    """It is about the last hundred calls: a cache that begins to work shows within minutes."""
    meter = Meter("m", "chat", PriceTable())
    for cached in [0] * 1_000 + [900] * 500:
        meter.add(Usage(1_000, 10, cached))
    assert figures.points(names.LLM_CACHED_SHARE)[0].value == pytest.approx(0.9, abs=0.01)
