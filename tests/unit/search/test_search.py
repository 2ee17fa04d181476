"""Search without a database: how legs are fused, what is asked of the reader, which errors leave."""

import asyncio

import numpy as np
import pytest

from consumer.errors import WorldFault
from consumer.graph import Candidate, FactDetails
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

    def __init__(self, fault=None):
        self.asked = []
        self._fault = fault

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
