"""Which elements count for a search: one set of conditions for all legs and kinds. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consumer.model.instants import iso


@dataclass(frozen=True, slots=True)
class FactFilter:
    """What counts: of `group_ids`, and where it is a fact not over at `alive_at` and begun by `begun_by`.

    A fact whose start is not known counts as begun; None is no condition. `known_by`: in the log by then. Facts of
    `relations`, or with an end of `types`; entities of `types` that have a fact of `relations`; what comes from
    `episodes`, or from an episode of `sources`. Empty is no condition.
    """

    group_ids: tuple[str, ...]
    alive_at: datetime | None = None
    begun_by: datetime | None = None
    known_by: datetime | None = None
    relations: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    episodes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def of_facts(self) -> dict[str, Any]:
        """The parameters of `conditions_of_facts`."""
        return self.of_entities | {"alive_at": _text(self.alive_at), "begun_by": _text(self.begun_by)}

    @property
    def of_entities(self) -> dict[str, Any]:
        """The parameters of `conditions_of_entities`."""
        return {
            "group_ids": list(self.group_ids),
            "known_by": _text(self.known_by),
            "relations": _list(self.relations),
            "types": _list(self.types),
            "episodes": _list(self.episodes),
            "sources": _list(self.sources),
        }

    @property
    def of_episodes(self) -> dict[str, Any]:
        """The parameters of `conditions_of_episodes`."""
        return self.of_entities | {"begun_by": _text(self.begun_by)}

    @property
    def of_communities(self) -> dict[str, Any]:
        """The parameters of `conditions_of_communities`."""
        return {"group_ids": list(self.group_ids), "known_by": _text(self.known_by), "types": _list(self.types)}


def _text(instant: datetime | None) -> str | None:
    return iso(instant) if instant else None


def _list(values: Iterable[str]) -> list[str] | None:
    return list(values) or None
