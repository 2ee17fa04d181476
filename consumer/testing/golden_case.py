"""Golden cases: an episode and the exact right answer, made by hand and kept as JSON Lines.

The format and the rules of judgement are told in tests/golden/README.md; `consumer.bench.golden` scores by them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from consumer.errors import UserError
from consumer.model.episode import ContextEpisode, Episode
from consumer.model.ids import name_key
from consumer.model.knowledge import Assertion, Exclusive, Knowledge, Mention, Polarity
from consumer.testing.episodes import episode_of

VOCABULARY_FILE = "vocabulary.json"
ANYTHING = "*"
"""Stands in a forbidden fact for any relation, subject or object."""

_CONTEXT_STEP = timedelta(minutes=1)
_HELD_OUT_EVERY = 3
_DAY = re.compile(r"^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$")


@dataclass(frozen=True, slots=True)
class Span:
    """Instants from `start` on and before `end` (aware): a date as precise as the text gives it."""

    start: datetime
    end: datetime

    def __contains__(self, instant: datetime) -> bool:
        """Whether `instant` is one of them."""
        return self.start <= instant < self.end


def span_of(text: str, zone: tzinfo) -> Span:
    """Return the instants of a year, month, day, instant, or of `first/last` of these, in `zone`.

    Raises:
        ValueError: it is none of them.
    """
    first, slash, last = text.partition("/")
    if slash:
        return Span(span_of(first, zone).start, span_of(last, zone).end)
    match = _DAY.match(text)
    if match is None:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise ValueError(f"{text!r} has no zone")
        return Span(instant, instant + timedelta(minutes=1))
    year, month, day = (int(part) if part else None for part in match.groups())
    start = datetime(year or 1, month or 1, day or 1, tzinfo=zone)
    if month is None:
        return Span(start, start.replace(year=start.year + 1))
    if day is None:
        return Span(start, (start + timedelta(days=31)).replace(day=1))
    return Span(start, start + timedelta(days=1))


def _is_date(text: str) -> str:
    span_of(text, UTC)
    return text


When = Annotated[str, AfterValidator(_is_date)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ExpectedEntity(_Strict):
    """An entity that must be found, or (among `may_entities`) one that may be."""

    name: str = Field(min_length=1)
    type: str = "Entity"
    """What it is; `Entity` is not judged."""
    also: tuple[str, ...] = ()
    """Other names that are right."""
    types: tuple[str, ...] = ()
    """Other types that are right, beside those of the vocabulary."""


class ExpectedFact(_Strict):
    """A fact that must be found, or (among `may_facts`) one that may be."""

    subject: str
    relation: str
    object: str
    valid_at: When | None = None
    invalid_at: When | None = None
    instead_of: When | None = None
    """The wrong date that the content corrects."""
    exclusive: Exclusive | None = None
    """Not judged when left out."""
    polarity: Polarity = Polarity.ASSERTS
    also: tuple[str, ...] = ()
    """Other relations that are right, beside those of the vocabulary."""
    instead: tuple[tuple[str, str, str], ...] = ()
    """Other triples that say the same."""


class ForbiddenFact(_Strict):
    """A triple that must not be found, whether asserted or ended; `*` stands for anything."""

    subject: str = ANYTHING
    relation: str = ANYTHING
    object: str = ANYTHING


class GoldenCase(_Strict):
    """One episode with its right answer. G1: both ends of every fact are entities of the case."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    tags: tuple[str, ...] = Field(min_length=1)
    source: Literal["message", "text", "json"]
    content: str | dict[str, Any] | list[Any]
    reference_time: AwareDatetime
    context: tuple[str, ...] = ()
    """Contents of earlier episodes, oldest first, a minute apart."""
    entities: tuple[ExpectedEntity, ...] = ()
    facts: tuple[ExpectedFact, ...] = ()
    may_entities: tuple[ExpectedEntity, ...] = ()
    may_facts: tuple[ExpectedFact, ...] = ()
    not_entities: tuple[str, ...] = ()
    not_facts: tuple[ForbiddenFact, ...] = ()
    note: str = ""
    """Why the answer is what it is, where that is not plain."""

    @model_validator(mode="after")
    def _ends_are_entities(self) -> Self:
        names = [name_key(name) for one in (*self.entities, *self.may_entities) for name in (one.name, *one.also)]
        if len(names) != len(set(names)):
            raise ValueError("a name stands for two entities")
        known = set(names)
        for fact in (*self.facts, *self.may_facts):
            for end in (fact.subject, fact.object, *(end for triple in fact.instead for end in triple[::2])):
                if name_key(end) not in known:
                    raise ValueError(f"{end!r} is an end of a fact and no entity")
        return self

    @property
    def is_held_out(self) -> bool:
        """Whether the case is of the third that nobody looks at while tuning rules or prompts."""
        return hashlib.sha256(self.id.encode()).digest()[0] % _HELD_OUT_EVERY == 0

    @property
    def zone(self) -> tzinfo:
        """The zone of the reference time."""
        return self.reference_time.tzinfo or UTC

    def episode(self, number: int = 0) -> Episode:
        """Return the case as the episode that intake would make of it, at place `number` of the log."""
        episode = episode_of(
            {
                "group_id": "golden",
                "event_id": self.id,
                "source": self.source,
                "content": self.content,
                "reference_time": self.reference_time.isoformat(),
            },
            number,
        )
        earlier = [
            ContextEpisode(f"{self.id}-{place}", content, episode.reference_time - _CONTEXT_STEP * place)
            for place, content in zip(range(len(self.context), 0, -1), self.context, strict=True)
        ]
        return replace(episode, context=tuple(earlier))

    def knowledge(self) -> Knowledge:
        """Return the right answer as an extractor would give it: each date is the first instant of its span."""
        return Knowledge(
            tuple(Mention(one.name, one.type) for one in self.entities),
            tuple(self._assertion(one) for one in self.facts),
        )

    def _assertion(self, fact: ExpectedFact) -> Assertion:
        relation = fact.relation.replace("_", " ").lower()
        return Assertion(
            fact.subject,
            fact.relation,
            fact.object,
            f"{fact.subject} {relation} {fact.object}.",
            self._first(fact.valid_at),
            self._first(fact.invalid_at),
            fact.exclusive or Exclusive.NONE,
            fact.polarity,
            self._first(fact.instead_of),
        )

    def _first(self, when: str | None) -> datetime | None:
        return None if when is None else span_of(when, self.zone).start.astimezone(UTC)


class RelationWords(_Strict):
    """What else a relation is called: forwards, backwards, and whether it reads both ways."""

    also: tuple[str, ...] = ()
    inverse: tuple[str, ...] = ()
    symmetric: bool = False


class Vocabulary(_Strict):
    """Names of relations and types that mean the same, for all cases."""

    relations: Mapping[str, RelationWords] = Field(default_factory=dict)
    types: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GoldenSet:
    """Cases and the vocabulary they are judged by."""

    cases: tuple[GoldenCase, ...]
    vocabulary: Vocabulary = field(default_factory=Vocabulary)

    def tagged(self, tag: str | None) -> GoldenSet:
        """Return the set with only the cases that bear `tag`; all when None."""
        return replace(self, cases=tuple(case for case in self.cases if tag is None or tag in case.tags))


def load_golden(folder: Path) -> GoldenSet:
    """Return the cases of all `*.jsonl` in `folder` and its `vocabulary.json`.

    Raises:
        UserError: nothing is there, or a line is no case; the message names file and line.
    """
    cases: dict[str, GoldenCase] = {}
    asked: dict[tuple[str, datetime], str] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in _lines(path):
            case = _case(f"{path}:{number}", line)
            content = json.dumps(case.content, sort_keys=True)
            same = asked.setdefault((content, case.reference_time), case.id)
            if case.id in cases or same != case.id:
                raise UserError(f"{path}:{number}: case {case.id} is there twice, or has the words of {same}")
            cases[case.id] = case
    if not cases:
        raise UserError(f"no cases (*.jsonl) in {folder}: name their folder with --cases")
    return GoldenSet(tuple(cases.values()), _vocabulary(folder / VOCABULARY_FILE))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            yield number, line


def _case(where: str, line: str) -> GoldenCase:
    try:
        return GoldenCase.model_validate_json(line)
    except ValidationError as error:
        raise UserError(f"{where}: {_first_problem(error)}") from error


def _vocabulary(path: Path) -> Vocabulary:
    if not path.exists():
        return Vocabulary()
    try:
        return Vocabulary.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        raise UserError(f"{path}: {_first_problem(error)}") from error


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]
