"""The waits of `Persistence`: bounded, growing, never shorter than what was asked for."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.pipeline.breaker import Limits
from consumer.pipeline.breakers import Breakers
from consumer.pipeline.retry import Persistence
from consumer.settings import PipelineSettings
from consumer.testing.fake_clock import FakeClock


@settings(max_examples=200, deadline=None)
@given(
    st.floats(0.01, 10),
    st.floats(1, 100),
    st.integers(1, 10_000),
    st.none() | st.floats(0, 4_000),
    st.integers(0, 2**32),
)
def test_a_delay_is_within_half_and_all_of_its_ceiling_or_what_was_asked(initial_s, times, attempt, asked_s, seed):
    """The ceiling doubles from the first wait up to the longest, at any number of attempts."""
    longest = initial_s * times
    values = PipelineSettings().model_copy(update={"retry_initial_s": initial_s, "retry_max_s": longest})
    clock = FakeClock()
    persistence = Persistence(clock, values, Breakers(Limits(5, 1.0, 60.0), clock), jitter=random.Random(seed))
    ceiling = initial_s
    for _ in range(min(attempt, 64) - 1):
        ceiling = min(longest, ceiling * 2)
    delay = persistence.delay_s(attempt, asked_s)
    assert delay >= (asked_s or 0.0)
    assert delay >= ceiling / 2 * (1 - 1e-9)
    assert delay <= max(ceiling, asked_s or 0.0) * (1 + 1e-9)
