"""Answers about the graph as plain data for scripts and other doors. Pure."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from consumer.model.instants import iso
from consumer.search.intervals import Interval


def as_json(answer: Any) -> Any:
    """Return an answer of `question_models` as what JSON can hold: instants in RFC 3339, an interval by its ends."""
    if isinstance(answer, datetime):
        return iso(answer)
    if isinstance(answer, Interval):
        return {"start": as_json(answer.start), "end": as_json(answer.end)}
    if is_dataclass(answer):
        return {field.name: as_json(getattr(answer, field.name)) for field in fields(answer)}
    if isinstance(answer, tuple | list):
        return [as_json(each) for each in answer]
    return answer.value if isinstance(answer, Enum) else answer
