"""What a plan's Filter asks of a variable's properties, read from the operator's own words. Pure.

The words are Neo4j's ("cache[e.name] = $n AND toLower(e.summary) CONTAINS $x"), no promise of its authors: what isn't
understood is left out, so that a predicate can be missed and none is made up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from consumer.graph.cypher_tokens import Piece, Token, code
from consumer.graph.plans import Operator

_OPEN, _CLOSE = "([{", ")]}"
_RANGE = {"=", "<", ">"}
_WORDS = {"IN", "STARTS", "CONTAINS", "ENDS", "IS"}


@dataclass(frozen=True, slots=True)
class Predicate:
    """`variable.name` compared by `how` (=, <, >, IN, STARTS, CONTAINS, ENDS, IS); `function` hides it from indexes."""

    variable: str
    name: str
    how: str
    function: str = ""

    @property
    def is_for_range(self) -> bool:
        """Whether a range index serves it."""
        return not self.function and self.how not in {"CONTAINS", "ENDS"}

    @property
    def is_for_text(self) -> bool:
        """Whether a text index serves it and a range index hardly does."""
        return not self.function and self.how in {"CONTAINS", "ENDS"}


def predicates(above: Sequence[Operator], variable: str) -> list[Predicate]:
    """Return what the Filters among the operators `above` a scan ask of its `variable`."""
    return [
        found
        for operator in above
        if operator.name == "Filter"
        for part in _conjuncts(_uncached(code(operator.details)))
        if (found := _predicate(part)) is not None and found.variable == variable
    ]


def _uncached(found: Sequence[Piece]) -> list[Piece]:
    """Return the tokens with `cache[x.y]` as `x.y`."""
    kept: list[Piece] = []
    inside = False
    for index, piece in enumerate(found):
        if piece.text == "cache" and index + 1 < len(found) and found[index + 1].text == "[":
            continue
        if piece.text == "[" and index and found[index - 1].text == "cache":
            inside = True
            continue
        if inside and piece.text == "]":
            inside = False
            continue
        kept.append(piece)
    return kept


def _conjuncts(found: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Yield the parts between the outer ANDs; parentheses around everything are taken off."""
    while found and found[0].text == "(" and _closing(found) == len(found) - 1:
        found = found[1:-1]
    part: list[Piece] = []
    depth = 0
    for piece in found:
        depth += (piece.text in _OPEN) - (piece.text in _CLOSE) if piece.kind is Token.SYMBOL else 0
        if depth == 0 and piece.word == "AND":
            yield part
            part = []
        else:
            part.append(piece)
    yield part


def _closing(found: Sequence[Piece]) -> int:
    """Return the index of the bracket that closes the first one."""
    depth = 0
    for index, piece in enumerate(found):
        if piece.kind is Token.SYMBOL:
            depth += (piece.text in _OPEN) - (piece.text in _CLOSE)
            if depth == 0:
                return index
    return -1


def _predicate(part: Sequence[Piece]) -> Predicate | None:
    """Return `x.y op …` or `function(x.y) op …`; nothing for what has an outer OR or NOT, or is something else."""
    if not part or any(piece.word in {"OR", "XOR", "NOT"} for piece in part):
        return None
    function = ""
    if len(part) > 1 and part[0].kind is Token.WORD and part[1].text == "(":
        function, part = part[0].text, [*part[2:5], *part[6:]] if len(part) > 5 and part[5].text == ")" else []  # noqa: PLR2004 - function ( x . y )
    if len(part) < 4 or part[1].text != ".":  # noqa: PLR2004 - x . y op
        return None
    how = part[3].word if part[3].word in _WORDS else part[3].text
    if (how not in _RANGE and how not in _WORDS) or (how == "<" and len(part) > 4 and part[4].text == ">"):  # noqa: PLR2004 - <>
        return None
    return Predicate(bare(part[0].text), bare(part[2].text), how, function)


def bare(name: str) -> str:
    """Return a name without its backticks."""
    return name[1:-1].replace("``", "`") if name.startswith("`") else name
