"""Retrieval figures: checked by hand, against each other, and against the script that measured the baselines."""

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.bench.retrieval_metrics import NAMES, Quality, mean, quality

SCRIPT = Path(__file__).parents[4] / "shared" / "retrieval" / "score.py"
IDS = st.sampled_from([f"e{number}" for number in range(40)])


def test_figures_are_those_of_the_definitions():
    """Two of three found, at the second and the sixth place."""
    found = quality(["x", "a", "y", "z", "v", "b"], ["a", "b", "c"])
    assert found.recall_5 == pytest.approx(1 / 3)
    assert found.recall_10 == found.recall_20 == pytest.approx(2 / 3)
    assert found.mrr == 0.5
    assert found.ndcg_10 == pytest.approx((0.63093 + 0.35621) / (1 + 0.63093 + 0.5), abs=1e-4)


def test_a_repeated_id_keeps_its_first_place():
    """Several facts of one episode are one result."""
    assert quality(["x", "x", "x", "x", "x", "a"], ["a"]) == quality(["x", "a"], ["a"])


def test_nothing_found_is_zero_and_no_evidence_is_an_error():
    """A question without an answer to find cannot be scored."""
    assert quality([], ["a"]) == Quality()
    with pytest.raises(ValueError, match="without evidence"):
        quality(["a"], [])


def test_what_stands_beyond_the_twentieth_place_counts_nowhere():
    """Nobody reads so far, and rankers that return more have no advantage."""
    assert quality([f"x{number}" for number in range(20)] + ["a"], ["a"]) == Quality()


def test_means_are_over_questions():
    """Each question counts alike, whatever evidence it has."""
    assert mean([Quality(1, 1, 1, 1, 1), Quality()]) == Quality(0.5, 0.5, 0.5, 0.5, 0.5)
    assert mean([]) == Quality()


@given(st.lists(IDS, max_size=30), st.sets(IDS, min_size=1))
def test_figures_are_shares_and_more_results_are_never_worse(ranked, evidence):
    """Bounds and order that hold for any ranking."""
    found = quality(ranked, evidence)
    assert all(0 <= value <= 1 + 1e-9 for value in found.as_dict().values())
    assert found.recall_5 <= found.recall_10 <= found.recall_20
    more = quality([*ranked, *sorted(evidence)], evidence)
    assert all(more.as_dict()[name] >= found.as_dict()[name] - 1e-9 for name in NAMES)


@pytest.mark.skipif(not SCRIPT.exists(), reason="the script that measured the baselines (../shared) is not there")
@given(ranked=st.lists(IDS, max_size=20), evidence=st.sets(IDS, min_size=1))
def test_figures_equal_those_of_the_script_that_measured_the_baselines(ranked, evidence):
    """So that ours can stand in one table with them."""
    spec = importlib.util.spec_from_file_location("score", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    theirs = script.measure(ranked, sorted(evidence))
    assert quality(ranked, evidence).as_dict() == pytest.approx({name: theirs[name] for name in NAMES})
