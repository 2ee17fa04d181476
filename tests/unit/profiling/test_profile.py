"""What follows from samples: lines, tables, how stages used their workers, the bottleneck in a sentence."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from consumer.profiling.bottleneck import bottleneck
from consumer.profiling.flame import functions, merged
from consumer.profiling.profile import Profile, QueueLooks, WorkerLooks

NAMES = st.sampled_from(["a:f", "a:g", "b:h", "c:i"])
STACKS = st.dictionaries(st.lists(NAMES, min_size=1, max_size=5).map(";".join), st.integers(1, 500), max_size=8)
RUNNING = st.dictionaries(st.sampled_from(["extract", "embed", "write"]), STACKS, max_size=3)


def of(idle=50, workers=None, queues=None, running=None, waiting=None):
    """A profile of 100 looks in ten seconds."""
    return Profile(
        seconds=10.0,
        period_s=0.1,
        looks=100,
        idle=idle,
        running=running or {},
        waiting=waiting or {},
        workers=workers or {},
        queues=queues or {},
    )


@given(RUNNING)
def test_collapsed_lines_hold_every_look(running):
    """Nothing is lost on the way to the flame graph, and its root has all looks."""
    profile = of(running=running)
    whole = sum(count for stacks in running.values() for count in stacks.values())
    assert merged(profile.collapsed())["v"] == whole


@given(RUNNING)
def test_own_times_add_up_and_no_total_is_less_than_its_own(running):
    """Each look has one innermost function; a function that calls itself is counted once a look."""
    profile = of(running=running)
    rows = profile.top(count=1_000)
    whole = sum(count for stacks in running.values() for count in stacks.values())
    assert round(sum(row["own_s"] for row in rows), 1) == round(whole * 0.1, 1)
    assert all(row["own_s"] <= row["total_s"] <= round(whole * 0.1, 3) for row in rows)
    assert rows == sorted(rows, key=lambda row: -row["own_s"])


@given(RUNNING)
def test_a_profile_survives_json(running):
    """What a pod tells is what it found."""
    told = of(running=running, workers={"write": WorkerLooks(10, 2, 3, 4)}, queues={"write": QueueLooks(2.5, 7)})
    assert Profile.from_dict(json.loads(json.dumps(told.as_dict()))) == told


def test_the_top_is_told_by_stage_too():
    """Only that stage's functions, and no more than asked for."""
    profile = of(running={"extract": {"a:f;a:g": 10}, "write": {"b:h": 5}})
    assert [row["function"] for row in profile.top("write")] == ["b:h"]
    assert [row["function"] for row in profile.top(count=1)] == ["a:g"]


def test_a_full_stage_with_a_queue_is_the_bottleneck():
    """The busy one that works wait for, its wait by Little's law, and what its workers were at."""
    found = bottleneck(
        of(
            workers={"extract": WorkerLooks(100, 1, 0, 8), "write": WorkerLooks(100, 95, 0, 2)},
            queues={"extract": QueueLooks(60.0, 200), "write": QueueLooks(0.0, 200)},
            waiting={"extract": {"x:step;consumer.llm.chat:Chat.complete;aiohttp.client:get": 90, "x:step;x:y": 9}},
        )
    )
    assert found.stage == "extract"
    assert found.sentence == (
        "extract is the bottleneck: its 8 workers had works in hand for 99% of the time, and 60 works waited in front "
        "of it, 3.0 s each. Most of that time went into consumer.llm.chat:Chat.complete (91%). Others were less busy: "
        "write 5%."
    )


def test_a_stage_that_cannot_hand_on_is_not_the_bottleneck():
    """The one behind it is."""
    workers = {"extract": WorkerLooks(100, 0, 90, 8), "write": WorkerLooks(100, 2, 0, 2)}
    assert bottleneck(of(workers=workers)).stage == "write"


def test_a_full_event_loop_comes_first():
    """Then more workers would not help."""
    found = bottleneck(
        of(idle=5, workers={"write": WorkerLooks(100, 0, 0, 2)}, running={"write": {"b:h": 70}, "extract": {"a:f": 25}})
    )
    assert found.stage == "loop"
    assert "(of it write 70%, extract 25%)" in found.sentence


def test_a_loop_that_gets_no_core_is_not_its_own_bottleneck():
    """The machine is, where the system tells how much of a core it got."""
    profile = Profile(seconds=10.0, period_s=0.1, looks=100, idle=1, running={"write": {"b:h": 99}}, loop_cpu_s=4.0)
    found = bottleneck(profile)
    assert found.stage == "machine"
    assert "for 99% of the time and got 40% of a core" in found.sentence
    assert bottleneck(replace(profile, loop_cpu_s=9.0)).stage == "loop"


def test_a_backlog_in_the_log_is_not_intakes_fault():
    """Records wait for it whenever anything behind is full."""
    workers = {"intake": WorkerLooks(10, 0, 0, 1), "write": WorkerLooks(10, 0, 0, 2)}
    queues = {"intake": QueueLooks(10_000.0, 10), "write": QueueLooks(5.0, 10)}
    assert bottleneck(of(workers=workers, queues=queues)).stage == "write"


def test_without_load_no_stage_is_blamed():
    """The busiest is told, and that more could have come in."""
    found = bottleneck(of(workers={"extract": WorkerLooks(100, 80, 0, 8), "write": WorkerLooks(100, 90, 0, 2)}))
    assert found.stage is None
    assert "the busiest, extract, had works in hand for 20%" in found.sentence
    assert bottleneck(of()).stage is None


@given(st.lists(st.text(max_size=30), max_size=10))
def test_lines_that_are_no_stacks_are_passed_over(lines):
    """A report may come from anywhere."""
    assert merged(lines)["v"] == sum(child["v"] for child in merged(lines)["c"].values())
    assert all(0 <= own <= whole <= 1 for _, own, whole in functions(lines))
