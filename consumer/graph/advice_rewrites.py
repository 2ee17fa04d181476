"""A query with one thing changed: an upper bound on paths, a LIMIT, parameters, a hint, a label.

Edits are of tokens, so that strings, comments and quoted names stay as they are. Whether the result is a query, and has
the better plan, is not known here: `graph.advice_check` asks the database before anything is shown. Pure.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from consumer.graph.cypher_tokens import Piece, Token, after_prelude, code, edited

MOST_HOPS = 5
"""Upper bound that an unbounded path is given."""

MOST_ROWS = 100
"""LIMIT that an ordered result is given."""

CLAUSES = frozenset(
    [
        "MATCH",
        "OPTIONAL",
        "WHERE",
        "WITH",
        "RETURN",
        "UNWIND",
        "CALL",
        "CREATE",
        "MERGE",
        "SET",
        "REMOVE",
        "DELETE",
        "DETACH",
        "FOREACH",
        "UNION",
        "ORDER",
        "SKIP",
        "LIMIT",
        "OFFSET",
        "USING",
        "YIELD",
        "FINISH",
        "LOAD",
        "INSERT",
        "USE",
        "FILTER",
        "LET",
    ]
)
_COMPARED = {"=", "<", ">", "~"}
_COMPARED_WORDS = {"IN", "CONTAINS", "WITH"}


def bounded_paths(text: str) -> str | None:
    """Return the query with unbounded paths bounded to five hops, or to two more than a least that is above four."""
    found = code(text)
    edits: list[tuple[int, int, str]] = []
    for index, piece in enumerate(found):
        edit = _star_in_brackets(found, index) if piece.text == "*" else None
        if edit is None and piece.text in {"+", "*", "{"}:
            edit = _quantifier(found, index)
        if edit is not None:
            edits.append(edit)
    return edited(text, edits) if edits else None


def _star_in_brackets(found: Sequence[Piece], index: int) -> tuple[int, int, str] | None:
    """Return how to bound `*`, `*2..` and `*..` of `-[r:T*2..]-`, if it stands in the brackets of a relationship."""
    opening = _opening(found, index)
    if opening < 2 or found[opening].text != "[" or found[opening - 1].text != "-":  # noqa: PLR2004 - `)-[`
        return None
    if found[opening - 2].text not in {")", "<"}:
        return None
    rest = [piece.text for piece in found[index + 1 : index + 5]]
    least, taken = (rest[0], 1) if rest and rest[0].isdigit() else ("", 0)
    is_ranged = rest[taken : taken + 2] == [".", "."]
    if is_ranged and len(rest) > taken + 2 and rest[taken + 2].isdigit():
        return None
    if least and not is_ranged:
        return None  # `*3` is exactly three
    last = found[index + taken + (2 if is_ranged else 0)]
    return found[index].start, last.end, f"*{least or 1}..{_most(least)}"


def _quantifier(found: Sequence[Piece], index: int) -> tuple[int, int, str] | None:
    """Return how to bound `+`, `*` and `{2,}` after a parenthesised path or an arrow."""
    before = found[index - 1] if index else None
    after = found[index + 1] if index + 1 < len(found) else None
    is_after_arrow = (
        index > 1 and before is not None and found[index - 2].text in {"-", "]"} and before.text in {">", "-"}
    )
    is_after_path = before is not None and before.text == ")" and _holds_path(found, index - 1)
    if before is None or not (is_after_arrow or is_after_path):
        return None
    if found[index].text == "{":
        least = found[index + 1].text if after is not None and after.kind is Token.NUMBER else ""
        rest = [piece.text for piece in found[index + (2 if least else 1) : index + (4 if least else 3)]]
        if rest != [",", "}"]:
            return None
        return found[index].start, found[index + (3 if least else 2)].end, f"{{{least or 0},{_most(least)}}}"
    if after is None or not (after.text == "(" or after.word in CLAUSES or after.text in {",", ")"}):
        return None
    return found[index].start, found[index].end, f"{{{0 if found[index].text == '*' else 1},{MOST_HOPS}}}"


def _most(least: str) -> int:
    return max(MOST_HOPS, int(least or 0) + 2) if int(least or 0) > MOST_HOPS - 1 else MOST_HOPS


def _holds_path(found: Sequence[Piece], closing: int) -> bool:
    """Whether the parentheses that end there hold a path of at least one relationship."""
    inside = found[_opening(found, closing) + 1 : closing]
    texts = [piece.text for piece in inside]
    return bool(texts) and texts[0] == "(" and "-" in texts


def _opening(found: Sequence[Piece], index: int) -> int:
    """Return where the innermost bracket around a token opens; of a closing bracket, its own; -1 for none."""
    depth = 0
    for earlier in range(index - 1, -1, -1):
        piece = found[earlier]
        if piece.kind is Token.SYMBOL and piece.text in ")]}":
            depth += 1
        elif piece.kind is Token.SYMBOL and piece.text in "([{":
            if depth == 0:
                return earlier
            depth -= 1
    return -1


def limited(text: str) -> str | None:
    """Return the query with a LIMIT at its end, on a line of its own; None where the last part has one."""
    last = [piece.word for piece in _outer(after_prelude(text))]
    if "RETURN" not in last or "UNION" in last:
        return None
    closing = last[len(last) - last[::-1].index("RETURN") :]
    return None if "LIMIT" in closing else f"{text}\nLIMIT {MOST_ROWS}"


def _outer(found: Sequence[Piece]) -> Iterator[Piece]:
    """Yield the tokens that stand in no brackets."""
    depth = 0
    for piece in found:
        if piece.kind is Token.SYMBOL and piece.text in "([{":
            depth += 1
        elif piece.kind is Token.SYMBOL and piece.text in ")]}":
            depth -= 1
        elif depth == 0:
            yield piece


def literals(text: str) -> list[Piece]:
    """Return the strings and numbers that properties are compared with."""
    found = after_prelude(text)
    return [piece for index, piece in enumerate(found) if _is_literal(found, index)]


def _is_literal(found: Sequence[Piece], index: int) -> bool:
    piece = found[index]
    if piece.kind not in {Token.STRING, Token.NUMBER} or index == 0:
        return False
    before = found[index - 1]
    if before.text in _COMPARED or before.word in _COMPARED_WORDS:
        return before.word != "WITH" or (index > 1 and found[index - 2].word in {"STARTS", "ENDS"})
    if before.text == ":":  # a value in a map, `{name: 'Ada'}`
        return _inside_pattern(found, index)
    return before.text in {"[", ","} and _inside_list_after_in(found, index)


def _inside_pattern(found: Sequence[Piece], index: int) -> bool:
    """Whether the braces around it belong to a node or a relationship: options and other maps must stay literals."""
    opening = _opening(found, index)
    if opening < 1 or found[opening].text != "{":
        return False
    outer = _opening(found, opening)
    return outer >= 0 and found[outer].text in {"(", "["}


def _inside_list_after_in(found: Sequence[Piece], index: int) -> bool:
    opening = _opening(found, index)
    return opening > 0 and found[opening].text == "[" and found[opening - 1].word == "IN"


def parameterised(text: str, values: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Return the query with parameters for its literals, and their values beside `values`; None if it has none."""
    found = literals(text)
    if not found:
        return None
    taken = {*values, *(piece.text[1:].strip("`") for piece in code(text) if piece.kind is Token.PARAMETER)}
    added: dict[str, Any] = {}
    edits = []
    for piece in found:
        try:
            value = ast.literal_eval(piece.text)
        except (SyntaxError, ValueError):
            continue
        number = len(added) + 1
        while (name := f"value_{number}") in taken:
            number += 1
        taken.add(name)
        added[name] = value
        edits.append((piece.start, piece.end, f"${name}"))
    return (edited(text, edits), added) if edits else None


def hinted(text: str, variable: str, target: str, properties: Sequence[str]) -> str | None:
    """Return the query with an index hint in the MATCH that names the variable; None where there is no such place."""
    end = _end_of_match(text, variable)
    if end is None:
        return None
    hint = f"USING INDEX {variable}:{target}({', '.join(properties)})"
    return edited(text, [(end, end, f"\n{hint}")])


def _end_of_match(text: str, variable: str) -> int | None:
    found = code(text)
    for index, piece in enumerate(found):
        if piece.word != "MATCH":
            continue
        end = _end_of_pattern(found, index + 1)
        pattern = found[index + 1 : end]
        if any(
            each.text == variable and pattern[at - 1].text in {"(", "["} for at, each in enumerate(pattern) if at > 0
        ):
            return pattern[-1].end
    return None


def _end_of_pattern(found: Sequence[Piece], start: int) -> int:
    depth = 0
    for index in range(start, len(found)):
        piece = found[index]
        if piece.kind is Token.SYMBOL:
            depth += (piece.text in "([{") - (piece.text in ")]}")
        if depth < 0 or (depth == 0 and piece.word in CLAUSES):
            return index
    return len(found)


def labelled(text: str, variable: str, label: str) -> str | None:
    """Return the query with a label on the first node that is called `variable` and has none; None if there is none."""
    found = code(text)
    for index in range(1, len(found) - 1):
        if found[index].text == variable and found[index - 1].text == "(" and found[index + 1].text in {")", "{"}:
            # A variable in parentheses is a node only beside a pattern's words.
            opener = found[index - 2] if index > 1 else None
            if opener is not None and (opener.word == "MATCH" or opener.text in {",", "-", ">"}):
                return edited(text, [(found[index].end, found[index].end, f":{label}")])
    return None
