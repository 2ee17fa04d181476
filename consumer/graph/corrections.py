"""Claims as they count after what later episodes corrected: "not 2019 but 2018". Pure.

A correction is a claim that names the date told before (`instead_of`) beside the right one. Each claim of the same
triple that stands before it in the log and said that date counts with the right one: its start, or with `ends` its end.
Whatever else the older claim says stays, and so does a fact that Graphiti wrote. Corrections are taken in the order of
the log, so one can correct another.

    E1: the result depends on the set of claims only; without the correction, everything is as it was.
    E2: a claim on another triple, of a later place, or with another date is left as it is.

A date may have been told less exactly than it is corrected, or more: a first of January stands for its year, a first of
a month for its month, in any time zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import MAXYEAR, MINYEAR, datetime, timedelta

from consumer.graph.assertions import AssertionRow
from consumer.model.knowledge import Polarity

_ZONES = timedelta(hours=14)
"""No clock on earth is further from UTC."""

_WITHIN_DAY = timedelta(hours=20)
"""The noon of a day is less than this after its first instant a few zones away; the next day is more."""

_DECEMBER = 12


def corrected(rows: Sequence[AssertionRow]) -> list[AssertionRow]:
    """Return the claims of one triple, each once, as they count."""
    corrections = sorted((row for row in rows if row.instead_of is not None), key=lambda row: row.place)
    counted = list(rows)
    for correction in corrections:
        counted = [
            _retold(row, correction) if row.place < correction.place and row.theirs is None else row for row in counted
        ]
    return counted


def means(told: datetime, wrong: datetime) -> bool:
    """Return whether `told` is the date that somebody calls `wrong`, within what its first of the month stands for."""
    if told == wrong or not MINYEAR < wrong.year < MAXYEAR:
        return told == wrong
    return wrong - _ZONES <= told < _upper(wrong)


def _retold(row: AssertionRow, correction: AssertionRow) -> AssertionRow:
    wrong = correction.instead_of
    if wrong is None:
        return row
    learnt_at = max(row.learnt_at, correction.position.logged_at)
    if correction.polarity is Polarity.ENDS:
        end = row.said_end or row.invalid_at
        if end is None or not means(end, wrong):
            return row
        polarity = row.polarity if row.said_end is None else Polarity.ENDS
        return replace(row, invalid_at=correction.said_end, polarity=polarity, corrected_at=learnt_at)
    if row.start is None or not means(row.start, wrong):
        return row
    return replace(row, valid_at=correction.start, corrected_at=learnt_at, is_retold=True)


def _upper(wrong: datetime) -> datetime:
    """Return before what told dates may be meant: the year, month or day that begins at `wrong` ends there."""
    near = wrong + _ZONES
    first = near.replace(hour=0, minute=0, second=0, microsecond=0)
    begins_month = first.day == 1 and abs(first - wrong) <= _ZONES
    if not begins_month:
        return wrong + _WITHIN_DAY
    if first.month in {1, _DECEMBER}:
        end = first.replace(year=first.year + 1, month=1)
    else:
        end = first.replace(month=first.month + 1)
    return wrong + (end - first) - _ZONES
