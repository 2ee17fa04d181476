"""The retrieval bench: what hits count for, what is compared, and what is told where a baseline is not beaten."""

from datetime import UTC, datetime

import pytest

from consumer.bench.retrieval import DEFAULT, Answer, RetrievalReport, Variant, answered, comparisons, event_ids
from consumer.bench.retrieval_baselines import BASELINES, to_beat
from consumer.bench.retrieval_metrics import NAMES, Quality
from consumer.bench.retrieval_sets import Question
from consumer.search import EpisodeHit, FactHit, Fusion, Kind, Leg, Provenance, Ranking, SearchResult
from consumer.testing.fakes import FakeClock

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def episode(event_id):
    """A found episode."""
    return EpisodeHit(event_id, "g", event_id, "chat", "message", "…", NOW, 1.0, {})


def fact(*event_ids):
    """A found fact that these episodes tell."""
    told = tuple(Provenance(one, "chat", "…", NOW, one) for one in event_ids)
    return FactHit("f", "g", "Ada likes tea", "LIKES", "Ada", "tea", None, None, 1.0, {}, told)


class Found:
    """A search that finds the same whatever is asked, and keeps what was asked."""

    def __init__(self, result):
        self.result = result
        self.requests = []

    async def search(self, request):
        """Return what there is."""
        self.requests.append(request)
        return self.result


def test_hits_count_as_the_episodes_behind_them_in_order_and_once():
    """Two facts of one episode are one result; a fact of several episodes counts as each of them."""
    assert event_ids(SearchResult((), episodes=(episode("e2"), episode("e1")))) == ["e2", "e1"]
    assert event_ids(SearchResult((fact("e3", "e1"), fact("e1"), fact("e2")))) == ["e3", "e1", "e2"]


async def test_a_question_is_asked_in_its_group_and_of_all_times():
    """The evidence may be a fact that is over."""
    search = Found(SearchResult((), episodes=(episode("e2"), episode("e1"))))
    asked = Question("q", "g", "Who likes tea?", ("e1",))
    ranking = Ranking(fusion=Fusion.RANKS)
    answer = await answered(search, asked, Variant(ranking, (Leg.FULL_TEXT,)), FakeClock())
    assert (answer.ranked, answer.quality.mrr) == (("e2", "e1"), 0.5)
    request = search.requests[0]
    assert (request.group_ids, request.kinds, request.include_invalid) == (("g",), (Kind.EPISODE,), True)
    assert (request.ranking, request.legs) == (ranking, (Leg.FULL_TEXT,))


def report(name, *values, groups="g"):
    """A report in which each question has the same value in all figures."""
    answers = [
        Answer(Question(f"q{number}", groups, "?", ("e",)), Quality(*[value] * 5), (), 0.1 * number)
        for number, value in enumerate(values)
    ]
    return RetrievalReport(name, 10, 0, {DEFAULT: answers}, BASELINES.get(name, {}))


def test_a_baseline_that_is_not_beaten_is_told():
    """With both figures; where all are beaten there is nothing to tell."""
    assert report("locomo", 1.0, 1.0).not_beaten() == {}
    lost = report("qmsum", 0.25, 0.75).not_beaten()
    assert lost == {"nDCG@10": (0.5, 0.504)}
    assert report("my-own", 0.0).not_beaten() == {}


def test_held_out_questions_and_the_others_make_up_all():
    """Each question is in one half."""
    found = report("locomo", *[number / 20 for number in range(20)])
    held = [one for one in found.answers[DEFAULT] if one.question.is_held_out]
    share = len(held) / 20
    both = found.figures(held_out=True).mrr * share + found.figures(held_out=False).mrr * (1 - share)
    assert both == pytest.approx(found.figures().mrr)
    assert found.as_dict()["variants"][DEFAULT]["questions"] == 20
    assert found.parts() == {"g": (20, found.figures())}


def test_the_table_to_beat_leaves_out_what_was_shaped_on_the_set():
    """It loses elsewhere, so it is no baseline."""
    assert to_beat("locomo") == dict(zip(NAMES, (0.596, 0.695, 0.763, 0.521, 0.533), strict=True))
    assert to_beat("xquad") == {"recall@10": 0.99}
    assert to_beat("my-own") == {}


def test_what_is_compared_differs_from_the_default():
    """The other fusion, without neighbours, single legs, facts alone."""
    default = Ranking(fusion=Fusion.SCORES, neighbour_bonus=0.3)
    found = comparisons(default)
    assert found["fusion by ranks"].ranking.fusion is Fusion.RANKS
    assert found["no bonus for neighbours"].ranking.neighbour_bonus == 0
    assert found["episodes behind facts"].kind is Kind.FACT
    assert all(one != Variant(default) for one in found.values())
    assert "fusion by scores" in comparisons(Ranking(fusion=Fusion.RANKS))
