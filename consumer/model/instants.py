"""Instants: every datetime inside the product is aware and in UTC; this module makes them so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_MILLIS = 253_402_300_799_999
"""The last millisecond of the year 9999 since 1970: the last that a datetime can hold."""


def to_utc(instant: datetime) -> datetime:
    """Return `instant` in UTC; a datetime without zone is read as UTC.

    Raises:
        ValueError: the instant leaves years 1 to 9999 when moved to UTC.
    """
    if instant.tzinfo is None:
        return instant.replace(tzinfo=UTC)
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"instant out of range: {instant.isoformat()}") from error


def from_millis(timestamp_ms: int) -> datetime:
    """Return the UTC instant of `timestamp_ms` milliseconds since 1970 (Kafka's record timestamp)."""
    return EPOCH + timedelta(milliseconds=timestamp_ms)


def to_millis(instant: datetime) -> int:
    """Return milliseconds since 1970 of an aware `instant`, rounded down."""
    return (instant - EPOCH) // timedelta(milliseconds=1)


def iso(instant: datetime) -> str:
    """Return the canonical text of an aware `instant`: UTC, microseconds only when there are any, `Z`."""
    return to_utc(instant).isoformat().replace("+00:00", "Z")
