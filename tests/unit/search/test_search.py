"""Search without a database: how legs are fused, what is asked of the reader, which errors leave."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from consumer.errors import UserError, WorldFault
from consumer.graph import Candidate, Candidates, FactDetails, GroupState, Shown, What
from consumer.search import Fusion, Leg, Ranking, Reranker, Search, SearchRequest, reciprocal_rank_fusion


def day(number):
    """The start of a day of 2024."""
    return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number)


def test_fusion_adds_reciprocal_ranks():
    """A candidate in both legs beats the first of one leg; ranks are kept."""
    fused = reciprocal_rank_fusion({"a": ["x", "y"], "b": ["z", "y"]})
    assert [one.uuid for one in fused] == ["y", "x", "z"]
    assert fused[0].score == pytest.approx(2 / 62)
    assert fused[0].ranks == {"a": 2, "b": 2}


def test_fusion_does_not_depend_on_the_order_of_legs():
    """Equal scores are settled by best rank, then by uuid."""
    one = reciprocal_rank_fusion({"a": ["x"], "b": ["y"]})
    two = reciprocal_rank_fusion({"b": ["y"], "a": ["x"]})
    assert [item.uuid for item in one] == [item.uuid for item in two] == ["x", "y"]


def test_fusion_of_nothing():
    """Empty legs give nothing."""
    assert reciprocal_rank_fusion({"a": [], "b": []}) == []


class Reader:
    """Notes what it is asked; facts f1 to f9, the text leg finds odd ones. `told`: the groups' states, one a look."""

    def __init__(self, fault=None, models=None):
        self.asked = []
        self.told = [models or {}]
        self._fault = fault

    def state(self):
        """The groups as they are now; each but the last is told once."""
        return self.told.pop(0) if len(self.told) > 1 else self.told[0]

    async def states(self, group_ids):
        return self.state()

    async def by_text(self, what, text, wanted, limit):
        self.asked.append(("text", wanted, limit))
        if self._fault:
            raise self._fault
        return Candidates([Candidate(f"f{n}", 1.0) for n in (1, 3, 5)])

    async def by_vector(self, what, vector, wanted, limit, states=None):
        await asyncio.sleep(0)
        self.asked.append(("vector", wanted, limit))
        return Candidates([Candidate(f"f{n}", 1.0) for n in (2, 3, 4)])

    async def walk(self, starts, wanted, depth):
        return []

    async def shown(self, uuids, group_ids, state_ids=()):
        facts = {
            uuid: FactDetails(uuid, "g", uuid, "R", "s", "su", "o", "ou", None, None, ())
            for uuid in uuids.get(What.FACT, ())
            if uuid != "f1"
        }
        return Shown(facts=facts, states=self.state() if state_ids else {})


class Vectors:
    """One vector for all."""

    model, dimension = "one/2", 2

    async def embed(self, texts, *, is_query=False):
        assert is_query
        return np.ones((len(texts), 2), dtype=np.float32)

    async def aclose(self):
        pass


BY_RANKS = Ranking(fusion=Fusion.RANKS)


async def test_both_legs_are_fused_and_a_vanished_fact_is_left_out():
    """What both legs found is first; a fact removed meanwhile is no hit."""
    result = await Search(Reader(), Vectors()).facts(SearchRequest("q", ("g", "g"), ranking=BY_RANKS))
    assert [hit.uuid for hit in result.hits] == ["f3", "f2", "f4", "f5"]


async def test_a_vector_alone_is_a_question():
    """Without words only the vector leg is asked."""
    reader = Reader()
    request = SearchRequest("", ("g",), vector=np.ones(2, dtype=np.float32), ranking=BY_RANKS)
    assert [hit.uuid for hit in (await Search(reader, Vectors()).facts(request)).hits] == ["f2", "f3", "f4"]
    assert [leg for leg, _, _ in reader.asked] == ["vector"]


async def test_words_do_not_wait_for_the_embedding_of_the_question():
    """They are asked for while a slow model is still at it."""
    reader = Reader()

    class Slow(Vectors):
        async def embed(self, texts, *, is_query=False):
            while not reader.asked:
                await asyncio.sleep(0)
            return await super().embed(texts, is_query=is_query)

    async with asyncio.timeout(60):
        await Search(reader, Slow()).facts(SearchRequest("q", ("g",)))
    assert [leg for leg, _, _ in reader.asked] == ["text", "vector"]


async def test_both_legs_are_asked_the_same():
    """Groups once each, more candidates than hits whatever the page, validity at now by default."""
    for offset in (0, 7):
        reader = Reader()
        await Search(reader, Vectors()).facts(SearchRequest("q", ("g", "g"), limit=40, offset=offset))
        (_, one, limit), (_, two, _) = reader.asked
        assert one == two
        assert (one.group_ids, limit, one.begun_by) == (("g",), 200, None)
        assert one.alive_at is not None


async def test_an_outage_leaves_as_itself():
    """A leg's WorldFault is not hidden in a group of exceptions."""
    with pytest.raises(WorldFault, match="gone"):
        await Search(Reader(WorldFault("neo4j", "gone")), Vectors()).facts(SearchRequest("q", ("g",)))


ONE, TWO = GroupState(1, "one/2", 2), GroupState(1, "two/3", 3)


class Threes(Vectors):
    """Another model."""

    model, dimension = "two/3", 3

    async def embed(self, texts, *, is_query=False):
        return np.ones((len(texts), 3), dtype=np.float32)


def vector_legs(reader):
    """The groups that each vector leg was asked about."""
    return [wanted.group_ids for leg, wanted, _ in reader.asked if leg == "vector"]


async def test_v1_groups_of_another_model_are_asked_with_its_vectors():
    """V1: one leg a model; a group without a record counts as ours, and best of each comes before second of any."""

    class ByLength(Reader):
        async def by_vector(self, what, vector, wanted, limit, states=None):
            await super().by_vector(what, vector, wanted, limit, states)
            return Candidates([Candidate(f"d{len(vector)}-{n}", 1.0) for n in range(2)])

        async def by_text(self, what, text, wanted, limit):
            return Candidates()

    reader = ByLength(models={"a": ONE, "b": TWO})
    found = {"one/2": Vectors(), "two/3": Threes()}
    search = Search(reader, found["one/2"], embedder_of=found.get)
    result = await search.facts(SearchRequest("q", ("a", "b", "c")))
    assert vector_legs(reader) == [("a", "c"), ("b",)]
    assert [hit.uuid for hit in result.hits] == ["d2-0", "d3-0", "d2-1", "d3-1"]
    assert [hit.ranks["vector"] for hit in result.hits] == [1, 2, 3, 4]


@pytest.mark.parametrize("held", [TWO, GroupState(1, "one/2", 2, is_switching=True)])
async def test_v1_without_its_model_a_group_is_searched_by_words(held):
    """V1: vectors of a model that cannot be had, or that are just being changed, are not compared with ours."""
    reader = Reader(models={"g": held})
    result = await Search(reader, Vectors()).facts(SearchRequest("q", ("g",)))
    assert vector_legs(reader) == []
    assert [hit.uuid for hit in result.hits] == ["f3", "f5"]


async def test_v1_a_change_of_model_during_the_search_is_seen():
    """V1: what was compared before the change counts for nothing, and the legs begin anew."""
    reader = Reader()
    reader.told = [{"g": ONE}, {"g": TWO}]
    result = await Search(reader, Vectors()).facts(SearchRequest("q", ("g",)))
    assert vector_legs(reader) == [("g",)]
    assert [hit.uuid for hit in result.hits] == ["f3", "f5"]
    flapping = Reader()
    flapping.told = [{"g": ONE}, {"g": TWO}] * 9
    await Search(flapping, Vectors()).facts(SearchRequest("q", ("g",)))
    assert len(vector_legs(flapping)) == 2


async def test_v1_a_vector_that_is_given_is_compared_only_where_it_fits():
    """V1: groups whose vectors have another length are searched by words."""
    reader = Reader(models={"a": ONE, "b": TWO})
    vector = np.ones(2, dtype=np.float32)
    await Search(reader, Vectors()).facts(SearchRequest("q", ("a", "b"), vector=vector))
    assert vector_legs(reader) == [("a",)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"limit": 1_001}, "limit=1001"),
        ({"offset": -1}, "offset"),
        ({"depth": 6}, "depth"),
        ({"group_ids": tuple(f"g{n}" for n in range(10_001))}, "groups"),
        ({"sources": ("text",) * 1_001}, "sources"),
        ({"as_of": datetime(2024, 1, 1)}, "zone"),  # noqa: DTZ001 - that is what is refused
        ({"valid_from": day(9), "valid_until": day(2)}, "after"),
        ({"ranking": Ranking(reranker=Reranker.DISTANCE)}, "center"),
        ({"ranking": Ranking(neighbour_bonus=2.0)}, "neighbour_bonus"),
        ({"ranking": Ranking(rank_constant=0)}, "rank_constant"),
        ({"ranking": Ranking(weights={Leg.VECTOR: float("nan")})}, "weight"),
        ({"ranking": Ranking(reranker=Reranker.CROSS_ENCODER)}, "cross-encoder"),
    ],
)
async def test_what_is_out_of_bounds_is_refused_in_a_line(wrong, said):
    """With the value; nothing is asked of the graph."""
    request = replace(SearchRequest("q", ("g",)), **wrong)
    with pytest.raises(UserError, match=said):
        await Search(Reader(), Vectors()).search(request)


async def test_a_long_question_is_cut_not_refused():
    """The legs get its beginning."""
    reader = Reader()
    asked = []
    reader.by_text = lambda what, text, wanted, limit: (
        asked.append(text) or Reader.by_text(reader, what, text, wanted, limit)
    )
    await Search(reader, Vectors()).facts(SearchRequest("word " * 9_000, ("g",)))
    assert [len(text) for text in asked] == [8_000]


async def test_a_request_without_ranking_takes_the_default_of_the_search():
    """And one that says how it is ranked is ranked so, even if it says what the class says."""
    reader = Reader()
    search = Search(reader, Vectors(), ranking=Ranking(weights={Leg.VECTOR: 0.0}))
    await search.facts(SearchRequest("q", ("g",)))
    assert vector_legs(reader) == []
    await search.facts(SearchRequest("q", ("g",), ranking=Ranking()))
    assert vector_legs(reader) == [("g",)]
