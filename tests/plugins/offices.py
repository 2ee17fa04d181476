"""The office register of the optional data folder as events with given facts, and what is true of it."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

SECOND_PARTY = {"John Caldwell Calhoun": ("Democrat", "1829-03-04T12:00:00-05:00")}
"""Whose party changed between two terms of an office that the records tell as one; the list of facts has it."""

DATA = Path(__file__).parents[3] / "shared" / "data" / "us-offices"


def register():
    """All records in their order, each as an event with its facts.

    A record tells of one office. A party counts, by this register, from the first office to the end of the last one.
    """
    records = []
    with gzip.open(DATA / "episodes.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            records.append((event, json.loads(event["content"])))
    last = {record["person"]: event["event_id"] for event, record in records}
    party = {}
    for event, record in records:
        person, at = record["person"], event["reference_time"]
        if record["event"] == "took office":
            party[person] = record["party"]
            facts = [
                _fact(person, "HOLDS_OFFICE", record["office"], valid_at=at, exclusive="object"),
                _fact(person, "MEMBER_OF_PARTY", party[person], valid_at=at, exclusive="subject"),
            ]
            if person in SECOND_PARTY:
                party[person], at = SECOND_PARTY[person]
                facts.append(_fact(person, "MEMBER_OF_PARTY", party[person], valid_at=at, exclusive="subject"))
        else:
            facts = [_over(person, "HOLDS_OFFICE", record["office"], at, "object")]
            if last[person] == event["event_id"]:
                facts.append(_over(person, "MEMBER_OF_PARTY", party[person], at, "subject"))
        yield event | {"extract": False, "facts": facts}


def true_facts():
    """The register's own list: subject, relation, object, valid_at, invalid_at (UTC or None)."""
    for line in (DATA / "facts.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        dates = (row[key] and datetime.fromisoformat(row[key]).astimezone(UTC) for key in ("valid_at", "invalid_at"))
        yield row["subject"], row["relation"], row["object"], *dates


def questions():
    """Office, instant (UTC), and who held it, None for nobody."""
    for line in (DATA / "as_of.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield row["object"], datetime.fromisoformat(row["as_of"]).astimezone(UTC), row["answer"]


def _fact(person, relation, target, **rest):
    kind = "Office" if relation == "HOLDS_OFFICE" else "Party"
    return {
        "subject": {"name": person, "type": "Person"},
        "relation": relation,
        "object": {"name": target, "type": kind},
        **rest,
    }


def _over(person, relation, target, at, side):
    return _fact(person, relation, target, invalid_at=at, polarity="ends", exclusive=side)
