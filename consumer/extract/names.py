"""Names as extractors hand them on: trimmed, on one line, without quotation marks around them. Pure."""

from __future__ import annotations

import re

MAX_NAME_CHARS = 512
"""Longer names are cut; the wire contract has the same limit."""

_SPACE = re.compile(r"\s+")
_QUOTES = ' \t"“”„«»「」『』《》〈〉'
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def clean_name(text: str) -> str:
    """Return `text` as a name: white space folded, quotation marks around it gone, at most 512 characters."""
    folded = _SPACE.sub(" ", _CONTROL.sub(" ", text)).strip(_QUOTES)
    return folded[:MAX_NAME_CHARS].rstrip()
