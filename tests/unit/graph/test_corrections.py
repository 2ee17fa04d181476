"""Which dates a correction is about; what follows from one is in tests/property/test_history_of_facts.py."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from consumer.graph.corrections import means

EAST, WEST = timezone(timedelta(hours=2)), timezone(timedelta(hours=-5))


def at(text, zone=UTC):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("told", "wrong", "is_meant"),
    [
        ("2019-01-01", "2019-01-01", True),
        ("2019-05-17", "2019-01-01", True),
        ("2019-12-31", "2019-01-01", True),
        ("2020-01-01", "2019-01-01", False),
        ("2018-12-31", "2019-01-01", False),
        ("2019-05-17", "2019-05-01", True),
        ("2019-06-01", "2019-05-01", False),
        ("2019-12-24", "2019-12-01", True),
        ("2019-05-17", "2019-05-17", True),
        ("2019-05-18", "2019-05-17", False),
        ("2019-05-16", "2019-05-17", False),
        ("2019-05-01", "2019-05-17", False),
        ("0001-01-01", "0001-01-01", True),
        ("9999-12-30", "9999-12-31", False),
    ],
)
def test_a_first_of_a_month_stands_for_its_period(told, wrong, is_meant):
    """A year, a month or a day; nothing of the next one."""
    assert means(at(told), at(wrong)) is is_meant


@pytest.mark.parametrize("zone", [EAST, WEST, UTC])
def test_clocks_of_two_zones_mean_the_same_day(zone):
    """Noon in Washington is of the day that a record without a clock names; a year begins at home."""
    assert means(at("2019-05-17T12:00", WEST), at("2019-05-17", zone))
    assert means(at("2019-07-01", UTC), at("2019-01-01", zone))
    assert not means(at("2020-01-01", zone), at("2019-01-01", zone))
