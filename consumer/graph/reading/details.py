"""What is shown of what was found, and what rerankers look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from consumer.graph.connection import Database
from consumer.graph.reading.found import (
    CommunityDetails,
    EntityDetails,
    EpisodeDetails,
    EpisodeExcerpt,
    FactDetails,
    Features,
    GroupState,
    Shown,
    What,
)

_ENTITY = "Entity"

EXCERPT_CHARS = 280
EPISODES = 20
"""Episodes shown of one fact or entity."""

TEXT_CHARS = 2_000
"""Of an episode's content, for a cross-encoder."""

_FEATURES = {
    What.FACT: "fact_features",
    What.ENTITY: "entity_features",
    What.EPISODE: "episode_features",
    What.COMMUNITY: "community_features",
}


async def shown(
    database: Database,
    uuids: Mapping[What, Sequence[str]],
    group_ids: Sequence[str],
    state_ids: Sequence[str] = (),
) -> Shown:
    """Return the details of what is (still) in the groups, by uuid, and the state of `state_ids` right after.

    Raises:
        WorldFault: the database is down.
    """
    values = {
        "facts": list(uuids.get(What.FACT, ())),
        "entities": list(uuids.get(What.ENTITY, ())),
        "episodes": list(uuids.get(What.EPISODE, ())),
        "communities": list(uuids.get(What.COMMUNITY, ())),
        "group_ids": list(group_ids),
        "state_ids": list(state_ids),
        "excerpt_chars": EXCERPT_CHARS,
        "most": EPISODES,
    }
    record = await database.ask("shown", values)
    if record is None:
        return Shown()
    return Shown(
        {row[0]: _fact(row) for row in record["facts"]},
        {row[0]: _entity(row) for row in record["entities"]},
        {row[0]: _episode(row) for row in record["episodes"]},
        {row[0]: CommunityDetails(row[0], row[1], row[2], row[3] or "") for row in record["communities"]},
        states_of(record["states"]),
    )


async def features(
    database: Database, what: What, uuids: Sequence[str], *, has_vectors: bool = False
) -> dict[str, Features]:
    """Return what rerankers look at, by uuid; vectors where there are any and they are wanted.

    Raises:
        WorldFault: the database is down.
    """
    values: dict[str, Any] = {"uuids": list(uuids)}
    values |= {"text_chars": TEXT_CHARS} if what is What.EPISODE else {"has_vectors": has_vectors}
    record = await database.ask(_FEATURES[what], values) or {"rows": []}
    return {
        uuid: Features(
            text or "",
            mentions,
            _instant(since),
            None if vector is None else np.asarray(vector, dtype=np.float32),
            tuple(entities),
        )
        for uuid, text, mentions, since, vector, entities in record["rows"]
    }


async def group_states(database: Database, group_ids: Iterable[str]) -> dict[str, GroupState]:
    """Return the state of each group that is known.

    Raises:
        WorldFault: the database is down.
    """
    record = await database.ask("group_states", {"group_ids": sorted(set(group_ids))})
    return {} if record is None else states_of(record["rows"])


def states_of(rows: Iterable[Sequence[Any]]) -> dict[str, GroupState]:
    """Return the states by group."""
    return {
        group_id: GroupState(version, model, dimension, is_switching)
        for group_id, version, model, dimension, is_switching in rows
    }


def _fact(row: Sequence[Any]) -> FactDetails:
    uuid, group_id, fact, relation, subject, subject_uuid, target, target_uuid, valid_at, invalid_at, episodes = row
    return FactDetails(
        uuid=uuid,
        group_id=group_id,
        fact=fact,
        relation=relation,
        subject=subject,
        subject_uuid=subject_uuid,
        object=target,
        object_uuid=target_uuid,
        valid_at=_instant(valid_at),
        invalid_at=_instant(invalid_at),
        episodes=_excerpts(episodes),
    )


def _entity(row: Sequence[Any]) -> EntityDetails:
    uuid, group_id, name, labels, summary, episodes = row
    types = tuple(sorted(label for label in labels if label != _ENTITY))
    return EntityDetails(uuid, group_id, name, types, summary or "", _excerpts(episodes))


def _episode(row: Sequence[Any]) -> EpisodeDetails:
    uuid, group_id, event_id, name, source, excerpt, reference_time = row
    return EpisodeDetails(
        uuid, group_id, event_id or "", name, source, excerpt or "", datetime.fromisoformat(reference_time)
    )


def _excerpts(rows: Iterable[Sequence[Any]]) -> tuple[EpisodeExcerpt, ...]:
    return tuple(
        EpisodeExcerpt(uuid, name, excerpt or "", datetime.fromisoformat(told), event_id or "")
        for uuid, name, excerpt, told, event_id in rows
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
