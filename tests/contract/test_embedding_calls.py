"""How many embedding calls a backlog costs: the real stages and the real embedder, over HTTP, on a store in memory."""

import asyncio
import random

import pytest

from consumer.app.build import build_embedder
from consumer.clock import SystemClock
from consumer.embed.cached import CachedEmbedder
from consumer.embed.openai import OpenAiEmbedder
from consumer.errors import WorldFault
from consumer.llm.embeddings import OpenAiEmbeddings
from consumer.model.work import TopicPartition
from consumer.pipeline.supervisor import Pipeline
from consumer.settings import EmbeddingSettings, Engine, PipelineSettings, Settings
from consumer.telemetry.observed import PipelineTelemetry
from consumer.testing.episodes import record_of
from consumer.testing.fakes import FakeDeadLetterSink, FakeExtractor, FakeGraphStore
from consumer.testing.generate import generate
from consumer.testing.simulator_profile import Profile

PARTITION = TopicPartition("episodes", 0)
MEAN_S = 0.1


def latency(seed):
    """Seconds that extracting an episode takes: log-normal about the mean, the same for each run."""
    rng = random.Random(seed)
    return lambda _episode: MEAN_S * rng.lognormvariate(-0.18, 0.6)


async def read(simulator, records, **settings):
    """Read the records to the end; return the store, and how many embedding calls that took."""
    embedding = EmbeddingSettings(dimension=64)
    embedder = CachedEmbedder(OpenAiEmbedder(OpenAiEmbeddings(embedding, "k", simulator.base_url)), embedding)
    store = FakeGraphStore()
    pipeline = Pipeline(
        extractor=FakeExtractor(SystemClock(), latency(1)),
        embedder=embedder,
        store=store,
        dead_letters=FakeDeadLetterSink(),
        settings=PipelineSettings(**settings),
        telemetry=PipelineTelemetry("test"),
    )
    pipeline.assign({PARTITION: 0})
    async with asyncio.timeout(400), asyncio.TaskGroup() as tasks:
        tasks.create_task(pipeline.run())
        waiting = list(records)
        while waiting:
            waiting = waiting[pipeline.offer(waiting) :]
            await asyncio.sleep(0.01)
        pipeline.close()
    await embedder.aclose()
    return store, simulator.stats.embedding_calls


async def test_a_backlog_of_short_episodes_costs_a_tenth_of_a_call_each(simulator):
    """300 chat episodes of 5 groups, each extracted by itself: 0.1 embedding calls an episode at most."""
    simulator.profile = Profile(latency_ms=60)
    records = [record_of(event, number) for number, event in enumerate(generate(21, 300, 5))]
    store, calls = await read(simulator, records)
    assert len(store.episodes) == 300
    assert all(kept.vectors for kept in store.episodes.values() if kept.knowledge.assertions)
    print(f"{calls} embedding calls for 300 episodes: {calls / 300:.3f} an episode")
    assert calls / 300 <= 0.1


async def test_a_quick_model_is_asked_about_more_texts_at_a_time(simulator):
    """The embedder of a pod: a hundred texts a call at first, twice as many after three, up to what is set."""
    simulator.profile = Profile(embedding_latency_ms=5)
    settings = Settings(
        embedder=Engine.OPENAI,
        openai_api_key="k",
        openai_base_url=simulator.base_url,
        embedding={"dimension": 16, "max_batch_size": 300},
    )
    embedder = build_embedder(settings)
    rows = await embedder.embed([f"text {number}" for number in range(1_500)])
    await embedder.aclose()
    assert rows.shape == (1_500, 16)
    assert simulator.stats.embedding_calls == 8  # three of 100, three of 200, two of 300


async def test_a_call_that_hangs_says_how_long_it_took(simulator):
    """Given up after its limit, it counts as slow; a failure that came at once says nothing of its size."""
    simulator.profile = Profile(rate_hang=1.0)
    told = []
    settings = EmbeddingSettings(dimension=16, timeout_s=2.0)
    model = OpenAiEmbeddings(settings, "k", simulator.base_url, on_call=lambda *one: told.append(one))
    with pytest.raises(WorldFault):
        await model.embed(["a", "b"])
    simulator.profile = Profile(rate_500=1.0)
    with pytest.raises(WorldFault):
        await model.embed(["a"])
    simulator.profile = Profile()
    await model.embed(["a"])
    await model.aclose()
    assert [texts for texts, _ in told] == [2, 1]
    assert told[0][1] >= 2.0


async def test_without_a_backlog_nobody_waits_for_company(simulator):
    """A lone episode is embedded after the short linger, though the long one would be minutes."""
    records = [record_of(event, number) for number, event in enumerate(generate(22, 1, 1))]
    async with asyncio.timeout(90):
        store, calls = await read(simulator, records, embed_backlog_linger_ms=600_000)
    assert (len(store.episodes), calls) == (1, 1)


@pytest.mark.parametrize("linger_ms", [0, 500])
async def test_waiting_for_company_changes_no_vector(simulator, linger_ms):
    """What is embedded of each episode is the same however they are batched."""
    records = [record_of(event, number) for number, event in enumerate(generate(23, 40, 2))]
    store, _ = await read(simulator, records, embed_backlog_linger_ms=linger_ms)
    expected = {
        uuid: {m.name for m in kept.knowledge.mentions} | {a.sentence for a in kept.knowledge.assertions}
        for uuid, kept in store.episodes.items()
    }
    assert {uuid: set(kept.vectors) for uuid, kept in store.episodes.items()} == expected
