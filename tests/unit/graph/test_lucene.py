"""What becomes of typed text."""

import pytest

from consumer.graph.lucene import MAX_GROUPS, MAX_TERMS, MAX_WORDS, fields_query, terms, words

FACT = ("fact", "name")


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
    assert fields_query("???", FACT, ["g"]) is None
    assert fields_query("word", FACT, []) is None


def test_groups_are_a_condition_without_weight():
    """The group clause is boosted by nothing, and joined by AND."""
    asked = fields_query("tea", FACT, ["a-b", "c"])
    assert asked == '(group_id:"a\\-b" OR group_id:"c")^0 AND (fact:(tea) OR name:(tea))'


def test_very_many_groups_are_left_to_the_caller():
    """Lucene takes 1,024 clauses, so that thousands of groups are checked by their property alone."""
    groups = [f"g{n}" for n in range(MAX_GROUPS + 1)]
    assert fields_query("tea", ("content",), groups) == "content:(tea)"


def test_neighbours_of_han_letters_count_as_pairs():
    """The index has each of them as a word."""
    assert terms("北京大学 tea") == ["北京大学", "tea", '"北京"', '"京大"', '"大学"']


def test_pieces_of_a_run_are_looked_for_inside_words():
    """Thai has no spaces between words, and the index takes a run for one."""
    found = terms("สมชายทำงานที่ไหน")
    assert found[0] == "สมชายทำงานที่ไหน"
    assert "*สมชา*" in found
    assert all(piece.startswith("*") and len(piece) <= 6 for piece in found[1:])


def test_all_terms_are_bounded():
    """Whatever the script."""
    assert len(terms(" ".join(chr(0x4E00 + n) * 2 + chr(0x4E01 + n) for n in range(2_000)))) == MAX_TERMS
