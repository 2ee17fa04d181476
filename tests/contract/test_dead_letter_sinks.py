"""The dead-letter contract on the fake; tests/integration/kafka_produce runs the real sink on a real broker."""

import pytest
from contracts import DeadLetterSinkContract

from consumer.testing.fakes import FakeDeadLetterSink


class TestFakeDeadLetterSink(DeadLetterSinkContract):
    @pytest.fixture
    def sink(self):
        """The sink in memory."""
        return FakeDeadLetterSink()

    @pytest.fixture
    def letters(self, sink):
        """Value and reason of each letter."""

        async def kept():
            return [(letter.record.value, letter.verdict.reason) for letter in sink.letters]

        return kept
