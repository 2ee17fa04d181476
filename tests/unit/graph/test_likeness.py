"""What is left of a summary without the facts in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.graph.likeness import _without_facts
from consumer.graph.summaries import summed_up


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        ("", ""),
        ("Ada is a chemist.", "Ada is a chemist."),
        ("Ada is a chemist. Ada knows Bo.", "Ada is a chemist."),
        ("Ada knows Bo. Ada lives in Oslo.", ""),
        ("Ada knows Bo. She said so.", "Ada knows Bo. She said so."),
    ],
)
def test_current_facts_at_the_end_go(summary, said):
    """What was said of the entity stays, also what only looks like a fact in its middle."""
    assert _without_facts(summary, {"Ada knows Bo.", "Ada lives in Oslo.", ""}) == said


SENTENCES = st.lists(st.sampled_from([f"Fact {letter} holds." for letter in "abcdefgh"]), unique=True)


@given(st.permutations([f"Fact {letter} holds." for letter in "abcdefgh"]), SENTENCES, st.integers(0, 8))
def test_the_order_of_equal_facts_and_their_choice_do_not_matter(shuffled, others, kept):
    """Two summaries of one description are alike whichever facts they tell, in whatever order."""
    facts = {*shuffled, *others}
    one, other = (summed_up("Ada is a chemist.", told) for told in (shuffled[:kept], others))
    assert _without_facts(one, set(facts)) == _without_facts(other, set(facts)) == "Ada is a chemist."
