"""Search over a real graph: both legs, validity in time, groups that do not leak, provenance."""

from dataclasses import replace

import pytest
from plugins.graph import FakeEmbedder, Narrator, day, fact, vector

from consumer.graph import FactFilter, GraphReader, Method, What
from consumer.graph.reading.vector_leg import Index
from consumer.model.knowledge import Exclusive
from consumer.search import Search, SearchRequest

SUBJECT = Exclusive.SUBJECT


class Still:
    """A clock that stands."""

    def __init__(self, at):
        self._at = at

    def now(self):
        return self._at


@pytest.fixture
def search(database):
    return Search(GraphReader(database), FakeEmbedder(), Still(day(500)))


async def tell(store, narrator):
    """Ada moves from Initech to Globex on day 9; Bob drinks tea until day 600."""
    await store.write(
        [
            narrator.said(1, fact("Ada", "WORKS_AT", "Initech", exclusive=SUBJECT), content="Ada is at Initech " * 40),
            narrator.said(9, fact("Ada", "WORKS_AT", "Globex", exclusive=SUBJECT)),
            narrator.said(10, fact("Bob", "DRINKS", "Tea", invalid_at=600, sentence="Bob drinks green tea")),
        ]
    )


async def asked(search, query, *groups, **rest):
    result = await search.facts(SearchRequest(query, tuple(groups), **rest))
    return [hit.fact for hit in result.hits]


async def test_current_facts_by_default(search, store, narrator):
    """What is over is not found, what ends later is; best match first."""
    await tell(store, narrator)
    found = await asked(search, "where does Ada work", narrator.group_id)
    assert found[0] == "Ada works at Globex"
    assert "Ada works at Initech" not in found
    assert (await asked(search, "green tea", narrator.group_id))[0] == "Bob drinks green tea"


async def test_as_of_an_instant(search, store, narrator):
    """As of day 5 Ada is at Initech, and nothing of later is true yet."""
    await tell(store, narrator)
    assert await asked(search, "Ada works", narrator.group_id, as_of=day(5)) == ["Ada works at Initech"]
    assert "Bob drinks green tea" not in await asked(search, "tea", narrator.group_id, as_of=day(700))


async def test_invalid_facts_when_asked_for(search, store, narrator):
    """With include_invalid the history is found too."""
    await tell(store, narrator)
    found = await asked(search, "Ada works at Initech", narrator.group_id, include_invalid=True)
    assert found[0] == "Ada works at Initech"


async def test_a_hit_says_why_and_from_where(search, store, narrator):
    """Ranks of both legs, dates, names and the episode it comes from."""
    await tell(store, narrator)
    result = await search.facts(SearchRequest("Initech", (narrator.group_id,), include_invalid=True))
    hit = result.hits[0]
    assert (hit.subject, hit.relation, hit.object) == ("Ada", "WORKS_AT", "Initech")
    assert (hit.valid_at, hit.invalid_at) == (day(1), day(9))
    assert (hit.ranks["full_text"], hit.ranks["vector"]) == (1, 1)
    (episode,) = hit.provenance
    assert (episode.name, episode.reference_time, episode.event_id) == ("episode 1", day(1), "e1")
    assert len(episode.excerpt) == 280


async def test_groups_that_share_words_do_not_leak_or_starve(search, store, narrator):
    """Group `x` beside 60 matching facts of `x-2` gets its own fact and only that."""
    other = Narrator(narrator.group_id + "-2")
    await store.write([narrator.said(1, fact("Ada", "LIKES", "Tea", sentence="Ada now and then likes some tea"))])
    await store.write([other.said(n, fact(f"P{n}", "LIKES", "Tea", sentence="tea tea")) for n in range(60)])
    reader = GraphReader(search._reader._database)
    wanted = FactFilter((narrator.group_id,))
    assert len(await reader.by_text(What.FACT, "tea", wanted, 3)) == 1
    assert len(await reader.by_vector(What.FACT, vector("tea"), wanted, 3)) == 1
    both = await asked(search, "Ada likes tea", narrator.group_id, other.group_id, limit=5)
    assert "Ada now and then likes some tea" in both
    assert len(both) == 5


@pytest.mark.parametrize(
    "query",
    ['"', "a AND", "NOT", "(((", "x:y~2^3", "\\", "tea && !tea", "[a TO b]", "/re/", "* ? {}", "<=>", "word " * 300],
)
async def test_any_text_is_a_query(search, store, narrator, query):
    """No input is a syntax error, and none leaves its group."""
    await tell(store, narrator)
    result = await search.facts(SearchRequest(f"tea {query}", (narrator.group_id,)))
    assert {hit.group_id for hit in result.hits} == {narrator.group_id}


async def test_nothing_asked_nothing_found(search):
    """Blank query, no group, no limit, unknown group."""
    for request in (
        SearchRequest("  ", ("g",)),
        SearchRequest("a", ()),
        SearchRequest("a", ("g",), 0),
        SearchRequest("a", ("no-such-group",)),
    ):
        assert (await search.facts(request)).hits == ()


@pytest.mark.parametrize(
    ("query", "found"), [("Muller", "Müller"), ("東京", "東京"), ("strasse", "Straße"), ("علی", "علی")]
)
async def test_words_of_every_script_are_found(database, store, narrator, query, found):
    """The analyser folds accents and keeps letters of every script."""
    await store.write([narrator.said(1, fact("Ada", "SAW", "It", sentence=f"Ada saw {found} there"))])
    reader = GraphReader(database)
    assert len(await reader.by_text(What.FACT, query, FactFilter((narrator.group_id,)), 5)) == 1


async def test_the_scan_equals_the_index(database, store, narrator):
    """Without a usable index every fact is compared: same facts, same order."""
    await store.write([narrator.said(n, fact(f"P{n}", "LIKES", f"T{n % 7}", valid_at=n)) for n in range(40)])
    reader, scanning = GraphReader(database, exact_up_to=0), GraphReader(database)
    scanning.vector_leg.seen_at = float("inf")
    for wanted in (
        FactFilter((narrator.group_id,)),
        FactFilter((narrator.group_id,), alive_at=day(500)),
        FactFilter((narrator.group_id,), alive_at=day(5), begun_by=day(5)),
    ):
        by_index = await reader.by_vector(What.FACT, vector("p3 likes t3"), wanted, 4)
        by_scan = await scanning.by_vector(What.FACT, vector("p3 likes t3"), wanted, 4)
        assert by_scan.method is Method.EXACT
        assert [one.uuid for one in by_index] == [one.uuid for one in by_scan]


async def test_an_index_that_has_changed_meanwhile_is_not_trusted(database, store, narrator):
    """Made anew for another dimension while we believed in it: facts are compared one by one, and none is missed."""
    for n in range(20):
        texts = ["Ada", f"Tea {n}", f"Ada LIKES Tea {n}"]
        said = narrator.said(n, fact("Ada", "LIKES", texts[1], sentence=texts[2]), model="short/8", vectors={})
        await store.write([replace(said, vectors={text: vector(text, 8) for text in texts})])
    reader = GraphReader(database, exact_up_to=0)
    reader.vector_leg.indexes = {"fact_vector": Index(8, has_filters=True)}
    reader.vector_leg.seen_at = float("inf")
    found = await reader.by_vector(What.FACT, vector("ada likes tea 3", 8), FactFilter((narrator.group_id,)), 2)
    assert [name for name, _ in found.asked] == ["find_facts_by_vector", "scan_facts"]
    assert len(found) == 2
