"""Scores of golden cases: what holds for every case and every answer."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from repository import ROOT

from consumer.bench.golden import FIELDS, score_case
from consumer.bench.tally import Tally, total
from consumer.model.knowledge import Assertion, Knowledge, Mention
from consumer.testing.golden_case import load_golden

GOLDEN = load_golden(ROOT / "tests" / "golden")
CASES = st.sampled_from(GOLDEN.cases)
COUNTS = st.builds(Tally, *[st.integers(0, 99)] * 3)


def score(case, said):
    """Tallies of an answer."""
    return score_case(case, said, GOLDEN.vocabulary).tallies


@given(CASES, st.randoms(use_true_random=False))
def test_the_right_answer_is_perfect_in_any_order(case, random):
    """Every ratio is 1 or of nothing, and nothing is told as a problem."""
    right = case.knowledge()
    mentions, assertions = list(right.mentions), list(right.assertions)
    random.shuffle(mentions)
    random.shuffle(assertions)
    scored = score_case(case, Knowledge(tuple(mentions), tuple(assertions)), GOLDEN.vocabulary)
    assert set(scored.tallies) == set(FIELDS)
    assert all(one.f1 in (None, 1.0) for one in scored.tallies.values())
    assert scored.problems == ()


@given(CASES)
def test_saying_nothing_is_never_wrong_and_finds_nothing(case):
    """Recall 0, no precision, and all that is forbidden is not said."""
    tallies = score(case, Knowledge())
    assert tallies["entity"] == Tally(missed=len(case.entities))
    assert tallies["fact"] == Tally(missed=len(case.facts))
    assert tallies["fact"].recall in (None, 0.0)
    assert tallies["forbidden"].wrong == 0


@given(CASES, st.data())
def test_what_is_left_out_is_missed(case, data):
    """Right and missed together are all that is expected, and what is said stays right."""
    right = case.knowledge()
    kept = tuple(one for one in right.assertions if data.draw(st.booleans()))
    tally = score(case, Knowledge(right.mentions, kept))["fact"]
    assert tally == Tally(len(kept), 0, len(right.assertions) - len(kept))


@given(CASES)
def test_more_than_the_right_answer_costs_precision_alone(case):
    """An entity and a fact that nobody expects."""
    right = case.knowledge()
    noise = Assertion("Somebody Else", "INVENTED", "Something Else", "s")
    tallies = score(case, Knowledge((*right.mentions, Mention("Somebody Else")), (*right.assertions, noise)))
    assert (tallies["entity"].wrong, tallies["fact"].wrong) == (1, 1)
    assert (tallies["entity"].missed, tallies["fact"].missed) == (0, 0)


@given(CASES)
def test_what_is_told_twice_is_right_once(case):
    """The second telling of a name or of a fact is wrong."""
    right = case.knowledge()
    tallies = score(case, Knowledge(right.mentions * 2, right.assertions * 2))
    assert tallies["entity"] == Tally(len(case.entities), len(case.entities), 0)
    assert tallies["fact"] == Tally(len(case.facts), len(case.facts), 0)


@given(CASES)
def test_turned_facts_are_not_right_unless_they_read_both_ways(case):
    """The direction counts."""
    right = case.knowledge()
    turned = tuple(replace(one, subject=one.object, object=one.subject) for one in right.assertions)
    both_ways = sum(GOLDEN.vocabulary.relations[one.relation].symmetric or bool(one.instead) for one in case.facts)
    assert score(case, Knowledge(right.mentions, turned))["fact"].right <= both_ways


@given(COUNTS)
def test_f1_is_the_harmonic_mean(tally):
    """Computed from precision and recall where both are there."""
    if tally.right and tally.precision and tally.recall:
        expected = 2 * tally.precision * tally.recall / (tally.precision + tally.recall)
        assert abs(tally.f1 - expected) < 1e-9


@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), COUNTS)))
def test_a_total_is_the_same_in_any_grouping(scores):
    """Sums of parts are the sum of all."""
    middle = len(scores) // 2
    assert total([total(scores[:middle]), total(scores[middle:])]) == total(scores)
