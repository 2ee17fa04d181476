"""Embeddings over HTTP: base64 on the wire, order by index, lengths checked."""

import base64

import numpy as np
import pytest

from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.llm.embeddings import DEFAULT_DIMENSION, OpenAiEmbeddings
from consumer.settings import EmbeddingSettings


def body(*rows, as_text=True):
    """An embeddings answer with `rows`, last first: the order on the wire is not the order asked."""
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": base64.b64encode(np.asarray(row, "<f4").tobytes()).decode() if as_text else list(row),
        }
        for index, row in enumerate(rows)
    ]
    return {"object": "list", "data": data[::-1], "model": "m", "usage": {"prompt_tokens": 4, "total_tokens": 4}}


@pytest.fixture
async def embeddings(server):
    """A model of two dimensions behind the scripted server."""
    model = OpenAiEmbeddings(EmbeddingSettings(model="m", dimension=2), "k", server.base_url)
    yield model
    await model.aclose()


@pytest.mark.parametrize("as_text", [True, False])
async def test_rows_come_in_the_order_of_the_texts(server, embeddings, as_text):
    """Base64 is asked for, floats are taken too, and the index decides the order."""
    server.answers((200, body([1, 2], [3, 4], as_text=as_text)))
    rows = await embeddings.embed(["a", "b"])
    assert rows.dtype == np.float32
    assert rows.tolist() == [[1, 2], [3, 4]]
    assert (server.bodies[0]["encoding_format"], server.bodies[0]["dimensions"]) == ("base64", 2)


async def test_a_model_of_one_size_is_asked_without_dimensions(server, embeddings, refusal):
    """A refused `dimensions` is left out from then on."""
    server.answers(
        (400, refusal("This model does not support specifying dimensions.", "dimensions")),
        (200, body([1, 2])),
        (200, body([1, 2])),
    )
    await embeddings.embed(["a"])
    await embeddings.embed(["a"])
    assert ["dimensions" in body for body in server.bodies] == [True, False, False]


async def test_another_length_is_the_users_to_mend(server, embeddings):
    """Vectors of two lengths never mix: the setting is named."""
    server.answers((200, body([1, 2, 3])))
    with pytest.raises(UserError, match="length 3, not 2"):
        await embeddings.embed(["a"])


async def test_a_missing_row_is_the_worlds_fault(server, embeddings):
    """Fewer vectors than texts is an answer to ask for again."""
    server.answers((200, body([1, 2])))
    with pytest.raises(WorldFault, match="1 vectors for 2 texts"):
        await embeddings.embed(["a", "b"])


async def test_failures_are_told_as_embeddings(server, embeddings, refusal):
    """The same table as chat's, under another dependency."""
    server.answers((503, refusal("overloaded"), {"Retry-After": "2"}), (400, refusal("maximum context length is 8192")))
    with pytest.raises(WorldFault) as fault:
        await embeddings.embed(["a"])
    assert (fault.value.dependency, fault.value.retry_after_s) == ("embeddings", 2.0)
    with pytest.raises(EpisodeFault, match="context-length"):
        await embeddings.embed(["a"])


def test_the_default_dimension_is_graphitis():
    """Without a setting, vectors are as long as Graphiti's own."""
    assert OpenAiEmbeddings(EmbeddingSettings()).dimension == DEFAULT_DIMENSION == 1_024
