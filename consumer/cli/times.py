"""Instants on the command line: RFC 3339 with a zone, or a bare date, which is its first moment in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from consumer.errors import UserError


def parse_instant(option: str, text: str, *, takes_dates: bool = False) -> datetime:
    """Return the instant that `text`, the value of `option`, names; aware.

    Raises:
        UserError: it is no instant, or has no zone.
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is not None and takes_dates and "T" not in text and " " not in text:
        return instant.replace(tzinfo=UTC)
    if instant is None or instant.tzinfo is None:
        also = ", or 2024-05-01" if takes_dates else ""
        raise UserError(f"{option} {text!r}: write it like 2024-05-01T12:00:00Z, with a zone{also}", exit_code=2)
    return instant
