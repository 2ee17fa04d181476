"""Plain dates in English sentences: since when, until when. Pure, without the model.

Read: ISO dates, `5 March 2021`, `March 5, 2021`, `March 2021`, `the third quarter of 2021`, `2021` after a preposition,
`in May` (the last one that has begun), `yesterday`, `on Friday`, `last week`, `three days ago`, `has … for ten years`;
and what is said to be no date of it: `in 2018, not in 2019`.
Everything vaguer says nothing.
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
_NUMBERS = {
    word: number
    for number, words in enumerate(
        "- a/an/one two three four five six seven eight nine ten eleven twelve".replace("-", "zero").split()
    )
    for word in words.split("/")
} | {"fifteen": 15, "twenty": 20, "thirty": 30}
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_MONTH_NAMES = "|".join(name.capitalize() for name in _MONTHS if len(name) > 3 or name == "may")  # noqa: PLR2004 - `Mar` is no word
_MONTH = r"(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_FORMS = (
    re.compile(r"(?<![\d-])(?P<year>\d{4})-(?P<imonth>\d{2})-(?P<day>\d{2})(?![\d-])"),
    re.compile(rf"\b{_DAY}(?: of)? {_MONTH},? {_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b{_MONTH} {_DAY},? {_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b{_MONTH},? {_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b(?:the )?(?P<quarter>first|second|third|fourth) quarter(?: of)? {_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\bQ(?P<quarter>[1-4])(?: of)? {_YEAR}\b"),
    re.compile(rf"\b(?:in|since|until|till|from|to|by|during|of|before|after|year) {_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b(?:not|than|instead of|but) {_YEAR}\b(?=\s*(?:[,.;:!)–—]|but\b|$))", re.IGNORECASE),
    re.compile(
        r"\b(?P<relative>(?:the )?day before yesterday|yesterday|today|this morning|tonight|last night)\b",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?:on|since) (?P<last>" + "|".join(_WEEKDAYS) + r")\b", re.IGNORECASE),
    re.compile(r"\b(?:in|since|during|until|from|last) (?P<bare>" + _MONTH_NAMES + r")\b(?! \d)"),
    re.compile(r"\blast (?P<last>week|month|year|" + "|".join(_WEEKDAYS) + r")\b", re.IGNORECASE),
    re.compile(
        r"\b(?P<count>\d{1,3}|" + "|".join(_NUMBERS) + r") (?P<unit>day|week|month|year|decade)s? ago\b", re.IGNORECASE
    ),
    re.compile(
        r"(?<=\bfor )(?P<count>\d{1,3}|" + "|".join(_NUMBERS) + r") (?P<unit>week|month|year|decade)s?\b", re.IGNORECASE
    ),
)
_PREPOSITION = r"(?:in|on|since|from|until|till|to|by)"
_NOT = re.compile(
    rf"(?:(?:[,;:(–—]|\b(?:and|but)) *not|\brather than|\binstead(?: of)?)(?: {_PREPOSITION})? *$", re.IGNORECASE
)
_NOT_BUT = re.compile(rf"\bnot(?: {_PREPOSITION})? *$", re.IGNORECASE)
_BUT = re.compile(r",? but\b", re.IGNORECASE)
_OWN_NOT = re.compile(r"(?:(?:not|rather than|than|instead of) )?", re.IGNORECASE)
_UNTIL = re.compile(r"\b(?:until|till|to|through)(?: the)?\s*$", re.IGNORECASE)
_SINCE = re.compile(r"\b(?:since|from)(?: the)?\s*$", re.IGNORECASE)
_PERFECT = re.compile(r"\b(?:has|have|'ve|’ve)\b(?! (?:not|never)\b)[^.;!?]*\bfor $", re.IGNORECASE)
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365, "decade": 3_652}
_SINCE_WORDS, _UNTIL_WORDS = ("since ", "from "), ("until ", "till ", "to ")


@dataclass(frozen=True, slots=True)
class DateMention:
    """An instant (UTC) a sentence names, where it stands, and the role its preposition gives it.

    `wrong` is the role of one that is denied: a denial right in front of it is of the date and not of the verb.
    """

    at: datetime
    start: int
    end: int
    role: str


def dates_in(sentence: str, reference_time: datetime) -> list[DateMention]:
    """Return the dates of `sentence` in order, relative ones counted from `reference_time` (aware).

    A day, month or year is its first instant on the clock of `reference_time`. `role` is `since`, `until`, `at` or
    `wrong`.
    """
    found: list[DateMention] = []
    for form in _FORMS:
        for match in form.finditer(sentence):
            if any(match.start() < other.end and other.start < match.end() for other in found):
                continue
            role = _role(sentence, match)
            at = None if role is None else _instant(match.groupdict(), reference_time)
            if at is not None and role is not None:
                found.append(DateMention(at, match.start(), match.end(), role))
    return sorted(found, key=lambda mention: mention.start)


def _role(sentence: str, match: re.Match[str]) -> str | None:
    """Return what a date says of its verb; None for a time how long something took, which is over who knows when."""
    before, own = sentence[: match.start()], match.group().lower()
    if _is_denied(sentence, match):
        return "wrong"
    if before[-4:].lower() == "for " and match.groupdict().get("count"):
        return "since" if _PERFECT.search(before) else None
    if _UNTIL.search(before) or own.startswith(_UNTIL_WORDS):
        return "until"
    return "since" if _SINCE.search(before) or own.startswith(_SINCE_WORDS) else "at"


def _is_denied(sentence: str, match: re.Match[str]) -> bool:
    """Whether the date is what it was not: `, not in 2019`, `not in 2019 but in 2018`, `rather than 2019`."""
    own = _OWN_NOT.match(match.group())
    before = sentence[: match.start() + (own.end() if own else 0)]
    is_contrast = _BUT.match(sentence, match.end()) is not None
    return _NOT.search(before) is not None or (is_contrast and _NOT_BUT.search(before) is not None)


def _instant(parts: dict[str, str | None], reference_time: datetime) -> datetime | None:
    day = reference_time.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        instant = _absolute(parts, day) if parts.get("year") else _relative(parts, day)
        return None if instant is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _absolute(parts: dict[str, str | None], day: datetime) -> datetime:
    year = int(parts["year"] or 0)
    if quarter := parts.get("quarter"):
        return day.replace(year=year, month=3 * _QUARTERS[quarter.lower()] - 2, day=1)
    month = int(parts["imonth"] or 0) if parts.get("imonth") else _MONTHS.get((parts.get("month") or "").lower(), 1)
    return day.replace(year=year, month=month, day=int(parts.get("day") or 1))


def _relative(parts: dict[str, str | None], day: datetime) -> datetime | None:
    if relative := (parts.get("relative") or "").lower():
        days = 2 if relative.endswith("before yesterday") else int(relative in {"yesterday", "last night"})
        return day - timedelta(days=days)
    if bare := (parts.get("bare") or "").lower():
        month = _MONTHS[bare]
        return day.replace(year=day.year - (month > day.month), month=month, day=1)
    if last := (parts.get("last") or "").lower():
        return _last(last, day)
    count = (parts.get("count") or "0").lower()
    number, unit = _NUMBERS.get(count) or int(count), (parts["unit"] or "day").lower()
    return day - timedelta(days=_DAYS[unit] * number)


def _last(unit: str, day: datetime) -> datetime:
    """Return the first instant of the last week, month, year or of a day of the week before `day`."""
    if unit in _WEEKDAYS:
        return day - timedelta(days=(day.weekday() - _WEEKDAYS[unit] - 1) % 7 + 1)
    if unit == "year":
        return day.replace(year=day.year - 1, month=1, day=1)
    if unit == "month":
        return (day.replace(day=1) - timedelta(days=1)).replace(day=1)
    return day - timedelta(days=day.weekday() + 7)
