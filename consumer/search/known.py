"""Facts as the log had told them by an instant: found as they are now, shown as they were then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from consumer.graph import EpisodeDetails, HeldFact, Shown, What
from consumer.search.fusion import Fused
from consumer.search.legs import Asked
from consumer.search.reading import Reader
from consumer.search.result import FactHit, Provenance

Validity = tuple[datetime | None, datetime | None]
"""Not over at, begun by; None is no condition."""


@dataclass(frozen=True, slots=True)
class KnownPage:
    """One page of facts as they were known; `length` is that of the whole list."""

    pairs: Sequence[tuple[Fused, HeldFact]]
    episodes: Mapping[str, EpisodeDetails]
    length: int

    @property
    def candidates(self) -> list[Fused]:
        """The facts of now that the page comes from, each once."""
        return list({one.uuid: one for one, _ in self.pairs}.values())

    def hits(self, shown: Shown) -> tuple[FactHit, ...]:
        """Return the hits, with the episodes that had told of them by then; `shown` are the facts of now."""
        return tuple(
            FactHit(
                uuid=held.uuid,
                group_id=details.group_id,
                fact=held.sentence,
                relation=held.relation,
                subject=held.subject,
                object=held.object,
                valid_at=held.valid_at,
                invalid_at=held.invalid_at,
                score=one.score,
                ranks=one.ranks,
                provenance=tuple(_told(self.episodes[uuid]) for uuid in held.episodes if uuid in self.episodes),
                subject_uuid=details.subject_uuid,
                object_uuid=details.object_uuid,
                scores=one.scores,
            )
            for one, held in self.pairs
            if (details := shown.facts.get(one.uuid)) is not None
        )


async def known_page(reader: Reader, asked: Asked, fused: Sequence[Fused], validity: Validity) -> KnownPage:
    """Return the page of those that were true by what was known, in the order of the facts of now.

    A triple has as many facts as intervals, then as now, and others then: each is there once, with the best of them.

    Raises:
        WorldFault: the database is down.
    """
    request = asked.request
    alive_at, begun_by = validity
    known = await reader.known([one.uuid for one in fused], request.group_ids, asked.wanted)
    seen: set[str] = set()
    pairs: list[tuple[Fused, HeldFact]] = []
    for one in fused:
        for held in known.get(one.uuid, ()):
            is_alive = alive_at is None or held.invalid_at is None or held.invalid_at > alive_at
            is_begun = begun_by is None or held.valid_at is None or held.valid_at <= begun_by
            if held.uuid not in seen and is_alive and is_begun:
                seen.add(held.uuid)
                pairs.append((one, held))
    page = pairs[request.offset : request.offset + request.limit]
    told = list(dict.fromkeys(uuid for _, held in page for uuid in held.episodes))
    shown = await reader.shown({What.EPISODE: told}, request.group_ids)
    return KnownPage(page, shown.episodes, len(pairs))


def _told(episode: EpisodeDetails) -> Provenance:
    return Provenance(episode.uuid, episode.name, episode.excerpt, episode.reference_time, episode.event_id)
