"""A synthetic group for measuring search: n facts of plausible shape, the same each time, as rows of the queries.

Names are made of syllables, sentences of a vocabulary with the skew of a language (few words are everywhere, most are
rare), facts hang on entities with the skew of real graphs (a hub has hundreds). A fifth of the facts is over. Vectors
are those of `testing.hash_vectors`: texts that share words are near each other, so that recall means something.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from consumer.graph.places import to_micros
from consumer.model.ids import deterministic_uuid, episode_uuid, mention_uuid
from consumer.model.instants import iso
from consumer.testing.hash_vectors import hash_vectors

FACTS_AN_ENTITY = 4
FACTS_AN_EPISODE = 3
OVER_SHARE = 0.2
BEGIN = datetime(2020, 1, 1, tzinfo=UTC)

_ONSETS = ("b", "br", "d", "f", "g", "gl", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t", "v", "z")
_NUCLEI = ("a", "e", "i", "o", "u", "ai", "ea", "ou")
_CODAS = ("", "", "l", "n", "r", "s", "m", "nd")
_RELATIONS = (
    ("WORKS_AT", "works at"),
    ("LIVES_IN", "lives in"),
    ("KNOWS", "has known"),
    ("OWNS", "owns a share of"),
    ("MET", "met with"),
    ("LEADS", "leads the team of"),
    ("SUPPLIES", "delivers parts to"),
    ("STUDIED_AT", "studied for years at"),
    ("WROTE_ABOUT", "wrote a report about"),
    ("PLAYS_FOR", "plays every week for"),
    ("INVESTED_IN", "put money into"),
    ("REPAIRED", "repaired the machines of"),
)
_TYPES = ("Person", "Organization", "Place", "Product")
_VOCABULARY = 4_000
_WORDS_A_FACT = 5

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """Some hundred facts with their episodes, as rows of the write queries."""

    entities: list[Row] = field(default_factory=list)
    episodes: list[Row] = field(default_factory=list)
    mentions: list[Row] = field(default_factory=list)
    facts: list[Row] = field(default_factory=list)


class SearchData:
    """The rows of one group of `facts` facts, and questions about it; all of it a function of the arguments."""

    def __init__(self, group_id: str, facts: int, dimension: int, seed: int = 7) -> None:
        self.group_id = group_id
        self.dimension = dimension
        self._facts = facts
        self._random = random.Random(f"{seed}-{facts}")  # noqa: S311 - the same data each time
        self._words = self._made(_VOCABULARY, 2)
        self.names = [
            f"{first.capitalize()} {second.capitalize()}"
            for first, second in zip(*(self._made(max(facts // FACTS_AN_ENTITY, 2), 3) for _ in range(2)), strict=True)
        ]
        self.uuids = [deterministic_uuid(group_id, "entity", name, str(n)) for n, name in enumerate(self.names)]
        self._sentences: list[str] = []

    def entity_parts(self, size: int = 1_000) -> Iterator[Part]:
        """Yield the entities, `size` a part."""
        for start in range(0, len(self.names), size):
            names = self.names[start : start + size]
            vectors = hash_vectors(names, self.dimension)
            yield Part(
                entities=[
                    self._entity(start + n, name, vector)
                    for n, (name, vector) in enumerate(zip(names, vectors, strict=True))
                ]
            )

    def fact_parts(self, size: int = 900) -> Iterator[Part]:
        """Yield facts with their episodes, `size` a part, after their entities."""
        for start in range(0, self._facts, size):
            yield self._part(range(start, min(start + size, self._facts)))

    def questions(self, count: int) -> list[str]:
        """Return questions after the facts that were yielded: a name, its relation's words, a word or two beside."""
        draw = random.Random(f"questions-{self._facts}")  # noqa: S311 - the same questions each time
        chosen = [draw.choice(self._sentences).split() for _ in range(count)]
        return [" ".join([*words[:4], *draw.sample(words[4:], 2)]) for words in chosen]

    def _part(self, numbers: range) -> Part:
        told = [self._told(number) for number in numbers]
        vectors = hash_vectors([sentence for _, _, _, sentence in told], self.dimension)
        part = Part()
        by_episode: dict[int, list[tuple[int, int, str, str]]] = {}
        for number, (subject, target, relation, sentence), vector in zip(numbers, told, vectors, strict=True):
            self._sentences.append(sentence)
            by_episode.setdefault(number // FACTS_AN_EPISODE, []).append((subject, target, relation, sentence))
            row = self._fact(number, relation, sentence, vector)
            part.facts.append(row | {"source": self.uuids[subject], "target": self.uuids[target]})
        for episode, told_here in by_episode.items():
            self._add_episode(part, episode, told_here)
        return part

    def _told(self, number: int) -> tuple[int, int, str, str]:
        draw = self._random
        subject, target = (int(len(self.names) * draw.random() ** 2) for _ in range(2))
        relation, verb = _RELATIONS[number % len(_RELATIONS)]
        rest = " ".join(self._words[int(_VOCABULARY * draw.random() ** 3)] for _ in range(_WORDS_A_FACT))
        return subject, target, relation, f"{self.names[subject]} {verb} {self.names[target]} {rest}"

    def _entity(self, number: int, name: str, vector: Any) -> Row:
        words = " ".join(self._words[(number * 7 + n) % _VOCABULARY] for n in range(8))
        kind = _TYPES[number % len(_TYPES)]
        return {
            "uuid": self.uuids[number],
            "properties": {
                "uuid": self.uuids[number],
                "name": name,
                "group_id": self.group_id,
                "summary": f"{name} is known for {words}",
                "labels": ["Entity", kind],
            },
            "created_at": iso(BEGIN),
            "labels": [kind],
            "old_labels": [],
            "name": {"group_id": self.group_id},
            "vector": vector,
        }

    def _fact(self, number: int, relation: str, sentence: str, vector: Any) -> Row:
        begun = BEGIN + timedelta(hours=number % 40_000)
        over = self._random.random() < OVER_SHARE
        return {
            "uuid": deterministic_uuid(self.group_id, "fact", str(number)),
            "group_id": self.group_id,
            "name": relation,
            "fact": sentence,
            "episodes": [episode_uuid(self.group_id, str(number // FACTS_AN_EPISODE))],
            "created_at": iso(begun),
            "reference_time": iso(begun),
            "valid_at": iso(begun),
            "invalid_at": iso(begun + timedelta(days=30)) if over else None,
            "expired_at": iso(begun + timedelta(days=30)) if over else None,
            "vector": vector,
        }

    def _add_episode(self, part: Part, number: int, told: list[tuple[int, int, str, str]]) -> None:
        begun = BEGIN + timedelta(minutes=number)
        uuid, at = episode_uuid(self.group_id, str(number)), iso(begun)
        part.episodes.append(
            {
                "uuid": uuid,
                "properties": {
                    "uuid": uuid,
                    "name": f"episode {number}",
                    "group_id": self.group_id,
                    "source": "text",
                    "source_description": "made for measuring",
                    "content": ". ".join(sentence for *_, sentence in told),
                    "entity_edges": [],
                },
                "valid_at": at,
                "created_at": at,
                "bookkeeping": {
                    "uuid": uuid,
                    "group_id": self.group_id,
                    "is_removed": False,
                    "event_id": str(number),
                    "position": f"{to_micros(begun):018d}-{0:010d}-{number:019d}",
                    "triple_keys": [],
                },
            }
        )
        entities = sorted({self.uuids[one] for subject, target, *_ in told for one in (subject, target)})
        part.mentions.append(
            {
                "episode": uuid,
                "group_id": self.group_id,
                "created_at": at,
                "mentions": [{"uuid": mention_uuid(self.group_id, uuid, one), "entity": one} for one in entities],
            }
        )

    def _made(self, count: int, syllables: int) -> list[str]:
        """Return words of so many syllables; of a large `count` some are alike, as names are."""
        draw = self._random
        return [
            "".join(draw.choice(_ONSETS) + draw.choice(_NUCLEI) + draw.choice(_CODAS) for _ in range(syllables))
            for _ in range(count)
        ]
