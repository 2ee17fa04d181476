"""Which records make which letters, however attempts are mixed."""

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.kafka.dead_letter_assembly import Assembly
from consumer.kafka.dead_letter_headers import letter_headers, part_headers, read_headers
from consumer.model.dead_letter import Position, Stray
from consumer.model.episode import Rejected
from consumer.model.work import Record

NOW = datetime(2024, 5, 1, 9, tzinfo=UTC)
RECORD = Record("episodes", 2, 41, 1_700_000_000_000, b"g", b"x", (("a", b"1"),))
OURS = letter_headers(RECORD, Rejected("g", "refused", "no", "extract", 2), {}, NOW)


def assembled(records):
    """Return letters and strays of records given as headers, in the order in which they are known."""
    assembly, found = Assembly(0), []
    for offset, headers in enumerate(records):
        found += assembly.add(offset, 0, b"g", 10, headers)
    return found + assembly.finish()


def part(index, count=3, record=RECORD):
    headers = letter_headers(record, Rejected("g", "refused", "no", "extract"), {}, NOW)
    return [*headers, *part_headers(record, index, count, 30, "ab")]


def test_one_record_is_one_letter():
    """All that its headers say is told, and the original's headers are told apart."""
    (letter,) = assembled([[("a", b"1"), *OURS]])
    assert (letter.position, letter.offsets, letter.is_complete) == (Position(0, 0), (0,), True)
    assert (letter.reason, letter.stage, letter.attempts, letter.group) == ("refused", "extract", 2, "g")
    assert (letter.first_at, letter.failed_at) == (NOW, NOW)
    assert tuple(letter.origin) == ("episodes", 2, 41, 1_700_000_000_000)
    assert read_headers([("a", b"1"), *OURS]).original == (("a", b"1"),)


def test_headers_of_ours_in_the_original_stay_its_own():
    """A letter that was copied by hand into the episodes topic and rejected again."""
    forged = [("episodes.dead_letter.reason", b"forged"), ("episodes.origin.topic", b"forged")]
    told = read_headers([*forged, *OURS])
    assert told.original == tuple(forged)
    assert (told.headers.reason, told.origin.topic) == ("refused", "episodes")


def test_a_letter_of_an_older_release_has_one_time():
    """Without `first_at` the first time is the last."""
    headers = [(name, value) for name, value in OURS if not name.endswith(("first_at", "traceback_digest"))]
    assert assembled([headers])[0].first_at == NOW


@given(seed=st.integers(), attempts=st.integers(1, 4), count=st.integers(1, 5))
def test_mixed_attempts_make_one_letter_at_least(seed, attempts, count):
    """E1, E2: several pods at once, any interleaving: complete, and every record is of exactly one letter."""
    rest = [list(range(count)) for _ in range(attempts)]
    chance, records = random.Random(seed), []
    while any(rest):
        records.append(part(chance.choice([r for r in rest if r]).pop(0), count))
    found = assembled(records)
    assert any(letter.is_complete for letter in found)
    assert sorted(offset for letter in found for offset in letter.offsets) == list(range(len(records)))
    for letter in found:
        if letter.is_complete:
            assert [int(read_headers(records[offset]).part.index) for offset in letter.offsets] == list(range(count))


def test_what_is_missing_is_told():
    """A set that ends early, beside one of another record that does not."""
    other = replace(RECORD, offset=42)
    found = assembled([part(0), part(0, 2, other), part(1), part(1, 2, other)])
    assert [(letter.origin.offset, letter.is_complete, letter.offsets) for letter in found] == [
        (42, True, (1, 3)),
        (41, False, (0, 2)),
    ]
    assert found[1].expected_parts == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("episodes.dead_letter.failed_at", b"yesterday"),
        ("episodes.origin.offset", b"many"),
        ("episodes.dead_letter.attempts", b""),
        ("episodes.part.index", b"3"),
        ("episodes.part.count", b"x"),
    ],
)
def test_headers_that_say_nothing_make_a_stray(name, value):
    """A person or another program wrote them: told with why, never an exception."""
    (found,) = assembled([[(key, value if key == name else old) for key, old in part(0)]])
    assert isinstance(found, Stray)
    assert found.why
