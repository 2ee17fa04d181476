"""The models of the tiers: what each is asked for, what they share, what a call's span says."""

import asyncio

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from consumer.app.build_models import chat_models
from consumer.llm.chat import OpenAiChat
from consumer.llm.exchange import ChatAnswer, ChatRequest
from consumer.llm.hedge import HedgedChat
from consumer.llm.latency import AT_LEAST
from consumer.llm.limiter import Limiter
from consumer.llm.routing import Task, Tier, decide
from consumer.llm.tiers import TierChat, tier_settings
from consumer.settings import LlmSettings, Settings, TelemetrySettings
from consumer.telemetry import names
from consumer.telemetry.labels import labelled
from consumer.telemetry.setup import configure
from consumer.testing.simulator import Simulator
from consumer.testing.simulator_profile import Profile

TIERS = {
    "fast": {"model": "small", "temperature": None, "max_output_tokens": 1_000},
    "accurate": {"model": "large", "reasoning_effort": "high", "timeout_s": 120},
}
LLM = LlmSettings.model_validate({"model": "middle", "max_output_tokens": 4_000, "tiers": TIERS})


@pytest.fixture
def telemetry():
    """Ended spans, and a reader of metrics."""
    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
    with configure(TelemetrySettings(), span_exporters=[spans], metric_readers=[reader]):
        yield spans, reader


class Kept:
    """A model that keeps what it was asked."""

    name = "openai/m"

    def __init__(self):
        self.requests = []
        self.is_prepared = False

    async def complete(self, request):
        """Keep it, and answer."""
        self.requests.append(request)
        return ChatAnswer("{}")

    async def prepare(self):
        """Note it."""
        self.is_prepared = True

    async def aclose(self):
        """Nothing is open."""


def settings(server, llm=LLM, **fields):
    """Settings of this server."""
    return Settings(llm=llm, openai_base_url=server.base_url, **fields)


async def test_each_tier_is_asked_with_what_it_has_of_its_own(server, completion):
    """What a tier does not name is as in the section; null leaves the temperature out."""
    chats = chat_models(settings(server), "k")
    server.answers(*[(200, completion("{}"))] * 4)
    for tier in Tier:
        await chats[tier].complete(ChatRequest("system", f"user {tier}", max_output_tokens=4_000))
        await chats[tier].aclose()
    told = [
        (body["model"], body.get("temperature"), body.get("max_completion_tokens"), body.get("reasoning_effort"))
        for body in server.bodies
    ]
    assert told == [
        ("small", None, 1_000, None),
        ("middle", 0.0, 4_000, None),
        ("large", 0.0, 4_000, "high"),
        ("middle", 0.0, 4_000, None),
    ]


async def test_tiers_of_the_same_settings_are_one_model(server):
    """So that their questions share calls; without tiers, all are one."""
    chats = chat_models(settings(server), "k")
    assert chats[Tier.BALANCED]._inner is chats[Tier.CREATIVE]._inner
    assert len({id(chat._inner) for chat in chats.values()}) == 3
    plain = chat_models(settings(server, LlmSettings(model="one")), "k")
    assert len({id(chat._inner) for chat in plain.values()}) == 1
    assert {chat.name for chat in plain.values()} == {"openai/one"}


async def test_a_model_has_one_limiter_whoever_names_it(server, refusal, completion, monkeypatch):
    """A tier's model that stands in for another's, and a tier that only thinks less: one limit for all."""
    made = []
    real = Limiter.__init__

    def told(self, model, *args, **fields):
        made.append((model, *args))
        real(self, model, *args, **fields)

    monkeypatch.setattr(Limiter, "__init__", told)
    llm = LlmSettings.model_validate(
        {
            "model": "middle",
            "requests_per_min": 7,
            "fallback_models": ["small", "middle"],
            "tiers": {"fast": {"model": "small"}, "accurate": {"reasoning_effort": "high"}},
        }
    )
    chat_models(settings(server, llm), "k")
    assert made == [("small", 11, None, None), ("middle", 11, 7, None)]


async def test_a_tier_falls_back_too(server, refusal, completion):
    """Its model is down: the section's fallback models stand in."""
    llm = LLM.model_copy(update={"fallback_models": ("spare",)})
    chats = chat_models(settings(server, llm), "k")
    server.answers((503, refusal("overloaded")), (200, completion("{}")))
    await chats[Tier.FAST].complete(ChatRequest("system", "user"))
    await chats[Tier.FAST].aclose()
    assert [body["model"] for body in server.bodies] == ["small", "spare"]


async def test_a_limit_of_output_tokens_is_told_in_proportion():
    """Twice the section's is twice the tier's; none is the tier's own."""
    kept = Kept()
    chat = TierChat(kept, Tier.FAST, LLM)
    for limit in (4_000, 8_000, 1, None):
        await chat.complete(ChatRequest("system", "user", max_output_tokens=limit))
    assert [request.max_output_tokens for request in kept.requests] == [1_000, 2_000, 1, None]
    await chat.prepare()
    assert kept.is_prepared


def test_a_tier_without_settings_is_the_section():
    """The very same, so that it is recognised as the same model."""
    assert tier_settings(LLM, Tier.BALANCED) is LLM
    assert tier_settings(LLM, Tier.ACCURATE).timeout_s == 120


def test_null_means_something_only_where_a_request_can_do_without():
    """A model that is null is the section's; a temperature that is null is none."""
    tiers = {"fast": dict.fromkeys(["model", "temperature", "reasoning_effort", "max_output_tokens", "timeout_s"])}
    told = tier_settings(LlmSettings.model_validate({"reasoning_effort": "low", "tiers": tiers}), Tier.FAST)
    assert (told.model, told.max_output_tokens, told.timeout_s) == ("gpt-4.1-mini", 8_192, 60.0)
    assert (told.temperature, told.reasoning_effort) == (None, None)


async def test_the_span_of_a_call_says_its_tier_and_why(server, completion, telemetry):
    """Through batching, limits and hedging; and the question is counted by its tier."""
    spans, reader = telemetry
    chats = chat_models(settings(server), "k")
    server.answers((200, completion("{}")))
    choice = decide(Task.EXTRACT, "Ana works at Acme.", 5, LLM.routing)
    with labelled({names.LLM_TIER_REASON: choice.reason}):
        await chats[choice.tier].complete(ChatRequest("system", "user"))
    await chats[choice.tier].aclose()
    (span,) = [span for span in spans.get_finished_spans() if span.name == "chat small"]
    assert span.attributes[names.LLM_TIER] == "fast"
    assert span.attributes[names.LLM_TIER_REASON] == "simple"
    assert names.LLM_IS_HEDGE not in span.attributes
    points = {
        metric.name: metric.data.data_points
        for resource in reader.get_metrics_data().resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    assert [dict(point.attributes) for point in points[names.LLM_ROUTED]] == [{names.LLM_TIER: "fast"}]


async def test_the_span_of_a_second_call_says_so(telemetry):
    """A hedge can be told from a first call, and hedges are counted."""
    spans, reader = telemetry
    async with Simulator(Profile(latency_ms=1)) as simulator:
        llm = LlmSettings(model="m")
        chat = HedgedChat(OpenAiChat(llm, "k", simulator.base_url), Limiter("m", 5), budget=1.0)
        for number in range(AT_LEAST):
            await chat.complete(ChatRequest("system", f"Ana works at Acme {number}."))
        simulator.profile = Profile(latency_ms=2_000)
        async with asyncio.timeout(30):
            await chat.complete(ChatRequest("system", "Ana works at Acme."))
        await chat.aclose()
    hedges = [span for span in spans.get_finished_spans() if span.attributes.get(names.LLM_IS_HEDGE)]
    assert len(hedges) >= 1
    told = {
        metric.name
        for resource in reader.get_metrics_data().resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }
    assert names.LLM_HEDGES in told


async def test_preparing_reaches_the_client_through_all_wrappers(server):
    """Cache, batches, fallback, limits, hedges, costs: the client of each model is open, and nothing was asked."""
    llm = LLM.model_copy(update={"fallback_models": ("spare",), "daily_budget_usd": None})
    chat = chat_models(settings(server, llm), "k")[Tier.BALANCED]
    await chat.prepare()
    chain = chat._inner._inner._inner
    clients = [limited._inner._inner for limited, _ in chain._models]
    assert [client.name for client in clients] == ["openai/middle", "openai/spare"]
    assert all(client._client is not None for client in clients)
    assert not server.bodies
    await chat.aclose()


async def test_azure_is_asked_with_the_version_of_the_settings(server, completion):
    """Key and version as Azure wants them, below whatever address."""
    server.answers((200, completion("{}")))
    told = settings(server, LlmSettings(model="deployed"), openai_api_version="2024-10-21")
    chat = chat_models(told, "the-key")[Tier.BALANCED]
    await chat.complete(ChatRequest("system", "user"))
    await chat.aclose()
    assert server.headers[0]["api-key"] == "the-key"
    assert "Authorization" not in server.headers[0]
