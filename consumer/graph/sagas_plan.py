"""The rows that knit sagas: which episodes come and go, whom they stand between. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from consumer.graph.batch import Claims, StoredEpisode
from consumer.graph.bookkeeping import Row
from consumer.graph.places import position_of, position_text
from consumer.graph.sagas import Neighbours, episode_in, knit, position_in, saga_of, saga_place
from consumer.model.ids import deterministic_uuid, saga_uuid
from consumer.model.instants import iso

NOT_SUMMARIZED: Row = {"summary": "", "last_summarized_at": None, "last_summarized_episode_valid_at": None}
"""What a saga's node says of its content as long as nobody (Graphiti does) has summarized it."""


@dataclass(frozen=True, slots=True)
class SagaState:
    """What is stored around the places that a batch touches; places of episodes that go are not counted."""

    neighbours: tuple[Neighbours, ...] = ()
    first: str | None = None
    last: str | None = None


def saga_place_of(claims: Claims) -> str | None:
    """Return the place of a new episode in its saga."""
    episode = claims.embedded.episode
    if episode.saga is None:
        return None
    return saga_place(saga_uuid(episode.group_id, episode.saga), position_text(episode.position), episode.uuid)


def saga_steps(
    claims: Sequence[Claims], removed: Iterable[StoredEpisode], states: Mapping[str, SagaState]
) -> list[tuple[str, list[Row]]]:
    """Return the steps that knit every touched saga anew where it changed."""
    added: dict[str, list[str]] = defaultdict(list)
    groups: dict[str, str] = {}
    titles: dict[str, str] = {}
    bereaved: set[str] = set()
    for item in claims:
        place = saga_place_of(item)
        if place is not None:
            added[saga_of(place)].append(place)
            groups[saga_of(place)] = item.embedded.group_id
            titles[saga_of(place)] = item.embedded.episode.saga or ""
    for episode in removed:
        if episode.saga_place is not None:
            bereaved.add(saga_of(episode.saga_place))
            groups.setdefault(saga_of(episode.saga_place), episode.group_id)
    cut: list[Row] = []
    sagas: list[Row] = []
    gone: list[Row] = []
    members: list[Row] = []
    links: list[Row] = []
    for saga in sorted(groups):
        group_id = groups[saga]
        state = states.get(saga, SagaState())
        knitting = knit(added[saga], state.neighbours, (state.first, state.last))
        if knitting.first is None or knitting.last is None:
            gone.append({"uuid": saga})
            continue
        cut += [{"uuid": _link_uuid(group_id, *link)} for link in knitting.cut]
        logged_at = {episode_in(place): _logged_at(place) for place in (*_places(state), *added[saga])}
        sagas.append(
            {
                "uuid": saga,
                "created": {"name": titles.get(saga, ""), "summary": ""},
                "properties": {
                    "group_id": group_id,
                    "first_episode_uuid": episode_in(knitting.first),
                    "last_episode_uuid": episode_in(knitting.last),
                },
                "created_at": _logged_at(knitting.first),
            }
        )
        members += [
            {
                "saga": saga,
                "episode": episode_in(place),
                "uuid": deterministic_uuid(group_id, "has-episode", saga, episode_in(place)),
                "group_id": group_id,
                "created_at": _logged_at(place),
            }
            for place in sorted(added[saga])
        ]
        links += [
            {
                "older": older,
                "newer": newer,
                "uuid": _link_uuid(group_id, older, newer),
                "group_id": group_id,
                "created_at": logged_at[newer],
            }
            for older, newer in knitting.made
        ]
    return [
        ("cut_saga_links", cut),
        ("write_sagas", sagas),
        ("blank_sagas", [{"uuid": saga, "properties": NOT_SUMMARIZED} for saga in sorted(bereaved)]),
        ("remove_sagas", gone),
        ("write_saga_members", members),
        ("write_saga_links", links),
    ]


def _logged_at(place: str) -> str:
    return iso(position_of(position_in(place)).logged_at)


def _places(state: SagaState) -> list[str]:
    return [place for item in state.neighbours for place in (item.before, item.after) if place]


def _link_uuid(group_id: str, older: str, newer: str) -> str:
    return deterministic_uuid(group_id, "next-episode", older, newer)
