"""The places of a group's vectors, by what a move to another embedding model knows them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a vector belongs to: facts, names, episodes; what is kept for later, sentences and spellings."""

    FACT = "fact"
    NAME = "name"
    SPELLING = "spelling"
    ASSERTION = "assertion"
    EPISODE = "episode"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a vector is, and the text it stands for; None when nobody tells that text any more.

    `uuid` is the element's, `details` what else finds the place: `key` of a spelling; `triple`, `episode` and `ordinal`
    of an assertion.
    """

    kind: Kind
    uuid: str
    text: str | None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its unique name; the queries put the same together."""
        last = self.details.get("key", self.details.get("ordinal"))
        return f"{self.kind}:{self.uuid}" if last is None else f"{self.kind}:{self.uuid}-{last}"


def assertion_uuid(triple: str, episode: str) -> str:
    """Return what the staged vectors of an episode's assertions on a triple are found by."""
    return f"{triple}-{episode}"
