"""What shorter questions cost: nothing where nothing is left out, facts where a text is cut."""

import json

from repository import ROOT

from consumer.bench.asking import Asking
from consumer.bench.shortening import WAYS, joinable, run_shortening
from consumer.model.knowledge import Knowledge
from consumer.testing.answer_book import AnswerBook
from consumer.testing.fakes import FakeClock, FakeExtractor
from consumer.testing.golden_case import load_golden

GOLDEN = load_golden(ROOT / "tests" / "golden").tagged("date")
BOOK = AnswerBook(GOLDEN.cases)


JOINED = joinable(GOLDEN.cases)


class Reader(FakeExtractor):
    """Knows the right answer to every case whose words are in what it is asked about, whole."""

    async def extract(self, episode):
        await super().extract(episode)
        one = BOOK.lookup(episode.content, episode.reference_time)
        if one is not None:
            return one
        found = [case.knowledge() for case in JOINED if str(case.content) in episode.content]
        return Knowledge(
            tuple({m.name: m for said in found for m in said.mentions}.values()),
            tuple(one for said in found for one in said.assertions),
        )


async def test_what_is_left_out_is_missed():
    """Everything read: all found. First tokens only: what stands behind them is lost, in the long text alone."""
    rows = {row.way: row for row in await run_shortening(Asking(Reader(), FakeClock(), 4), GOLDEN)}
    assert list(rows) == [way for way, _ in WAYS]
    whole, cut = rows["all"], rows["first 500"]
    assert (whole.fact.recall, whole.entity.recall, whole.long_fact.recall) == (1.0, 1.0, 1.0)
    assert whole.long_tokens > 500 >= cut.long_tokens
    assert cut.fact.recall == 1.0
    assert 0 < cut.long_fact.recall < 1.0
    assert whole.tokens >= rows["light"].tokens >= rows["medium"].tokens > rows["strong"].tokens
    assert whole.real_tokens > rows["light"].real_tokens > rows["medium"].real_tokens > rows["strong"].real_tokens
    assert json.dumps([row.as_dict() for row in rows.values()])


def test_only_plain_texts_of_one_time_are_joined():
    """A dialogue, a record, or another clock would say something else as a paragraph."""
    cases = joinable(load_golden(ROOT / "tests" / "golden").cases)
    assert {case.source for case in cases} == {"text"}
    assert len({case.reference_time for case in cases}) == 1
    assert not any(case.context for case in cases)
    assert joinable([]) == []
