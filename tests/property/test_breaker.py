"""B1 to B4 of the breaker: a machine of callers who are admitted, answer, fail, throttle and vanish at any time."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from consumer.pipeline.breaker import Breaker, Limits, State

ASKED = st.none() | st.sampled_from([0.0, 0.5, 7.0, 90.0])


class Callers(RuleBasedStateMachine):
    """The model: what was told since the last success, when it last opened, and until when we were asked to wait."""

    @initialize(failures=st.integers(1, 4), probe=st.sampled_from([1.0, 2.0]), most=st.sampled_from([2.0, 5.0, 60.0]))
    def begin(self, failures, probe, most):
        self.limits = Limits(failures, probe, most)
        self.breaker = Breaker(self.limits)
        self.now = 100.0
        self.out = []  # calls under way: the number each got when it went as the probe, else 0
        self.probe = 0  # the number of the one that is it now
        self.in_a_row = 0
        self.openings = 0  # since it was last closed
        self.opened_at = None
        self.asked_until = 0.0
        self.is_open = False

    def wait_s(self):
        """The wait of the latest opening: the first one, doubled at each, bounded."""
        first, most = self.limits.probe_s, self.limits.probe_max_s
        return first if self.openings == 1 else min(most, first * 2 ** (self.openings - 1))

    def earliest(self):
        waits = [self.asked_until]
        if self.is_open:
            waits.append(self.opened_at + self.wait_s())
        return max(waits)

    @rule(seconds=st.sampled_from([0.1, 1.0, 3.0, 30.0]))
    def time_passes(self, seconds):
        self.now += seconds

    @rule()
    def wait_it_out(self):
        """To the very end of the wait."""
        self.now = max(self.now, self.earliest())

    @rule()
    def a_call_asks(self):
        """B2, B4: not before the wait is over; while open one at a time."""
        may_go = self.now >= self.earliest() and not (self.is_open and self.probe)
        answer = self.breaker.admit(self.now)
        assert answer >= 0.0
        assert (answer == 0.0) == may_go
        if may_go:
            self.probe = self.breaker.probe
            assert bool(self.probe) == self.is_open
            self.out.append(self.probe)
        elif not self.probe:
            assert self.now + answer >= self.earliest() - 1e-9

    def closes(self):
        self.in_a_row = self.openings = 0
        self.asked_until = 0.0
        self.is_open = False
        self.probe = 0  # nobody is the probe of a closed breaker, whatever number he has

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def a_call_is_answered(self, data):
        """B3: it closes, whoever it was."""
        self.out.pop(data.draw(st.integers(0, len(self.out) - 1)))
        assert self.breaker.succeeded() == self.is_open
        self.closes()

    @precondition(lambda self: self.out)
    @rule(data=st.data(), asked=ASKED)
    def a_call_fails(self, data, asked):
        """B1, B3: opens at the limit, at a probe's failure anew with a longer wait; an older call's changes nothing."""
        number = self.out.pop(data.draw(st.integers(0, len(self.out) - 1)))
        is_probe = number != 0 and number == self.probe
        told = self.breaker.failed(self.now, asked, probe=number)
        self.in_a_row += 1
        self.asked_until = max(self.asked_until, self.now + (asked or 0.0) if asked is not None else 0.0)
        opens = not self.is_open and self.in_a_row >= self.limits.failures
        assert told == opens
        if opens or is_probe:
            self.is_open = True
            self.openings += 1
            self.opened_at = self.now
            self.probe = 0

    @precondition(lambda self: self.out)
    @rule(data=st.data(), asked=ASKED)
    def a_call_is_throttled(self, data, asked):
        """It works: a probe closes; the wait is respected all the same."""
        number = self.out.pop(data.draw(st.integers(0, len(self.out) - 1)))
        is_probe = number != 0 and number == self.probe
        assert self.breaker.throttled(self.now, asked, probe=number) == is_probe
        if is_probe:
            self.closes()
        if asked is not None:
            self.asked_until = max(self.asked_until, self.now + asked)

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def a_call_vanishes(self, data):
        """A cancelled probe's place is free at once."""
        number = self.out.pop(data.draw(st.integers(0, len(self.out) - 1)))
        is_probe = number != 0 and number == self.probe
        self.breaker.abandoned(probe=number)
        if is_probe:
            self.probe = 0

    @invariant()
    def the_state_is_what_was_told(self):
        if not hasattr(self, "breaker"):
            return
        probing = self.is_open and self.probe != 0
        expected = State.PROBING if probing else State.OPEN if self.is_open else State.CLOSED
        assert self.breaker.state is expected
        assert self.breaker.probe == self.probe
        assert self.breaker.failures == self.in_a_row


TestBreaker = Callers.TestCase
TestBreaker.__doc__ = "B1 to B4 hold after any steps."
TestBreaker.settings = settings(max_examples=80, stateful_step_count=50, deadline=None)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.floats(0.1, 10), st.floats(1, 20), st.integers(1, 12))
def test_b3_waits_double_up_to_the_longest(failures, probe_s, times, probes):
    """An outage without end is probed at waits p, 2p, 4p … up to the maximum, never more often."""
    most = probe_s * times
    breaker, now, waits = Breaker(Limits(failures, probe_s, most)), 0.0, []
    for _ in range(failures):
        assert breaker.admit(now) == 0.0
        breaker.failed(now)
    for _ in range(probes):
        wait = breaker.admit(now)
        waits.append(wait)
        now += wait + 1e-6
        assert breaker.admit(now) == 0.0
        breaker.failed(now, probe=breaker.probe)
    expected = [min(most, probe_s * 2**number) for number in range(probes)]
    assert all(abs(wait - right) < 1e-5 for wait, right in zip(waits, expected, strict=True))
