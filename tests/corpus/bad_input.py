"""The bad-input corpus: every case of ours, and the awkward real input where it is there."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from corpus import bytes_and_records, fields, texts
from corpus.case import LOG_TIME_MS, WRITTEN, Case, Maker

AWKWARD = Path(__file__).parents[3] / "shared" / "data" / "awkward" / "episodes.jsonl.gz"
WITHOUT_AWKWARD = "the optional data folder ../shared/data is not there"

AWKWARD_REJECTED = {
    "awkward.mail.email_long_quote": "content-too-long",
    "awkward.csv.kev": "content-too-long",
    "awkward.json.kev": "value-too-large",
}
"""Verdicts on awkward rows by event id, where it is not `written`."""


def cases(group: str) -> list[Case]:
    """Return our own cases as records of `group`."""
    make = Maker(group)
    return [*bytes_and_records.cases(make), *fields.cases(make), *texts.cases(make)]


def awkward(group: str | None = None) -> list[Case]:
    """Return the awkward rows, moved to `group` if one is given; their bytes are the rows' own otherwise."""
    found = []
    with gzip.open(AWKWARD) as lines:
        for line in lines:
            event = json.loads(line)
            key, value = event["group_id"], line.strip()
            if group is not None:
                value = value.replace(json.dumps(key).encode(), json.dumps(group).encode(), 1)
                key = group
            verdict = AWKWARD_REJECTED.get(event["event_id"], WRITTEN)
            found.append(Case(event["event_id"], key.encode(), value, verdict, (), LOG_TIME_MS))
    return found
