"""A pod's state as numbers: read tolerantly, compared with those before, added up over pods."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.app.pod_view import PodView, rates, summed, summed_rates
from consumer.app.pods import PodState

STATE = {
    "version": "0.1.0",
    "uptime_s": 100.0,
    "state": "running",
    "rss_bytes": 200_000_000,
    "partitions": [{"partition": 0, "lag": 7}, {"partition": 1, "lag": None}],
    "paused_partitions": 1,
    "in_flight": {"items": 5, "bytes": 900, "budget_items": 500, "oldest_age_s": 2.5},
    "stages": [{"name": "write", "done": 400, "in_flight": 2, "queued": 3, "workers": 4, "busy_s": 200.0}],
    "outcomes": {"written": 400, "rejected": 10, "discarded": 5},
    "retries": {"llm": 3},
    "breakers": {
        "llm": {"state": "open", "since_s": 12.0, "failures": 5, "last_error": "refused"},
        "neo4j-write": {"state": "closed"},
    },
    "halted": "",
    "models": {
        "chat": {"calls": 50, "input_tokens": 1_000, "output_tokens": 200, "cost_usd": 0.5, "unpriced_calls": 0},
        "embeddings": {"calls": 10, "input_tokens": 300, "output_tokens": 0, "cost_usd": 0.0, "unpriced_calls": 10},
    },
    "memory": {"held_bytes": 1_000},
}


def view(address="http://a:8080", **changes):
    """A pod that told `STATE`, changed."""
    return PodView.of(PodState(address, is_reachable=True, state={**STATE, **changes}))


def later(seconds=10.0, **changes):
    """The same pod some time on, with more of everything."""
    stages = [{"name": "write", "done": 500, "in_flight": 2, "queued": 3, "workers": 4, "busy_s": 220.0}]
    outcomes = {"written": 500, "rejected": 11, "discarded": 9}
    models = {"chat": {"calls": 70, "input_tokens": 2_000, "output_tokens": 300, "cost_usd": 0.6}}
    fields = {"stages": stages, "outcomes": outcomes, "models": models | {"embeddings": STATE["models"]["embeddings"]}}
    return view(uptime_s=100.0 + seconds, **fields | changes)


def test_everything_that_a_pod_tells_is_read():
    """Sums over partitions and operations; a closed breaker is no news; what is discarded is not finished."""
    told = view()
    assert (told.lag, told.partitions, told.paused_partitions) == (7, 2, 1)
    assert (told.in_flight, told.budget_items, told.oldest_age_s) == (5, 500, 2.5)
    assert (told.model_calls, told.input_tokens, told.output_tokens, told.cost_usd) == (60, 1_300, 200, 0.5)
    assert told.unpriced_calls == 10
    assert told.finished == 410
    assert [(each.dependency, each.state) for each in told.breakers] == [("llm", "open")]
    assert (told.held_bytes, told.retries) == (1_000, 3)


def test_rates_are_those_between_two_looks():
    """By the time between them, whatever the pod's uptime is."""
    found = rates(later(), view(), 10.0)
    assert found.episodes_per_s == pytest.approx(10.1)
    assert found.rejected_per_s == pytest.approx(0.1)
    assert found.calls_per_s == pytest.approx(2.0)
    assert found.tokens_per_s == pytest.approx(110.0)
    assert found.usd_per_hour == pytest.approx(36.0)
    assert found.stage_per_s == {"write": pytest.approx(10.0)}
    assert found.utilisation == {"write": pytest.approx(0.5)}  # 20 s of four workers in 10 s


def test_the_first_look_tells_the_average_since_the_start():
    """There is nothing to compare with."""
    found = rates(view(), None, 0.0)
    assert found.over_s == 100.0
    assert found.episodes_per_s == pytest.approx(4.1)
    assert found.utilisation == {"write": pytest.approx(0.5)}


def test_a_pod_that_was_started_anew_goes_at_no_negative_rate():
    """Its counters began again: the average since then."""
    found = rates(view(uptime_s=4.0, outcomes={"written": 8}), later(), 10.0)
    assert found.over_s == 4.0
    assert found.episodes_per_s == pytest.approx(2.0)


def test_a_silent_pod_has_no_rates():
    """And one that speaks again is compared with nothing."""
    silent = PodView.of(PodState("http://a:8080", is_reachable=False, why="cannot be reached"))
    assert rates(silent, view(), 10.0).episodes_per_s == 0.0
    assert rates(view(), silent, 10.0).over_s == 100.0


def test_pods_are_added_up():
    """Silent ones count in the number only; a stage's utilisation is that of all its workers."""
    silent = PodView.of(PodState("http://c", is_reachable=False, why="cannot be reached"))
    busy = view("http://b", stages=[{"name": "write", "done": 1, "workers": 4, "busy_s": 100.0}])
    views = [view(), busy, silent]
    total = summed(views)
    assert total.state == "2 of 3"
    assert total.is_reachable
    assert (total.lag, total.partitions, total.model_calls) == (14, 4, 120)
    assert total.stages[0].workers == 8
    found = summed_rates(views, [rates(each, None, 0.0) for each in views])
    assert found.utilisation == {"write": pytest.approx((0.5 + 0.25) / 2)}
    assert found.episodes_per_s == pytest.approx(8.2)


def test_no_pod_at_all_is_nothing():
    """The sum of none that answers."""
    total = summed([PodView.of(PodState("http://c", is_reachable=False))])
    assert not total.is_reachable
    assert total.lag is None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*STATE]), JSON))
def test_any_state_can_be_read(state):
    """A pod of another release, or something that is no pod, breaks no view."""
    told = PodView.of(PodState("http://a", is_reachable=True, state=state))
    assert told.is_reachable
    rates(told, told, 1.0)
    summed([told, told])


@given(st.lists(st.integers(0, 1_000), min_size=1, max_size=5))
def test_the_sum_of_rates_is_the_rate_of_the_sum(counts):
    """Over pods that are looked at at once."""
    before = [view(f"http://{number}") for number in range(len(counts))]
    after = [
        view(f"http://{number}", uptime_s=110.0, outcomes={"written": 400 + count, "rejected": 10})
        for number, count in enumerate(counts)
    ]
    each = [rates(now, then, 10.0) for now, then in zip(after, before, strict=True)]
    assert summed_rates(after, each).episodes_per_s == pytest.approx(sum(counts) / 10.0)
