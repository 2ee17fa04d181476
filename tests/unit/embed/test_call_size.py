"""The size of embedding calls follows what the model can do."""

from hypothesis import given
from hypothesis import strategies as st

from consumer.embed.call_size import CallSize


def settled(per_call_s, per_text_s, *, first=100, ceiling=1_000, target_s=2.0, calls=60):
    """The sizes of so many full calls of a model with such a latency."""
    size, sizes = CallSize(first, ceiling, target_s), []
    for _ in range(calls):
        sizes.append(size.limit)
        size.took(size.limit, per_call_s + per_text_s * size.limit)
    return sizes


def test_a_quick_model_is_asked_about_as_many_as_a_provider_takes():
    """Three calls of a hundred, three of two hundred, and so on up to the ceiling, and it stays there."""
    sizes = settled(0.2, 0.0002)
    assert sizes[:7] == [100, 100, 100, 200, 200, 200, 400]
    assert sizes[-20:] == [1_000] * 20


def test_a_slow_model_is_asked_about_as_many_as_fit_the_target():
    """Twenty texts a second, two seconds: some forty, found from above and from below, and then left."""
    for first in (100, 4):
        sizes = settled(0.0, 0.05, first=first)
        assert 20 <= sizes[-1] <= 40
        assert len(set(sizes[-20:])) == 1


def test_one_slow_call_changes_nothing():
    """A heavy tail: a minute once in a while is no reason."""
    size = CallSize(100, 1_000, 2.0)
    for number in range(40):
        size.took(100, 60.0 if number % 10 == 0 else 1.3)
    assert size.limit == 100


def test_small_calls_say_nothing():
    """Of a call that was not full nobody knows what a full one takes."""
    size = CallSize(100, 1_000, 2.0)
    for _ in range(20):
        size.took(99, 0.01)
        size.took(3, 50.0)
    assert size.limit == 100


@given(
    st.integers(1, 200),
    st.integers(1, 2_000),
    st.lists(st.tuples(st.booleans(), st.floats(0, 1e5)), max_size=60),
)
def test_k1_k2_it_stays_within_its_bounds_and_moves_slowly(first, ceiling, calls):
    """Whatever happens."""
    size = CallSize(first, ceiling, 2.0)
    for is_full, seconds in calls:
        before = size.limit
        size.took(before if is_full else before - 1, seconds)
        assert min(4, first) <= size.limit <= max(first, ceiling)
        assert before // 2 <= size.limit <= 2 * before
