"""Flame graphs as HTML: what is in the data, and that no name can break out of it."""

import json
import re

from consumer.profiling.flame import functions, graph, merged, page, shown

LINES = ["extract;a:f;b:g 70", "extract;a:f 20", "write;c:h 10"]


def data(html):
    """Return the trees in a page."""
    return [
        json.loads(found) for found in re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    ]


def test_a_tree_holds_each_stack_once():
    """Children sum to no more than their parent; the widest first."""
    assert shown(merged(LINES)) == [
        "all",
        100,
        [["extract", 90, [["a:f", 90, [["b:g", 70, []]]]]], ["write", 10, [["c:h", 10, []]]]],
    ]


def test_what_nobody_could_see_is_left_out():
    """A box of less than a thousandth of the whole."""
    assert [child[0] for child in shown(merged(["a 5000", "b 4"]))[2]] == ["a"]


def test_functions_are_told_by_their_own_time():
    """Shares of all looks, recursion counted once."""
    assert functions(["a;b;a 3", "b 1"]) == [("a", 0.75, 0.75), ("b", 0.25, 1.0)]


def test_a_page_needs_nothing_else_and_bears_any_name():
    """No address of another host; names are text."""
    html = page("<title>", ["a & b"], {"</script><b>": ["</script><script>alert(1);x 5"]})
    assert not re.search(r"(src|href)\s*=|https?://|@import|url\(", html)
    assert "<script>alert(1)" not in html
    assert data(html)[0][2][0][0] == "</script><script>alert(1)"
    assert "&lt;title&gt;" in html
    assert "a &amp; b" in html


def test_nothing_found_is_said():
    """Not an empty drawing."""
    assert "Nothing was found running" in graph("f", "idle", [])
