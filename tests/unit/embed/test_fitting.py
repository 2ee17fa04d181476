"""What fits into an embedding request: cuts at sentences, and calls within their bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.embed.fitting import batches
from consumer.model.cutting import cut, within_bytes, within_tokens
from consumer.model.token_estimate import estimated_tokens


@pytest.mark.parametrize(
    ("text", "ends_with"),
    [
        ("Ada moved to Oslo. Bo stayed. " * 50, "."),
        ("王小明住在北京。他喜欢茶。" * 50, "。"),
        ("علي يعيش في عمان. هل تعرفه؟ " * 50, ("؟", ".")),
        ("मीरा दिल्ली में रहती है। वह चाय पीती है। " * 50, "।"),
    ],
)
def test_a_cut_falls_behind_a_sentence_of_any_script(text, ends_with):
    """What is left is whole sentences, and most of what is allowed."""
    left = within_tokens(text, 100)
    assert text.startswith(left)
    assert left.endswith(ends_with)
    assert 50 <= estimated_tokens(left) <= 100


def test_without_sentences_words_stay_whole_and_without_words_characters_do():
    """A list without full stops is cut between words; a run of letters anywhere, but in no grapheme."""
    assert cut("alpha beta gamma delta", 17) == "alpha beta gamma"
    assert cut("x" * 50, 20) == "x" * 20
    assert cut("e\u0301" * 20, 5) == "e\u0301" * 2


def test_a_sentence_that_leaves_under_half_is_no_place_to_cut():
    """`Hi.` before a long sentence is not all that is said of it."""
    text = "Hi. " + "word " * 30
    assert len(cut(text, 60)) > 50


def test_what_fits_is_left_as_it_is():
    """No spaces are trimmed, nothing is counted twice."""
    assert within_tokens(" Ada  ", 10) == " Ada  "
    assert within_bytes("北京", 6) == "北京"


texts = st.text(st.sampled_from("ab .!?\n北京。é🙂\u0301"), max_size=300)


@given(texts, st.integers(1, 60))
def test_a_cut_is_a_beginning_within_the_bound(text, most):
    """Whatever the text, and never nothing of something."""
    for left, size in (
        (cut(text, most), len),
        (within_tokens(text, most), estimated_tokens),
        (within_bytes(text, most + 4), lambda kept: len(kept.encode()) - 4),
    ):
        assert text.startswith(left)
        assert size(left) <= most
    assert bool(cut(text, most)) == bool(text)


@given(st.lists(texts, max_size=30), st.integers(1, 5), st.integers(1, 200), st.integers(1, 60))
def test_batches_hold_every_text_once_within_bounds(many, most_texts, most_tokens, text_tokens):
    """B1 and B2; and none could have taken the first text of the next."""
    slices = list(batches(many, most_texts, most_tokens, text_tokens))
    assert [text for part in slices for text in many[part]] == many
    weights = [[min(estimated_tokens(text), text_tokens) for text in many[part]] for part in slices]
    for number, weight in enumerate(weights):
        assert len(weight) <= most_texts
        assert sum(weight) <= most_tokens or len(weight) == 1
        if number + 1 < len(weights):
            assert len(weight) == most_texts or sum(weight) + weights[number + 1][0] > most_tokens
