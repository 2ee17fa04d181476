"""How the local extractor talks to its worker process: one JSON object a line, both ways. Pure."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from consumer.extract.passage import Passage
from consumer.model.instants import iso
from consumer.model.knowledge import Assertion, Exclusive, Knowledge, Mention, Polarity


def encode_passage(number: int, passage: Passage) -> bytes:
    """Return the line that asks for `passage`."""
    asked = {
        "number": number,
        "text": passage.text,
        "reference_time": passage.reference_time.isoformat(),
        "speaker": passage.speaker,
        "is_record": passage.is_record,
        "topic": passage.topic,
        "before": passage.before,
    }
    return json.dumps(asked).encode() + b"\n"


def decode_passage(line: bytes) -> tuple[int, Passage]:
    """Return the number and passage of a line."""
    asked = json.loads(line)
    passage = Passage(
        asked["text"],
        datetime.fromisoformat(asked["reference_time"]),
        asked["speaker"],
        asked["is_record"],
        asked["topic"],
        asked["before"],
    )
    return asked["number"], passage


def encode_knowledge(number: int, said: Knowledge) -> bytes:
    """Return the line that answers with `said`."""
    answer = {
        "number": number,
        "mentions": [[m.name, m.type, m.summary, dict(m.attributes)] for m in said.mentions],
        "assertions": [
            [
                a.subject,
                a.relation,
                a.object,
                a.sentence,
                _text(a.valid_at),
                _text(a.invalid_at),
                a.exclusive.value,
                a.polarity.value,
                _text(a.instead_of),
            ]
            for a in said.assertions
        ],
    }
    return json.dumps(answer).encode() + b"\n"


def encode_failure(number: int, error: Exception) -> bytes:
    """Return the line that says why a passage could not be read."""
    return json.dumps({"number": number, "error": f"{type(error).__name__}: {error}"[:500]}).encode() + b"\n"


def decode_answer(line: bytes) -> tuple[int, Knowledge | str]:
    """Return the number of an answer, and what it says or why it says nothing."""
    answer = json.loads(line)
    if "error" in answer:
        return answer["number"], str(answer["error"])
    mentions = tuple(Mention(*fields) for fields in answer["mentions"])
    return answer["number"], Knowledge(mentions, tuple(_assertion(fields) for fields in answer["assertions"]))


def _assertion(fields: list[Any]) -> Assertion:
    subject, relation, object_, sentence, valid_at, invalid_at, exclusive, polarity, instead_of = fields
    return Assertion(
        subject,
        relation,
        object_,
        sentence,
        _instant(valid_at),
        _instant(invalid_at),
        Exclusive(exclusive),
        Polarity(polarity),
        _instant(instead_of),
    )


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else iso(instant)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
