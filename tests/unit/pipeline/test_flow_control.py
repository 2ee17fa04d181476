"""The admission budget, rule by rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.pipeline.flow_control import AdmissionBudget


def test_full_budget_pauses_and_resumes_with_hysteresis():
    """F3: paused when full, resumed only below the mark, not at the first free permit."""
    budget = AdmissionBudget(max_items=10, max_bytes=10_000, resume_below=0.5)
    for _ in range(10):
        assert budget.admit(1)
    assert budget.is_paused
    for _ in range(5):
        budget.release(1)
    assert budget.is_paused
    budget.release(1)
    assert not budget.is_paused


def test_one_record_over_the_byte_limit_travels_alone():
    """F2: a record larger than the whole budget is not stuck for ever, and nothing joins it."""
    budget = AdmissionBudget(max_items=10, max_bytes=100, resume_below=0.5)
    assert budget.admit(500)
    assert not budget.admit(1)
    budget.release(500)
    assert budget.admit(1)


def test_what_does_not_fit_pauses():
    """A refused record pauses the source, so that it is not fetched again and again."""
    budget = AdmissionBudget(max_items=10, max_bytes=100, resume_below=0.5)
    assert budget.admit(60)
    assert not budget.is_paused
    assert not budget.admit(60)
    assert budget.is_paused


def test_releasing_more_than_taken_is_an_error():
    """A permit given back twice is a bug that is noticed."""
    budget = AdmissionBudget(10, 100, 0.5)
    with pytest.raises(ValueError, match="released"):
        budget.release(1)


@given(st.lists(st.integers(0, 60), max_size=80), st.randoms(use_true_random=False))
def test_f1_f2_limits_hold_under_any_use(sizes, random):
    """F1, F2: never more items than allowed, never more bytes unless one record is alone."""
    budget = AdmissionBudget(max_items=5, max_bytes=50, resume_below=0.7)
    taken = []
    for size in sizes:
        if taken and random.random() < 0.4:
            budget.release(taken.pop(random.randrange(len(taken))))
        if budget.admit(size):
            taken.append(size)
        assert budget.items == len(taken) <= 5
        assert budget.bytes == sum(taken)
        assert budget.bytes <= 50 or len(taken) == 1


def test_the_last_tenth_is_scarce_until_there_is_plenty_again():
    """F4: by items or by bytes, with the same hysteresis as the pause."""
    for size, most in ((1, 9), (900, 1)):
        budget = AdmissionBudget(max_items=10, max_bytes=1_000, resume_below=0.5)
        for _ in range(most):
            assert not budget.is_scarce
            budget.admit(size)
        assert (budget.is_scarce, budget.is_paused) == (True, False)
        while budget.items > 5:
            budget.release(size)
            assert budget.is_scarce
        budget.release(size)
        assert not budget.is_scarce
