"""Search over a real graph: every kind, every condition, pages, rerankers, explanations, kept answers."""

import asyncio
from dataclasses import replace

import pytest
from plugins.graph import FakeEmbedder, Narrator, day, fact, person, vector

from consumer.app.build_search import result_cache
from consumer.clock import SystemClock
from consumer.graph import GraphReader
from consumer.model.ids import episode_uuid
from consumer.model.knowledge import Exclusive
from consumer.search import Fusion, Kind, Leg, Ranking, Reranker, Search, SearchRequest
from consumer.settings import CacheSettings
from consumer.settings.search import SearchSettings

SUBJECT = Exclusive.SUBJECT
ALL = tuple(Kind)


@pytest.fixture
def search(database):
    return Search(GraphReader(database), FakeEmbedder())


async def tell(store, narrator):
    """Ada moves from Initech to Globex on day 9; Bob and Cyd are two and three facts away from her."""
    await store.write(
        [
            narrator.said(1, fact("Ada", "WORKS_AT", "Initech", exclusive=SUBJECT), mentions=[person("Ada")], saga="s"),
            narrator.said(9, fact("Ada", "WORKS_AT", "Globex", exclusive=SUBJECT), saga="s"),
            narrator.said(10, fact("Bob", "DRINKS", "Tea", sentence="Bob drinks green tea"), mentions=[person("Bob")]),
            narrator.said(11, fact("Bob", "KNOWS", "Globex", sentence="Bob was told of Globex")),
            narrator.said(12, fact("Cyd", "KNOWS", "Bob", sentence="Cyd once met Bob")),
        ]
    )


def facts_of(result):
    return [hit.fact for hit in result.hits]


async def test_every_kind_is_found(search, store, narrator):
    """Facts, entities with their types, episodes by their words and behind what was found."""
    await tell(store, narrator)
    result = await search.search(SearchRequest("where does Ada work", (narrator.group_id,), kinds=ALL))
    assert facts_of(result)[0] == "Ada works at Globex"
    assert result.entities[0].name == "Ada"
    assert result.entities[0].types == ("Person",)
    assert {each.event_id for each in result.entities[0].provenance} == {"e1", "e9"}
    assert {"e1", "e9"} <= {hit.event_id for hit in result.episodes}
    assert result.episodes[0].reference_time in {day(1), day(9)}
    assert result.communities == ()


async def test_communities_are_found_by_name_and_vector(search, database, store, narrator):
    """As Graphiti's label has them."""
    await tell(store, narrator)
    await database.driver.execute_query(
        "CREATE (:Community {uuid: $u, group_id: $g, name: 'tea drinkers', summary: 'x', created_at: datetime(), "
        "name_embedding: $v})",
        u=f"c-{narrator.group_id}",
        g=narrator.group_id,
        v=vector("tea drinkers").tolist(),
    )
    result = await search.search(SearchRequest("tea", (narrator.group_id,), kinds=(Kind.COMMUNITY,)))
    assert [(hit.name, sorted(hit.ranks)) for hit in result.communities] == [("tea drinkers", ["full_text", "vector"])]


async def test_each_leg_alone_finds(search, store, narrator):
    """And says so; the graph leg starts from an entity that is given."""
    await tell(store, narrator)
    by_name = await search.search(SearchRequest("Bob", (narrator.group_id,), kinds=(Kind.ENTITY,)))
    bob = by_name.entities[0].uuid
    for leg in (Leg.FULL_TEXT, Leg.VECTOR):
        result = await search.facts(SearchRequest("green tea", (narrator.group_id,), legs=(leg,)))
        assert facts_of(result)[0] == "Bob drinks green tea"
        assert all(set(hit.ranks) == {leg} and set(hit.scores) == {leg} for hit in result.hits)
    walked = SearchRequest("", (narrator.group_id,), legs=(Leg.GRAPH,), origins=(bob,), depth=1)
    assert set(facts_of(await search.facts(walked))) == {
        "Bob drinks green tea",
        "Bob was told of Globex",
        "Cyd once met Bob",
    }
    farther = await search.facts(replace(walked, depth=2))
    assert "Ada works at Globex" in facts_of(farther)
    assert farther.hits[-1].fact == "Ada works at Globex"


async def test_relations_types_episodes_and_sources_are_conditions(search, store, narrator):
    """Of every leg, so that nothing else is there."""
    await tell(store, narrator)
    asked = SearchRequest("Ada Bob Globex tea", (narrator.group_id,), kinds=(Kind.FACT, Kind.ENTITY, Kind.EPISODE))
    by_relation = await search.search(replace(asked, relation_types=("DRINKS",)))
    assert facts_of(by_relation) == ["Bob drinks green tea"]
    assert {hit.name for hit in by_relation.entities} == {"Bob", "Tea"}
    assert {hit.event_id for hit in by_relation.episodes} == {"e10"}
    by_type = await search.search(replace(asked, entity_types=("Person",)))
    assert {hit.name for hit in by_type.entities} == {"Ada", "Bob"}
    assert "Ada works at Globex" in facts_of(by_type)
    one = episode_uuid(narrator.group_id, "e9")
    by_episode = await search.search(replace(asked, episodes=(one,)))
    assert facts_of(by_episode) == ["Ada works at Globex"]
    assert [hit.uuid for hit in by_episode.episodes] == [one]
    assert len((await search.search(replace(asked, sources=("text",)))).hits) == 4
    none = await search.search(replace(asked, sources=("json",)))
    assert (none.hits, none.entities, none.episodes) == ((), (), ())


async def test_a_range_of_valid_time(search, store, narrator):
    """True at any instant of it, ends included; one end may be open."""
    await tell(store, narrator)
    asked = SearchRequest("Ada works", (narrator.group_id,), relation_types=("WORKS_AT",))
    both = {"Ada works at Initech", "Ada works at Globex"}
    assert set(facts_of(await search.facts(replace(asked, valid_from=day(8), valid_until=day(9))))) == both
    assert facts_of(await search.facts(replace(asked, valid_until=day(8)))) == ["Ada works at Initech"]
    assert facts_of(await search.facts(replace(asked, valid_from=day(9)))) == ["Ada works at Globex"]
    assert set(facts_of(await search.facts(replace(asked, valid_from=day(2))))) == both


async def test_as_it_was_known(search, store, narrator):
    """Before the log told of Globex, Ada was at Initech, still; what was told later is not there."""
    await tell(store, narrator)
    asked = SearchRequest("Ada works", (narrator.group_id,), known_at=day(105))
    (hit,) = (await search.facts(asked)).hits
    assert (hit.fact, hit.valid_at, hit.invalid_at) == ("Ada works at Initech", day(1), None)
    assert [each.event_id for each in hit.provenance] == ["e1"]
    (now,) = (await search.facts(replace(asked, known_at=day(300), relation_types=("WORKS_AT",)))).hits
    assert now.fact == "Ada works at Globex"
    (then,) = (await search.facts(replace(asked, known_at=day(300), as_of=day(5), relation_types=("WORKS_AT",)))).hits
    assert (then.fact, then.invalid_at) == ("Ada works at Initech", day(9))


async def test_v3_pages_are_parts_of_one_list(search, store, narrator):
    """V3: no hit twice, none lost, whatever the size of the database; the last page says that it is the last."""
    await store.write([narrator.said(n, fact(f"P{n}", "LIKES", f"T{n % 5}")) for n in range(40)])
    asked = SearchRequest("likes T1", (narrator.group_id,), limit=7)
    seen, offset = [], 0
    while offset is not None:
        result = await search.facts(replace(asked, offset=offset))
        seen += [hit.uuid for hit in result.hits]
        offset = result.next_offset
    assert len(seen) == len(set(seen)) == 40


async def test_every_reranker_orders_the_same_hits(search, store, narrator):
    """The centre's own fact first; what more episodes tell of before what fewer do."""
    await tell(store, narrator)
    await store.write(
        [narrator.said(20 + n, fact("Cyd", "KNOWS", "Bob", sentence="Cyd once met Bob")) for n in range(3)]
    )
    asked = SearchRequest("Ada Bob Cyd Globex tea", (narrator.group_id,), kinds=(Kind.FACT, Kind.ENTITY, Kind.EPISODE))
    plain = await search.search(asked)
    ada = next(hit.uuid for hit in plain.entities if hit.name == "Ada")
    for reranker in (Reranker.MMR, Reranker.DISTANCE, Reranker.MENTIONS, Reranker.RECENCY):
        ranking = Ranking(fusion=Fusion.RANKS, reranker=reranker, center=ada)
        result = await search.search(replace(asked, ranking=ranking))
        assert {hit.uuid for hit in result.hits} == {hit.uuid for hit in plain.hits}
        if reranker is Reranker.DISTANCE:
            found = [hit.name for hit in result.entities]
            assert (found[0], set(found[1:3]), found[3], set(found[4:])) == (
                "Ada",
                {"Globex", "Initech"},
                "Bob",
                {"Cyd", "Tea"},
            )
            assert facts_of(result)[0] == "Ada works at Globex"
        if reranker is Reranker.MENTIONS:
            assert facts_of(result)[0] == "Cyd once met Bob"
        if reranker is Reranker.RECENCY:
            assert result.episodes[0].reference_time > day(9)


async def test_a_neighbour_of_what_was_found_gets_a_bonus(search, store, narrator):
    """In its saga, else in the log, two steps far; without the bonus it is not there."""
    await tell(store, narrator)
    asked = SearchRequest("Initech", (narrator.group_id,), kinds=(Kind.EPISODE,), legs=(Leg.FULL_TEXT,))
    without = await search.search(replace(asked, ranking=Ranking(neighbour_bonus=0.0)))
    assert [hit.event_id for hit in without.episodes] == ["e1"]
    beside = await search.search(replace(asked, ranking=Ranking(neighbour_bonus=0.3)))
    assert [(hit.event_id, dict(hit.ranks)) for hit in beside.episodes][1] == ("e9", {"neighbour": 1})
    in_log = await search.search(replace(asked, query="green tea", ranking=Ranking(neighbour_bonus=0.3)))
    assert in_log.episodes[0].event_id == "e10"
    assert {hit.event_id for hit in in_log.episodes} == {"e10", "e9", "e11", "e1", "e12"}


async def test_an_explanation_names_each_leg_with_its_plan(search, store, narrator):
    """How, how many, how long, and what the database does for it."""
    await tell(store, narrator)
    result = await search.facts(SearchRequest("tea", (narrator.group_id,), explain=True))
    told = {(each.leg, each.method): each for each in result.legs}
    assert {("full_text", "full_text"), ("vector", "exact"), ("graph", "walk")} == set(told)
    text = told["full_text", "full_text"]
    assert text.found == 1
    assert text.milliseconds > 0
    assert text.plan["query"] == "find_facts_by_text"
    assert text.plan["root"]["children"]


@pytest.fixture
def keeping(database):
    """A search that keeps its answers."""
    cache = result_cache(SearchSettings(), CacheSettings(), SystemClock())
    return Search(GraphReader(database), FakeEmbedder(), cache=cache)


async def test_v2_a_write_ends_what_was_kept(keeping, store, narrator):
    """V2: the next answer has it, whoever wrote; the same question without a write is not asked again."""
    await tell(store, narrator)
    asked = SearchRequest("tea", (narrator.group_id,), kinds=ALL)
    first = await keeping.search(asked)
    again = await keeping.search(asked)
    assert (first.is_cached, again.is_cached) == (False, True)
    assert replace(again, is_cached=False) == first
    assert not (await keeping.search(replace(asked, refresh=True))).is_cached
    await store.write([narrator.said(30, fact("Dan", "SELLS", "Tea", sentence="Dan sells black tea"))])
    after = await keeping.search(asked)
    assert not after.is_cached
    assert "Dan sells black tea" in facts_of(after)
    await store.write([narrator.removed(30, 130)])
    assert "Dan sells black tea" not in facts_of(await keeping.search(asked))


async def test_a_group_that_nobody_knows_is_not_kept(keeping, narrator):
    """It has no version that a write would change."""
    asked = SearchRequest("tea", (narrator.group_id,))
    assert not (await keeping.search(asked)).is_cached
    assert not (await keeping.search(asked)).is_cached


async def test_equal_questions_at_once_are_asked_once(keeping, database, store, narrator):
    """And all get the answer."""
    await tell(store, narrator)
    asked = SearchRequest("tea", (narrator.group_id,))
    results = await asyncio.gather(*(keeping.search(asked) for _ in range(8)))
    assert len({facts_of(result)[0] for result in results}) == 1


async def test_v4_many_groups_give_the_right_union(search, store, narrator):
    """V4: of 30 groups, some unknown, each has its own fact; none leaks in from another."""
    narrators = [Narrator(f"{narrator.group_id}-{n}") for n in range(12)]
    await store.write([each.said(1, fact("Ada", "LIKES", f"T{n}")) for n, each in enumerate(narrators)])
    groups = tuple(each.group_id for each in narrators[:10]) + tuple(f"{narrator.group_id}-x{n}" for n in range(20))
    for legs in ((Leg.FULL_TEXT,), (Leg.VECTOR,), tuple(Leg)):
        result = await search.facts(SearchRequest("Ada likes", groups, limit=50, legs=legs))
        assert {hit.group_id for hit in result.hits} == {each.group_id for each in narrators[:10]}
        assert len(result.hits) == 10
