"""Each rewrite changes what it is for and nothing else, whatever stands in strings, comments and names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.graph.advice_rewrites import bounded_paths, hinted, labelled, limited, parameterised
from consumer.graph.cypher_tokens import Token, code, pieces


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("MATCH (a)-[*]->(b) RETURN b", "MATCH (a)-[*1..5]->(b) RETURN b"),
        ("MATCH (a)<-[r:X|Y*2..]-(b) RETURN b", "MATCH (a)<-[r:X|Y*2..5]-(b) RETURN b"),
        ("MATCH (a)-[:X*..]-(b) RETURN b", "MATCH (a)-[:X*1..5]-(b) RETURN b"),
        ("MATCH (a)-[:X*7..]-(b) RETURN b", "MATCH (a)-[:X*7..9]-(b) RETURN b"),
        ("MATCH (a)-[:X* {w: 1}]-(b) RETURN b", "MATCH (a)-[:X*1..5 {w: 1}]-(b) RETURN b"),
        ("MATCH (a)-[:X]->+(b) RETURN b", "MATCH (a)-[:X]->{1,5}(b) RETURN b"),
        ("MATCH (a)--*(b) RETURN b", "MATCH (a)--{0,5}(b) RETURN b"),
        ("MATCH (a) ((x)-[:X]->(y)){2,} (b) RETURN b", "MATCH (a) ((x)-[:X]->(y)){2,5} (b) RETURN b"),
        ("MATCH (a) ((x)-[:X]->(y)){,} (b) RETURN b", "MATCH (a) ((x)-[:X]->(y)){0,5} (b) RETURN b"),
    ],
)
def test_unbounded_paths_get_a_bound(text, better):
    """Old and new syntax; a least number of hops stays."""
    assert bounded_paths(text) == better


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (a)-[*3]->(b) RETURN b",
        "MATCH (a)-[:X*1..3]->(b) RETURN count(*)",
        "MATCH (a)-[:X*..4]->(b) RETURN a.x * 2",
        "MATCH (a) ((x)-->(y)){1,3} (b) RETURN [i IN range(1, 3) | i * 2]",
        "RETURN '-[*]->' AS x // -[*]->",
        "MATCH (a {x: 1}) RETURN (a.x) * 2, (a.y) + 1",
        "MATCH (`-[*]->`) RETURN *",
    ],
)
def test_what_is_bounded_or_no_path_stays(text):
    """Products, counts, lists, strings and names are left alone."""
    assert bounded_paths(text) is None


def test_a_limit_comes_after_a_comment():
    """On a line of its own, where the comment can't swallow it."""
    assert limited("RETURN 1 AS x ORDER BY x // LIMIT 5") == "RETURN 1 AS x ORDER BY x // LIMIT 5\nLIMIT 100"


@pytest.mark.parametrize(
    "text",
    ["MATCH (n) RETURN n ORDER BY n.x LIMIT 3", "MATCH (n) RETURN n UNION MATCH (m) RETURN m", "MATCH (n) DELETE n"],
)
def test_no_second_limit(text):
    """Where there is one, where two parts share the result, and where there is no result."""
    assert limited(text) is None


def test_a_limit_of_an_earlier_part_is_not_the_results():
    """WITH … LIMIT bounds something else."""
    assert limited("MATCH (n) WITH n LIMIT 3 RETURN n ORDER BY n.x").endswith("\nLIMIT 100")


def test_literals_become_parameters_with_their_values():
    """Compared values, values in patterns and in lists; names that are taken are not taken again."""
    text = "MATCH (n:X {a: 'it\\'s', b: 2}) WHERE n.c IN [1, 2.5] AND n.d STARTS WITH \"é\" AND n.e > $value_1 RETURN n"
    better, values = parameterised(text, {})
    assert better == (
        "MATCH (n:X {a: $value_2, b: $value_3}) WHERE n.c IN [$value_4, $value_5] AND n.d STARTS WITH $value_6 "
        "AND n.e > $value_1 RETURN n"
    )
    assert values == {"value_2": "it's", "value_3": 2, "value_4": 1, "value_5": 2.5, "value_6": "é"}


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (n)-[*1..3]->(m) RETURN n LIMIT 5",
        "CREATE VECTOR INDEX i FOR (n:X) ON (n.v) OPTIONS {indexConfig: {`vector.dimensions`: 3}}",
        "CYPHER 25 RETURN 'shown' AS x",
        "RETURN {a: 1} AS x",
    ],
)
def test_literals_that_are_no_values_stay(text):
    """Bounds, limits, options, versions and what is only shown."""
    assert parameterised(text, {}) is None


def test_a_hint_comes_after_the_pattern():
    """Before WHERE, in the MATCH that names the variable."""
    text = "MATCH (m:Y) MATCH (n:X {b: 1})-[r]->(m) WHERE n.a = 1 RETURN n"
    better = hinted(text, "n", "X", ["a"])
    assert better == "MATCH (m:Y) MATCH (n:X {b: 1})-[r]->(m)\nUSING INDEX n:X(a) WHERE n.a = 1 RETURN n"
    assert hinted(text, "nobody", "X", ["a"]) is None


def test_a_label_goes_to_the_node_that_has_none():
    """A function's argument is no node, and a labelled node needs none."""
    assert labelled("MATCH (n {x: 1}) RETURN n", "n", "X") == "MATCH (n:X {x: 1}) RETURN n"
    assert labelled("MATCH (n:Y) RETURN count(n)", "n", "X") is None


REWRITES = (bounded_paths, limited, lambda text: (parameterised(text, {}) or (None,))[0])
WORDS = ["MATCH ", "(a)", "-[*]->", "-[:X*2..]-", "(b)", " WHERE a.x = ", "'-[*]->'", '"it\\"s"', " RETURN a", "`x*`"]
WORDS += [
    " ORDER BY a.x",
    " // -[*]-> 'x'\n",
    "/* = 1 */",
    "1",
    "+",
    "*",
    "{2,}",
    " IN ",
    "[",
    "]",
    ",",
    "$p",
    "{a: 2}",
]


@given(st.lists(st.sampled_from(WORDS), max_size=12), st.sampled_from(range(len(REWRITES))))
def test_comments_and_quoted_names_survive_every_rewrite(words, which):
    """And all parameters that were there: an edit falls on tokens of its kind only."""
    text = "".join(words)
    better = REWRITES[which](text)
    kept = {Token.COMMENT, Token.QUOTED} | ({Token.STRING} if which != 2 else set())
    if better is not None:
        before, after = ([p.text for p in pieces(t) if p.kind in kept] for t in (text, better))
        assert after == before
        parameters = [p.text for p in code(text) if p.kind is Token.PARAMETER]
        assert [p for p in (q.text for q in code(better)) if p in parameters] == parameters
