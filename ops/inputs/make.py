#!/usr/bin/env python3
"""Makes the event files in consumer/inputs from prepared source data; run again only to change the choice.

Reads event files made from the repositories that consumer/inputs/README.md names (`us-offices`, `irc`, `oz`,
`kdconv`: one folder each, one JSON object a line, wording as in the source), chooses a small part and writes it in
the wire shape of `consumer.model.events.EpisodeAdded`. The same sources give the same bytes.

    python ops/inputs/make.py ../shared/data
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parents[2] / "consumer" / "inputs"
Event = dict[str, Any]

NATIONAL_OFFICES = frozenset({"President of the United States", "Vice President of the United States"})
OFFICES_SINCE = "1929-03-04"
CHAT_LINES = 60
CHAT_FROM = "2005-07-06_14.219"
BOOK_CHAPTERS = 2
DIALOGUE = "film.7."
DIALOGUE_TURNS = 19
KNOWN_TYPES = {"龙猫": "Film", "宫崎骏": "Person", "吉卜力工作室": "Organization"}


def main() -> None:
    """Write the four files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("source", type=Path, help="folder with the prepared sources")
    source: Path = parser.parse_args().source
    _write("offices.jsonl", offices(_lines(source / "us-offices" / "episodes.jsonl.gz")))
    _write("chat.jsonl", chat(_lines(source / "irc" / "episodes.jsonl.gz")))
    _write("book.jsonl", book(_lines(source / "oz" / "episodes.jsonl.gz")))
    _write(
        "dialogue-zh.jsonl",
        dialogue(_lines(source / "kdconv" / "episodes.jsonl.gz"), _lines(source / "kdconv" / "triples.jsonl.gz")),
    )


def offices(events: Iterable[Event]) -> Iterator[Event]:
    """Yield who took and who left the two national offices, each record with its facts.

    Records of somebody who left without having come in within the chosen span are left out.
    """
    serving: set[tuple[str, str]] = set()
    for event in events:
        record = json.loads(event["content"])
        person, office, day = record["person"], record["office"], record["effective"]
        if office not in NATIONAL_OFFICES or day < OFFICES_SINCE:
            continue
        term = (record["person_id"], office)
        if record["event"] == "took office":
            serving.add(term)
            facts = [_takes(event, person, office, day), _belongs(event, person, record["party"])]
        elif term in serving:
            serving.remove(term)
            facts = [_leaves(event, person, office, day)]
        else:
            continue
        yield _event(event, "demo-offices", content=record, extract=False, facts=facts)


def _takes(event: Event, person: str, office: str, day: str) -> Event:
    return {
        "subject": {"name": person, "type": "Person"},
        "relation": "HOLDS_OFFICE",
        "object": {"name": office, "type": "Office"},
        "fact": f"{person} became {office} on {day}.",
        "valid_at": event["reference_time"],
        "exclusive": "object",
    }


def _leaves(event: Event, person: str, office: str, day: str) -> Event:
    return {
        "subject": {"name": person, "type": "Person"},
        "relation": "HOLDS_OFFICE",
        "object": {"name": office, "type": "Office"},
        "fact": f"{person} was {office} until {day}.",
        "invalid_at": event["reference_time"],
        "exclusive": "object",
        "polarity": "ends",
    }


def _belongs(event: Event, person: str, party: str) -> Event:
    return {
        "subject": {"name": person, "type": "Person"},
        "relation": "MEMBER_OF_PARTY",
        "object": {"name": party, "type": "Party"},
        "fact": f"{person} is a {party}.",
        "valid_at": event["reference_time"],
        "exclusive": "subject",
    }


def chat(events: Iterable[Event]) -> Iterator[Event]:
    """Yield a stretch of what people said in the channel, without the server's notices."""
    started = False
    taken = 0
    for event in events:
        started = started or event["event_id"] == CHAT_FROM
        if started and event["source"] == "message" and taken < CHAT_LINES:
            taken += 1
            yield _event(event, "demo-chat", saga="#ubuntu 2005-07-06")


def book(events: Iterable[Event]) -> Iterator[Event]:
    """Yield the first chapters, one event each."""
    for number, event in enumerate(events):
        if number < BOOK_CHAPTERS:
            yield _event(event, "demo-oz", saga="The Wonderful Wizard of Oz")


def dialogue(events: Iterable[Event], triples: Iterable[Event]) -> Iterator[Event]:
    """Yield the turns of one dialogue; the source's annotations that a turn really says become its facts."""
    noted: dict[str, list[Event]] = {}
    seen: set[tuple[str, str, str]] = set()
    for triple in triples:  # an annotation is carried over to later turns of its dialogue: the first one counts
        key = (triple["subject"], triple["relation"], triple["object"])
        if triple["event_id"].startswith(DIALOGUE) and key not in seen:
            seen.add(key)
            noted.setdefault(triple["event_id"], []).append(triple)
    turns = [event for event in events if event["event_id"].startswith(DIALOGUE)]
    for event in turns[:DIALOGUE_TURNS]:
        said = [
            _noted_fact(triple) for triple in noted.get(event["event_id"], ()) if triple["object"] in event["content"]
        ]
        more: Event = {"extract": True, "facts": said} if said else {}
        yield _event(event, "demo-film", saga=event["name"], **more)


def _noted_fact(triple: Event) -> Event:
    subject = triple["subject"].partition("（")[0]
    relation, target = triple["relation"], triple["object"]
    return {
        "subject": {"name": subject, "type": KNOWN_TYPES.get(subject, "Entity")},
        "relation": relation,
        "object": {"name": target, "type": KNOWN_TYPES.get(target, "Entity")},
        "fact": f"{subject}的{relation}是{target}。",
    }


def _event(prepared: Event, group_id: str, **changes: Any) -> Event:
    kept = ("event_id", "name", "source", "source_description", "content", "reference_time")
    return {"group_id": group_id} | {name: prepared[name] for name in kept} | changes


def _lines(path: Path) -> Iterator[Event]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _write(name: str, events: Iterable[Event]) -> None:
    with (TARGET / name).open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(event, ensure_ascii=False) + "\n" for event in events)


if __name__ == "__main__":
    main()
