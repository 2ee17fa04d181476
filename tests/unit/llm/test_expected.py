"""What a call is expected to use, before anybody has told."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.extract.prompts import assemble, bind
from consumer.llm.exchange import AnswerFormat, ChatRequest, Usage
from consumer.llm.expected import DENSE_RATIO, DENSE_TOKENS, EMBEDDED_SHARE, Expectation, answer_tokens
from consumer.model.token_estimate import estimated_tokens
from consumer.testing.golden_case import load_golden
from consumer.testing.simulator_answers import answer_for

GOLDEN = Path(__file__).parents[2] / "golden"


def test_x1_the_prompt_is_all_its_texts_and_the_answer_follows_the_users():
    """The schema goes with the prompt; the fixed text makes no answer longer."""
    expected = Expectation().of(ChatRequest("s" * 40, "u" * 400, AnswerFormat("f", {"type": "object"})))
    assert expected == Usage(10 + 100 + 5, 700)


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
    """Within a fiftieth and four times what is expected of the text."""
    expectation = Expectation()
    for user, tokens in claims:
        expectation.learn(ChatRequest("", user), tokens)
    assert 14 <= expectation.of(ChatRequest("", "u" * 400)).output_tokens <= 2_800


@given(st.integers(0, 10**6), st.integers(1, 500))
def test_a_longer_content_is_answered_at_more_length_and_chunks_are_denser(tokens, parts):
    """Monotone; parts never say less than the whole, and a short content is dense throughout."""
    assert answer_tokens(tokens) <= answer_tokens(tokens + 1)
    assert answer_tokens(tokens, parts) >= answer_tokens(tokens) - 1
    if tokens <= DENSE_TOKENS:
        assert answer_tokens(tokens) == round(DENSE_RATIO * tokens)


def test_the_figures_are_those_of_the_golden_cases():
    """Right answers in the form that is asked for, by the same estimate: within a quarter."""
    content = answered = embedded = 0
    for case in load_golden(GOLDEN).cases:
        episode, said = case.episode(), case.knowledge()
        question = [{"role": "user", "content": bind([assemble(episode).user])}]
        answered += estimated_tokens(answer_for(question, book=lambda *_, said=said, **__: said))
        texts = {mention.name for mention in said.mentions} | {one.sentence for one in said.assertions}
        embedded += sum(map(estimated_tokens, texts))
        content += estimated_tokens(episode.content)
    assert answered / content == pytest.approx(DENSE_RATIO, rel=0.25)
    assert embedded / answered == pytest.approx(EMBEDDED_SHARE, rel=0.25)
