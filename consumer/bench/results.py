"""What a benchmark found, in one form for every scenario: what tables, reports and comparisons read.

A report holds cases (a scenario in one variant); a case holds figures, each measured once a run, so that its
spread is known.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from statistics import median
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

FORMAT = 1


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Better(StrEnum):
    """Which direction of a figure is the better one; of a figure that only describes: neither."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"


class Figure(_Part):
    """One figure of a case: its value in each run, in `unit` (`s`, `1/s`, `MB`, `calls`, `%`, or `1` for a count)."""

    name: str
    unit: str
    better: Better = Better.LOWER
    runs: tuple[float, ...] = Field(min_length=1)

    @property
    def value(self) -> float:
        """The median of the runs."""
        return median(self.runs)

    @property
    def low(self) -> float:
        """The lowest run."""
        return min(self.runs)

    @property
    def high(self) -> float:
        """The highest run."""
        return max(self.runs)


class Series(_Part):
    """A figure over time, of one run: `values` in `unit` at `at_s` seconds after the measurement began."""

    name: str
    unit: str
    at_s: tuple[float, ...]
    values: tuple[float, ...]

    @model_validator(mode="after")
    def _of_one_length(self) -> Self:
        if len(self.at_s) != len(self.values):
            raise ValueError("a series has one value for each moment")
        return self


class Distribution(_Part):
    """How many values lie at or under each of `bounds` (ascending, in `unit`) and above the one before it.

    `counts` has one more entry: what lies above the last bound. All runs together.
    """

    name: str
    unit: str
    bounds: tuple[float, ...]
    counts: tuple[int, ...]

    @model_validator(mode="after")
    def _counts_every_bucket(self) -> Self:
        if len(self.counts) != len(self.bounds) + 1 or list(self.bounds) != sorted(set(self.bounds)):
            raise ValueError("bounds ascend, and there is one count more than bounds")
        return self


class Stack(_Part):
    """Where the time of a run went, as a flame graph: lines of `frame;frame;frame count`, of one process or stage."""

    name: str
    lines: tuple[str, ...]


class Baseline(_Part):
    """What the field says is usual for this operation, or what another product took in the same run."""

    name: str
    figures: dict[str, float]  # by the name of the figure, in its unit


class Case(_Part):
    """A scenario in one variant, and what was measured."""

    scenario: str
    variant: str = ""
    settings: dict[str, str] = Field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    series: tuple[Series, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    stacks: tuple[Stack, ...] = ()
    baselines: tuple[Baseline, ...] = ()
    notes: tuple[str, ...] = ()  # in whole sentences: what the reader must know, such as the bottleneck

    @property
    def title(self) -> str:
        """Scenario and variant."""
        return f"{self.scenario}: {self.variant}" if self.variant else self.scenario

    def figure(self, name: str) -> Figure | None:
        """Return the figure of this name, None where it was not measured."""
        return next((figure for figure in self.figures if figure.name == name), None)


class Report(_Part):
    """All that one command measured, and on what."""

    format: int = FORMAT
    made_at: datetime
    command: str
    version: str
    machine: dict[str, str] = Field(default_factory=dict)
    cases: tuple[Case, ...] = ()

    @model_validator(mode="after")
    def _of_this_format(self) -> Self:
        if self.format != FORMAT:
            raise ValueError(f"this is a report of format {self.format}, read by another version of the program")
        return self
