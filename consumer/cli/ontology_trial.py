"""What an ontology's mappings would make of a file of events, without Kafka, graph or model."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from consumer.errors import UserError
from consumer.extract.mapping import mapped
from consumer.model.episode import Episode, Rejected
from consumer.model.instants import iso
from consumer.model.knowledge import Assertion, Exclusive, Knowledge, Polarity
from consumer.model.work import Record
from consumer.ontology import Ontology, apply
from consumer.pipeline.decode import decode
from consumer.settings import PipelineSettings


@dataclass(frozen=True, slots=True)
class Tried:
    """One event: which mapping fitted (None: a model would read it), what it gave, and what was wrong."""

    event_id: str
    mapping: str | None
    knowledge: Knowledge = field(default_factory=Knowledge)
    problems: tuple[str, ...] = ()
    is_failed: bool = False

    def lines(self) -> list[str]:
        """Return the event as lines for people."""
        facts = [f"    {_fact(one)}" for one in self.knowledge.assertions]
        entities = [
            f"    {one.name} ({one.type})" + "".join(f" {key}={value}" for key, value in one.attributes.items())
            for one in self.knowledge.mentions
        ]
        told = self.mapping or ("no valid episode" if self.is_failed else "no mapping fits: a model would read it")
        return [f"  {self.event_id}: {told}", *entities, *facts, *(f"    left out: {one}" for one in self.problems)]

    def as_dict(self) -> dict[str, Any]:
        """Return the event for scripts."""
        return {
            "event_id": self.event_id,
            "mapping": self.mapping,
            "entities": [
                {"name": one.name, "type": one.type, "summary": one.summary, "attributes": dict(one.attributes)}
                for one in self.knowledge.mentions
            ],
            "facts": [
                {
                    "subject": one.subject,
                    "relation": one.relation,
                    "object": one.object,
                    "fact": one.sentence,
                    "valid_at": iso(one.valid_at) if one.valid_at else None,
                    "invalid_at": iso(one.invalid_at) if one.invalid_at else None,
                    "exclusive": str(one.exclusive),
                    "polarity": str(one.polarity),
                }
                for one in self.knowledge.assertions
            ],
            "problems": list(self.problems),
        }


@dataclass(slots=True)
class Trial:
    """All events of a file; `events` are the first of them."""

    tried: int = 0
    mapped: int = 0
    failed: int = 0
    facts: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    names: set[str] = field(default_factory=set)
    events: list[Tried] = field(default_factory=list)

    def add(self, one: Tried, *, is_kept: bool) -> None:
        """Count one event."""
        self.tried += 1
        self.mapped += one.mapping is not None
        self.failed += one.is_failed
        self.facts += len(one.knowledge.assertions)
        self.problems.update(one.problems)
        self.names.update(mention.name for mention in one.knowledge.mentions)
        if is_kept:
            self.events.append(one)

    def summary(self) -> str:
        """Return the counts in a line."""
        return (
            f"{self.tried} events: {self.mapped} mapped, {self.tried - self.mapped} not, {self.failed} failed; "
            f"{len(self.names)} entities, {self.facts} facts, {self.problems.total()} left out"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the counts and the first events, for scripts."""
        return {
            "events": self.tried,
            "mapped": self.mapped,
            "failed": self.failed,
            "entities": len(self.names),
            "facts": self.facts,
            "left_out": self.problems.total(),
            "first": [one.as_dict() for one in self.events],
        }


def tried(ontology: Ontology, path: Path) -> Iterator[Tried]:
    """Yield what the mappings make of each event in a JSONL file, whatever ontology the event names.

    Raises:
        UserError: the file can't be read.
    """
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _tried(ontology, line, number)
    except (OSError, EOFError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error


def _tried(ontology: Ontology, line: bytes, number: int) -> Tried:
    episode = _episode(line, number)
    if not isinstance(episode, Episode):
        return Tried(f"line {number}", None, problems=(episode,), is_failed=True)
    found = mapped(ontology, episode)
    if found is None:
        return Tried(episode.event_id, None)
    kept, counts = apply(ontology, found.knowledge)
    problems = (*found.skips, *(f"{kind}: {count}" for kind, count in counts.items()))
    is_failed = ontology.strict and not found.knowledge.mentions
    return Tried(episode.event_id, found.mapping, kept, problems, is_failed)


def _episode(line: bytes, number: int) -> Episode | str:
    """Return the episode of a line, or what is wrong with it."""
    try:
        group_id = str(json.loads(line)["group_id"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        return f"no event: {error!r}"
    record = Record("", 0, number, 0, group_id.encode("utf-8", "replace"), line.strip())
    match decode(record, PipelineSettings()):
        case Episode() as episode:
            return episode
        case Rejected() as verdict:
            return f"{verdict.reason}: {verdict.detail}"
        case _:
            return "a removal maps to nothing"


def _fact(one: Assertion) -> str:
    since = iso(one.valid_at) if one.valid_at else "…"
    until = iso(one.invalid_at) if one.invalid_at else "…"
    dates = f" [{since}, {until})" if one.valid_at or one.invalid_at else ""
    ends = " ends" if one.polarity is Polarity.ENDS else ""
    exclusive = "" if one.exclusive is Exclusive.NONE else f" exclusive on the {one.exclusive}"
    return f"{one.subject} -{one.relation}-> {one.object}{dates}{ends}{exclusive}"
