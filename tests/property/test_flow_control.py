"""F1 to F3 of the admission budget, by a machine that admits, releases and looks in any order."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from consumer.pipeline.flow_control import AdmissionBudget


class Budget(RuleBasedStateMachine):
    """The model is the list of admitted sizes; everything expected is computed from it."""

    @initialize(items=st.integers(1, 6), size=st.integers(1, 100), below=st.sampled_from([0.25, 0.5, 0.8, 1.0]))
    def begin(self, items, size, below):
        self.budget = AdmissionBudget(items, size, below)
        self.below = below
        self.held = []
        self.was_paused = False

    def is_in_resume_zone(self):
        """Whether both amounts are below their lower thresholds."""
        few = len(self.held) < self.budget.max_items * self.below
        return few and sum(self.held) < self.budget.max_bytes * self.below

    @rule(size=st.integers(0, 160))
    def admit(self, size):
        """F1, F2: admitted exactly when it fits, or is alone."""
        fits = len(self.held) < self.budget.max_items and (
            sum(self.held) + size <= self.budget.max_bytes or not self.held
        )
        assert self.budget.admit(size) == fits
        if fits:
            self.held.append(size)
        else:
            assert self.budget.is_paused or self.is_in_resume_zone()

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def release(self, data):
        index = data.draw(st.integers(0, len(self.held) - 1))
        self.budget.release(self.held.pop(index))

    @rule(extra=st.integers(1, 1000))
    def release_more_than_was_taken(self, extra):
        """Never negative: giving back what was not taken is noticed and changes nothing."""
        with pytest.raises(ValueError, match="released"):
            self.budget.release(sum(self.held) + extra)

    @invariant()
    def permits_are_those_of_what_is_held(self):
        """F1, F2: nothing leaked, nothing over a limit but one large record alone."""
        assert (self.budget.items, self.budget.bytes) == (len(self.held), sum(self.held))
        assert self.budget.room == self.budget.max_items - len(self.held) >= 0
        assert self.budget.bytes <= self.budget.max_bytes or self.budget.items == 1

    @invariant()
    def inside_the_band_the_state_stays(self):
        """F3: from paused to running only below the lower thresholds, from running to paused only when full."""
        is_paused = self.budget.is_paused
        if self.was_paused and not is_paused:
            assert self.is_in_resume_zone()
        if is_paused:
            assert not self.is_in_resume_zone()
        assert self.budget.is_paused == is_paused
        self.was_paused = is_paused

    def teardown(self):
        """Everything given back, it runs again with all its room."""
        for size in getattr(self, "held", ()):
            self.budget.release(size)
        if hasattr(self, "budget"):
            assert (self.budget.items, self.budget.bytes, self.budget.is_paused) == (0, 0, False)


TestAdmissionBudget = Budget.TestCase
TestAdmissionBudget.__doc__ = "F1 to F3 hold after any steps."
TestAdmissionBudget.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
