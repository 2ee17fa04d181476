"""From what a person typed to a Lucene query that means exactly that, within groups. Pure.

Every special character is escaped and no word is an operator, so no input is a syntax error or leaves its groups.
Source: Lucene's classic query parser syntax.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from consumer.graph.function_words import ENGLISH, content_words, language_of

_SPECIAL = re.compile(r'([+\-!(){}\[\]^"~*?:\\/&|<>=])')
_WORD = re.compile(r"\w")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]{2,}")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]{3,}")

_PARTS = re.compile(r"[a-z0-9]+")
_ENGLISH_STOPS = (
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this "
    "to was will with s"
)
_LEFT_OUT = frozenset(_ENGLISH_STOPS.split())
"""The words that Lucene's English analyser leaves out."""

MAX_WORDS = 128
"""Distinct words used of one query: Lucene refuses over 1,024 clauses, and each word is one a field."""

MAX_TERMS = 192
"""Words, pairs and pieces of one query, for the same reason."""

MAX_GROUPS = 200
"""Groups named in one query, for the same reason."""

PIECE = 4
"""Characters of a piece of a run of letters without spaces."""

MAX_PIECES = 24
"""Pieces of one run: each reads through the words of the index."""


def escaped(text: str) -> str:
    """Return `text` with every character that Lucene would interpret escaped."""
    return _SPECIAL.sub(r"\\\1", text)


def words(text: str) -> list[str]:
    """Return the distinct words of `text` that say what it is about, escaped, in lower case: none is AND, OR or NOT."""
    distinct = dict.fromkeys(word for word in text.lower().split() if _WORD.search(word))
    return [escaped(word) for word in content_words(list(distinct))[:MAX_WORDS]]


def terms(text: str) -> list[str]:
    """Return what to look for: the words, and for scripts without spaces between words what finds them inside a run.

    The index has each Han character as a word, so neighbours count as a pair too. It has a run of Thai, Lao, Khmer or
    Burmese letters as one word, which no question repeats whole, so pieces of the run are looked for anywhere.
    """
    found = words(text)
    for run in dict.fromkeys(_HAN.findall(text)):
        found += [f'"{run[at : at + 2]}"' for at in range(len(run) - 1)]
    for run in dict.fromkeys(_UNSPACED.findall(text)):
        found += [f"*{piece}*" for piece in _pieces(run)]
    return found[:MAX_TERMS]


def _pieces(run: str) -> list[str]:
    """Return overlapping pieces of a run, no longer than a word often is; a mark never begins one."""
    if len(run) <= PIECE:
        return [run]
    starts = [at for at in range(0, len(run) - PIECE + 1, PIECE // 2) if not unicodedata.combining(run[at])]
    return [run[at : at + PIECE] for at in starts][:MAX_PIECES]


def fields_query(text: str, fields: Sequence[str], group_ids: Sequence[str]) -> str | None:
    """Return the query for what holds any word of `text` in one of `fields`; None when it has no word.

    The group is a condition without weight. It lets through more than the groups named (an index of words can't tell
    `team` from `team-2`), so the caller checks the property too; and past `MAX_GROUPS` it is left to the caller alone.
    """
    wanted = terms(text)
    if not wanted or not group_ids:
        return None
    asked = " ".join(wanted)
    matching = " OR ".join(f"{field}:({asked})" for field in fields)
    if len(group_ids) > MAX_GROUPS:
        return matching
    groups = " OR ".join(f'group_id:"{escaped(group_id)}"' for group_id in group_ids)
    return f"({groups})^0 AND ({matching})"


def english_query(text: str, field: str, group_ids: Sequence[str]) -> str | None:
    """Return the query for an index that knows the forms of English words; None where `text` is not plainly English.

    Only the words count: an index in one language has no use for pieces of words of another script.
    """
    typed = text.lower().split()
    found = words(text)
    if not found or not group_ids or language_of(typed) != ENGLISH:
        return None
    matching = f"{field}:({' '.join(found)})"
    # That index leaves out words like "it", and a condition on nothing would let nothing through.
    if len(group_ids) > MAX_GROUPS or any(set(_PARTS.findall(one.lower())) <= _LEFT_OUT for one in group_ids):
        return matching
    groups = " OR ".join(f'group_id:"{escaped(group_id)}"' for group_id in group_ids)
    return f"({groups})^0 AND ({matching})"
