"""What holds of chunks of any content: nothing lost, the limit kept, JSON still JSON."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.model.sentences import is_grapheme_start
from consumer.model.token_estimate import estimated_tokens
from consumer.pipeline.chunking import chunk

PIECES = (
    *(
        "Ann met Bo. ",
        "Dr. X",
        "3.14",
        "...",
        "! ",
        "\n",
        "\r\n",
        "\n\n",
        "\t",
        " ",
        "- item\n",
        "1. item\n",
        "# Head\n",
    ),
    *(
        "```\n",
        "~~~~\n",
        "| a | b |\n",
        "|---|\n",
        "> quoted\n",
        "Ann: hi\n",
        "Bo： 好\n",
        '{"a":',
        "[1,",
        "]",
        "}",
        '"',
        "\\",
    ),
    *(
        "北京在中国。",
        "東京、",
        "สวัสดีครับ",
        "กำ",
        "مرحبا؟ ",
        "नमस्ते। ",
        "क्षि",
        "👩‍👩‍👧",
        "🇳🇴",
        "👍🏽",
        "e\u0301",
        "\u0301",
        "한국어 ",
        "각",
        "\u200d",
    ),
    *("\u2028", "\ufeff", "\x00", "𠀀"),
)
CONTENTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=120).map("".join), st.text(st.characters(exclude_categories=["Cs"]))
)
SOURCES = st.sampled_from(["text", "message", "json", "fact_triple"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=6), inner, max_size=6),
    max_leaves=40,
)


@settings(max_examples=150, deadline=None)
@given(CONTENTS, SOURCES, st.integers(2, 60))
def test_chunks_in_order_are_the_content_and_within_the_limit(content, source, limit):
    """Nothing is lost or doubled; no chunk is empty; what is over the limit can't be divided."""
    chunks = chunk(content, source, limit)
    assert "".join(one.text for one in chunks) == content
    assert all(content[one.start : one.end] == one.text for one in chunks)
    assert all(one.text for one in chunks) or content == ""
    for one in chunks[:-1]:
        assert is_grapheme_start(content, one.end)
    for one in chunks:
        if estimated_tokens(one.text) > limit and source != "json":
            inner = range(one.start + 1, one.end)
            assert not any(is_grapheme_start(content, at) for at in inner)


@settings(max_examples=80, deadline=None)
@given(VALUES, st.integers(8, 60), st.booleans())
def test_chunks_of_json_are_json_that_has_each_leaf(value, limit, is_compact):
    """Each chunk reads as JSON, and the leaves of all chunks are those of the whole."""
    separators = (",", ":") if is_compact else (", ", ": ")
    content = json.dumps(value, ensure_ascii=False, separators=separators, indent=None if is_compact else 1)
    chunks = chunk(content, "json", limit)
    assert "".join(one.text for one in chunks) == content
    told = [leaf for one in chunks for leaf in leaves(json.loads(one.readable))]
    for leaf in leaves(value):
        assert leaf in told or isinstance(leaf, str)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(3, 30), min_size=30, max_size=200), st.integers(30, 100))
def test_sentences_stay_whole_and_no_chunk_is_tiny(lengths, limit):
    """Prose of sentences that are short to the limit is cut between them, each chunk over a quarter of the limit."""
    content = "".join("W" + "o" * length + "rd is.\n" for length in lengths)
    chunks = chunk(content, "text", limit)
    for one in chunks[:-1]:
        assert one.text.endswith(".\n")
    if len(chunks) > 1:
        assert min(estimated_tokens(one.text) for one in chunks) > limit / 4 - 1


def leaves(value):
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value
