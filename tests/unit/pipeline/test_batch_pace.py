"""The size of transactions follows what the database can do."""

from hypothesis import given
from hypothesis import strategies as st

from consumer.pipeline.batch_pace import LEAST, BatchPace


def test_it_begins_full_and_follows_the_database():
    """Five milliseconds a work: a hundred in half a second; ten times slower: ten; and back."""
    pace = BatchPace(200, 0.5)
    assert pace.limit == 200
    pace.written(100, 0.5)
    assert pace.limit == 100
    for _ in range(20):
        pace.written(100, 5.0)
    assert pace.limit == LEAST
    for _ in range(30):
        pace.written(10, 0.05)
    assert 95 <= pace.limit <= 100


def test_an_outage_is_forgotten():
    """Y2: five minutes in one transaction, then ten as ever."""
    pace = BatchPace(100, 0.5)
    pace.written(100, 0.1)
    pace.written(100, 300.0)
    for _ in range(15):
        pace.written(20, 0.02)
    assert pace.limit == 100


@given(st.integers(1, 500), st.lists(st.tuples(st.integers(1, 500), st.floats(0, 1e5)), max_size=50))
def test_it_stays_within_its_bounds(ceiling, transactions):
    """Y1, whatever happens."""
    pace = BatchPace(ceiling, 0.5)
    for works, seconds in transactions:
        pace.written(works, seconds)
        assert min(LEAST, ceiling) <= pace.limit <= ceiling
