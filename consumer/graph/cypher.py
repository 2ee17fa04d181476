"""The Cypher of the product: one file a query in `queries/`, each headed by purpose, parameters and result.

Values are parameters only; no query text is put together in Python (tests/unit/graph/test_cypher.py watches). What
several queries say alike stands once in `queries/parts/`, and a line `// include: <part>` stands for it.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_PARAMETER = re.compile(r"\$([a-z_]+)")
_INCLUDE = re.compile(r"^ *// include: ([a-z_]+)$", re.MULTILINE)


@cache
def query(name: str) -> str:
    """Return the text of `queries/<name>.cypher`.

    Raises:
        FileNotFoundError: there is no such query.
    """
    folder = files("consumer.graph") / "queries"
    text = (folder / f"{name}.cypher").read_text(encoding="utf-8")
    return _INCLUDE.sub(lambda line: (folder / "parts" / f"{line[1]}.cypher").read_text(encoding="utf-8"), text)


def query_names() -> tuple[str, ...]:
    """Return the names of all queries, sorted."""
    folder = files("consumer.graph") / "queries"
    return tuple(
        sorted(path.name.removesuffix(".cypher") for path in folder.iterdir() if path.name.endswith(".cypher"))
    )


def body(name: str) -> str:
    """Return the query without its header."""
    return "\n".join(line for line in query(name).splitlines() if not line.startswith("//"))


def parameters(name: str) -> frozenset[str]:
    """Return the names of the parameters that the query uses."""
    return frozenset(_PARAMETER.findall(body(name)))
