"""Whose words stand between quotation marks in a parsed English text: who says "I" there. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from consumer.extract.words import words

_QUOTE = re.compile(r"[\"“]([^\"“”]{4,})[\"”]")
_SAYING = words("say tell write reply answer ask add explain recall shout whisper cry note state announce")
_BEFORE, _AFTER = 10, 5


@dataclass(frozen=True, slots=True)
class Quote:
    """A stretch of text in quotation marks, by its characters, and who says it (None: it is not told)."""

    start: int
    end: int
    speaker: str | None


def quotes_of(doc: Any, name_of: Callable[[Any], str | None]) -> Sequence[Quote]:
    """Return the quotations of `doc`; `name_of` gives the name that a token is part of."""
    return [Quote(match.start(), match.end(), _speaker(doc, match, name_of)) for match in _QUOTE.finditer(doc.text)]


def _speaker(doc: Any, quote: re.Match[str], name_of: Callable[[Any], str | None]) -> str | None:
    """Return the subject of the verb of saying just before or just behind a quotation."""
    before = [token for token in doc if token.idx < quote.start()][-_BEFORE:]
    after = [token for token in doc if token.idx >= quote.end()][:_AFTER]
    for token in (*reversed(before), *after):
        if token.lemma_.lower() in _SAYING and token.pos_ == "VERB":
            for child in token.children:
                if child.dep_ == "nsubj":
                    return name_of(child)
    return None
