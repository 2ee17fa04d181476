"""The run over golden cases: every case asked once, faults outlasted or told, parts and tags summed up."""

import json

import pytest
from repository import ROOT

from consumer.bench.asking import MAX_TRIES, Asking
from consumer.bench.extract import run_golden
from consumer.errors import EpisodeFault, WorldFault
from consumer.telemetry import calls, names
from consumer.testing.answer_book import AnswerBook
from consumer.testing.fakes import FakeClock, FakeExtractor
from consumer.testing.golden_case import load_golden

GOLDEN = load_golden(ROOT / "tests" / "golden")


class ByHeart(FakeExtractor):
    """A fake that knows the right answers, and spends a call of a model on each."""

    book = AnswerBook(GOLDEN.cases)

    async def extract(self, episode):
        await super().extract(episode)
        asked = {names.GEN_AI_OPERATION: "chat"}
        with calls.client_call("chat", asked, metric=names.GEN_AI_DURATION) as call:
            call.set(names.GEN_AI_INPUT_TOKENS, 100)
            call.set(names.GEN_AI_OUTPUT_TOKENS, 7)
        return self.book.lookup(episode.content, episode.reference_time)


async def test_a_perfect_extractor_scores_one_everywhere():
    """In each part and tag; calls and tokens are counted; all of it is JSON."""
    told = []
    extractor = ByHeart()
    asking = Asking(extractor, FakeClock(), 3, lambda done, count: told.append((done, count)))
    report = await run_golden(asking, GOLDEN)
    assert sorted(extractor.calls) == sorted(case.id for case in GOLDEN.cases)
    assert told[-1] == (len(GOLDEN.cases), len(GOLDEN.cases))
    for part in ("all", "open", "held out"):
        assert {tally.f1 for tally in report.part(part).values()} == {1.0}
    assert report.part("open")["fact"] + report.part("held out")["fact"] == report.part("all")["fact"]
    assert report.usage.as_dict() == {
        "calls": len(GOLDEN.cases),
        "failed_calls": 0,
        "input_tokens": 100 * len(GOLDEN.cases),
        "output_tokens": 7 * len(GOLDEN.cases),
    }
    whole = json.loads(json.dumps(report.as_dict()))
    assert whole["tags"]["de"]["cases"] == report.cases_of("de") > 0
    assert whole["fields"]["held_out"]["fact"]["f1"] == 1.0


async def test_faults_of_the_world_are_outlasted_and_those_of_an_episode_are_told():
    """As long as it asked for; an episode that cannot be read says nothing."""
    clock, extractor = FakeClock(skips_sleep=True), ByHeart()
    one, other, *_ = (case.id for case in GOLDEN.cases)
    extractor.faults.fail_for(one, WorldFault("llm", "429", 30.0), WorldFault("llm", "500"))
    extractor.faults.fail_for(other, EpisodeFault("refused", "no"))
    report = await run_golden(Asking(extractor, clock), GOLDEN.tagged("coreference"))
    assert clock.slept == [30.0, 2.0]
    assert report.faults == {other: "refused: no"}
    scored = {score.case.id: score for score in report.scores}
    assert scored[one].problems == ()
    assert scored[other].tallies["entity"].right == 0


async def test_a_world_that_stays_away_ends_the_run():
    """After a few tries, and no more."""
    clock, extractor = FakeClock(skips_sleep=True), ByHeart()
    extractor.faults.fail_always(GOLDEN.cases[0].id, WorldFault("llm", "down"))
    with pytest.raises(ExceptionGroup) as told:
        await run_golden(Asking(extractor, clock), GOLDEN)
    assert isinstance(told.value.exceptions[0], WorldFault)
    assert extractor.calls.count(GOLDEN.cases[0].id) == MAX_TRIES


async def test_a_tag_chooses_its_cases():
    """And no tag chooses all."""
    assert {tag for case in GOLDEN.tagged("ja").cases for tag in case.tags} >= {"ja"}
    assert len(GOLDEN.tagged("ja").cases) < len(GOLDEN.tagged(None).cases) == len(GOLDEN.cases)
