"""Instants on the command line are never guessed."""

from datetime import UTC, datetime

import pytest

from consumer.cli.times import parse_instant
from consumer.errors import UserError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-01T12:00:00Z", datetime(2024, 5, 1, 12, tzinfo=UTC)),
        ("2024-05-01T12:00:00+02:00", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("2024-05-01", datetime(2024, 5, 1, tzinfo=UTC)),
    ],
)
def test_instant_with_zone_or_date_is_read(text, expected):
    """A date is its first moment in UTC."""
    assert parse_instant("--as-of", text, takes_dates=True) == expected


@pytest.mark.parametrize("text", ["yesterday", "2024-05-01T12:00:00", "", "2024-13-01", "2024-05-01 12:00"])
def test_anything_else_is_a_usage_error(text):
    """No zone, no guess."""
    with pytest.raises(UserError, match="--as-of") as caught:
        parse_instant("--as-of", text, takes_dates=True)
    assert caught.value.exit_code == 2


def test_date_is_refused_where_an_instant_is_needed():
    """A reference time has a time of day."""
    with pytest.raises(UserError):
        parse_instant("--reference-time", "2024-05-01")
