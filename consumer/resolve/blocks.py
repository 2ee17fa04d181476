"""Blocks: keys that two names share if the rules can make them one, so that no name is compared with all others. Pure.

At most three a name: by the letters of its core, by surname and first initial, by the letters of the form that it
explains (the words of an acronym, the name before marriage). A block is a hash: of a removed name nothing can be read.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

from consumer.resolve.letters import collapsed, digits, unmarked
from consumer.resolve.parts import Parts, is_acronym_of, parts_of
from consumer.resolve.persons import is_like_a_person, maiden_form, surname
from consumer.resolve.words import FULL_NAMES

_WORD_MARKS = re.compile(r"[#\W]")


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks of one name; empty where it has none of that kind."""

    form: str
    person: str = ""
    other_form: str = ""

    @property
    def keys(self) -> frozenset[str]:
        """All of them."""
        return frozenset(key for key in (self.form, self.person, self.other_form) if key)


@lru_cache(maxsize=16_384)
def blocks_of(name: str) -> Blocks:
    """Return the blocks of `name`."""
    parts = parts_of(name)
    return Blocks(form=_form(parts.core), person=_person(parts), other_form=_other_form(parts))


def _form(words: tuple[str, ...]) -> str:
    """The set of letters, and the numbers: white space, order, doubled and changed letters are not in it."""
    letters = collapsed(unmarked("".join(words).replace("#", "")))
    return _key("form", "".join(sorted(set(_WORD_MARKS.sub("", letters) or letters))), *digits(words))


def _person(parts: Parts) -> str:
    """Surname and first initial, that of the full name for a nickname."""
    if not is_like_a_person(parts):
        return ""
    given = parts.core[0]
    initial = min(FULL_NAMES.get(given, {given}))[:1]
    return _key("person", collapsed(surname(parts)), collapsed(initial))


def _other_form(parts: Parts) -> str:
    if parts.born:
        return _form(maiden_form(parts))
    if not parts.qualifier:
        return ""
    inner = parts_of(parts.qualifier).core
    is_acronym = is_acronym_of(parts.core, inner) or is_acronym_of(inner, parts.core)
    return _form(inner if is_acronym else tuple(parts.exact.split()))  # Paris (Texas) is also Paris, Texas


def _key(*texts: str) -> str:
    return hashlib.blake2b("\x1f".join(texts).encode(), digest_size=12).hexdigest()
