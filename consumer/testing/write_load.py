"""Episodes as the write stage gets them: extracted and embedded, made by a seed, without end.

Each has six mentions and four facts. One mention in five is of a new entity; the others are of known ones, each as
likely as it was mentioned before, so that the names of a group follow Zipf's law and its first are hubs. One fact in
seven is exclusive on its subject's side. Vectors are unit length and of no model.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from consumer.model.episode import Embedded, Episode, LogPosition, Vector
from consumer.model.ids import episode_uuid
from consumer.model.knowledge import Assertion, Exclusive, Knowledge, Mention

MODEL = "bench"
MENTIONS = 6
FACTS = 4
_NEW_SHARE = 0.2
_EXCLUSIVE_SHARE = 1 / 7
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
_TYPES = ("Person", "Person", "Person", "Organization", "Place", "Product")
_RELATIONS = (
    ("KNOWS", "knows"),
    ("MET", "met"),
    ("USES", "uses"),
    ("LIKES", "likes"),
    ("SUPPLIES", "supplies"),
    ("MENTIONED", "spoke of"),
    ("VISITED", "visited"),
    ("ORDERED", "ordered"),
    ("REVIEWED", "reviewed"),
    ("WORKED_WITH", "worked with"),
    ("ASKED_ABOUT", "asked about"),
    ("RECOMMENDED", "recommended"),
)
_EXCLUSIVE = (("WORKS_AT", "works at"), ("LIVES_IN", "lives in"), ("REPORTS_TO", "reports to"))
_ONSETS = ("b", "br", "d", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v", "w", "z")
_VOWELS = ("a", "e", "i", "o", "u", "ei", "ou")
_ENDS = ("", "l", "n", "r", "s", "th", "x", "nd")
_WORDS = (
    "after the meeting",
    "before lunch",
    "over the phone",
    "in the long report",
    "as the minutes say",
    "once more",
)
_BASE_VECTORS = 4_096


@dataclass(slots=True)
class _Group:
    """What was told in one group so far: its entities in order of their first mention, and each mention."""

    group_id: str
    rng: random.Random
    entities: list[Mention] = field(default_factory=list)
    mentioned: list[int] = field(default_factory=list)
    told: int = 0


class WriteLoad:
    """The log of `groups` groups, one episode after the other; equal arguments give equal episodes.

    `name` is the beginning of the groups' ids.
    """

    def __init__(self, groups: int, dimension: int, *, seed: int = 1, name: str = "bench") -> None:
        self._groups = [_Group(f"{name}_{number}", random.Random(f"{seed}:{number}")) for number in range(groups)]
        self._rng = random.Random(seed)
        generator = np.random.default_rng(seed)
        self._base = generator.standard_normal((_BASE_VECTORS, dimension), dtype=np.float32)
        self._offset = 0

    @property
    def group_ids(self) -> list[str]:
        """The ids of the groups."""
        return [group.group_id for group in self._groups]

    def episodes(self) -> Iterator[Embedded]:
        """Yield the next episodes, in log order."""
        while True:
            yield self._episode(self._rng.choice(self._groups))

    def _episode(self, group: _Group) -> Embedded:
        rng = group.rng
        mentions = self._mentions(group)
        at = _EPOCH + timedelta(minutes=self._offset)
        assertions = tuple(self._assertion(rng, mentions, at) for _ in range(FACTS))
        event_id = f"{group.told}"
        episode = Episode(
            uuid=episode_uuid(group.group_id, event_id),
            group_id=group.group_id,
            event_id=event_id,
            name=f"note {group.told}",
            source="text",
            source_description="bench",
            content=" ".join(said.sentence for said in assertions),
            reference_time=at,
            position=LogPosition(at, 0, self._offset),
        )
        group.told += 1
        self._offset += 1
        texts = dict.fromkeys([*(one.name for one in mentions), *(said.sentence for said in assertions)])
        vectors = {text: self._vector(text) for text in texts}
        return Embedded(episode, Knowledge(mentions, assertions), vectors, MODEL)

    def _mentions(self, group: _Group) -> tuple[Mention, ...]:
        rng, chosen = group.rng, dict[int, None]()
        while len(chosen) < MENTIONS:
            if len(group.entities) <= len(chosen) or rng.random() < _NEW_SHARE:
                group.entities.append(_entity(rng))
                chosen[len(group.entities) - 1] = None
            elif group.mentioned:
                chosen[rng.choice(group.mentioned)] = None
        group.mentioned += chosen
        return tuple(group.entities[index] for index in chosen)

    @staticmethod
    def _assertion(rng: random.Random, mentions: tuple[Mention, ...], at: datetime) -> Assertion:
        one, other = rng.sample(mentions, 2)
        is_exclusive = rng.random() < _EXCLUSIVE_SHARE
        relation, verb = rng.choice(_EXCLUSIVE if is_exclusive else _RELATIONS)
        return Assertion(
            one.name,
            relation,
            other.name,
            f"{one.name} {verb} {other.name} {rng.choice(_WORDS)} of {at:%d %B}, {rng.randrange(1_000)} words in.",
            valid_at=at,
            exclusive=Exclusive.SUBJECT if is_exclusive else Exclusive.NONE,
        )

    def _vector(self, text: str) -> Vector:
        rng = random.Random(text)
        one, other = rng.randrange(_BASE_VECTORS), rng.randrange(_BASE_VECTORS)
        vector: Vector = self._base[one] + 0.5 * self._base[other]
        vector /= np.linalg.norm(vector)
        return vector


def _entity(rng: random.Random) -> Mention:
    kind = rng.choice(_TYPES)
    return Mention(" ".join(_word(rng) for _ in range(2 if kind != "Place" else 1)), kind)


def _word(rng: random.Random) -> str:
    return "".join(rng.choice(part) for part in (_ONSETS, _VOWELS, _ENDS, _ONSETS, _VOWELS, _ENDS)).capitalize()
