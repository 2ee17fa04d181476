"""What a call is expected to use, before anybody has told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.llm.exchange import AnswerFormat, ChatRequest, Usage
from consumer.llm.expected import OUTPUT_RATIO, Expectation


def test_x1_the_prompt_is_all_its_texts_and_the_answer_follows_the_users():
    """The schema goes with the prompt; the fixed text makes no answer longer."""
    expected = Expectation().of(ChatRequest("s" * 40, "u" * 400, AnswerFormat("f", {"type": "object"})))
    assert expected == Usage(10 + 100 + 5, round(100 * OUTPUT_RATIO))


def test_x1_an_answer_is_no_longer_than_the_request_allows():
    """The server cuts it off there."""
    assert Expectation().of(ChatRequest("", "u" * 400, max_output_tokens=7)) == Usage(100, 7)


def test_answers_teach_how_long_answers_are():
    """A model that says little is soon expected to."""
    expectation, request = Expectation(), ChatRequest("", "u" * 400)
    for _ in range(60):
        expectation.learn(request, 50)
    assert expectation.of(request).output_tokens == pytest.approx(50, abs=2)
    expectation.learn(request, 0)
    assert expectation.of(request).output_tokens == pytest.approx(50, abs=2)


@given(st.lists(st.tuples(st.text(max_size=30), st.integers(-10, 10**9)), max_size=50))
def test_x2_no_claim_makes_the_expectation_absurd(claims):
    """Within a twentieth and twelve times the user's text."""
    expectation = Expectation()
    for user, tokens in claims:
        expectation.learn(ChatRequest("", user), tokens)
    assert 5 <= expectation.of(ChatRequest("", "u" * 400)).output_tokens <= 1_200
