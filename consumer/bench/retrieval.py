"""Evidence retrieval: a question set goes through the stages into Neo4j, each question is searched for, and scored.

Counted are the episodes behind the results. Kafka is left out: records go straight into the stages of a pod. Groups
are renamed, so that a run never meets what is in the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from consumer.app.build import build_embedder, open_search, open_store
from consumer.bench.retrieval_baselines import BASELINES, to_beat
from consumer.bench.retrieval_metrics import DEPTH, Quality, mean, quality
from consumer.bench.retrieval_sets import Question, QuestionSet
from consumer.bench.stages import Stages, running_stages
from consumer.clock import Clock, SystemClock
from consumer.model.episode import LogPosition, Removal
from consumer.model.instants import from_millis
from consumer.model.work import Record
from consumer.search import EpisodeHit, FactHit, Fusion, Kind, Leg, Ranking, Search, SearchRequest, SearchResult
from consumer.settings import Settings
from consumer.testing.episodes import record_of
from consumer.testing.fake_sinks import FakeDeadLetterSink

DEFAULT = "default"
TELL_S = 2.0

Progress = Callable[[str, int, int], None]
"""Told what is under way, how many are done, of how many."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A way of asking: `ranking` None is the default of the settings. `kind` is whose episodes are scored."""

    ranking: Ranking | None = None
    legs: tuple[Leg, ...] = tuple(Leg)
    kind: Kind = Kind.EPISODE


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question got by one variant, and in how long."""

    question: Question
    quality: Quality
    ranked: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """Answers by variant; `dead_letters` are events that were not written."""

    name: str
    events: int
    dead_letters: int
    answers: Mapping[str, Sequence[Answer]]
    baselines: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def figures(self, variant: str = DEFAULT, *, held_out: bool | None = None) -> Quality:
        """Return the means of a variant, over all questions, those held out, or the others."""
        found = self.answers[variant]
        return mean([one.quality for one in found if held_out is None or one.question.is_held_out is held_out])

    def parts(self, variant: str = DEFAULT) -> dict[str, tuple[int, Quality]]:
        """Return (questions, means) of a variant by group."""
        by_group: dict[str, list[Quality]] = {}
        for one in self.answers[variant]:
            by_group.setdefault(one.question.group_id, []).append(one.quality)
        return {group_id: (len(found), mean(found)) for group_id, found in by_group.items()}

    def milliseconds(self, variant: str = DEFAULT) -> float:
        """Return the median time of a question, the embedding of its text included."""
        spent = sorted(one.seconds for one in self.answers[variant])
        return 1_000 * spent[len(spent) // 2] if spent else 0.0

    def not_beaten(self) -> dict[str, tuple[float, float]]:
        """Return (ours, best baseline) of each figure in which the default is not above every baseline."""
        ours = self.figures().as_dict()
        return {name: (ours[name], best) for name, best in to_beat(self.name).items() if ours[name] <= best}

    def as_dict(self) -> dict[str, Any]:
        """Return the report for a file."""
        return {
            "set": self.name,
            "events": self.events,
            "dead_letters": self.dead_letters,
            "variants": {
                name: {
                    "questions": len(found),
                    **self.figures(name).as_dict(),
                    "held_out": self.figures(name, held_out=True).as_dict(),
                    "median_ms": round(self.milliseconds(name), 1),
                }
                for name, found in self.answers.items()
            },
            "groups": {name: {"questions": n, **part.as_dict()} for name, (n, part) in self.parts().items()},
            "baselines": {name: dict(figures) for name, figures in self.baselines.items()},
            "not_beaten": {name: list(pair) for name, pair in self.not_beaten().items()},
        }


def comparisons(default: Ranking) -> dict[str, Variant]:
    """Return what the default is compared with: the other fusion, without neighbours, one leg alone, facts alone."""
    other = Fusion.RANKS if default.fusion is Fusion.SCORES else Fusion.SCORES
    alone = replace(default, neighbour_bonus=0.0)
    return {
        f"fusion by {other.value}": Variant(replace(default, fusion=other)),
        "no bonus for neighbours": Variant(alone),
        "full text alone": Variant(alone, (Leg.FULL_TEXT,)),
        "vectors alone": Variant(alone, (Leg.VECTOR,)),
        "without the graph": Variant(default, (Leg.FULL_TEXT, Leg.VECTOR)),
        "episodes behind facts": Variant(kind=Kind.FACT),
    }


@asynccontextmanager
async def ingested(
    wanted: QuestionSet, settings: Settings, progress: Progress, *, keeps: bool = False, clock: Clock | None = None
) -> AsyncIterator[tuple[Search, int]]:
    """Write the set through the stages; yield a search over it and how many events were refused.

    Episodes that are there already are not extracted again; with `keeps` the groups stay.

    Raises:
        UserError: an engine is not usable, or the address or credentials are wrong.
        WorldFault: the database or a model is down.
    """
    records = [record_of(event, offset) for offset, event in enumerate(wanted.events)]
    refused = FakeDeadLetterSink()
    async with aclosing(build_embedder(settings)) as embedder, open_store(settings, embedder) as store:
        try:
            async with running_stages(settings, store, refused) as stages, asyncio.TaskGroup() as tasks:
                telling = tasks.create_task(_tell(stages, len(records), progress, clock or SystemClock()))
                await stages.feed(records)
                await stages.emptied()
                telling.cancel()
            async with open_search(settings, embedder) as search:
                yield search, len(refused.letters)
        finally:
            if not keeps and records:
                last = record_of({"group_id": ""}, len(records))
                await store.write([_removal(group_id, last) for group_id in wanted.group_ids])


def _removal(group_id: str, after: Record) -> Removal:
    return Removal(group_id, None, LogPosition(from_millis(after.timestamp_ms), after.partition, after.offset))


async def _tell(stages: Stages, count: int, progress: Progress, clock: Clock) -> None:
    while True:
        progress("episodes", sum(stages.pipeline.outcomes.values()), count)
        await clock.sleep(TELL_S)


async def measure_retrieval(
    wanted: QuestionSet, settings: Settings, variants: Mapping[str, Variant], progress: Progress, *, keeps: bool = False
) -> RetrievalReport:
    """Return how well search finds the evidence for the questions of a set, by each of `variants`.

    Raises:
        UserError: an engine is not usable, or the address or credentials are wrong.
        WorldFault: the database or a model is down.
    """
    async with ingested(wanted, settings, progress, keeps=keeps) as (search, refused):
        answers: dict[str, list[Answer]] = {name: [] for name in variants}
        for number, question in enumerate(wanted.questions):
            progress("questions", number, len(wanted.questions))
            for name, variant in variants.items():
                answers[name].append(await answered(search, question, variant, SystemClock()))
    return RetrievalReport(wanted.name, len(wanted.events), refused, answers, BASELINES.get(wanted.name, {}))


async def answered(search: Search, question: Question, variant: Variant, clock: Clock) -> Answer:
    """Return the answer to one question, facts that are over included: the evidence may be of any time.

    Raises:
        WorldFault: the database or a model is down.
    """
    request = SearchRequest(
        question.text,
        (question.group_id,),
        limit=DEPTH,
        include_invalid=True,
        kinds=(variant.kind,),
        legs=variant.legs,
        refresh=True,
    )
    if variant.ranking is not None:
        request = replace(request, ranking=variant.ranking)
    begun = clock.monotonic()
    result = await search.search(request)
    spent = clock.monotonic() - begun
    ranked = tuple(event_ids(result))
    return Answer(question, quality(ranked, question.evidence), ranked, spent)


def event_ids(result: SearchResult) -> list[str]:
    """Return the event ids of the episodes behind the hits, in their order, each once."""
    hits: tuple[EpisodeHit | FactHit, ...] = (*result.episodes, *result.hits)
    found: dict[str, None] = {}
    for hit in hits:
        told = (hit.event_id,) if isinstance(hit, EpisodeHit) else tuple(one.event_id for one in hit.provenance)
        found |= dict.fromkeys(one for one in told if one)
    return list(found)
