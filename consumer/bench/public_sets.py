"""Two public sets with known facts, read where they are: a register of offices (JSON) and Chinese dialogues.

us-offices  every fact that the records amount to, with both of its dates, against the register's own
kdconv      the triples that a turn speaks of, attributes included, without those whose object is a whole description;
            what a turn leaves to the knowledge base cannot be found, so recall is low by construction, and a right
            fact that nobody annotated counts as wrong
"""

from __future__ import annotations

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from consumer.bench.asking import Asking
from consumer.bench.tally import Tally
from consumer.model.episode import ContextEpisode, Episode
from consumer.model.ids import name_key
from consumer.model.knowledge import Knowledge
from consumer.testing.episodes import episode_of
from consumer.testing.gold import facts_of

SETS = ("us-offices", "kdconv")
_CONTEXT = 3
_MARKS = re.compile(r"[\s《》「」\"“”]|[(（][^()（）]*[)）]$")
"""What people write in different ways: spaces, brackets, what tells two works of one name apart."""

_LIST = re.compile(r"[,，、/;；]")
_DESCRIPTION = "information"


@dataclass(frozen=True, slots=True)
class SetReport:
    """How right an extractor was on a public set; `skipped` says why it was not measured."""

    name: str
    episodes: int = 0
    tallies: Mapping[str, Tally] | None = None
    skipped: str = ""


async def run_set(name: str, folder: Path, asking: Asking, limit: int) -> SetReport:
    """Return how right the asked extractor is on the first `limit` episodes of a set in `folder`.

    Raises:
        WorldFault: the model stayed away through all tries.
    """
    gold = folder / name / {"us-offices": "facts.jsonl", "kdconv": "triples.jsonl.gz"}[name]
    log = folder / name / "episodes.jsonl.gz"
    if not (gold.exists() and log.exists()):
        return SetReport(name, skipped=f"{gold} is not there")
    events = [event for _, event in zip(range(limit), _rows(log), strict=False)]
    answers = await asking.about(_episodes(events))
    score = _offices if name == "us-offices" else _triples
    return SetReport(name, len(events), score(events, answers.said, list(_rows(gold))))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _episodes(events: Sequence[Mapping[str, Any]]) -> list[Episode]:
    """Return the episodes, each with the last few of its dialogue as context."""
    episodes: list[Episode] = []
    earlier: defaultdict[str, list[ContextEpisode]] = defaultdict(list)
    for number, event in enumerate(events):
        episode = episode_of(event, number)
        dialogue = earlier[f"{episode.group_id} {episode.name}"]
        episodes.append(replace(episode, context=tuple(dialogue[-_CONTEXT:])))
        dialogue.append(ContextEpisode(episode.name, episode.content, episode.reference_time))
    return episodes


def _offices(
    events: Sequence[Mapping[str, Any]], said: Mapping[str, Knowledge], gold: Sequence[Mapping[str, Any]]
) -> dict[str, Tally]:
    """Score whole facts: subject, relation, object, first and last day."""
    told = facts_of(
        (place, datetime.fromisoformat(event["reference_time"]).astimezone(UTC), assertion)
        for place, event in enumerate(events)
        for assertion in said[event["event_id"]].assertions
    )
    found = {(one.subject, one.relation, one.object, _day(one.valid_at), _day(one.invalid_at)) for one in told}
    right = {
        (row["subject"], row["relation"], row["object"], _day(row["valid_at"]), _day(row["invalid_at"])) for row in gold
    }
    tallies = {}
    for relation in ("HOLDS_OFFICE", "MEMBER_OF_PARTY"):
        one, other = ({fact for fact in facts if fact[1] == relation} for facts in (found, right))
        tallies[relation] = Tally(len(one & other), len(one - other), len(other - one))
    return tallies


def _day(when: datetime | str | None) -> date | None:
    instant = datetime.fromisoformat(when) if isinstance(when, str) else when
    return None if instant is None else instant.astimezone(UTC).date()


def _triples(
    events: Sequence[Mapping[str, Any]], said: Mapping[str, Knowledge], gold: Sequence[Mapping[str, Any]]
) -> dict[str, Tally]:
    """Score triples a turn: subject, relation (or attribute), object (or value)."""
    wanted: defaultdict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for row in gold:
        if row["relation"].lower() != _DESCRIPTION:
            for target in _LIST.split(row["object"]):
                wanted[row["event_id"]].add(_plain(row["subject"], row["relation"], target))
    facts = Tally()
    for event in events:
        knowledge = said[event["event_id"]]
        found = {_plain(one.subject, one.relation, one.object) for one in knowledge.assertions} | {
            _plain(mention.name, key, str(value))
            for mention in knowledge.mentions
            for key, value in mention.attributes.items()
        }
        right = wanted[event["event_id"]]
        facts += Tally(len(found & right), len(found - right), len(right - found))
    return {"triple": facts}


def _plain(subject: str, relation: str, target: str) -> tuple[str, str, str]:
    """Return a triple as it is compared."""
    one, two, three = (_MARKS.sub("", name_key(part)) for part in (subject, relation, target))
    return one, two, three
