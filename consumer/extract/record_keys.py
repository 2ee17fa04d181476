"""What the keys of JSON records mean: tables of words, and the role that a key gives its value. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from consumer.extract.words import words
from consumer.model.knowledge import type_label

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_a-zA-Z]+")

ENDINGS = words(
    "left leaves leave ended ends end removed removes resigned resigns terminated closed retired died "
    "deactivated fired cancelled canceled expired revoked dissolved"
)
"""Words of an event that say that something is over."""

EVENT_WORDS = frozenset({"event", "action", "status", "change"})
"""Keys whose value says what happened."""

_TYPES = {
    word: kind
    for kind, listed in {
        "Person": "person user author owner manager employee customer client speaker actor director artist player "
        "member patient student teacher assignee reporter sender recipient contact lead founder ceo creator maintainer "
        "committer reviewer mayor president chair chairman treasurer captain coach chancellor minister governor",
        "Organization": "company vendor organization organisation org employer party team publisher supplier agency "
        "manufacturer brand institution university school department",
        "Product": "product software device sensor model app application package library",
        "Place": "city country place location state region address town venue residence hometown birthplace",
        "Office": "office position role",
        "Event": "conference meeting",
        "Project": "project repository repo",
        "Work": "book film movie song album novel",
    }.items()
    for word in listed.split()
}
_PLACED = frozenset({"lives", "live", "based", "located", "born", "resides"})
_OF_PERSONS = words("employer email birthday birthdate age job phone gender salary occupation spouse nationality")
"""Keys of an object whose `name` is a person's."""
_MAIN_PERSONS = frozenset({"person", "user", "employee", "customer", "patient", "student", "player", "member"})
_TITLES = frozenset({"name", "title", "label"})
_IDENTIFIERS = frozenset({"id", "commit", "sha", "key", "ticket", "issue"})
_SINCE = frozenset({"effective", "since", "start", "started", "begin", "began", "from", "hired", "appointed", "joined"})
_UNTIL = frozenset({"until", "end", "ended", "to", "left", "through"})
_WHEN = frozenset({"date", "when", "timestamp"})


@dataclass(frozen=True, slots=True)
class Role:
    """What a value is: an entity of a `type`, and its `rank` among the keys of its object.

    Ranks: `main` (what the record is about), `identifier`, `title`, `entity`, `since`, `until`, `when`, "" (plain).
    """

    rank: str
    type: str = "Entity"

    @property
    def is_entity(self) -> bool:
        """Whether the value names an entity."""
        return self.rank in {"main", "identifier", "title", "entity"}


@lru_cache(maxsize=4_096)
def words_of(key: str) -> tuple[str, ...]:
    """Return the words of a key in lower case: `vendorProject`, `vendor_project` and `vendor-project` are two."""
    return tuple(word.lower() for word in _WORDS.findall(key))


def role_of(key: str, siblings: Iterable[str]) -> Role:
    """Return what the value of `key` is, beside the other keys of its object."""
    parts = words_of(key)
    if not parts:
        return Role("")
    role = _date_role(parts) or _identifier_role(key, parts, siblings) or _named_role(parts) or Role("")
    if role == Role("title") and any(word in _OF_PERSONS for sibling in siblings for word in words_of(sibling)):
        return Role("title", "Person")
    return role


def _date_role(parts: tuple[str, ...]) -> Role | None:
    for rank, vocabulary in (("since", _SINCE), ("until", _UNTIL)):
        if parts[0] in vocabulary or (parts[-1] in vocabulary and len(parts) == 2):  # noqa: PLR2004 - `valid from`
            return Role(rank)
    return Role("when") if len(parts) == 1 and parts[0] in _WHEN else None


def _identifier_role(key: str, parts: tuple[str, ...], siblings: Iterable[str]) -> Role | None:
    """An identifier of something else in the object is no entity: `person_id` beside `person`."""
    *kind, last = parts
    if last not in _IDENTIFIERS or parts == ("id",):
        return None
    others = {words_of(sibling)[-1:] for sibling in siblings if sibling != key}
    if kind and (kind[-1],) in others:
        return Role("")
    return Role("identifier", type_label(" ".join(kind) or last))


def _named_role(parts: tuple[str, ...]) -> Role | None:
    *kind, last = parts
    if last == "in" and kind and kind[-1] in _PLACED:
        return Role("entity", "Place")
    if last in _TITLES:
        return Role("title", _TYPES.get(kind[-1], type_label(" ".join(kind))) if kind else "Entity")
    if last in _MAIN_PERSONS and not kind:
        return Role("main", "Person")
    if last in _TYPES:
        return Role("entity", next(_TYPES[part] for part in parts if part in _TYPES))
    return None
