"""A graph store that keeps nothing: for measuring what comes before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from consumer.model.episode import Embedded, Removal
from consumer.ports import Reach, WriteReport


class NullStore:
    """Takes every batch at once and forgets it."""

    async def present(self, episodes: Mapping[str, str]) -> set[str]:
        """Know of none."""
        del episodes
        return set()

    async def removed_up_to(self, group_ids: Iterable[str]) -> Mapping[str, Reach]:
        """Know of none."""
        del group_ids
        return {}

    async def write(self, batch: Sequence[Embedded | Removal]) -> WriteReport:
        """Count the batch."""
        return WriteReport(len(batch))

    async def aclose(self) -> None:
        """Do nothing."""
