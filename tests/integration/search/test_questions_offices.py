"""Who held this office when: every dated question of the office register through the timeline, and its whole state."""

import json

import pytest
from plugins.graph import FakeEmbedder
from plugins.graph_dump import wipe
from plugins.offices import DATA, questions, register, true_facts

from consumer.graph import GraphReader
from consumer.model.episode import Embedded
from consumer.model.work import Record
from consumer.pipeline.decode import decode
from consumer.search import Search, SearchRequest
from consumer.search.question_models import Direction, SnapshotQuestion, TimelineQuestion
from consumer.search.questions import GraphQuestions
from consumer.settings import PipelineSettings

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the optional data folder ../shared/data is not there")

LOG_START_MS = 1_700_000_000_000


@pytest.fixture
async def offices(store, narrator, database):
    """The register in a group of its own, as the pipeline hands its given facts to the store."""
    items = []
    for number, event in enumerate(register()):
        value = json.dumps(event | {"group_id": narrator.group_id}).encode()
        record = Record("t", 0, number, LOG_START_MS + number, narrator.group_id.encode(), value, ())
        episode = decode(record, PipelineSettings())
        items.append(Embedded(episode, episode.given, {}, "none"))
    for start in range(0, len(items), 100):
        await store.write(items[start : start + 100])
    yield narrator.group_id
    await wipe(database, narrator.group_id)


async def test_who_held_this_office_when(database, offices):
    """115 of 115: the holder, and for a vacant office the gap, by the timeline as of the day; and by all of it."""
    asked = GraphQuestions(database)
    whole, right = {}, 0
    for office, instant, answer in questions():
        ask = TimelineQuestion(offices, office, ("HOLDS_OFFICE",), Direction.IN, as_of=instant)
        found = await asked.timeline(ask)
        assert [fact.subject for fact in found.facts] == ([answer] if answer else []), (office, instant)
        if office not in whole:
            (whole[office],) = (await asked.timeline(TimelineQuestion(offices, office, ("HOLDS_OFFICE",)))).lanes
        lane = whole[office]
        assert lane.overlaps == ()
        began = lane.facts[0].valid_at
        assert any(gap.holds_at(instant) for gap in lane.gaps) is (answer is None and instant >= began)
        right += 1
    assert right == 115


async def test_a_search_as_of_a_day_finds_the_holder(database, offices):
    """115 of 115 through the search door: the office's name asked for as of the day finds its holder, and no other."""
    search, right = Search(GraphReader(database), FakeEmbedder()), 0
    for office, instant, answer in questions():
        request = SearchRequest(office, (offices,), as_of=instant, relation_types=("HOLDS_OFFICE",), limit=50)
        hits = (await search.facts(request)).hits
        assert [hit.subject for hit in hits if hit.object == office] == ([answer] if answer else []), (office, instant)
        right += 1
    assert right == 115


async def test_the_state_of_all_offices_on_a_day(database, offices):
    """The snapshot of a day has the facts that the register says are true then."""
    asked = GraphQuestions(database)
    for _, instant, _ in list(questions())[::40]:
        pages = [page async for page in asked.snapshot_pages(SnapshotQuestion(offices, instant, limit=50))]
        found = {(f.subject, f.relation, f.object, f.valid_at, f.invalid_at) for page in pages for f in page.facts}
        assert found == {fact for fact in true_facts() if fact[3] <= instant and (fact[4] is None or instant < fact[4])}
