"""Plain dates in English sentences: since when, until when. Pure, without the model.

Read: ISO dates, `5 March 2021`, `March 5, 2021`, `March 2021`, `2021` after a preposition, `yesterday`, `last week`,
`three days ago`. Everything vaguer says nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sep sept",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
_WEEKDAYS = {
    name: number
    for number, name in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))
}
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10}
_MONTH = r"(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_FORMS = (
    re.compile(r"(?<![\d-])(?P<year>\d{4})-(?P<imonth>\d{2})-(?P<day>\d{2})(?![\d-])"),
    re.compile(rf"\b{_DAY}(?: of)? {_MONTH},? {_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b{_MONTH} {_DAY},? {_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b{_MONTH},? {_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b(?:in|since|until|till|from|to|by|during|of|before|after|year) {_YEAR}\b", re.IGNORECASE),
    re.compile(r"\b(?P<relative>yesterday|today|this morning|tonight|last night)\b", re.IGNORECASE),
    re.compile(r"\blast (?P<last>week|month|year|" + "|".join(_WEEKDAYS) + r")\b", re.IGNORECASE),
    re.compile(
        r"\b(?P<count>\d{1,3}|" + "|".join(_NUMBERS) + r") (?P<unit>day|week|month|year)s? ago\b", re.IGNORECASE
    ),
)
_UNTIL = re.compile(r"\b(?:until|till|to|through)(?: the)?\s*$", re.IGNORECASE)
_SINCE = re.compile(r"\b(?:since|from)(?: the)?\s*$", re.IGNORECASE)
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_SINCE_WORDS, _UNTIL_WORDS = ("since ", "from "), ("until ", "till ", "to ")


@dataclass(frozen=True, slots=True)
class DateMention:
    """An instant (UTC) a sentence names, where it stands, and the role its preposition gives it."""

    at: datetime
    start: int
    end: int
    role: str


def dates_in(sentence: str, reference_time: datetime) -> list[DateMention]:
    """Return the dates of `sentence` in order, relative ones counted from `reference_time` (aware).

    A day, month or year is its first instant. `role` is `since`, `until` or `at`.
    """
    found: list[DateMention] = []
    for form in _FORMS:
        for match in form.finditer(sentence):
            if any(match.start() < other.end and other.start < match.end() for other in found):
                continue
            at = _instant(match.groupdict(), reference_time)
            if at is not None:
                found.append(DateMention(at, match.start(), match.end(), _role(sentence, match)))
    return sorted(found, key=lambda mention: mention.start)


def _role(sentence: str, match: re.Match[str]) -> str:
    before, own = sentence[: match.start()], match.group().lower()
    if _UNTIL.search(before) or own.startswith(_UNTIL_WORDS):
        return "until"
    return "since" if _SINCE.search(before) or own.startswith(_SINCE_WORDS) else "at"


def _instant(parts: dict[str, str | None], reference_time: datetime) -> datetime | None:
    if parts.get("year"):
        month = int(parts["imonth"] or 0) if parts.get("imonth") else _MONTHS.get((parts.get("month") or "").lower(), 1)
        try:
            return datetime(int(parts["year"] or 0), month, int(parts.get("day") or 1), tzinfo=UTC)
        except ValueError:
            return None
    day = reference_time.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        return _relative(parts, day)
    except OverflowError:
        return None


def _relative(parts: dict[str, str | None], day: datetime) -> datetime | None:
    if relative := parts.get("relative"):
        return day - timedelta(days=1) if relative.lower() in {"yesterday", "last night"} else day
    if last := (parts.get("last") or "").lower():
        if last in _WEEKDAYS:
            return day - timedelta(days=(day.weekday() - _WEEKDAYS[last] - 1) % 7 + 1)
        if last == "year":
            return day.replace(year=day.year - 1, month=1, day=1)
        if last == "month":
            return (day.replace(day=1) - timedelta(days=1)).replace(day=1)
        return day - timedelta(days=day.weekday() + 7)
    count = (parts.get("count") or "0").lower()
    return day - timedelta(days=_DAYS[parts["unit"] or "day"] * (_NUMBERS.get(count) or int(count)))
