"""What calls cost, over real HTTP: counted where they are sent, held to the day's budget before that."""

import asyncio
import contextlib
from dataclasses import replace
from datetime import timedelta

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from consumer.app.build_models import chat_models, embedding_model
from consumer.app.estimate import Estimator
from consumer.clock import SystemClock
from consumer.errors import UserError, WorldFault
from consumer.extract.answer_schema import answer_schema
from consumer.extract.forecast import Forecaster
from consumer.extract.openai import OpenAiExtractor
from consumer.llm.exchange import AnswerFormat, ChatRequest
from consumer.llm.expected import format_tokens
from consumer.model.episode import ContextEpisode
from consumer.model.work import TopicPartition
from consumer.pipeline.context import ContextMemory
from consumer.settings import CacheSettings, EmbeddingSettings, LlmSettings, Price, Settings, TelemetrySettings, Tier
from consumer.telemetry import names
from consumer.telemetry.setup import configure
from consumer.testing.episodes import episode_of, record_of
from consumer.testing.generate import generate
from consumer.testing.simulator_profile import Profile

PRICES = {"sim-*": Price(input=1.0, output=2.0)}


@pytest.fixture
def counted():
    """Metrics are on; returns the sum of a counter by the attributes that are asked for."""
    reader = InMemoryMetricReader()

    def read(name, *attributes):
        sums = {}
        data = reader.get_metrics_data()
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.data.data_points if metric.name == name else ():
                        key = tuple(point.attributes[attribute] for attribute in attributes)
                        sums[key] = sums.get(key, 0) + getattr(point, "value", getattr(point, "sum", 0))
        return sums

    with configure(TelemetrySettings(), metric_readers=[reader]):
        yield read


def settings_of(simulator, cache=None, **llm):
    """The settings of a pod that asks the simulator."""
    return Settings(
        openai_base_url=simulator.base_url,
        cache=cache or CacheSettings(),
        llm=LlmSettings(**{"model": "sim-chat", "prices": PRICES, "timeout_s": 5, **llm}),
        embedding=EmbeddingSettings(model="sim-embedding"),
    )


def question(number):
    """A question that no other is, about two groups' episodes; nothing is kept of it."""
    return ChatRequest("Read this.", f"Question {number}. Ada works at Acme.", about=(("a", 10), ("b", 30)))


async def test_all_that_the_server_counts_is_in_the_figures(simulator, counted):
    """Tokens by type, their price, and the episodes' parts add up to what the simulator reports."""
    async with contextlib.aclosing(chat_models(settings_of(simulator), "k")[Tier.BALANCED]) as chat:
        answers = [await chat.complete(question(number)) for number in range(5)]
    given = sum(answer.usage.input_tokens for answer in answers)
    answered = sum(answer.usage.output_tokens for answer in answers)
    tokens = counted(names.LLM_TOKENS, names.GEN_AI_REQUEST_MODEL, names.GEN_AI_TOKEN_TYPE, names.USAGE_SOURCE)
    assert given > 0
    assert tokens[("sim-chat", "input", "reported")] == given
    assert tokens[("sim-chat", "output", "reported")] == answered
    assert counted(names.LLM_COST)[()] == pytest.approx((given + 2 * answered) / 1e6)
    assert counted(names.LLM_EPISODE_TOKENS)[()] == pytest.approx(given + answered)


async def test_a_fallback_and_the_call_that_failed_before_it_are_told_apart(simulator, counted):
    """An error is not billed; the model that answers instead is counted under its own name."""
    simulator.profile = Profile(rate_garbage=1.0)
    settings = settings_of(simulator, fallback_models=("sim-small",))
    async with contextlib.aclosing(chat_models(settings, "k")[Tier.BALANCED]) as chat:
        with pytest.raises(WorldFault):
            await chat.complete(question(0))
        simulator.profile = Profile(rate_500=1.0)
        with pytest.raises(WorldFault):
            await chat.complete(question(1))
    tokens = counted(names.LLM_TOKENS, names.GEN_AI_REQUEST_MODEL, names.USAGE_SOURCE)
    assert set(tokens) == {("sim-chat", "estimated"), ("sim-small", "estimated")}
    assert tokens[("sim-chat", "estimated")] == tokens[("sim-small", "estimated")]
    assert simulator.stats.chat_calls == 4


async def test_embeddings_are_counted_and_a_model_without_price_is_told(simulator, counted):
    """By the same table; without an entry there is no cost."""
    for prices in (PRICES, {}):
        model = embedding_model(settings_of(simulator, prices=prices), "k")
        async with contextlib.aclosing(model):
            await model.embed(["twelve chars"])
    tokens = counted(names.LLM_TOKENS, names.GEN_AI_OPERATION, names.GEN_AI_TOKEN_TYPE, names.USAGE_SOURCE)
    assert tokens == {("embeddings", "input", "reported"): 6}
    assert counted(names.LLM_COST) == {(): pytest.approx(3e-6)}
    assert counted(names.LLM_UNPRICED, names.GEN_AI_REQUEST_MODEL) == {("sim-embedding",): 1}


async def test_a_spent_day_sends_nothing_and_a_restart_knows(simulator, tmp_path):
    """The disk keeps the sum: a pod that starts anew is as poor as the one before."""
    cache = CacheSettings(disk_dir=tmp_path)
    first = await _spend_all(settings_of(simulator, cache, daily_budget_usd=0.001))
    assert 1 <= first == simulator.stats.chat_calls
    assert await _spend_all(settings_of(simulator, cache, daily_budget_usd=0.001)) == 0
    assert simulator.stats.chat_calls == first
    assert await _spend_all(settings_of(simulator, cache, daily_budget_usd=0.002)) >= 1


async def _spend_all(settings):
    """Ask until the budget refuses; return how many calls were answered."""
    if SystemClock().now().date() != (SystemClock().now() + timedelta(seconds=30)).date():
        pytest.skip("a day of UTC ends just now")
    async with contextlib.aclosing(chat_models(settings, "k")[Tier.BALANCED]) as chat:
        answered = []
        with pytest.raises(WorldFault, match="USD are spent") as refused:
            await _ask_on(chat, answered)
        assert refused.value.is_throttling
        return len(answered)


async def _ask_on(chat, answered):
    """Ask one question after another, a thousand at most."""
    for number in range(1_000):
        answered.append(await chat.complete(question(number)))


def test_a_budget_without_a_price_is_refused_at_the_start(simulator):
    """Nobody believes in a limit that cannot hold."""
    with pytest.raises(UserError, match=r"price of mystery is unknown: name it in EPISODES_LLM__PRICES"):
        chat_models(settings_of(simulator, model="mystery", daily_budget_usd=1.0), "k")
    with pytest.raises(UserError, match="price of mystery"):
        chat_models(settings_of(simulator, fallback_models=("mystery",), daily_budget_usd=1.0), "k")


async def test_the_forecast_is_what_the_server_counts(simulator):
    """Prompts of episodes with context, asked one by one: by our estimate and by the provider's count, within 3 %."""
    settings = settings_of(simulator)
    forecaster, expected, episodes = Forecaster(settings.pipeline), 0, []
    for offset, event in enumerate(generate(5, 40, content_bytes=300)):
        one = episode_of(event, offset)
        context = tuple(ContextEpisode(e.name, e.content, e.reference_time) for e in episodes[-4:])
        episodes.append(replace(one, context=context))
    async with contextlib.aclosing(OpenAiExtractor(chat_models(settings, "k"), settings.llm)) as extractor:
        for one in episodes:
            await extractor.extract(one)
            expected += forecaster.of(one).alone.input_tokens
    schema_tokens = format_tokens(AnswerFormat("", answer_schema()))  # which the simulator does not count
    expected -= schema_tokens * len(episodes)
    assert simulator.stats.chat_calls == 40
    assert expected == pytest.approx(simulator.stats.prompt_chars / 4, rel=0.03)


async def test_an_estimate_of_a_backlog_is_what_it_takes(simulator):
    """Three hundred short episodes, together: calls and prompt within a quarter of what was estimated before."""
    settings = settings_of(simulator)
    estimator, events = Estimator(settings), generate(9, 300, 3)
    for offset, event in enumerate(events):
        estimator.add(record_of(event, offset))
    before = estimator.result()
    forecaster = Forecaster(settings.pipeline)
    schema_tokens = format_tokens(AnswerFormat("", answer_schema()))
    context = ContextMemory(settings.pipeline.context_episodes, settings.pipeline.context_span, 2_000)
    places = asyncio.Semaphore(100)
    async with contextlib.aclosing(OpenAiExtractor(chat_models(settings, "k"), settings.llm)) as extractor:

        async def read(one):
            async with places:
                await extractor.extract(one)

        async with asyncio.TaskGroup() as tasks:
            for offset, event in enumerate(events):
                one = episode_of(event, offset)
                earlier = context.before(TopicPartition("episodes", 0), offset, one.group_id)
                context.add(TopicPartition("episodes", 0), offset, one)
                if forecaster.of(one).parts:
                    tasks.create_task(read(replace(one, context=earlier)))
    (use,) = before.models
    prompt = use.usage.input_tokens - schema_tokens * before.calls
    print(f"estimated {before.calls} calls, {prompt} tokens; took {simulator.stats.chat_calls} calls")
    assert simulator.stats.chat_calls == pytest.approx(before.calls, rel=0.25)
    assert simulator.stats.prompt_chars / 4 == pytest.approx(prompt, rel=0.25)


async def test_a_hedge_that_lost_is_counted_too(simulator, counted):
    """In a run with a heavy tail each request that is sent is in the figures, answered or given up."""
    simulator.profile = Profile(latency_ms=20, latency="heavy")
    settings = settings_of(simulator, hedge_budget=0.5, batch_episodes=1)
    async with contextlib.aclosing(chat_models(settings, "k")[Tier.BALANCED]) as chat:
        answers = [await chat.complete(question(1_000 + number)) for number in range(150)]
    tokens = counted(names.LLM_TOKENS, names.GEN_AI_TOKEN_TYPE, names.USAGE_SOURCE)
    sent, each = len(answers) + counted(names.LLM_HEDGES)[()], answers[0].usage.input_tokens
    print(f"{sent} requests for {len(answers)} answers, {simulator.stats.chat_calls} seen by the server: {tokens}")
    assert sent > len(answers)
    assert sent >= simulator.stats.chat_calls
    assert tokens["input", "reported"] >= len(answers) * each
    assert tokens["input", "reported"] + tokens["input", "estimated"] == pytest.approx(sent * each, rel=0.01)
