"""Hits of what was ordered: details beside scores. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from consumer.graph import EpisodeExcerpt, Shown
from consumer.search.fusion import Fused
from consumer.search.result import CommunityHit, EntityHit, EpisodeHit, FactHit, Provenance


def fact_hits(page: Iterable[Fused], shown: Shown) -> tuple[FactHit, ...]:
    """Return the facts of a page that are still there."""
    return tuple(
        FactHit(
            uuid=details.uuid,
            group_id=details.group_id,
            fact=details.fact,
            relation=details.relation,
            subject=details.subject,
            object=details.object,
            valid_at=details.valid_at,
            invalid_at=details.invalid_at,
            score=one.score,
            ranks=one.ranks,
            provenance=_provenance(details.episodes),
            subject_uuid=details.subject_uuid,
            object_uuid=details.object_uuid,
            scores=one.scores,
        )
        for one in page
        if (details := shown.facts.get(one.uuid)) is not None
    )


def entity_hits(page: Iterable[Fused], shown: Shown) -> tuple[EntityHit, ...]:
    """Return the entities of a page that are still there."""
    return tuple(
        EntityHit(
            uuid=details.uuid,
            group_id=details.group_id,
            name=details.name,
            types=details.types,
            summary=details.summary,
            score=one.score,
            ranks=one.ranks,
            scores=one.scores,
            provenance=_provenance(details.episodes),
        )
        for one in page
        if (details := shown.entities.get(one.uuid)) is not None
    )


def episode_hits(page: Iterable[Fused], shown: Shown) -> tuple[EpisodeHit, ...]:
    """Return the episodes of a page that are still there."""
    return tuple(
        EpisodeHit(
            uuid=details.uuid,
            group_id=details.group_id,
            event_id=details.event_id,
            name=details.name,
            source=details.source,
            excerpt=details.excerpt,
            reference_time=details.reference_time,
            score=one.score,
            ranks=one.ranks,
            scores=one.scores,
        )
        for one in page
        if (details := shown.episodes.get(one.uuid)) is not None
    )


def community_hits(page: Iterable[Fused], shown: Shown) -> tuple[CommunityHit, ...]:
    """Return the communities of a page that are still there."""
    return tuple(
        CommunityHit(
            uuid=details.uuid,
            group_id=details.group_id,
            name=details.name,
            summary=details.summary,
            score=one.score,
            ranks=one.ranks,
            scores=one.scores,
        )
        for one in page
        if (details := shown.communities.get(one.uuid)) is not None
    )


def _provenance(episodes: Sequence[EpisodeExcerpt]) -> tuple[Provenance, ...]:
    return tuple(
        Provenance(each.uuid, each.name, each.excerpt, each.reference_time, each.event_id) for each in episodes
    )
