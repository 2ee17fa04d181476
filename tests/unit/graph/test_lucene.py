"""What becomes of typed text."""

import pytest

from consumer.graph.lucene import MAX_WORDS, facts_query, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello World", ["hello", "world"]),
        ("NOT and OR", ["not", "and", "or"]),
        ('say "x:y"', ["say", '\\"x\\:y\\"']),
        ("a a A", ["a"]),
        ("?? -- ()", []),
        ("C++ <b>", ["c\\+\\+", "\\<b\\>"]),
        ("北京 علی", ["北京", "علی"]),
    ],
)
def test_words_are_escaped_and_distinct(text, expected):
    """Specials are escaped, operators are words, what has no letter is nothing."""
    assert words(text) == expected


def test_long_texts_are_bounded():
    """Lucene refuses too many clauses, so words are cut."""
    assert len(words(" ".join(f"w{n}" for n in range(5_000)))) == MAX_WORDS


def test_no_word_or_no_group_is_no_query():
    """Nothing is asked then."""
    assert facts_query("???", ["g"]) is None
    assert facts_query("word", []) is None


def test_groups_are_a_condition_without_weight():
    """The group clause is boosted by nothing, and joined by AND."""
    assert facts_query("tea", ["a-b", "c"]) == '(group_id:"a\\-b" OR group_id:"c")^0 AND (fact:(tea) OR name:(tea))'
