"""Fakes of the ports, for tests of ours and of whoever builds on us; each passes its port's contract suite."""

from __future__ import annotations

from consumer.testing.fake_clock import FakeClock
from consumer.testing.fake_models import FakeEmbedder, FakeExtractor
from consumer.testing.fake_sinks import DeadLetter, FakeDeadLetterSink
from consumer.testing.fake_store import FakeGraphStore
from consumer.testing.script import FaultScript

__all__ = [
    "DeadLetter",
    "FakeClock",
    "FakeDeadLetterSink",
    "FakeEmbedder",
    "FakeExtractor",
    "FakeGraphStore",
    "FaultScript",
]
