"""What shorter questions cost: recall when texts are compressed at each level, or truncated, beside all being read.

Two kinds of text: the golden cases as they are, and those of them that are plain texts joined into one long text, which
is read in chunks or, truncated, not beyond its budget. Of the long text only recall is told: what is found in it beyond
one case's answer may be another's. How much is saved is told of the shipped real texts too, which are less dense.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from consumer import inputs
from consumer.bench.asking import Asking
from consumer.bench.golden import score_case
from consumer.bench.public_sets import SETS, run_set
from consumer.bench.tally import Tally, total
from consumer.extract.shortened import ShortenedExtractor, Shortener
from consumer.model.episode import Episode
from consumer.model.token_estimate import estimated_tokens
from consumer.settings import Compression, LlmSettings
from consumer.testing.episodes import episode_of
from consumer.testing.golden_case import GoldenCase, GoldenSet

BUDGETS = (2_000, 1_000, 500)
"""LLM tokens that a truncated text has at most."""

WAYS: tuple[tuple[str, LlmSettings], ...] = (
    ("all", LlmSettings()),
    *((level.value, LlmSettings(compression=level)) for level in Compression if level is not Compression.NONE),
    *((f"first {most:,}", LlmSettings(truncate_tokens=most)) for most in BUDGETS),
)
"""What is left out, by name; the first leaves nothing out."""


@dataclass(frozen=True, slots=True)
class ShorteningRow:
    """How right an extractor was with one way of leaving out.

    `tokens` are those of the golden contents as asked about, by estimate, `long_tokens` those of the long text,
    `real_tokens` those of the shipped chat and book. `sets` has public sets by name and field.
    """

    way: str
    tokens: int
    entity: Tally
    fact: Tally
    long_tokens: int
    long_fact: Tally
    real_tokens: int
    sets: dict[str, Tally] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the row for scripts."""
        return {
            "way": self.way,
            "tokens": self.tokens,
            "entity_recall": self.entity.recall,
            "fact_precision": self.fact.precision,
            "fact_recall": self.fact.recall,
            "long_tokens": self.long_tokens,
            "long_fact_recall": self.long_fact.recall,
            "real_tokens": self.real_tokens,
            "sets": {name: {"precision": one.precision, "recall": one.recall} for name, one in self.sets.items()},
        }


async def run_shortening(
    asking: Asking, golden: GoldenSet, data: Path | None = None, limit: int = 1_000_000
) -> list[ShorteningRow]:
    """Return a row for each of `WAYS`; the asked extractor itself must leave nothing out.

    Raises:
        WorldFault: the model stayed away through all tries.
    """
    rows = []
    for way, settings in WAYS:
        shortener = Shortener(settings)
        asked = replace(asking, extractor=ShortenedExtractor(asking.extractor, shortener))
        row = await _row(asked, golden, way, shortener)
        if data is not None and settings.truncate_tokens is None:
            row = replace(row, sets=await _sets(asked, data, limit))
        rows.append(row)
    return rows


def joinable(cases: Sequence[GoldenCase]) -> list[GoldenCase]:
    """Return the cases that can be paragraphs of one text: plain texts of the commonest reference time, no context."""
    plain = [case for case in cases if case.source == "text" and not case.context]
    times = [case.reference_time for case in plain]
    return [case for case in plain if times and case.reference_time == max(times, key=times.count)]


def _real() -> list[Episode]:
    """Return the shipped chat and book."""
    told = (path.read_text(encoding="utf-8") for path in inputs.paths() if path.name in {"chat.jsonl", "book.jsonl"})
    lines = (line for text in told for line in text.splitlines())
    return [episode_of({"group_id": "real", **json.loads(line)}) for line in lines]


async def _row(asked: Asking, golden: GoldenSet, way: str, shortener: Shortener) -> ShorteningRow:
    episodes = [case.episode(number) for number, case in enumerate(golden.cases)]
    said = (await asked.about(episodes)).said
    tallies = total(score_case(case, said[case.id], golden.vocabulary).tallies for case in golden.cases)
    long_fact, long_tokens = Tally(), 0
    if joined := joinable(golden.cases):
        text = "\n\n".join(str(case.content) for case in joined)
        event = {"group_id": "golden", "event_id": "long", "source": "text", "content": text}
        long = episode_of({**event, "reference_time": joined[0].reference_time.isoformat()})
        told = (await asked.about([long])).said[long.event_id]
        found = total(score_case(case, told, golden.vocabulary).tallies for case in joined)["fact"]
        long_fact, long_tokens = Tally(found.right, 0, found.missed), _tokens(shortener, [long])
    return ShorteningRow(
        way,
        _tokens(shortener, episodes),
        tallies["entity"],
        tallies["fact"],
        long_tokens,
        long_fact,
        _tokens(shortener, _real()),
    )


def _tokens(shortener: Shortener, episodes: Sequence[Episode]) -> int:
    return sum(estimated_tokens(shortener.of(episode).content) for episode in episodes)


async def _sets(asked: Asking, data: Path, limit: int) -> dict[str, Tally]:
    """Return the tallies of the public sets that are there."""
    measured = [await run_set(name, data, asked, limit) for name in SETS]
    return {f"{one.name} {part}": tally for one in measured for part, tally in (one.tallies or {}).items()}
