"""Asking about less than is there: what is cut, what stays, and that nothing is by default."""

import importlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.app.build import build_extractor
from consumer.errors import UserError
from consumer.extract.shortened import ShortenedExtractor, Shortener, shortened
from consumer.llm.tokenizer import Counting, Estimating, tokenizer_of
from consumer.model.episode import ContextEpisode
from consumer.model.token_estimate import estimated_tokens
from consumer.settings import Compression, Engine, LlmSettings, Settings
from consumer.testing.episodes import episode_of
from consumer.testing.fakes import FakeExtractor

EVENT = {"event_id": "e", "group_id": "g", "source": "text", "reference_time": "2024-05-20T12:00:00Z"}
CUT = LlmSettings(truncate_tokens=100)


def of(content, source="text", settings=CUT, context=()):
    """What is asked about."""
    episode = replace(episode_of({**EVENT, "source": source, "content": content}), context=context)
    return Shortener(settings).of(episode)


@pytest.mark.parametrize(
    "text",
    ["Ada moved to Oslo. Bo stayed. " * 50, "王小明住在北京。他喜欢茶。" * 50, "علي يعيش في عمان. هل تعرفه؟ " * 50],
)
def test_a_long_content_ends_behind_a_sentence_within_the_budget(text):
    """S1, in scripts with and without spaces."""
    left = of(text).content
    assert text.startswith(left)
    assert left[-1] in ".。؟"
    assert 50 < estimated_tokens(left) <= 100


@given(st.text(st.sampled_from("ab .!?\n北京。é🙂\u0301"), max_size=600), st.integers(1, 80))
def test_whatever_the_text_it_is_a_beginning_within_the_budget(text, most):
    """S1."""
    left = of("x" + text, settings=LlmSettings(truncate_tokens=most)).content
    assert ("x" + text).startswith(left)
    assert estimated_tokens(left) <= most
    assert left


def test_a_record_stays_whole():
    """S2: half a JSON value says nothing."""
    content = {"names": ["really very long"] * 200}
    assert of(content, "json", LlmSettings(truncate_tokens=100, compression=Compression.STRONG)).content == (
        episode_of({**EVENT, "source": "json", "content": content}).content
    )


def test_who_speaks_stays_and_the_context_is_compressed_too():
    """S2: a name that is a filler word elsewhere; the context is the larger part of a short episode's prompt."""
    settings = LlmSettings(compression=Compression.MEDIUM)
    context = (
        ContextEpisode("n", "Bo: Well, hello, Ada really moved.", episode_of({**EVENT, "content": ""}).reference_time),
    )
    left = of("Ok Hello: it is really so.", "message", settings, context)
    assert left.content == "Ok Hello: it is."
    assert left.context[0].content == "Bo: Ada moved."


async def test_by_default_nothing_is_taken_away():
    """No wrapper at all; with a setting the name says what is not read."""
    engine = FakeExtractor()
    assert shortened(engine, Shortener(LlmSettings())) is engine
    both = LlmSettings(truncate_tokens=2_000, compression=Compression.LIGHT)
    wrapped = ShortenedExtractor(engine, Shortener(both))
    assert wrapped.name == f"{engine.name}/first-2000/light"
    said = await ShortenedExtractor(engine, Shortener(CUT)).extract(
        episode_of({**EVENT, "content": "Ada Quill lives in Oslo. " + "Nothing. " * 3_000 + "Bo Reed lives in Rome."})
    )
    assert {mention.name for mention in said.mentions} == {"Ada Quill", "Oslo"}


async def test_the_settings_reach_the_extractor():
    """Of a pod with a model, whatever else is around it."""
    settings = Settings(
        extractor=Engine.OPENAI, openai_api_key="k", llm={"compression": "strong", "max_episode_tokens": 9_000}
    )
    extractor = build_extractor(settings)
    assert extractor.name.endswith("/strong")
    await extractor.aclose()


class Words:
    """An encoding whose tokens are four bytes each."""

    def encode(self, text, *, disallowed_special=()):
        """Return a number for each four bytes."""
        assert disallowed_special == ()
        raw = text.encode()
        return [int.from_bytes(raw[at : at + 4].ljust(4, b"\0"), "big") for at in range(0, len(raw), 4)]

    def decode_bytes(self, tokens):
        """Return the bytes of whole tokens."""
        return b"".join(token.to_bytes(4, "big") for token in tokens).rstrip(b"\0")


@given(st.text(st.sampled_from("ab .é王🙂"), max_size=60), st.integers(1, 30))
def test_real_tokens_are_counted_and_no_character_is_cut(text, most):
    """What is within the first tokens, less a character that the last one has a part of."""
    chars = Counting(Words()).chars_within(text, most)
    assert len(text[:chars].encode()) <= 4 * most
    assert chars == len(text) or len(text[: chars + 1].encode()) > 4 * most


def test_a_tokenizer_that_is_not_installed_is_told(monkeypatch):
    """In one line, with what to do."""
    assert isinstance(tokenizer_of(LlmSettings()), Estimating)

    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(UserError, match="pip install tiktoken"):
        tokenizer_of(LlmSettings(tokenizer="tiktoken"))
