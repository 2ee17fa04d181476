"""Question sets: a folder with events (`*.jsonl`, `.gz` too) and `qa.jsonl`, questions whose evidence are event ids."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from consumer.errors import UserError

QUESTIONS = "qa.jsonl"
_LEFT_OUT = {"locomo": frozenset({"5"})}
"""Categories whose questions nothing answers, by set: retrieval baselines leave them out."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question about one group; `evidence` are the event ids that answer it, at least one."""

    qid: str
    group_id: str
    text: str
    evidence: tuple[str, ...]
    category: str = ""

    @property
    def is_held_out(self) -> bool:
        """Whether no setting may be chosen by this question: every other one, by a hash of its id."""
        return hashlib.sha256(self.qid.encode()).digest()[0] % 2 == 1


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Events in their log's order, and the questions about them. Each question's group has events."""

    name: str
    events: Sequence[Mapping[str, Any]]
    questions: Sequence[Question]

    @property
    def group_ids(self) -> tuple[str, ...]:
        """The groups, in order of appearance."""
        return tuple(dict.fromkeys(str(event["group_id"]) for event in self.events))

    def renamed(self, prefix: str) -> QuestionSet:
        """Return the set with `prefix` before each group: beside other runs in one database."""
        return replace(
            self,
            events=[{**event, "group_id": f"{prefix}{event['group_id']}"} for event in self.events],
            questions=[replace(one, group_id=f"{prefix}{one.group_id}") for one in self.questions],
        )

    def sampled(self, most: int) -> QuestionSet:
        """Return the set with at most `most` questions of each group: the same ones whenever it is asked."""
        taken: dict[str, int] = {}
        chosen: set[str] = set()
        for one in sorted(self.questions, key=lambda one: hashlib.sha256(one.qid.encode()).digest()):
            taken[one.group_id] = taken.get(one.group_id, 0) + 1
            if taken[one.group_id] <= most:
                chosen.add(one.qid)
        return replace(self, questions=[one for one in self.questions if one.qid in chosen])


def load_question_set(folder: Path, categories: Collection[str] = ()) -> QuestionSet:
    """Return the set in `folder`: questions that have evidence, of `categories` if any are named.

    Raises:
        UserError: the folder holds no such set, or a line of it cannot be read.
    """
    asked = next((path for path in (folder / QUESTIONS, folder / f"{QUESTIONS}.gz") if path.exists()), None)
    if asked is None:
        raise UserError(f"{folder / QUESTIONS} is not there: a question set has events (*.jsonl) and {QUESTIONS}")
    events: list[Mapping[str, Any]] = []
    for path in sorted(folder.glob("*.jsonl*")):
        if path.name.startswith("qa"):
            continue
        events += [row for row in _rows(path) if "content" in row]
    left_out = _LEFT_OUT.get(folder.resolve().name, frozenset())
    try:
        groups = {event["group_id"] for event in events}
        questions = [
            one
            for one in map(_question, _rows(asked))
            if one.evidence and (one.category in categories if categories else one.category not in left_out)
        ]
    except KeyError as error:
        raise UserError(f"{folder}: an event has no group_id, or a question no qid, group_id or question") from error
    if not questions:
        raise UserError(f"{asked} has no question with evidence")
    if strangers := sorted({one.group_id for one in questions} - groups):
        raise UserError(f"{asked} asks about the group {strangers[0]}, of which {folder} has no event")
    return QuestionSet(folder.resolve().name, events, questions)


def _question(row: Mapping[str, Any]) -> Question:
    return Question(
        str(row["qid"]),
        str(row["group_id"]),
        str(row["question"]),
        tuple(row.get("evidence") or ()),
        str(row.get("category", "")),
    )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file of JSON lines.

    Raises:
        UserError: a line is no JSON object.
    """
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise UserError(f"{path}, line {number}: {error}") from error
            if not isinstance(row, dict):
                raise UserError(f"{path}, line {number}: not a JSON object")
            yield row
