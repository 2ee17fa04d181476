"""A failed request is not sent again here: the pipeline retries, with its breaker, and nothing else does."""

import pytest

from consumer.errors import WorldFault
from consumer.llm.chat import OpenAiChat
from consumer.llm.embeddings import OpenAiEmbeddings
from consumer.llm.exchange import ChatRequest
from consumer.settings import EmbeddingSettings, LlmSettings


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
async def test_a_status_that_passes_is_one_request_and_the_worlds_fault(server, refusal, status):
    """Chat and embeddings: the SDK's own retries are off; Retry-After is handed on to who waits."""
    chat = OpenAiChat(LlmSettings(), "k", server.base_url)
    embeddings = OpenAiEmbeddings(EmbeddingSettings(), "k", server.base_url)
    for call in (chat.complete(ChatRequest("s", "u")), embeddings.embed(["a"])):
        server.answers((status, refusal("later"), {"Retry-After": "7"}))
        with pytest.raises(WorldFault) as raised:
            await call
        assert raised.value.retry_after_s == 7
        assert raised.value.is_throttling == (status == 429)
    assert len(server.bodies) == 2
    await chat.aclose()
    await embeddings.aclose()
