"""The tests themselves."""

import ast
from pathlib import Path

TESTS = Path(__file__).parents[2]


def test_every_test_says_in_a_sentence_what_it_shows():
    """A test's one-line docstring is what a reader of a failure sees first."""
    silent = [
        f"{path.relative_to(TESTS)}:{node.lineno} {node.name}"
        for path in sorted(TESTS.rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []
