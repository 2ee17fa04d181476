"""Embeddings over HTTP: base64 on the wire, order by index, lengths checked."""

import base64
import math

import numpy as np
import pytest

from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.llm.embeddings import DEFAULT_DIMENSION, ODD_ANSWERS, OpenAiEmbeddings
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


async def test_a_length_that_is_all_we_ever_get_is_the_users_to_mend(server, embeddings):
    """Vectors of two lengths never mix: asked again at first, then the setting is named."""
    server.answers(*[(200, body([1, 2, 3]))] * ODD_ANSWERS)
    for _ in range(ODD_ANSWERS - 1):
        with pytest.raises(WorldFault, match="length 3, not 2"):
            await embeddings.embed(["a"])
    with pytest.raises(UserError, match="length 3, not 2; set EPISODES_EMBEDDING__DIMENSION"):
        await embeddings.embed(["a"])


async def test_a_length_that_was_right_before_is_the_worlds_fault(server, embeddings):
    """A provider that begins to misbehave is waited for, however long."""
    server.answers((200, body([1, 2])), *[(200, body([1, 2, 3]))] * 2 * ODD_ANSWERS, (200, body([3, 4])))
    await embeddings.embed(["a"])
    for _ in range(2 * ODD_ANSWERS):
        with pytest.raises(WorldFault) as fault:
            await embeddings.embed(["a"])
    assert fault.value.dependency == "embeddings"
    assert (await embeddings.embed(["a"])).tolist() == [[3, 4]]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (body([1, 2]), "1 vectors for 2 texts"),
        (body([1, 2], [3, 4], [5, 6]), "3 vectors for 2 texts"),
        (body([1, 2], [math.nan, 4]), "not finite"),
        (body([1, 2], [math.inf, 4]), "not finite"),
        (body([1, 2], [math.nan, 4], as_text=False), "not finite"),
        (body([1, 2], [None, None], as_text=False), "not finite"),
        (body([1, 2], ["a", "b"], as_text=False), "no list of numbers"),
        ({"data": [{"index": 0, "embedding": "AAA"}, {"index": 1, "embedding": "AAA"}]}, "no list of numbers"),
        ({"data": [{"index": 0, "embedding": None}, {"index": 1, "embedding": None}]}, "no list|length 1"),
        ({"data": [{"text": "a"}, {"text": "b"}]}, "no API answer"),
        ({"data": "none"}, "no API answer"),
        ({"data": []}, "vectors for 2|no API answer"),
        ({"error": "soon"}, "no API answer"),
        ("<html>bad gateway</html>", "no API answer"),
        (b"\xff\xfe{", "no text|no JSON"),
        (b'{"data": [{', "no JSON"),
    ],
)
async def test_what_was_not_asked_for_is_the_worlds_fault(server, embeddings, answer, words):
    """Too few, too many, not a number, another shape, no JSON: an answer to ask for again, never a bug of ours."""
    server.answers((200, answer))
    with pytest.raises(WorldFault, match=words) as fault:
        await embeddings.embed(["a", "b"])
    assert fault.value.dependency == "embeddings"


async def test_a_zero_vector_is_an_answer(server, embeddings):
    """A model that has no direction for a text says so; whoever stores leaves it out."""
    server.answers((200, body([0, 0])))
    assert (await embeddings.embed(["a"])).tolist() == [[0, 0]]


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
