"""Function words: left out in their own language, kept where they are all there is or mean something elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.graph.function_words import content_words
from consumer.graph.lucene import words


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("when did caroline go to the support group?", ["caroline", "go", "support", "group?"]),
        ("¿cuándo fue fundada la universidad?", ["fundada", "universidad?"]),
        ("в каком году основан университет?", ["году", "основан", "университет?"]),
        ("wann wurde die universität gegründet?", ["universität", "gegründet?"]),
        ("متى تأسست الجامعة؟", ["تأسست", "الجامعة؟"]),
        ("did they die hard", ["die", "hard"]),
        ("who are they", ["who", "are", "they"]),
        ("大学是什么时候成立的", ["大学是什么时候成立的"]),
    ],
)
def test_what_a_question_is_about_is_left(question, left):
    """In several scripts; "die" is an article in German alone."""
    assert content_words(question.split()) == left


def test_a_full_text_query_looks_for_what_is_left():
    """So that a chat is not found for asking too."""
    assert words("What did the Panthers do?") == ["panthers"]


@given(st.lists(st.text(min_size=1, max_size=8), max_size=12))
def test_what_is_left_is_a_part_in_order_and_never_nothing(found):
    """Whatever is typed."""
    left = content_words(found)
    rest = iter(found)
    assert all(any(word == other for other in rest) for word in left)
    assert bool(left) == bool(found)
