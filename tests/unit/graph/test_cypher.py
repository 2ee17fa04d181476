"""The query files: each is headed, each parameter is known to its caller, and no Cypher hides in Python."""

import ast
import re
from pathlib import Path

import pytest

import consumer
from consumer.graph.cypher import body, parameters, query, query_names

ROOT = Path(consumer.__file__).parent
NAMES = query_names()
CYPHER = re.compile(r"\b(MATCH|MERGE|UNWIND|DETACH DELETE|FOREACH|CREATE \()\b")
WORD = re.compile(r"[a-z_]+")


@pytest.mark.parametrize("name", NAMES)
def test_each_query_is_headed(name):
    """Purpose, parameters, result, in that order, and every parameter is in the header."""
    header = [line.removeprefix("// ") for line in query(name).splitlines() if line.startswith("//")]
    starts = [line.split(":")[0] for line in header if line.split(":")[0] in {"Purpose", "Parameters", "Result"}]
    assert starts == ["Purpose", "Parameters", "Result"]
    assert parameters(name) <= set(WORD.findall(" ".join(header)))


@pytest.mark.parametrize("name", NAMES)
def test_no_query_holds_a_value(name):
    """Groups, names and dates are parameters; a literal in a query is a property key or a constant of ours."""
    literals = set(re.findall(r"'([^']*)'", body(name)))
    allowed = {
        "",
        " ",
        "-",
        "|",
        "name_embedding",
        "fact_embedding",
        "content_embedding",
        "vector",
        "vector_",
        "edge_name_and_fact",
        "episode_content",
        "community_name",
        "fact_vector",
        "entity_name_vector",
        "consumer_episode_vector",
        "consumer_episode_english",
        ": ",
        "node_name_and_summary",
        "Neo4j Kernel",
    }
    assert literals <= allowed


def sources():
    return sorted(path for path in ROOT.rglob("*.py"))


def strings_of(path):
    """Every string of a module that is not a docstring or comment."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]


SPEAK_OF_CYPHER = {"advice.py", "advice_rewrites.py", "cypher.py"}
"""Modules that tell people about queries, or know the words of clauses, and send none of their own."""


def test_no_cypher_hides_in_python():
    """Data statements are in query files only; the schema's own statements are built in schema_elements."""
    found = [
        f"{path.relative_to(ROOT)}: {text[:60]}"
        for path in sources()
        if path.name != "schema_elements.py" and path.name not in SPEAK_OF_CYPHER
        for text in strings_of(path)
        if CYPHER.search(text)
    ]
    assert found == []


def calls():
    """(file, query name, keyword names) of each `rows(tx, "…", …)` and `fetch("…", …)` with a literal name."""
    for path in sorted((ROOT / "graph").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            index = {"rows": 1, "fetch": 0}.get(name)
            if index is None or len(node.args) <= index or not isinstance(node.args[index], ast.Constant):
                continue
            yield path.name, node.args[index].value, {keyword.arg for keyword in node.keywords}


@pytest.mark.parametrize(
    ("file", "name", "given"),
    list(calls()),
    ids=lambda value: str(sorted(value) if isinstance(value, set) else value)[:40],
)
def test_callers_give_exactly_the_parameters(file, name, given):
    """A query gets what it uses, no more and no less."""
    assert given == parameters(name)


def test_every_query_is_used():
    """No query file is left over."""
    used = {text for path in (ROOT / "graph").rglob("*.py") for text in strings_of(path)}
    assert set(NAMES) <= used


def test_an_unknown_query_is_an_error():
    """A wrong name fails at once."""
    with pytest.raises(FileNotFoundError):
        query("no_such_query")
