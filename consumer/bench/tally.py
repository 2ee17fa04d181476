"""Counts of right, wrong and missed, and what follows from them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tally:
    """`right`: said and true; `wrong`: said and not true; `missed`: true and not said. A ratio of nothing is None."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: Tally) -> Tally:
        """Return the counts of both."""
        return Tally(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def precision(self) -> float | None:
        """Share of what was said that is true."""
        return _share(self.right, self.wrong)

    @property
    def recall(self) -> float | None:
        """Share of what is true that was said."""
        return _share(self.right, self.missed)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall."""
        return _share(2 * self.right, self.wrong + self.missed)


def _share(part: int, rest: int) -> float | None:
    return part / (part + rest) if part + rest else None


def total(scores: Iterable[Mapping[str, Tally]]) -> dict[str, Tally]:
    """Return the sum of `scores`, field by field."""
    summed: dict[str, Tally] = {}
    for score in scores:
        for field, tally in score.items():
            summed[field] = summed.get(field, Tally()) + tally
    return summed
