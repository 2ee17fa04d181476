"""Rerankers, the neighbours' bonus and what the walk is worth, against values computed by hand."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from consumer.errors import UserError
from consumer.graph import Candidate, Step
from consumer.search.fusion import Fused
from consumer.search.neighbours import with_neighbours
from consumer.search.pools import Pool, behind, seeds, walked
from consumer.search.request import Fusion, Kind, Leg, Ranking
from consumer.search.rerank_endpoint import scores_of
from consumer.search.reranking import by_distance, by_diversity, by_judgement, by_mentions, by_recency

NOW = datetime(2024, 6, 1, tzinfo=UTC)


def fused(**scores):
    """Candidates by name, best first."""
    return [Fused(name, score, {"full_text": place}) for place, (name, score) in enumerate(scores.items(), start=1)]


def names(found):
    return [one.uuid for one in found]


def test_mmr_is_greedy_so_that_near_duplicates_are_apart():
    """Two that say the same are not first and second when something else is nearly as good."""
    vectors = {"a": np.array([1.0, 0.0]), "twin": np.array([1.0, 0.001]), "other": np.array([0.0, 1.0])}
    found = by_diversity(fused(a=1.0, twin=0.99, other=0.9, low=0.0), vectors, 0.5)
    assert names(found)[:2] == ["a", "other"]
    assert names(by_diversity(fused(a=1.0, twin=0.99, other=0.9), vectors, 1.0)) == ["a", "twin", "other"]


def test_mmr_takes_those_without_a_vector_and_of_another_length():
    """They are like no other; none is dropped."""
    vectors = {"a": np.ones(4), "b": np.ones(4), "odd": np.ones(3), "zero": np.zeros(4)}
    found = by_diversity(fused(a=4.0, b=3.0, odd=2.0, zero=1.0, none=0.0), vectors, 0.5)
    assert sorted(names(found)) == ["a", "b", "none", "odd", "zero"]
    assert by_diversity([], {}, 0.5) == []


def test_distance_counts_every_hop():
    """One, two and three facts away, then what is out of reach; equal ones keep their order."""
    entities = {"far": ["e3"], "near": ["e1", "e3"], "mid": ["e2"], "lost": ["e9"], "alike": ["e2"]}
    far = {"center": 0, "e1": 1, "e2": 2, "e3": 3}
    found = by_distance(fused(far=5.0, lost=4.0, mid=3.0, alike=2.0, near=1.0), entities, far)
    assert names(found) == ["near", "mid", "alike", "far", "lost"]
    assert found[0].score == pytest.approx(0.5)
    assert found[-1].score == 0


def test_mentions_and_recency():
    """The most told first; half of the weight is age, half of that is lost in a month."""
    assert names(by_mentions(fused(a=3.0, b=2.0, c=1.0), {"a": 1, "c": 9})) == ["c", "a", "b"]
    since = {"old": NOW - timedelta(days=300), "new": NOW, "future": NOW + timedelta(days=9), "undated": None}
    found = by_recency(fused(old=1.0, new=0.9, future=0.8, undated=0.7, none=0.0), since, NOW)
    assert names(found)[:2] == ["new", "future"]


def test_a_judge_s_scores_belong_to_places_not_to_texts():
    """Two candidates of one text keep a score each."""
    found = by_judgement(fused(a=3.0, b=2.0, c=1.0), [0.1, 0.9, 0.9])
    assert names(found) == ["b", "c", "a"]


@pytest.mark.parametrize(
    "answer",
    [
        {"results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.2}]},
        {"data": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.2}]},
        [{"index": 1, "score": 0.9}, {"index": 0, "score": 0.2}],
    ],
)
def test_every_shape_of_answer_is_read(answer):
    """Cohere's and vLLM's, Jina's older one, text-embeddings-inference's bare list; what is left out is lowest."""
    assert scores_of(answer, 3) == [0.2, 0.9, 0.2]


@pytest.mark.parametrize(
    "answer", [{}, [], "x", {"results": [{"index": 7, "score": 1}]}, [{"score": 1}], [{"index": 0}]]
)
def test_what_is_no_answer_is_refused(answer):
    """With its beginning."""
    with pytest.raises(UserError, match="RERANK_URL"):
        scores_of(answer, 2)


def test_a_neighbour_gets_a_share_of_the_better_one():
    """On top of its own score; one that nothing found is there for its neighbour alone."""
    found = with_neighbours(fused(a=1.0, b=0.5), {"a": [("b", 1), ("new", 1)], "b": [("a", 1)]}, 0.3)
    assert {one.uuid: round(one.score, 3) for one in found} == {"a": 1.15, "b": 0.8, "new": 0.3}
    assert found[-1].ranks == {"neighbour": 1}


def test_a_neighbour_two_steps_away_counts_half():
    """The better one of each distance counts, and the distances add up."""
    beside = {"a": [("b", 1), ("c", 2)], "b": [("a", 1), ("c", 1)]}
    found = with_neighbours(fused(a=1.0, b=0.5), beside, 0.4)
    assert {one.uuid: round(one.score, 3) for one in found} == {"a": 1.2, "b": 0.9, "c": 0.4}


def test_a_walk_is_worth_less_with_each_step():
    """A fact between two starts adds up; an entity is worth half of what led to it."""
    steps = [
        Step("both", "s1", "s2", 1),
        Step("both", "s2", "s1", 1),
        Step("one", "s1", "x", 1),
        Step("two", "x", "y", 2),
    ]
    facts, entities = walked(steps, {"s1": 1.0, "s2": 0.5}, 10)
    assert facts == [("both", 1.5), ("one", 1.0), ("two", 0.5)]
    assert entities == [("s1", 1.0), ("s2", 0.5), ("x", 0.5), ("y", 0.25)]


def test_seeds_are_the_ends_of_the_best_and_the_given_ones():
    """A given origin counts fully, an end by the place of its fact."""
    pool = Pool()
    pool.add(Leg.FULL_TEXT, [Candidate("f1", 2.0, "a", "b"), Candidate("f2", 1.0, "b", "c")])
    found = seeds({Kind.FACT: pool}, Ranking(fusion=Fusion.RANKS), ["o"])
    assert found == {"a": 1.0, "b": 1.0, "o": 1.0, "c": 0.5}


def test_what_many_episodes_tell_of_says_little_about_each():
    """The score is shared by the root of their number; the best counts."""
    found = behind(fused(hub=1.0, own=0.8), {"hub": (100, ["e1", "e2"]), "own": (1, ["e2"])}, {"hub": 1.0, "own": 0.8})
    assert found == {"e1": 0.1, "e2": 0.8}
