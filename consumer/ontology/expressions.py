"""JMESPath expressions in ontology files: checked when the file is read, evaluated on records. Pure.

Source: https://jmespath.org/specification.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from pydantic import AfterValidator, Field

LITERAL_FREE = "="
"""What opens an expression where a plain word may stand too."""

_HOLE = re.compile(r"\{([^{}]*)\}")


def evaluate(expression: str, scope: Any) -> Any:
    """Return what `expression` finds in `scope`, None when nothing.

    Raises:
        ValueError: a function got what it can't take; in one line.
    """
    try:
        return _compiled(expression).search(scope)
    except (JMESPathError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{expression!r}: {' '.join(str(error).split())}") from error


def holes(template: str) -> list[str]:
    """Return the expressions in braces of a sentence template."""
    return _HOLE.findall(template)


def filled(template: str, scope: Any) -> str:
    """Return the template with each expression in braces replaced by what it finds; nothing found is "".

    Raises:
        ValueError: an expression fails on this record.
    """
    return " ".join(_HOLE.sub(lambda match: as_text(evaluate(match[1], scope)) or "", template).split())


def as_text(value: Any) -> str | None:
    """Return a text or number as trimmed text; None for what is neither, or blank."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None


def _checked(expression: str) -> str:
    """Refuse what is no JMESPath, and functions that do not exist, which the parser itself lets pass."""
    try:
        tree = jmespath.compile(expression).parsed
    except JMESPathError as error:
        raise ValueError(f"no JMESPath expression: {str(error).splitlines()[0].rstrip(':')}") from error
    for node in _nodes(tree):
        if node["type"] == "function_expression" and node["value"] not in Functions.FUNCTION_TABLE:
            raise ValueError(f"JMESPath has no function {node['value']!r}")
    return expression


def _checked_template(template: str) -> str:
    for expression in holes(template):
        _checked(expression)
    return template


def _checked_word(word: str) -> str:
    if word.startswith(LITERAL_FREE):
        _checked(word.removeprefix(LITERAL_FREE))
    return word


def _nodes(tree: Any) -> Iterator[Any]:
    yield tree
    for child in tree.get("children", ()):
        if isinstance(child, dict):
            yield from _nodes(child)


@lru_cache(maxsize=4_096)
def _compiled(expression: str) -> Any:
    return jmespath.compile(expression)


Expression = Annotated[str, Field(min_length=1), AfterValidator(_checked)]
"""A JMESPath expression."""
Template = Annotated[str, AfterValidator(_checked_template)]
"""Text with JMESPath expressions in braces."""
Word = Annotated[str, Field(min_length=1), AfterValidator(_checked_word)]
"""A plain word, or `=` and a JMESPath expression that gives one."""
