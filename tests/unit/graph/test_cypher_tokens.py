"""Cypher as tokens: nothing is lost, and what is inside strings, names and comments is not taken for code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.errors import UserError
from consumer.graph.cypher_tokens import Token, after_prelude, code, line_and_column, pieces, statement

CYPHER_LIKE = st.text(alphabet="aZ_1. '\"`\\/*$[](){}<>-:;,\n=é北", max_size=60)


@given(CYPHER_LIKE)
def test_tokens_together_are_the_text(text):
    """Whatever the text, also one that is no query."""
    found = pieces(text)
    assert "".join(piece.text for piece in found) == text
    assert [piece.start for piece in found] == [sum(len(p.text) for p in found[:i]) for i in range(len(found))]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("'a // b' // c", [Token.STRING]),
        (r"'it\'s'", [Token.STRING]),
        ("`a``b`.x", [Token.QUOTED, Token.SYMBOL, Token.WORD]),
        ("/* MATCH */ 1", [Token.NUMBER]),
        ("1..5", [Token.NUMBER, Token.SYMBOL, Token.SYMBOL, Token.NUMBER]),
        ("1.5e3 .5 0x1F 1_000", [Token.NUMBER] * 4),
        ("$name $`a b`", [Token.PARAMETER] * 2),
        ("北京", [Token.WORD]),
    ],
)
def test_kinds_of_tokens(text, kinds):
    """Comments end, quotes are escaped, and a range is two numbers."""
    assert [piece.kind for piece in code(text)] == kinds


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("EXPLAIN MATCH (n) RETURN n;", "MATCH (n) RETURN n"),
        ("// first\nPROFILE RETURN 'EXPLAIN'", "// first\nRETURN 'EXPLAIN'"),
        ("CYPHER 25 EXPLAIN RETURN 1", "CYPHER 25 RETURN 1"),
        ("EXPLAIN CYPHER runtime=slotted RETURN 1", "CYPHER runtime=slotted RETURN 1"),
        ("RETURN ';' AS x ; ", "RETURN ';' AS x"),
        ("MATCH (explain) RETURN explain", "MATCH (explain) RETURN explain"),
    ],
)
def test_a_statement_is_bared(text, said):
    """Of its EXPLAIN or PROFILE and its semicolon, and of nothing else."""
    assert statement(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "no query"), (" // only this", "no query"), ("RETURN 1; RETURN 2", "several"), (":param x => 1", "--param")],
)
def test_what_is_no_statement_is_told(text, said):
    """A usage error, before the database is asked."""
    with pytest.raises(UserError, match=said) as raised:
        statement(text)
    assert raised.value.exit_code == 2


def test_the_prelude_is_left_out():
    """A version is no literal of the query."""
    assert after_prelude("CYPHER 25 planner=dp RETURN 1")[0].text == "RETURN"


def test_places_are_counted_from_one():
    """As editors do."""
    assert line_and_column("a\nbc", 3) == (2, 2)
    assert line_and_column("a", 0) == (1, 1)
