"""Each fault of graphiti-core's search that was found by trying it has a test here that ours passes.

Source: graphiti-core 0.31.2: two date filters of one field overwrite each other, the last-named group wins, full text
is cut before the group is looked at, long queries skip it, MMR is not greedy, distance sees one hop, a cross-encoder's
scores are mapped back by text, and cosine reads every vector of a group.
"""

from dataclasses import replace

import numpy as np
import pytest
from plugins.graph import FakeEmbedder, Narrator, day, fact, vector

from consumer.graph import FactFilter, GraphReader, Method, What
from consumer.search import Fusion, Kind, Leg, Ranking, Reranker, Search, SearchRequest

TEXT = (Leg.FULL_TEXT,)


@pytest.fixture
def search(database):
    return Search(GraphReader(database), FakeEmbedder())


def facts_of(result):
    return [hit.fact for hit in result.hits]


async def test_two_conditions_on_one_date_both_hold(search, store, narrator):
    """`valid_from` and `valid_until` and `as_of` are parameters of their own."""
    await store.write(
        [
            narrator.said(n, fact("Ada", f"DID_{n}", "Tea", sentence=f"Ada tea {n}", valid_at=n, invalid_at=n + 2))
            for n in (1, 10, 20)
        ]
    )
    asked = SearchRequest("Ada tea", (narrator.group_id,), valid_from=day(9), valid_until=day(15))
    assert facts_of(await search.facts(asked)) == ["Ada tea 10"]
    assert facts_of(await search.facts(replace(asked, as_of=day(11)))) == ["Ada tea 10"]
    assert facts_of(await search.facts(replace(asked, as_of=day(13)))) == []


async def test_several_groups_are_a_union_whatever_their_order(search, store, narrator):
    """Full text over two groups returns both's."""
    other = Narrator(f"{narrator.group_id}x")
    await store.write([each.said(1, fact("Ada", "LIKES", "Tea")) for each in (narrator, other)])
    for groups in ((narrator.group_id, other.group_id), (other.group_id, narrator.group_id)):
        for kind in (Kind.FACT, Kind.ENTITY, Kind.EPISODE):
            result = await search.search(SearchRequest("Ada", groups, kinds=(kind,), legs=TEXT))
            found = result.hits or result.entities or result.episodes
            assert {hit.group_id for hit in found} == set(groups)


async def test_a_group_beside_one_that_shares_its_words_is_not_starved(search, store, narrator):
    """Group `x` has its own of every kind, beside 120 better ones of `x-2`, by words and by vectors."""
    other = Narrator(f"{narrator.group_id}-2")
    await store.write(
        [narrator.said(1, fact("Ada", "LIKES", "Tea", sentence="Ada, now and then, would like some tea"))]
    )
    await store.write([other.said(n, fact(f"Tea{n}", "LIKES", "Tea", sentence="tea tea")) for n in range(120)])
    reader = GraphReader(search._reader._database, exact_up_to=0)
    wanted = FactFilter((narrator.group_id,))
    for what, count in ((What.FACT, 1), (What.ENTITY, 2), (What.EPISODE, 1)):
        assert len(await reader.by_text(what, "tea", wanted, 2)) == count
    for what, count in ((What.FACT, 1), (What.ENTITY, 2)):
        assert len(await reader.by_vector(what, vector("tea"), wanted, 2, {})) == count


@pytest.mark.parametrize("words", [128, 129, 400, 3_000])
async def test_a_long_question_is_searched_by_words(search, store, narrator, words):
    """Trimmed where Lucene has a bound, never skipped."""
    await store.write([narrator.said(1, fact("Ada", "LIKES", "Tea"))])
    question = " ".join(["Ada", *(f"w{n}" for n in range(words - 1))])
    assert facts_of(await search.facts(SearchRequest(question, (narrator.group_id,), legs=TEXT))) == ["Ada likes Tea"]


async def test_mmr_keeps_near_duplicates_apart(search, store, narrator):
    """What says the same in nearly the same words is not first and second."""
    await store.write(
        [
            narrator.said(1, fact("Ada", "DRINKS", "Tea", sentence="Ada drinks green tea every morning")),
            narrator.said(2, fact("Ada", "SIPS", "Tea", sentence="Ada drinks green tea every single morning")),
            narrator.said(3, fact("Ada", "OWNS", "Teapot", sentence="Ada owns a tea pot")),
        ]
    )
    ranking = Ranking(reranker=Reranker.MMR, mmr_lambda=0.3)
    legs = (Leg.FULL_TEXT, Leg.VECTOR)
    plain = await search.facts(SearchRequest("Ada green tea morning", (narrator.group_id,), legs=legs))
    found = await search.facts(SearchRequest("Ada green tea morning", (narrator.group_id,), legs=legs, ranking=ranking))
    assert facts_of(plain)[2] == "Ada owns a tea pot"
    assert facts_of(found)[1] == "Ada owns a tea pot"


async def test_distance_sees_more_than_one_hop(search, store, narrator):
    """Two and three facts away are told apart."""
    await store.write(
        [narrator.said(n, fact(f"N{n}", "NEXT_TO", f"N{n + 1}", sentence=f"chain {n}")) for n in range(5)]
    )
    by_name = await search.search(SearchRequest("N0", (narrator.group_id,), kinds=(Kind.ENTITY,), legs=TEXT))
    ranking = Ranking(fusion=Fusion.RANKS, reranker=Reranker.DISTANCE, center=by_name.entities[0].uuid)
    asked = SearchRequest("chain", (narrator.group_id,), legs=TEXT, ranking=ranking)
    assert facts_of(await search.facts(asked)) == [f"chain {n}" for n in range(5)]


async def test_equal_texts_keep_a_judge_s_score_each(database, store, narrator):
    """Scores are mapped back by place: two entities called the same are two."""

    class ByPlace:
        async def scores(self, query, passages):
            self.seen = list(passages)
            return list(np.linspace(1, 0, len(passages)))

    other = Narrator(f"{narrator.group_id}x")
    await store.write([each.said(1, fact("Ada", "LIKES", "Tea")) for each in (narrator, other)])
    judge = ByPlace()
    search = Search(GraphReader(database), FakeEmbedder(), cross_encoder=judge)
    ranking = Ranking(reranker=Reranker.CROSS_ENCODER)
    asked = SearchRequest("Ada", (narrator.group_id, other.group_id), ranking=ranking, legs=TEXT)
    result = await search.facts(asked)
    assert judge.seen == ["Ada likes Tea"] * 2
    assert [hit.score for hit in result.hits] == [1.0, 0.0]
    assert len({hit.uuid for hit in result.hits}) == 2


async def test_no_vector_or_an_odd_one_breaks_nothing(search, store, database, narrator):
    """A fact without a vector, one of another length and a zero vector are found by words; the others by both."""
    await store.write([narrator.said(n, fact(f"P{n}", "LIKES", "Tea")) for n in range(4)])
    for number, value in enumerate((None, [1.0, 2.0], [0.0] * 384)):
        await database.driver.execute_query(
            "MATCH (:Entity {name: $p})-[r:RELATES_TO {group_id: $g}]->() SET r.fact_embedding = $v",
            p=f"P{number}",
            g=narrator.group_id,
            v=value,
        )
    for exact_up_to in (0, 300):
        # By the index, and by comparing all.
        search = Search(GraphReader(database, exact_up_to=exact_up_to), FakeEmbedder())
        result = await search.facts(SearchRequest("likes tea", (narrator.group_id,)))
        assert {hit.subject for hit in result.hits} == {"P0", "P1", "P2", "P3"}
        mmr = Ranking(reranker=Reranker.MMR)
        again = await search.facts(SearchRequest("likes tea", (narrator.group_id,), ranking=mmr))
        assert len(again.hits) == 4


async def test_the_index_serves_a_large_group_and_comparing_all_a_small_one(database, store, narrator):
    """Cosine over every vector of a group is for groups where that is cheap."""
    await store.write([narrator.said(n, fact(f"P{n}", "LIKES", f"T{n}")) for n in range(30)])
    wanted = FactFilter((narrator.group_id,), alive_at=day(500))
    for exact_up_to, method in ((300, Method.EXACT), (5, Method.INDEX)):
        reader = GraphReader(database, exact_up_to=exact_up_to)
        found = await reader.by_vector(What.FACT, vector("p3 likes t3"), wanted, 3, {})
        assert (found.method, len(found)) == (method, 3)


async def test_where_most_facts_are_over_those_that_stand_are_found(database, store, narrator):
    """The nearest hundreds are over; the open ones are asked for, then all are compared."""
    await store.write(
        [
            narrator.said(n, fact("Ada", f"R{n}", "Tea", sentence=f"Ada tea {n}", valid_at=n, invalid_at=n + 1))
            for n in range(60)
        ]
    )
    await store.write([narrator.said(99, fact("Bob", "SELLS", "Boats", sentence="Bob sells boats"))])
    reader = GraphReader(database, exact_up_to=0)
    found = await reader.by_vector(
        What.FACT, vector("ada tea"), FactFilter((narrator.group_id,), alive_at=day(500)), 3, {}
    )
    assert len(found) == 1


async def test_n2_an_index_is_never_asked_for_more_than_half_of_what_it_has(database, store, narrator):
    """N2: Neo4j never comes back from a search for more than there is once something was removed from the index."""
    other = Narrator(f"{narrator.group_id}x")
    await store.write([narrator.said(n, fact(f"P{n}", "LIKES", f"T{n}")) for n in range(40)])
    await store.write([other.said(n, fact(f"P{n}", "LIKES", f"T{n}")) for n in range(3)])
    await store.write([narrator.removed(n, 200 + n) for n in range(20)])
    reader = GraphReader(database, exact_up_to=0)
    for limit, method in ((2, Method.INDEX), (5, Method.EXACT), (60, Method.EXACT)):
        found = await reader.by_vector(What.FACT, vector("p3 likes t3"), FactFilter((narrator.group_id,)), limit, {})
        assert (found.method, len(found)) == (method, min(limit, 20))
        assert all(values.get("index_limit", 0) <= 10 for _, values in found.asked)
    both = FactFilter((narrator.group_id, other.group_id))
    found = await reader.by_vector(What.FACT, vector("p1 likes t1"), both, 3, {})
    assert (found.method, found[0].score > 0.99) in {(Method.MIXED, True), (Method.EXACT, True)}


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ("王小明在北京大学教书", "北京"),
        ("佐藤さんは東京タワーで働く", "東京"),
        ("佐藤さんは東京タワーで働く", "タワー"),
        ("สมชายทำงานที่ธนาคารกรุงเทพ", "ธนาคาร"),
        ("ليلى تعمل في القاهرة", "القاهرة"),
        ("Zoë trinkt Tee in Münster", "Zoe Munster"),
        ("김민수는 서울에서 일한다", "서울에서"),
        ("Мария живёт в Риге", "Риге"),
    ],
)
async def test_every_script_is_found_in_every_kind(search, store, narrator, told, asked):
    """By words alone: Chinese, Japanese, Thai, Arabic, accents, Korean, Cyrillic; in facts and in episodes."""
    await store.write([narrator.said(1, fact("Ada", "SAW", "It", sentence=told), content=told)])
    result = await search.search(SearchRequest(asked, (narrator.group_id,), kinds=(Kind.FACT, Kind.EPISODE), legs=TEXT))
    assert facts_of(result) == [told]
    assert len(result.episodes) == 1
