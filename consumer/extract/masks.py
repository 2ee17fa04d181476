"""Names that the English model cannot read, inside English sentences: masked before it sees them, put back after. Pure.

`王小明 lives in 北京` becomes `Harold lives in Martha`, which the model can parse; it never guesses at letters it does
not know. The same goes for names with a number, `Depot 13`, `Gridlib 2.1`, `CVE-2024-3094`, which it takes for
quantities, and for names that it takes apart: `George W. Bush`, `Maria van den Berg`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from consumer.extract.words import words
from consumer.model.knowledge import Knowledge

_FOREIGN = r"(?:(?![A-Za-zÀ-ɏ])[^\W\d_])[^\W_]*(?:[ ·・’'-](?:(?![A-Za-zÀ-ɏ])[^\W\d_])[^\W_]*)*"
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_NUMBERED = (
    rf"\b(?!(?:{_MONTHS}|The|On|In|At|By|For|And|Of|From|Since|Until)\b)[A-Z][a-z]{{2,}}"
    r" (?:\d{1,3}(?:\.\d{1,3}){0,3}|[A-Z]\d{1,3})\b(?![-:./%,]\d)"
)
_IDENTIFIER = r"\b[A-Z][A-Za-z]*-\d[\d-]*\b"
_CAPITALISED = r"[A-Z][A-Za-zÀ-ɏ’'-]+"
_WITH_INITIALS = rf"\b{_CAPITALISED}(?: [A-Z]\.){{1,3}} {_CAPITALISED}"
_WITH_PARTICLES = rf"\b{_CAPITALISED} (?:(?:van|von)(?: de[rn]?)?|de la|de los|della) {_CAPITALISED}"
_UNREADABLE = re.compile(f"{_FOREIGN}|{_WITH_INITIALS}|{_WITH_PARTICLES}|{_NUMBERED}|{_IDENTIFIER}")
_STAND_INS = sorted(
    words(
        "Harold Martha Edgar Louise Walter Agnes Clifford Beatrice Norman Edith Gilbert Rosalind Herbert Winifred "
        "Leonard Mildred Stanley Florence Raymond Dorothea Bernard Henrietta Douglas Constance Franklin Josephine"
    )
)


def masked(text: str) -> tuple[str, Mapping[str, str]]:
    """Return `text` with English names for what the model cannot read, and what each of them stands for."""
    stands_for: dict[str, str] = {}
    mask_of: dict[str, str] = {}

    def mask(match: re.Match[str]) -> str:
        original = match.group()
        if original not in mask_of:
            name = next((name for name in _STAND_INS if name not in stands_for and name not in text), None)
            if name is None:
                return original
            mask_of[original], stands_for[name] = name, original
        return mask_of[original]

    return _UNREADABLE.sub(mask, text), stands_for


def unmasked(said: Knowledge, stands_for: Mapping[str, str]) -> Knowledge:
    """Return `said` with the real names put back."""
    if not stands_for:
        return said
    pattern = re.compile(rf"\b(?:{'|'.join(stands_for)})\b")

    def back(text: str) -> str:
        return pattern.sub(lambda match: stands_for[match.group()], text)

    return Knowledge(
        tuple(replace(mention, name=back(mention.name), summary=back(mention.summary)) for mention in said.mentions),
        tuple(
            replace(a, subject=back(a.subject), object=back(a.object), sentence=back(a.sentence))
            for a in said.assertions
        ),
    )
