"""Fusion and reranking of search: F1 to F3 and R1, with expected values computed another way."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from consumer.search.fusion import fused_by_ranks, fused_by_scores
from consumer.search.reranking import by_distance, by_diversity, by_mentions

UUIDS = st.lists(st.sampled_from([f"u{n}" for n in range(12)]), unique=True, max_size=12)
LEG = UUIDS.flatmap(
    lambda uuids: st.lists(
        st.floats(-5, 5, allow_nan=False), min_size=len(uuids), max_size=len(uuids)
    ).map(lambda scores: list(zip(uuids, sorted(scores, reverse=True), strict=True)))
)  # fmt: skip
LEGS = st.dictionaries(st.sampled_from(["full_text", "vector", "graph"]), LEG, max_size=3)
WEIGHTS = st.dictionaries(st.sampled_from(["full_text", "vector", "graph"]), st.floats(0.05, 3), max_size=3)


def flat(fused):
    return [(one.uuid, round(one.score, 9)) for one in fused]


@given(LEGS, WEIGHTS)
def test_f1_the_order_of_legs_does_not_matter(legs, weights):
    """F1: of ranks and of scores."""
    turned = dict(reversed(list(legs.items())))
    assert flat(fused_by_ranks(legs, weights)) == flat(fused_by_ranks(turned, weights))
    assert flat(fused_by_scores(legs, weights)) == flat(fused_by_scores(turned, weights))


@given(LEGS, WEIGHTS)
def test_f2_who_is_ahead_everywhere_is_ahead(legs, weights):
    """F2: in every leg at least as good and in one better by its score, so not behind; whatever the weights."""
    for fuse in (fused_by_ranks, fused_by_scores):
        found = fuse(legs, weights)
        place = {one.uuid: number for number, one in enumerate(found)}
        scores = {one.uuid: one.score for one in found}
        for one in found:
            for other in found:
                is_ahead = all(one.ranks.get(leg, 99) < rank for leg, rank in other.ranks.items())
                if is_ahead:
                    assert scores[one.uuid] >= scores[other.uuid] - 1e-12
                    assert fuse is fused_by_scores or place[one.uuid] < place[other.uuid]


@given(LEGS, WEIGHTS)
def test_f3_a_leg_that_found_nothing_changes_nothing(legs, weights):
    """F3: whatever its weight."""
    more = {**legs, "silent": []}
    assert flat(fused_by_scores(legs, weights)) == flat(fused_by_scores(more, {**weights, "silent": 5.0}))
    assert flat(fused_by_ranks(legs, weights)) == flat(fused_by_ranks(more, {**weights, "silent": 5.0}))


@given(LEGS, WEIGHTS)
def test_scores_are_within_bounds_and_everybody_is_there_once(legs, weights):
    """Between 0 and 1, the best of all legs 1; ranks are places of the legs."""
    found = fused_by_scores(legs, weights)
    assert all(-1e-9 <= one.score <= 1 + 1e-9 for one in found)
    assert sorted(one.uuid for one in found) == sorted({uuid for leg in legs.values() for uuid, _ in leg})
    for one in found:
        assert one.ranks == {
            leg: [uuid for uuid, _ in pairs].index(one.uuid) + 1
            for leg, pairs in legs.items()
            if one.uuid in [uuid for uuid, _ in pairs]
        }


@given(LEG, st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_r1_rerankers_give_back_what_they_got(leg, lambda_, seed):
    """R1: each once; MMR's first is the most relevant, and each next the best that a plain loop finds."""
    draw = np.random.default_rng(seed)
    found = fused_by_scores({"vector": leg}, {})
    vectors = {uuid: draw.standard_normal(4).astype(np.float32) for uuid, _ in leg if draw.random() < 0.8}
    taken = by_diversity(found, vectors, lambda_)
    assert sorted(one.uuid for one in taken) == sorted(one.uuid for one in found)
    mentions = {uuid: int(draw.integers(0, 5)) for uuid, _ in leg}
    assert sorted(one.uuid for one in by_mentions(found, mentions)) == sorted(mentions)
    far = by_distance(found, {uuid: [uuid] for uuid, _ in leg}, mentions)
    assert [mentions[one.uuid] for one in far] == sorted(mentions.values())
    if taken and lambda_ > 0:
        assert taken[0].uuid == found[0].uuid or found[0].score == taken[0].score or taken[0].score >= lambda_ - 1e-9
