"""What ingestion is measured with: episodes of the baselines' sizes and kinds, each with the graph it must become.

All of it is of the test language, so that the simulated model reads it rightly and the right graph is known
(`consumer.testing.gold`). What makes an episode long says nothing.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import count
from typing import Any

from consumer.model.ids import episode_uuid
from consumer.testing import names
from consumer.testing.generate import Event, endless
from consumer.testing.gold import GoldGraph, gold
from consumer.testing.sentences import WORKS_AT, asserts, parse

ONTOLOGY = "bench-records"
_PEOPLE = 40
_SHORT_BYTES = 800
_LONG_BYTES = 5_000


class Kind(StrEnum):
    """What an episode is: `text` of some 200 tokens, `long` of 1,250, `json` for the model, `mapped` JSON, `chat`."""

    CHAT = "chat"
    TEXT = "text"
    LONG = "long"
    JSON = "json"
    MAPPED = "mapped"


_BYTES = {Kind.TEXT: _SHORT_BYTES, Kind.LONG: _LONG_BYTES}


@dataclass(frozen=True, slots=True)
class Item:
    """One episode to publish: its group, the uuid of its node, and the record's value."""

    group_id: str
    uuid: str
    value: bytes


def events_of(kind: Kind, name: str, groups: int, seed: int = 1) -> Iterator[Event]:
    """Yield events of one kind without end, in log order, in groups called `<name>-<number>`."""
    if kind is Kind.MAPPED:
        yield from _records(name, groups, seed)
    for event in endless(seed, groups, people=_PEOPLE, content_bytes=_BYTES.get(kind, 0)):
        named = _renamed(event, name)
        yield _as_json(named) if kind is Kind.JSON else named


def items_of(events: Iterable[Event]) -> Iterator[Item]:
    """Yield the records of `events`."""
    for event in events:
        group_id, value = event["group_id"], json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        yield Item(group_id, episode_uuid(group_id, event["event_id"]), value.encode())


def gold_of(items: Sequence[Item]) -> dict[str, GoldGraph]:
    """Return the graph of each group once `items`, in their order, are written."""
    return gold([_as_told(json.loads(item.value)) for item in items])


def ontology_text() -> str:
    """Return the ontology file whose mapping reads the records of kind `mapped`, as JSON."""
    works_at = {"subject": ["Person"], "object": ["Organization"], "exclusive": "subject"}
    fact = {
        "subject": "person",
        "relation": WORKS_AT.name,
        "object": "employer",
        "sentence": "{person} works at {employer} since {since}.",
        "valid_at": "since",
    }
    ends = [{"name": "person", "type": "Person"}, {"name": "employer", "type": "Organization"}]
    return json.dumps(
        {
            "name": ONTOLOGY,
            "version": "1",
            "entity_types": {"Person": {"description": "A person."}, "Organization": {"description": "An employer."}},
            "relation_types": {WORKS_AT.name: works_at | {"description": "Who is employed by whom."}},
            "mappings": [{"name": "jobs", "when": "person && employer", "entities": ends, "facts": [fact]}],
        }
    )


def _renamed(event: Event, name: str) -> Event:
    number = event["group_id"].rpartition("-")[2]
    told = event["event_id"].rpartition(".")[2]
    return event | {"group_id": f"{name}-{number}", "event_id": f"{name}-{number}.{told}"}


def _as_json(event: Event) -> Event:
    """Return the event as a JSON record that holds the same sentences, said by nobody."""
    at = datetime.fromisoformat(event["reference_time"])
    said = [each.sentence for each in parse(event["content"], at, source=event["source"]).assertions]
    text = " ".join(["This was noted.", *said, "That was all."])
    content = {"kind": "note", "text": text, "author": {"id": len(text), "team": "registry"}}
    return event | {"source": "json", "content": content}


def _records(name: str, groups: int, seed: int) -> Iterator[Event]:
    """Yield records of who took a job when, for the mapping of `ontology_text`."""
    rng = random.Random(f"records:{seed}:{groups}")  # noqa: S311 - the same records each time
    people, employers = names.persons(_PEOPLE), names.organizations(_PEOPLE)
    days = dict.fromkeys(range(groups), date(2015, 1, 1))
    for told in count():
        number = rng.randrange(groups)
        days[number] += timedelta(days=rng.randint(1, 3))
        since = days[number].isoformat()
        yield {
            "type": "episode.added",
            "event_id": f"{name}-{number}.{told}",
            "group_id": f"{name}-{number}",
            "name": f"record {told}",
            "source": "json",
            "source_description": "register of jobs",
            "content": {"person": rng.choice(people), "employer": rng.choice(employers), "since": since},
            "reference_time": f"{since}T12:00:00+00:00",
            "ontology": ONTOLOGY,
        }


def _as_told(event: Mapping[str, Any]) -> Event:
    """Return the event with its content as the text that the model, or the mapping, makes of it."""
    content = event["content"]
    if isinstance(content, str):
        return dict(event)
    if event.get("ontology") == ONTOLOGY:
        sentence = asserts(content["person"], WORKS_AT, content["employer"], date.fromisoformat(content["since"]))
        return {**event, "source": "text", "content": sentence}
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return {**event, "content": text}
