"""The OpenAI embedder: what it sends for texts that the endpoint would refuse."""

import numpy as np
import pytest

from consumer.embed.openai import MAX_TEXTS, OpenAiEmbedder
from consumer.errors import EpisodeFault
from consumer.settings import EmbeddingSettings


class ScriptedEmbeddings:
    """Stands in for `OpenAiEmbeddings`; keeps what it was sent."""

    name = "m"
    dimension = 2

    def __init__(self, row=(3.0, 4.0), *, most_bytes=None, most_texts=None):
        self.row = row
        self.sent = []
        self.most_bytes = most_bytes
        self.most_texts = most_texts

    async def embed(self, texts):
        """Give the same row for every text; refuse those that are too long, and calls of too many."""
        self.sent.append(list(texts))
        is_long = self.most_bytes and any(len(text.encode()) > self.most_bytes for text in texts)
        if is_long or (self.most_texts and len(texts) > self.most_texts):
            raise EpisodeFault("context-length", "HTTP 400: maximum context length")
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
    assert len(sent[2]) == 4 * 8_191
    sent[3].encode()


async def test_a_long_text_is_cut_at_a_sentence():
    """Whole sentences within what the model reads; the others of its batch are sent as they are."""
    scripted = ScriptedEmbeddings()
    text = "The kettle was put on again. " * 40
    await OpenAiEmbedder(scripted, EmbeddingSettings(max_text_tokens=100)).embed(["Ada", text])
    ((ada, sent),) = scripted.sent
    assert ada == "Ada"
    assert 300 < len(sent) <= 400
    assert sent.endswith("again.")
    assert text.startswith(sent)


async def test_a_text_denser_than_estimated_is_cut_where_no_tokenizer_has_more():
    """Refused for its length, a text is sent again with no more bytes than the model reads tokens."""
    scripted = ScriptedEmbeddings(most_bytes=120)
    dense = "q9Zx/" * 80
    rows = await OpenAiEmbedder(scripted, EmbeddingSettings(max_text_tokens=100)).embed(["Ada", dense])
    assert rows.shape == (2, 2)
    assert [[len(text) for text in call] for call in scripted.sent] == [[3, 400], [3, 100]]


async def test_a_call_that_is_too_large_as_a_whole_is_halved():
    """A server that takes fewer texts than we were told: each text is still embedded, in its place."""
    scripted = ScriptedEmbeddings(most_texts=2)
    rows = await OpenAiEmbedder(scripted).embed(list("abcde"))
    assert rows.shape == (5, 2)
    assert [call for call in scripted.sent if len(call) <= 2] == [["a", "b"], ["c"], ["d", "e"]]


async def test_what_is_refused_alone_and_short_is_refused():
    """No endless asking."""
    scripted = ScriptedEmbeddings(most_bytes=1)
    with pytest.raises(EpisodeFault, match="context-length"):
        await OpenAiEmbedder(scripted).embed(["Ada"])
    assert len(scripted.sent) == 1


async def test_more_texts_than_a_request_takes_are_split():
    """The endpoint's limit is kept whoever calls."""
    scripted = ScriptedEmbeddings()
    rows = await OpenAiEmbedder(scripted).embed(["a"] * (MAX_TEXTS + 1))
    assert [len(texts) for texts in scripted.sent] == [MAX_TEXTS, 1]
    assert rows.shape == (MAX_TEXTS + 1, 2)
    assert (await OpenAiEmbedder(scripted).embed([])).shape == (0, 2)
