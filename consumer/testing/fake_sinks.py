"""A dead-letter sink in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from consumer.model.episode import Rejected
from consumer.model.work import Record
from consumer.testing.script import FaultScript


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record that was given up, with the verdict."""

    record: Record
    verdict: Rejected
    trace: Mapping[str, str]


class FakeDeadLetterSink:
    """Keeps dead letters in the order of their arrival; a failed send keeps nothing."""

    def __init__(self) -> None:
        """Begin empty."""
        self.faults = FaultScript()
        self.letters: list[DeadLetter] = []

    async def send(self, record: Record, verdict: Rejected, trace: Mapping[str, str]) -> None:
        """Keep the record and its verdict; raise what the script says."""
        await self.faults.play(f"{record.topic}:{record.partition}:{record.offset}")
        self.letters.append(DeadLetter(record, verdict, dict(trace)))

    @property
    def reasons(self) -> list[str]:
        """The reasons, in order."""
        return [letter.verdict.reason for letter in self.letters]
