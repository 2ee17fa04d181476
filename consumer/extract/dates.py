"""Dates as models write them, read into UTC instants. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import Any

from consumer.model.instants import to_utc

_PARTIAL = re.compile(r"^(?P<year>\d{4})(?:[-/.](?P<month>\d{1,2})(?:[-/.](?P<day>\d{1,2}))?)?$")


def parse_instant(value: Any, zone: tzinfo | None) -> datetime | None:
    """Return the UTC instant that `value` names, None when it names none.

    ISO 8601; a year or a month means its first instant; what has no zone is read in `zone` (UTC when None).
    """
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        partial = _PARTIAL.match(text)
        if partial is not None:
            instant = datetime(int(partial["year"]), int(partial["month"] or 1), int(partial["day"] or 1))  # noqa: DTZ001 - the zone follows
        else:
            instant = datetime.fromisoformat(text)
        return to_utc(instant if instant.tzinfo else instant.replace(tzinfo=zone or UTC))
    except ValueError:
        return None
