"""The simulated provider: right answers, and every way of going wrong, over real HTTP."""

import asyncio
import json
import sys

import aiohttp
import numpy as np
import pytest

from consumer.errors import EpisodeFault, WorldFault
from consumer.llm.embeddings import OpenAiEmbeddings
from consumer.settings import EmbeddingSettings, LlmSettings
from consumer.testing.episodes import episode_of
from consumer.testing.fakes import FakeClock
from consumer.testing.grammar import generate, parse
from consumer.testing.hash_vectors import hash_vectors
from consumer.testing.openai_extractor import openai_extractor
from consumer.testing.simulator import Simulator
from consumer.testing.simulator_profile import Fault, Profile, RateWindow

EPISODES = [episode_of(event, number) for number, event in enumerate(generate(3, 12, 1))]


def extractor(simulator, **settings):
    """The real extractor against the simulator."""
    settings = LlmSettings(**{"timeout_s": 5, **settings})
    return openai_extractor(simulator.base_url, settings)


async def get(url):
    """The JSON at an address."""
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.json()


@pytest.mark.parametrize("structured_output", ["json_schema", "json_object"])
async def test_it_answers_by_the_grammar(structured_output):
    """The real extractor gets from it what the grammar says, fenced or not."""
    async with Simulator(Profile(rate_fences=0.5)) as simulator:
        real = extractor(simulator, structured_output=structured_output)
        for episode in EPISODES:
            said = parse(episode.content, episode.local_reference_time, source=episode.source)
            assert await real.extract(episode) == said
        await real.aclose()
        assert simulator.stats.chat_calls == len(EPISODES)
        assert 0 < simulator.stats.faults["fences"] < len(EPISODES)


@pytest.mark.parametrize(
    ("profile", "error", "words"),
    [
        (Profile(rate_429=1.0, retry_after_s=4), WorldFault, "429"),
        (Profile(rate_500=1.0), WorldFault, "500"),
        (Profile(rate_refusal=1.0), EpisodeFault, "refused"),
        (Profile(rate_bad_json=1.0), EpisodeFault, "unusable-answer"),
        (Profile(rate_truncated=1.0), EpisodeFault, "unusable-answer"),
        (Profile(rate_timeout=1.0), WorldFault, "time"),
    ],
)
async def test_each_fault_arrives_as_its_family(profile, error, words):
    """Rates of one make every call go wrong in that way."""
    async with Simulator(profile) as simulator:
        real = extractor(simulator, timeout_s=0.3 if profile.rate_timeout else 20)
        with pytest.raises(error, match=words) as fault:
            await real.extract(EPISODES[0])
        await real.aclose()
    assert getattr(fault.value, "retry_after_s", None) == (4.0 if profile.rate_429 else None)


async def test_faults_do_not_depend_on_the_order_of_calls():
    """The same questions meet the same faults, in any order; asked again, others."""
    profile = Profile(rate_500=0.3, rate_bad_json=0.3, seed=4)
    forward = [profile.decide("chat", str(n), 0).fault for n in range(40)]
    backward = [profile.decide("chat", str(n), 0).fault for n in reversed(range(40))]
    assert forward == backward[::-1]
    assert {Fault.SERVER_ERROR, Fault.BAD_JSON, Fault.NONE} == set(forward)
    assert forward != [profile.decide("chat", str(n), 1).fault for n in range(40)]
    assert {profile.decide("embeddings", str(n), 0).fault for n in range(40)} == {Fault.SERVER_ERROR, Fault.NONE}


def test_latency_has_the_shape_of_its_profile():
    """Fixed is fixed, log-normal has its median, the heavy tail its tail."""
    ask = lambda **p: [Profile(latency_ms=100, **p).decide("chat", str(n), 0).latency_s for n in range(500)]  # noqa: E731
    assert set(ask()) == {0.1}
    assert 0.085 < sorted(ask(latency="lognormal"))[250] < 0.115
    heavy = sorted(ask(latency="heavy"))
    assert heavy[250] < 0.13
    assert heavy[-1] == pytest.approx(1.0)


async def test_latency_and_concurrency_are_real():
    """Calls wait on its clock, together; the most at once is counted."""
    clock = FakeClock()
    async with Simulator(Profile(latency_ms=1_000), clock=clock) as simulator:
        real = extractor(simulator, batch_episodes=1)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(real.extract(episode)) for episode in EPISODES[:5]]
            while clock.sleepers < 5:
                await asyncio.sleep(0.005)
            assert not any(task.done() for task in tasks)
            await clock.advance(1.0)
        await real.aclose()
        assert simulator.stats.max_concurrency == 5


async def test_the_rate_limit_refuses_and_says_when():
    """The third request of a minute at two is refused with Retry-After and the limit's headers."""
    clock = FakeClock()
    async with Simulator(Profile(requests_per_min=2), clock=clock) as simulator:
        real = extractor(simulator)
        await real.extract(EPISODES[0])
        await clock.advance(20)
        await real.extract(EPISODES[1])
        with pytest.raises(WorldFault) as fault:
            await real.extract(EPISODES[2])
        assert fault.value.retry_after_s == pytest.approx(40)
        await clock.advance(40)
        await real.extract(EPISODES[2])
        async with aiohttp.ClientSession() as session:
            asked = {"model": "m", "input": "a"}
            async with session.post(f"{simulator.base_url}/embeddings", json=asked) as response:
                assert response.status == 429
                assert response.headers["x-ratelimit-limit-requests"] == "2"
                assert response.headers["x-ratelimit-remaining-requests"] == "0"
        await real.aclose()


def test_w1_a_window_never_lets_more_begin():
    """W1: in any 60 seconds at most the limit; without a limit, all."""
    window = RateWindow(3)
    begun = [now for now in (n * 1.7 for n in range(200)) if window.admit(now) is None]
    assert all(len([b for b in begun if start <= b < start + 60]) <= 3 for start in begun)
    assert all(RateWindow(0).admit(0.0) is None for _ in range(5))


async def test_embeddings_are_the_hash_vectors():
    """Floats or base64, any dimension, in order; blanks are refused as the real one refuses them."""
    async with Simulator(Profile(dimension=16)) as simulator:
        model = OpenAiEmbeddings(EmbeddingSettings(dimension=8), None, simulator.base_url)
        rows = await model.embed(["red house", "王小明"])
        assert np.allclose(rows, hash_vectors(["red house", "王小明"], 8), atol=1e-6)
        with pytest.raises(EpisodeFault):
            await model.embed([""])
        await model.aclose()
        async with aiohttp.ClientSession() as session:
            asked = {"model": "m", "input": "red house"}
            async with session.post(f"{simulator.base_url}/embeddings", json=asked) as response:
                body = await response.json()
        assert len(body["data"][0]["embedding"]) == 16


async def test_models_and_stats_can_be_asked_for():
    """/v1/models for clients that probe, /stats for benchmarks."""
    async with Simulator() as simulator:
        models = await get(f"{simulator.base_url}/models")
        assert "sim-chat" in {model["id"] for model in models["data"]}
        real = extractor(simulator)
        await real.extract(EPISODES[0])
        await real.aclose()
        root = simulator.base_url.removesuffix("/v1")
        assert (await get(f"{root}/stats"))["chat_calls"] == 1
        async with aiohttp.ClientSession() as session:
            await session.post(f"{root}/stats/reset")
        assert (await get(f"{root}/stats"))["chat_calls"] == 0


async def test_nonsense_is_refused_like_the_real_one_does():
    """400 with an error body."""
    async with Simulator() as simulator, aiohttp.ClientSession() as session:
        for data in (b"no json", b"[]", b'{"messages": []}'):
            async with session.post(f"{simulator.base_url}/chat/completions", data=data) as response:
                assert response.status == 400
                assert (await response.json())["error"]["param"] == "messages"


@pytest.mark.parametrize("how", ["stdin", "signal"])
async def test_as_a_process_it_tells_its_address_and_ends_with_its_parent(how):
    """It prints one line of JSON, serves, and ends when its input closes or on SIGTERM."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "consumer.testing.simulator", "--port", "0", "--latency-ms", "1", "--json"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        base_url = json.loads(await process.stdout.readline())["base_url"]
        assert base_url.startswith("http://127.0.0.1:")
        assert (await get(f"{base_url}/models"))["data"]
        if how == "stdin":
            process.stdin.close()
        else:
            process.terminate()
        async with asyncio.timeout(60):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
