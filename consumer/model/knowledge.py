"""What an episode says: the entities it mentions and the dated facts it asserts or ends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

Scalar = str | int | float | bool

LABEL = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*\Z")
"""What Graphiti accepts as a type label; anything else makes its reader raise."""

RESERVED_LABELS = frozenset(
    {
        "Community",
        "ConsumerAssertion",
        "ConsumerDecision",
        "ConsumerEpisode",
        "ConsumerGroup",
        "ConsumerName",
        "ConsumerVector",
        "Entity",
        "Episodic",
        "Saga",
    }
)
"""Labels that say what a node is in Graphiti's model and in our bookkeeping: no entity type may be one of them."""

DEFAULT_TYPE = "Entity"
_NOT_WORD = re.compile(r"[^\w]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Exclusive(StrEnum):
    """On which side of a relation only one fact can be open at a time.

    `subject`: the subject has one object (a person, one employer). `object`: the object has one subject
    (an office, one holder). `both`: either.
    """

    NONE = "none"
    SUBJECT = "subject"
    OBJECT = "object"
    BOTH = "both"

    @property
    def on_subject(self) -> bool:
        """Whether the subject can have only one."""
        return self in {Exclusive.SUBJECT, Exclusive.BOTH}

    @property
    def on_object(self) -> bool:
        """Whether the object can have only one."""
        return self in {Exclusive.OBJECT, Exclusive.BOTH}

    @property
    def turned(self) -> Exclusive:
        """What it is when subject and object change places."""
        return {Exclusive.SUBJECT: Exclusive.OBJECT, Exclusive.OBJECT: Exclusive.SUBJECT}.get(self, self)


class Polarity(StrEnum):
    """Whether an episode says that a fact holds, or that it is over."""

    ASSERTS = "asserts"
    ENDS = "ends"


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in an episode, with what the episode says of its bearer."""

    name: str
    type: str = DEFAULT_TYPE
    summary: str = ""
    attributes: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Assertion:
    """One episode's claim on a triple, by names, as raw as it was said.

    `valid_at`/`invalid_at`: UTC, None when the episode gives no date. With polarity `ends`, `invalid_at` is
    when it ended (None: at the reference time) and `valid_at` is usually None. `instead_of` marks a correction: the
    date told before, which `valid_at` (with `ends`: `invalid_at`) replaces in what was said earlier of the same triple.
    """

    subject: str
    relation: str
    object: str
    sentence: str
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    exclusive: Exclusive = Exclusive.NONE
    polarity: Polarity = Polarity.ASSERTS
    instead_of: datetime | None = None
    symmetric: bool = field(default=False, compare=False)
    """Whether an ontology says that its relation holds both ways."""
    is_declared: bool = field(default=False, compare=False)
    """Whether an ontology declares its relation: then the name stays as it is."""

    def turned(self) -> Assertion:
        """Return it with its ends the other way round."""
        return replace(self, subject=self.object, object=self.subject, exclusive=self.exclusive.turned)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All that was taken from one episode. Every subject and object of `assertions` is in `mentions`."""

    mentions: tuple[Mention, ...] = ()
    assertions: tuple[Assertion, ...] = ()


def complete(mentions: tuple[Mention, ...], assertions: tuple[Assertion, ...]) -> Knowledge:
    """Return Knowledge in which each subject and object is mentioned, adding bare mentions where missing."""
    known = {mention.name for mention in mentions}
    added: dict[str, Mention] = {}
    for assertion in assertions:
        for name in (assertion.subject, assertion.object):
            if name not in known and name not in added:
                added[name] = Mention(name)
    return Knowledge((*mentions, *added.values()), assertions)


def relation_name(text: str) -> str:
    """Return `text` as a relation type in SCREAMING_SNAKE; letters of any script stay, the rest is `_`.

    `works at`, `works-at`, `worksAt` → `WORKS_AT`; nothing usable → `RELATES_TO`.
    """
    name = _NOT_WORD.sub("_", text.strip()).strip("_")
    name = (name if "_" in name else _HUMP.sub("_", name)).upper()
    return name or "RELATES_TO"


def type_label(text: str) -> str:
    """Return `text` as an entity type label Graphiti can read, or `Entity` when it can't be one.

    A label that says what a node is (`RESERVED_LABELS`) is none: an entity of type `Episodic` would be read as an
    episode.
    """
    label = "".join(part[:1].upper() + part[1:] for part in _NOT_WORD.split(text.strip()) if part)
    return label if is_type_label(label) else DEFAULT_TYPE


def is_type_label(label: str) -> bool:
    """Return whether `label` can be the type of an entity, beside `Entity`."""
    return LABEL.match(label) is not None and label not in RESERVED_LABELS
