"""The right answers to golden cases, looked up by what was asked: lets the simulator answer as a perfect model would.

Pure. Unlike the test grammar it knows its cases by heart, so it says nothing about any other episode.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from consumer.model.instants import to_utc
from consumer.model.knowledge import Knowledge
from consumer.testing.golden_case import GoldenCase, load_golden


class AnswerBook:
    """Answers by content and reference time. B1: two cases that ask the same have the same answer: the first."""

    def __init__(self, cases: Iterable[GoldenCase]) -> None:
        """Take the cases to know."""
        self._answers: dict[tuple[str, datetime], Knowledge] = {}
        for case in cases:
            episode = case.episode()
            self._answers.setdefault((episode.content, episode.reference_time), case.knowledge())

    @classmethod
    def of(cls, folder: Path) -> AnswerBook:
        """Return the book of the cases in `folder`.

        Raises:
            UserError: there are none, or one is broken.
        """
        return cls(load_golden(folder).cases)

    def __len__(self) -> int:
        """Return how many questions it can answer."""
        return len(self._answers)

    def lookup(self, content: str, reference_time: datetime) -> Knowledge | None:
        """Return the right answer about an episode; None when it is none of the cases.

        `content` as the episode has it (JSON compact), `reference_time` in any zone.
        """
        return self._answers.get((content, to_utc(reference_time)))
