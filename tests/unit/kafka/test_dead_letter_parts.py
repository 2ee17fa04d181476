"""A record is the same after it was cut into parts and joined."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.kafka.dead_letter_parts import join, whole
from consumer.model.work import Record

NULLABLE = st.none() | st.binary(max_size=200)
HEADERS = st.lists(st.tuples(st.text(max_size=20), NULLABLE), max_size=5).map(tuple)


def record_of(key, value, headers):
    return Record("episodes", 1, 2, 3, key, value, headers)


@given(key=NULLABLE, value=NULLABLE, headers=HEADERS, part_bytes=st.integers(1, 400))
def test_any_record_is_whole_again_after_split_and_join(key, value, headers, part_bytes):
    """Key, value and headers, null or not; no part is larger than asked for, none is empty but at the end."""
    content = whole(record_of(key, value, headers))
    count = content.count(part_bytes)
    parts = list(content.parts(count))
    assert len(parts) == count >= 1
    assert max(map(len, parts)) <= part_bytes
    assert join(parts, content.sha256) == (key, value, headers)


@given(value=st.binary(min_size=1, max_size=300), part_bytes=st.integers(1, 60))
def test_equal_records_and_counts_give_equal_parts(value, part_bytes):
    """Parts of two attempts may stand for each other."""
    one, two = (whole(record_of(b"g", value, ())) for _ in range(2))
    assert one == two
    assert list(one.parts(one.count(part_bytes))) == list(two.parts(two.count(part_bytes)))


@pytest.mark.parametrize("spoil", [lambda p: p[:-1], lambda p: p[::-1], lambda p: [b"x", *p[1:]]])
def test_parts_that_do_not_add_up_are_refused(spoil):
    """Missing, out of order or altered: told, not read as something else."""
    content = whole(record_of(b"g", b"abcdefgh" * 40, ()))
    with pytest.raises(ValueError, match="SHA-256"):
        join(spoil(list(content.parts(3))), content.sha256)
