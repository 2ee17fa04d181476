"""The graph-store contract on the fake and, where EPISODES_TEST_NEO4J names a database, on Neo4j."""

import os

import pytest
from contracts import GraphStoreContract

from consumer.testing.fakes import FakeGraphStore


class TestFakeGraphStore(GraphStoreContract):
    @pytest.fixture
    def store(self):
        """The store in memory."""
        return FakeGraphStore()


@pytest.mark.skipif("EPISODES_TEST_NEO4J" not in os.environ, reason="needs EPISODES_TEST_NEO4J, a Bolt address")
class TestNeo4jGraphStore(GraphStoreContract):
    """`store` is the fixture of tests/plugins/graph.py."""
