"""The cache before an embedder: each text once, in batches, whoever asks."""

import asyncio

import numpy as np
import pytest

from consumer.cache import MemoryCache
from consumer.embed.cached import CachedEmbedder
from consumer.embed.call_size import CallSize
from consumer.errors import EpisodeFault, WorldFault
from consumer.settings import EmbeddingSettings
from consumer.testing.fakes import FakeEmbedder


def cached(embedder, **settings):
    """A cached embedder with small batches."""
    return CachedEmbedder(embedder, EmbeddingSettings(**{"batch_size": 2, **settings}))


async def test_a_text_is_embedded_once():
    """Repeats within a call and between calls cost nothing, and rows come in the order asked."""
    fake = FakeEmbedder()
    embedder = cached(fake)
    first = await embedder.embed(["b", "a", "b"])
    again = await embedder.embed(["a", "b"])
    assert fake.calls == [("b", "a")]
    assert (first[0] == first[2]).all()
    assert (again == first[[1, 0]]).all()
    assert np.allclose(first, await fake.embed(["b", "a", "b"]), atol=1e-4)


@pytest.mark.parametrize("bits", [8, 16, 32])
async def test_e1_rows_are_equal_cold_and_warm(bits):
    """E1: bit for bit, of unit length, whatever the size; with 32 bits those of the model itself."""
    fake = FakeEmbedder(dimension=32)
    cache = MemoryCache(100_000)
    cold = await CachedEmbedder(fake, EmbeddingSettings(vector_bits=bits), cache).embed(["a", "b"])
    warm = await CachedEmbedder(fake, EmbeddingSettings(vector_bits=bits), cache).embed(["b", "a"])
    assert len(fake.calls) == 1
    assert (cold == warm[[1, 0]]).all()
    assert np.linalg.norm(cold, axis=1) == pytest.approx(1, abs=1e-6)
    if bits == 32:
        assert (cold == await fake.embed(["a", "b"])).all()


async def test_e2_a_text_without_a_vector_is_asked_for_again():
    """E2: zeros are told and not kept."""

    class Blind(FakeEmbedder):
        async def embed(self, texts, *, is_query=False):
            return (await super().embed(texts, is_query=is_query)) * 0

    fake = Blind()
    embedder = cached(fake)
    for _ in range(2):
        assert not (await embedder.embed(["a"])).any()
    assert len(fake.calls) == 2


async def test_other_sizes_models_and_endpoints_are_apart():
    """A cache shared by several never mixes them."""
    cache = MemoryCache(100_000)
    fakes = [FakeEmbedder(), FakeEmbedder(), FakeEmbedder(dimension=32)]
    options = [({}, {}), ({"vector_bits": 8}, {}), ({}, {"scope": ["http://other"]})]
    for fake, (settings, scope) in zip(fakes, options, strict=True):
        await CachedEmbedder(fake, EmbeddingSettings(**settings), cache, **scope).embed(["a"])
    assert [len(fake.calls) for fake in fakes] == [1, 1, 1]


async def test_batches_are_no_larger_than_set():
    """Five texts in batches of two are three calls."""
    fake = FakeEmbedder()
    await cached(fake).embed(list("abcde"))
    assert [len(call) for call in fake.calls] == [2, 2, 1]


async def test_the_size_of_calls_is_looked_at_before_each():
    """What the last call told of itself counts for the next one, within one batch of texts too."""
    size = CallSize(2, 100, 1.0)

    class Timed(FakeEmbedder):
        async def embed(self, texts, *, is_query=False):
            size.took(len(texts), 0.1)
            return await super().embed(texts, is_query=is_query)

    fake = Timed()
    texts = [str(number) for number in range(20)]
    rows = await CachedEmbedder(fake, EmbeddingSettings(), size=size).embed(texts)
    assert [len(call) for call in fake.calls] == [2, 2, 2, 4, 4, 4, 2]
    assert np.allclose(rows, await FakeEmbedder().embed(texts), atol=1e-4)


async def test_more_than_an_endpoint_takes_is_asked_for_in_smaller_calls():
    """K3: grown beyond what a server takes, calls are as at first from then on; a text that is refused still is."""
    size = CallSize(4, 100, 1.0)

    class Small(FakeEmbedder):
        async def embed(self, texts, *, is_query=False):
            rows = await super().embed(texts, is_query=is_query)
            if len(texts) > 6 or "bad" in texts:
                raise EpisodeFault("refused", "batch size > maximum allowed batch size 6")
            size.took(len(texts), 0.1)
            return rows

    fake = Small()
    embedder = CachedEmbedder(fake, EmbeddingSettings(), size=size)
    assert (await embedder.embed([str(number) for number in range(40)])).shape[0] == 40
    assert [len(call) for call in fake.calls] == [4, 4, 4, 8, *[4] * 7]
    with pytest.raises(EpisodeFault):
        await embedder.embed(["bad"])


async def test_queries_and_passages_are_apart():
    """Asymmetric models embed them differently."""
    fake = FakeEmbedder()
    embedder = cached(fake)
    await embedder.embed(["a"])
    await embedder.embed(["a"], is_query=True)
    assert len(fake.calls) == 2


async def test_concurrent_calls_share_one_flight():
    """Who asks for a text that is on its way waits for it."""
    fake = FakeEmbedder()
    embedder = cached(fake)
    fake.faults.stall()
    async with asyncio.TaskGroup() as group:
        one = group.create_task(embedder.embed(["a", "b"]))
        other = group.create_task(embedder.embed(["b", "c"]))
        for _ in range(10):
            await asyncio.sleep(0)
        fake.faults.resume()
    assert sorted(fake.calls) == [("a", "b"), ("c",)]
    assert (one.result()[1] == other.result()[0]).all()


async def test_a_failure_is_not_cached_and_earlier_batches_are():
    """What one batch gave is kept when the next fails; a new call asks for the rest alone."""
    fake = FakeEmbedder()
    embedder = cached(fake)
    fake.faults.fail_for("c", WorldFault("embeddings", "down"))
    with pytest.raises(WorldFault):
        await embedder.embed(["a", "b", "c"])
    await embedder.embed(["a", "b", "c"])
    assert fake.calls == [("a", "b"), ("c",), ("c",)]


async def test_no_texts_are_no_call():
    """An empty list has an empty answer of the right shape."""
    fake = FakeEmbedder()
    rows = await cached(fake).embed([])
    assert rows.shape == (0, fake.dimension)
    assert fake.calls == []


async def test_the_memory_bound_holds():
    """A small cache forgets, and asks again."""
    fake = FakeEmbedder(dimension=64)
    cache = MemoryCache(2_000)
    embedder = CachedEmbedder(fake, EmbeddingSettings(), cache)
    for number in range(50):
        await embedder.embed([f"text {number}"])
    assert cache.used_bytes <= 2_000
    await embedder.embed(["text 49"])
    await embedder.embed(["text 0"])
    assert fake.calls[-1] == ("text 0",)
    assert len(fake.calls) == 51


async def test_callers_may_write_into_their_rows():
    """Rows are the caller's own, not views of the cache."""
    embedder = cached(FakeEmbedder())
    rows = await embedder.embed(["a"])
    rows[:] = 0
    assert np.linalg.norm(await embedder.embed(["a"])) == pytest.approx(1)


async def test_closing_closes_the_wrapped():
    """The wrapper owns what it wraps; model and dimension are its."""
    fake = FakeEmbedder(dimension=8)
    embedder = cached(fake)
    assert (embedder.model, embedder.dimension) == ("fake-hash/8", 8)
    await embedder.aclose()
    assert fake.is_closed
