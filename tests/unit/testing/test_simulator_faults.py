"""Every way in which the simulated provider goes wrong, and what the real clients make of it."""

import asyncio
import time
from dataclasses import fields, replace

import aiohttp
import numpy as np
import pytest

from consumer.embed.openai import OpenAiEmbedder
from consumer.errors import EpisodeFault, WorldFault
from consumer.llm.embeddings import OpenAiEmbeddings
from consumer.settings import EmbeddingSettings, LlmSettings
from consumer.testing.episodes import episode_of
from consumer.testing.grammar import generate
from consumer.testing.openai_extractor import openai_extractor
from consumer.testing.simulator import Simulator
from consumer.testing.simulator_process import _options
from consumer.testing.simulator_profile import Fault, Profile

EPISODE = episode_of(generate(3, 1, 1)[0], 0)
TEXTS = ["red house", "green tree", "王小明"]


def timeout_s(simulator):
    """Little where nothing comes, else more than a busy machine needs."""
    return 1.5 if simulator.profile.rate_hang or simulator.profile.rate_timeout else 20


def extractor(simulator):
    """The real extractor against the simulator."""
    settings = LlmSettings(timeout_s=timeout_s(simulator))
    return openai_extractor(simulator.base_url, settings)


def embeddings(simulator):
    """The real client of embeddings against the simulator."""
    settings = EmbeddingSettings(dimension=8, timeout_s=timeout_s(simulator))
    return OpenAiEmbeddings(settings, "k", simulator.base_url)


@pytest.mark.parametrize(
    ("rate", "family", "calls"),
    [
        ("rate_hang", WorldFault, 1),
        ("rate_reset", WorldFault, 1),
        ("rate_garbage", WorldFault, 1),
        ("rate_empty_choices", WorldFault, 1),
        ("rate_wrong_schema", EpisodeFault, 3),
    ],
)
@pytest.mark.parametrize("seed", range(3))
async def test_chat_faults_arrive_as_their_family(rate, family, calls, seed):
    """What a proxy or a lost connection does is the world's; words of another shape are asked for again first."""
    async with Simulator(Profile(**{rate: 1.0, "seed": seed})) as simulator:
        real = extractor(simulator)
        await real.prepare()  # to load the client takes as long as it takes
        with pytest.raises(family) as fault:
            await real.extract(EPISODE)
        assert simulator.stats.chat_calls == calls
        assert sum(simulator.stats.faults.values()) == calls
        if family is EpisodeFault:
            assert (fault.value.reason, fault.value.attempts) == ("unusable-answer", 3)
        await real.aclose()
        simulator.profile = Profile()
        real = extractor(simulator)
        await real.extract(EPISODE)
        await real.aclose()


@pytest.mark.parametrize(
    "rate",
    [
        "rate_429",
        "rate_500",
        "rate_timeout",
        "rate_hang",
        "rate_reset",
        "rate_garbage",
        "rate_wrong_schema",
        "rate_wrong_dimension",
        "rate_nan_vector",
        "rate_wrong_count",
    ],
)
@pytest.mark.parametrize("seed", range(3))
async def test_embedding_faults_are_the_worlds(rate, seed):
    """A provider that misbehaves is asked again, and no odd vector gets through."""
    async with Simulator(Profile(**{rate: 1.0, "seed": seed})) as simulator:
        real = embeddings(simulator)
        with pytest.raises(WorldFault) as fault:
            await real.embed(TEXTS)
        assert fault.value.dependency == "embeddings"
        await real.aclose()
        simulator.profile = Profile()
        real = embeddings(simulator)
        assert np.isfinite(await real.embed(TEXTS)).all()
        await real.aclose()


async def test_a_text_has_a_zero_vector_always_or_never():
    """Which texts have none depends on seed and text alone, so that two runs can be compared."""
    profile = Profile(rate_zero_vector=0.5, seed=1)
    async with Simulator(profile) as simulator:
        real = OpenAiEmbedder(embeddings(simulator))
        texts = [f"text {number}" for number in range(40)]
        rows = await real.embed(texts)
        again = await real.embed(texts[::-1])
        await real.aclose()
    is_zero = [not row.any() for row in rows]
    assert is_zero == [not row.any() for row in again[::-1]] == [profile.has_zero_vector(text) for text in texts]
    assert 5 < sum(is_zero) < 35


async def test_what_hangs_is_bounded_and_ends_with_its_caller():
    """A caller that gives up is forgotten at once; one that does not is cut off after `hang_s`."""
    async with Simulator(Profile(rate_hang=1.0, hang_s=0.2)) as simulator:
        settings = LlmSettings(timeout_s=30)
        patient = openai_extractor(simulator.base_url, settings)
        began = time.monotonic()
        with pytest.raises(WorldFault):
            await patient.extract(EPISODE)
        assert 0.2 <= time.monotonic() - began < 20
        await patient.aclose()
        simulator.profile = Profile(rate_timeout=1.0)
        real = extractor(simulator)
        with pytest.raises(WorldFault):
            await real.extract(EPISODE)
        async with asyncio.timeout(60):
            while simulator.stats.in_flight:
                await asyncio.sleep(0.01)
        await real.aclose()


async def test_the_profile_can_be_changed_from_outside():
    """PUT /admin/profile changes the named fields from the next call on; a wrong name changes nothing."""
    async with Simulator(Profile(seed=7)) as simulator, aiohttp.ClientSession() as session:
        root = simulator.base_url.removesuffix("/v1")
        async with session.put(f"{root}/admin/profile", json={"rate_500": 1.0, "latency_ms": 3}) as response:
            assert response.status == 200
        assert simulator.profile == Profile(seed=7, rate_500=1.0, latency_ms=3)
        async with session.get(f"{root}/admin/profile") as response:
            assert (await response.json())["rate_500"] == 1.0
        async with session.put(f"{root}/admin/profile", json={"rate_5000": 1.0}) as response:
            assert response.status == 400
            assert "rate_5000" in (await response.json())["error"]["message"]
        assert simulator.profile.rate_500 == 1.0
        async with session.get(f"{root}/admin/stats") as response:
            assert (await response.json())["chat_calls"] == 0


def test_every_fault_has_a_rate_and_an_option():
    """No kind of fault is left without a way to ask for it, in code and on the command line."""
    rates = [field.name for field in fields(Profile) if field.name.startswith("rate_")]
    assert len(rates) == len(Fault) - 1
    options = _options([f"--{name.replace('_', '-')}=0.01" for name in rates] + ["--seed=3", "--latency=heavy"])
    assert all(getattr(options, name) == 0.01 for name in rates)
    assert (options.seed, options.latency, options.hang_s) == (3, "heavy", Profile().hang_s)
    only = {name: replace(Profile(), **{name: 1.0}) for name in rates if name != "rate_zero_vector"}
    drawn = {p.decide(kind, "a", 0).fault for p in only.values() for kind in ("chat", "embeddings")}
    assert drawn == set(Fault) - {Fault.ZERO_VECTOR}
