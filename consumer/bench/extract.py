"""How right an extractor is on golden cases, summed up by field, part and tag, and what it cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from consumer.bench.asking import Asking
from consumer.bench.golden import FIELDS, CaseScore, score_case
from consumer.bench.tally import Tally, total
from consumer.bench.usage import Usage, metered
from consumer.testing.golden_case import GoldenSet

PARTS = ("all", "open", "held out")
"""Parts of the cases in the order of reports: rules and prompts are tuned with the open ones only."""


@dataclass(frozen=True, slots=True)
class GoldenReport:
    """How right an extractor was on golden cases."""

    extractor: str
    scores: tuple[CaseScore, ...]
    seconds: float
    usage: Usage = field(default_factory=Usage)
    faults: Mapping[str, str] = field(default_factory=dict)

    def part(self, name: str) -> dict[str, Tally]:
        """Return the tallies of `all` cases, of the `open` ones, or of those `held out`."""
        return total(
            one.tallies for one in self.scores if name == "all" or one.case.is_held_out == (name == "held out")
        )

    def tags(self) -> dict[str, dict[str, Tally]]:
        """Return the tallies of each tag, the most frequent tag first."""
        counted = Counter(tag for one in self.scores for tag in one.case.tags)
        return {
            tag: total(one.tallies for one in self.scores if tag in one.case.tags) for tag, _ in counted.most_common()
        }

    def cases_of(self, tag: str) -> int:
        """Return how many cases bear `tag`."""
        return sum(tag in one.case.tags for one in self.scores)

    def as_dict(self) -> dict[str, Any]:
        """Return the report for scripts."""
        return {
            "extractor": self.extractor,
            "cases": len(self.scores),
            "held_out": sum(one.case.is_held_out for one in self.scores),
            "seconds": round(self.seconds, 3),
            "usage": self.usage.as_dict(),
            "faults": dict(self.faults),
            "fields": {part.replace(" ", "_"): _ratios(self.part(part)) for part in PARTS},
            "tags": {tag: {"cases": self.cases_of(tag), **_ratios(found)} for tag, found in self.tags().items()},
            "by_case": {
                one.case.id: {"held_out": one.case.is_held_out, "problems": list(one.problems)} for one in self.scores
            },
        }


def _ratios(tallies: Mapping[str, Tally]) -> dict[str, Any]:
    return {
        name: {
            "right": one.right,
            "wrong": one.wrong,
            "missed": one.missed,
            "precision": one.precision,
            "recall": one.recall,
            "f1": one.f1,
        }
        for name in FIELDS
        if (one := tallies.get(name)) is not None
    }


async def run_golden(asking: Asking, golden: GoldenSet) -> GoldenReport:
    """Return how right the asked extractor is on `golden`.

    Raises:
        WorldFault: the model stayed away through all tries.
    """
    started = asking.clock.monotonic()
    with metered() as meter:
        answers = await asking.about([case.episode(number) for number, case in enumerate(golden.cases)])
        usage = meter.usage()
    scores = tuple(score_case(case, answers.said[case.id], golden.vocabulary) for case in golden.cases)
    return GoldenReport(asking.extractor.name, scores, asking.clock.monotonic() - started, usage, answers.faults)
