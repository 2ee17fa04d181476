"""From what a person typed to a Lucene query that means exactly that, within groups. Pure.

Every special character is escaped and no word is an operator, so no input is a syntax error or leaves its groups.
Source: Lucene's classic query parser syntax.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_SPECIAL = re.compile(r'([+\-!(){}\[\]^"~*?:\\/&|<>=])')
_WORD = re.compile(r"\w")

MAX_WORDS = 128
"""Distinct words used of one query: Lucene refuses over 1,024 clauses, and each word is one a field."""


def escaped(text: str) -> str:
    """Return `text` with every character that Lucene would interpret escaped."""
    return _SPECIAL.sub(r"\\\1", text)


def words(text: str) -> list[str]:
    """Return the distinct words of `text`, escaped, in lower case (so that none is AND, OR or NOT)."""
    distinct = dict.fromkeys(word for word in text.lower().split() if _WORD.search(word))
    return [escaped(word) for word in list(distinct)[:MAX_WORDS]]


def facts_query(text: str, group_ids: Sequence[str]) -> str | None:
    """Return the query for facts of the groups that hold any word of `text`; None when it has no word.

    The group is a condition without weight. It holds more than the groups named (an index of words can't tell
    `team` from `team-2`), so the caller checks the property too.
    """
    terms = words(text)
    if not terms or not group_ids:
        return None
    groups = " OR ".join(f'group_id:"{escaped(group_id)}"' for group_id in group_ids)
    asked = " ".join(terms)
    return f"({groups})^0 AND (fact:({asked}) OR name:({asked}))"
