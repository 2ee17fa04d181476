"""What tests of the graph share: a database, a group of their own, and short ways to say what an episode says."""

import hashlib
import os
import uuid
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from consumer.graph import Neo4jGraphStore, apply_schema, connect
from consumer.model.episode import Embedded, Episode, LogPosition, Removal
from consumer.model.ids import episode_uuid
from consumer.model.knowledge import Assertion, Exclusive, Mention, complete
from consumer.settings import Neo4jSettings

DIMENSION = 384


def day(number):
    """The start of the day so many days after 2024-01-01."""
    return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number)


def vector(text, dimension=DIMENSION):
    """A unit vector that depends on the text alone: texts that share words are near each other."""
    total = np.zeros(dimension, dtype=np.float32)
    for word in text.casefold().split():
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
        total += np.random.default_rng(seed).standard_normal(dimension).astype(np.float32)
    return total / np.linalg.norm(total)


class FakeEmbedder:
    """Implements `ports.Embedder` with `vector`."""

    model = f"fake/{DIMENSION}"
    dimension = DIMENSION

    async def embed(self, texts, *, is_query=False):
        """The vectors of the texts."""
        return np.stack([vector(text) for text in texts])

    async def aclose(self):
        """Nothing to release."""


class Narrator:
    """Makes episodes of one group; episode n is at log position n, and its reference time is day n."""

    def __init__(self, group_id):
        self.group_id = group_id

    def said(self, number, *facts, mentions=(), saga=None, reference=None, content=None, model=None, vectors=None):
        """An episode with what it says."""
        knowledge = complete(tuple(mentions), tuple(facts))
        texts = [m.name for m in knowledge.mentions] + [f.sentence for f in knowledge.assertions]
        texts = [text for text in texts if text.strip()]
        event_id = f"e{number}"
        episode = Episode(
            uuid=episode_uuid(self.group_id, event_id),
            group_id=self.group_id,
            event_id=event_id,
            name=f"episode {number}",
            source="text",
            source_description="test",
            content=content if content is not None else " ".join(texts),
            reference_time=day(number if reference is None else reference),
            position=self.at(number),
            saga=saga,
        )
        found = {text: vector(text) for text in texts} if vectors is None else vectors
        return Embedded(episode, knowledge, found, model or FakeEmbedder.model)

    def removed(self, number, at):
        """The removal of episode `number`, at log position `at`."""
        return Removal(self.group_id, f"e{number}", self.at(at))

    def group_removed(self, at):
        """The removal of the group, at log position `at`."""
        return Removal(self.group_id, None, self.at(at))

    @staticmethod
    def at(number):
        """The log position of episode `number`."""
        return LogPosition(day(100 + number), 0, number)


def fact(subject, relation, target, *, sentence=None, exclusive=Exclusive.NONE, **dates):
    """An assertion; dates are day numbers."""
    dates = {name: day(value) if isinstance(value, int) else value for name, value in dates.items()}
    text = sentence or f"{subject} {relation.lower().replace('_', ' ')} {target}"
    return Assertion(subject, relation, target, text, exclusive=exclusive, **dates)


def person(name, **rest):
    """A mention of type Person."""
    return Mention(name, "Person", **rest)


@pytest.fixture
def narrator():
    """A narrator of a group nobody else has."""
    return Narrator(f"test-{uuid.uuid4().hex[:12]}")


@pytest.fixture(scope="session")
def _schema_applied():
    """Whether this session has applied the schema (by address)."""
    return set()


@pytest.fixture
async def database(neo4j_uri, _schema_applied):
    """A connection to a Neo4j that has our schema."""
    opened = connect(Neo4jSettings(uri=neo4j_uri))
    if neo4j_uri not in _schema_applied:
        await apply_schema(opened, DIMENSION)
        _schema_applied.add(neo4j_uri)
    yield opened
    await opened.aclose()


@pytest.fixture
def store(database):
    """The store under test."""
    return Neo4jGraphStore(database)


@pytest.fixture(scope="session")
def stack_is_shared():
    """Whether other people use the same Neo4j, so that its one vector index may have another dimension."""
    return "EPISODES_TEST_NEO4J" in os.environ
