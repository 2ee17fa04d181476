"""Search without a database: how legs are fused, what is asked of the reader, which errors leave."""

import asyncio

import numpy as np
import pytest

from consumer.errors import WorldFault
from consumer.graph import Candidate, FactDetails, GroupModel
from consumer.search import Search, SearchRequest, reciprocal_rank_fusion


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
    """Notes what it is asked; facts f1 to f9, the text leg finds odd ones."""

    def __init__(self, fault=None, models=None):
        self.asked = []
        self.models = [models or {}]
        self._fault = fault

    async def embedding_models(self, group_ids):
        """The models as they are now; each but the last is told once."""
        return self.models.pop(0) if len(self.models) > 1 else self.models[0]

    async def facts_by_text(self, text, wanted, limit):
        self.asked.append(("text", wanted, limit))
        if self._fault:
            raise self._fault
        return [Candidate(f"f{n}", 1.0) for n in (1, 3, 5)]

    async def facts_by_vector(self, vector, wanted, limit):
        await asyncio.sleep(0)
        self.asked.append(("vector", wanted, limit))
        return [Candidate(f"f{n}", 1.0) for n in (2, 3, 4)]

    async def facts(self, uuids, group_ids):
        gone = {"f1"}
        return {
            uuid: FactDetails(uuid, "g", uuid, "R", "s", "su", "o", "ou", None, None, ())
            for uuid in uuids
            if uuid not in gone
        }


class Vectors:
    """One vector for all."""

    model, dimension = "one/2", 2

    async def embed(self, texts, *, is_query=False):
        assert is_query
        return np.ones((len(texts), 2), dtype=np.float32)

    async def aclose(self):
        pass


async def test_both_legs_are_fused_and_a_vanished_fact_is_left_out():
    """What both legs found is first; a fact removed meanwhile is no hit."""
    result = await Search(Reader(), Vectors()).facts(SearchRequest("q", ("g", "g")))
    assert [hit.uuid for hit in result.hits] == ["f3", "f2", "f4", "f5"]


async def test_both_legs_are_asked_the_same():
    """Groups once each, more candidates than hits, validity at now by default."""
    reader = Reader()
    await Search(reader, Vectors()).facts(SearchRequest("q", ("g", "g"), limit=4))
    (_, one, limit), (_, two, _) = reader.asked
    assert one == two
    assert (one.group_ids, limit, one.begun_by) == (("g",), 12, None)
    assert one.alive_at is not None


async def test_an_outage_leaves_as_itself():
    """A leg's WorldFault is not hidden in a group of exceptions."""
    with pytest.raises(WorldFault, match="gone"):
        await Search(Reader(WorldFault("neo4j", "gone")), Vectors()).facts(SearchRequest("q", ("g",)))


ONE, TWO = GroupModel("one/2", 2), GroupModel("two/3", 3)


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
        async def facts_by_vector(self, vector, wanted, limit):
            await super().facts_by_vector(vector, wanted, limit)
            return [Candidate(f"d{len(vector)}-{n}", 1.0) for n in range(2)]

        async def facts_by_text(self, text, wanted, limit):
            return []

    reader = ByLength(models={"a": ONE, "b": TWO})
    found = {"one/2": Vectors(), "two/3": Threes()}
    search = Search(reader, found["one/2"], embedder_of=found.get)
    result = await search.facts(SearchRequest("q", ("a", "b", "c")))
    assert vector_legs(reader) == [("a", "c"), ("b",)]
    assert [hit.uuid for hit in result.hits] == ["d2-0", "d3-0", "d2-1", "d3-1"]
    assert [hit.ranks["vector"] for hit in result.hits] == [1, 2, 3, 4]


@pytest.mark.parametrize("held", [TWO, GroupModel("one/2", 2, is_switching=True)])
async def test_v1_without_its_model_a_group_is_searched_by_words(held):
    """V1: vectors of a model that cannot be had, or that are just being changed, are not compared with ours."""
    reader = Reader(models={"g": held})
    result = await Search(reader, Vectors()).facts(SearchRequest("q", ("g",)))
    assert vector_legs(reader) == []
    assert [hit.uuid for hit in result.hits] == ["f3", "f5"]


async def test_v1_a_change_of_model_during_the_search_is_seen():
    """V1: what was compared before the change counts for nothing, and the leg begins anew."""
    reader = Reader()
    reader.models = [{"g": ONE}, {"g": TWO}]
    result = await Search(reader, Vectors()).facts(SearchRequest("q", ("g",)))
    assert vector_legs(reader) == [("g",)]
    assert [hit.uuid for hit in result.hits] == ["f3", "f5"]
    flapping = Reader()
    flapping.models = [{"g": ONE}, {"g": TWO}] * 9
    await Search(flapping, Vectors()).facts(SearchRequest("q", ("g",)))
    assert len(vector_legs(flapping)) == 3
