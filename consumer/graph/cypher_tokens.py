"""Cypher as tokens: strings, comments and quoted names are told from the rest, so that an edit never falls into them.

No parser: what is an edit's place is decided by neighbouring tokens, and whether an edited query is one, and what it
does, the database says (`graph.advice_check`). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from consumer.errors import UserError


class Token(StrEnum):
    """What a piece of the text is."""

    SPACE = "space"
    COMMENT = "comment"
    STRING = "string"
    QUOTED = "quoted name"
    PARAMETER = "parameter"
    NUMBER = "number"
    WORD = "word"
    SYMBOL = "symbol"


_PIECES = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>//[^\r\n]*|/\*.*?(?:\*/|\Z))
  | (?P<string>'(?:\\.|[^'\\])*(?:'|\Z)|"(?:\\.|[^"\\])*(?:"|\Z))
  | (?P<quoted>`(?:``|[^`])*(?:`|\Z))
  | (?P<parameter>\$(?:`(?:``|[^`])*`|\w+))
  | (?P<number>0[xX][0-9a-fA-F_]+|0o[0-7_]+|(?:(?<!\.)\.\d+|\d[\d_]*(?:\.\d+)?)(?:[eE][+-]?\d+)?)
  | (?P<word>\w+)
  | (?P<symbol>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS = {
    "space": Token.SPACE,
    "comment": Token.COMMENT,
    "string": Token.STRING,
    "quoted": Token.QUOTED,
    "parameter": Token.PARAMETER,
    "number": Token.NUMBER,
    "word": Token.WORD,
    "symbol": Token.SYMBOL,
}

_MODES = ("EXPLAIN", "PROFILE")


@dataclass(frozen=True, slots=True)
class Piece:
    """One token, and where it begins in the text."""

    kind: Token
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.start + len(self.text)

    @property
    def word(self) -> str:
        """The text in capitals if it is a bare word, else nothing: keywords are compared by it."""
        return self.text.upper() if self.kind is Token.WORD else ""


def pieces(text: str) -> list[Piece]:
    """Return all tokens; put together they are `text` again."""
    return [
        Piece(_KINDS[match.lastgroup or "symbol"], match.group(), match.start()) for match in _PIECES.finditer(text)
    ]


def code(text: str) -> list[Piece]:
    """Return the tokens that the database reads: without spaces and comments."""
    return [piece for piece in pieces(text) if piece.kind not in {Token.SPACE, Token.COMMENT}]


def statement(text: str) -> str:
    """Return the one statement in `text`, without its EXPLAIN or PROFILE and its last semicolon.

    Raises:
        UserError: there is none, there are several, or it is a command of a shell.
    """
    found = code(text)
    if found and found[0].text == ":":
        raise UserError(
            f"{text.split(maxsplit=1)[0]} is a command of a shell, not Cypher: give parameters with --param",
            exit_code=2,
        )
    while found and found[-1].text == ";":
        found.pop()
    if not found:
        raise UserError("there is no query in it", exit_code=2)
    if any(piece.text == ";" and piece.kind is Token.SYMBOL for piece in found):
        raise UserError("there are several statements: one at a time, please", exit_code=2)
    body = text[: found[-1].end]
    for piece in reversed(_modes(found)):
        body = body[: piece.start] + body[piece.end :].lstrip()
    return body.strip()


def _modes(found: Sequence[Piece]) -> list[Piece]:
    """Return the words of the prelude that ask for a plan; they stand before the first clause, CYPHER options too."""
    modes: list[Piece] = []
    index = 0
    while index < len(found):
        if found[index].word in _MODES:
            modes.append(found[index])
            index += 1
        elif found[index].word == "CYPHER":
            index += 1
            while index < len(found) and _is_option(found, index):
                index += 1 if found[index].kind is Token.NUMBER else 3
        else:
            break
    return modes


def _is_option(found: Sequence[Piece], index: int) -> bool:
    """Whether a version, or the first word of `name=value`, stands there."""
    return found[index].kind is Token.NUMBER or (index + 1 < len(found) and found[index + 1].text == "=")


def after_prelude(text: str) -> list[Piece]:
    """Return the code after CYPHER and its options."""
    found = code(text)
    index = 0
    if found and found[0].word == "CYPHER":
        index = 1
        while index < len(found) and _is_option(found, index):
            index += 1 if found[index].kind is Token.NUMBER else 3
    return found[index:]


def edited(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    """Return `text` with each stretch (from, to) replaced; stretches do not overlap."""
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Return where an offset is, both from 1."""
    before = text[: max(offset, 0)]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
