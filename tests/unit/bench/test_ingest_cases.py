"""The case of a measurement: figures by definition, the bottleneck in a sentence."""

import pytest

from consumer.bench.gold_check import GoldCheck
from consumer.bench.ingest import Measured
from consumer.bench.ingest_cases import case_of
from consumer.bench.pod_metrics import StageTimes
from consumer.bench.results import Series
from consumer.bench.sightings import Sighting

STATS = {
    "chat_calls": 5,
    "prompt_chars": 1_000,
    "embedding_calls": 2,
    "chat_latency_s": 1.0,
    "faults": {"throttled": 1, "reset": 2},
}


def measured(**changes):
    """Return ten episodes in five seconds, each a tenth later than the one before."""
    sightings = [Sighting("g", str(n), 100.0 + n / 2, 100.0 + n / 2 + (n + 1) / 10) for n in range(10)]
    memory = Series(name="memory of the pods", unit="MB", at_s=(1.0, 2.0, 3.0), values=(100.0, 101.0, 102.0))
    values = {
        "seconds": 5.0,
        "sightings": sightings,
        "seen_at": [each.seen_at for each in sightings],
        "began": 100.0,
        "stats": STATS,
        "cpu_s": {"pods": 0.05, "neo4j": 0.2},
        "stages": {"extract": StageTimes(9.0, 3, 2.0, 4), "write": StageTimes(1.0, 5, 0.1, 10)},
        "places": {"extract": 2, "write": 2},
        "series": (memory,),
        "memory_mb": (100.0, 101.0, 102.0),
    }
    return Measured(**values | changes)


def test_figures_are_of_an_episode():
    """Rates of the time measured; CPU in milliseconds; calls and characters shared by the episodes."""
    case = case_of("ingest", "v", measured(), GoldCheck(1, 3, 2), settings={}, model_s=0.25)
    value = {figure.name: figure.value for figure in case.figures}
    assert value["episodes/s"] == 2.0
    assert (value["p50"], value["max"]) == (pytest.approx(0.5), pytest.approx(1.0))
    assert value["beyond the models' latency, p50"] == pytest.approx(0.25)
    assert (value["LLM calls an episode"], value["prompt characters an episode"]) == (0.5, 100)
    assert (value["CPU of pods an episode"], value["CPU of neo4j an episode"]) == (pytest.approx(5), pytest.approx(20))
    assert (value["extract: in use"], value["write: in use"]) == (pytest.approx(90), pytest.approx(10))
    assert value["extract: wait before it"] == 0.5
    assert value["memory of the pods, growth a minute"] == pytest.approx(60)
    assert value["faults of the model"] == 3
    assert any("busiest stage is extract" in note and "90%" in note for note in case.notes)


def test_no_bottleneck_where_nothing_is_busy():
    """Nor a word of it."""
    idle = measured(stages={"extract": StageTimes(1.0, 3, 2.0, 4)}, places={"extract": 2})
    assert not any("busiest" in note for note in case_of("ingest", "v", idle, None, settings={}).notes)


def test_what_is_wrong_is_told_first_hand():
    """Differences from the gold, and episodes that never came."""
    gold = GoldCheck(1, 3, 2, wrong_facts=1, differences=("g: no fact A",))
    case = case_of("ingest", "v", measured(missing=4), gold, settings={})
    assert case.figure("wrong facts").value == 1
    assert case.figure("never written").value == 4
    assert any("g: no fact A" in note for note in case.notes)
    assert any(note.startswith("4 episodes never") for note in case.notes)


def test_a_bulk_is_told_by_the_item():
    """Two bulks of five: a second and three seconds are 0.2 and 0.6 an item."""
    case = case_of("ingest", "v", measured(bulks_s=(1.0, 3.0)), None, settings={}, baseline={"p50": 0.4})
    assert (case.figure("min").value, case.figure("max").value) == (pytest.approx(0.2), pytest.approx(0.6))
    assert case.baselines[0].figures == {"p50": 0.4}
