"""The OpenAI embedder: what it sends for texts that the endpoint would refuse."""

import numpy as np
import pytest

from consumer.embed.openai import MAX_CHARS, MAX_TEXTS, OpenAiEmbedder


class ScriptedEmbeddings:
    """Stands in for `OpenAiEmbeddings`; keeps what it was sent."""

    name = "m"
    dimension = 2

    def __init__(self, row=(3.0, 4.0)):
        self.row = row
        self.sent = []

    async def embed(self, texts):
        """Give the same row for every text."""
        self.sent.append(list(texts))
        return np.array([self.row] * len(texts), dtype=np.float32)

    async def aclose(self):
        """Nothing to close."""


async def test_rows_are_unit_rows_and_the_model_tells_its_dimension():
    """Servers that do not norm their vectors are normed here."""
    embedder = OpenAiEmbedder(ScriptedEmbeddings())
    assert (await embedder.embed(["a"])).tolist() == [[pytest.approx(0.6), pytest.approx(0.8)]]
    assert embedder.model == "m/2"


async def test_a_zero_vector_is_marked_not_hidden():
    """All zeros says `no vector`; the stage leaves the property out."""
    rows = await OpenAiEmbedder(ScriptedEmbeddings((0.0, 0.0))).embed(["a"])
    assert not rows.any()


async def test_one_odd_text_does_not_spoil_its_batch():
    """Blank, endless and ill-formed texts are made sendable."""
    scripted = ScriptedEmbeddings()
    await OpenAiEmbedder(scripted).embed(["", " \n", "x" * 100_000, "a\ud800"])
    sent = scripted.sent[0]
    assert sent[:2] == ["-", "-"]
    assert len(sent[2]) == MAX_CHARS
    sent[3].encode()


async def test_more_texts_than_a_request_takes_are_split():
    """The endpoint's limit is kept whoever calls."""
    scripted = ScriptedEmbeddings()
    rows = await OpenAiEmbedder(scripted).embed(["a"] * (MAX_TEXTS + 1))
    assert [len(texts) for texts in scripted.sent] == [MAX_TEXTS, 1]
    assert rows.shape == (MAX_TEXTS + 1, 2)
    assert (await OpenAiEmbedder(scripted).embed([])).shape == (0, 2)
