"""The bad-input corpus, decoded: each case has the verdict that is written beside it."""

import pytest
from corpus.bad_input import AWKWARD, WITHOUT_AWKWARD, awkward, cases
from corpus.case import REMOVED, WRITTEN

from consumer.model.episode import Episode, Rejected, Removal
from consumer.model.work import Record
from consumer.pipeline.decode import REASONS, decode
from consumer.settings import PipelineSettings

SETTINGS = PipelineSettings()
CASES = {case.name: case for case in cases("bad-input")}


def verdict_on(case):
    """Return the verdict on a case, in the corpus's words; the detail is one short line that can be printed."""
    decoded = decode(Record("t", 0, 0, case.timestamp_ms, case.key, case.value, case.headers), SETTINGS)
    if isinstance(decoded, Rejected):
        assert decoded.reason in REASONS
        assert decoded.family == "episode", decoded.detail
        assert decoded.stage == "intake"
        assert decoded.detail
        assert decoded.detail.isprintable()
        assert len(decoded.detail) < 1_000
        return decoded.reason
    return {Episode: WRITTEN, Removal: REMOVED}[type(decoded)]


@pytest.mark.parametrize("name", CASES)
def test_each_case_has_its_verdict(name):
    """No crash, and the reason a person would expect."""
    assert verdict_on(CASES[name]) == CASES[name].verdict


def test_the_corpus_is_large_and_each_case_has_its_own_name():
    """At least 150 cases that need no data folder, of every reason that intake knows."""
    listed = cases("bad-input")
    assert len(listed) == len(CASES) >= 150
    verdicts = {case.verdict for case in listed}
    of_later_stages = {
        "refused",
        "unusable-answer",
        "context-length",
        "request-refused",
        "keeps-failing",
        "over-budget",
    }
    of_ontologies = {"unknown-ontology", "mapping-failed"}
    assert set(REASONS) - verdicts <= of_later_stages | of_ontologies | {"unwritable", "unexpected"}
    assert verdicts >= {WRITTEN, REMOVED}


@pytest.mark.skipif(not AWKWARD.exists(), reason=WITHOUT_AWKWARD)
def test_each_awkward_row_has_its_verdict():
    """Naughty strings, odd JSON, quoted mail, a megabyte of CSV."""
    rows = awkward()
    assert len(rows) > 600
    wrong = {case.name: (verdict, case.verdict) for case in rows if (verdict := verdict_on(case)) != case.verdict}
    assert not wrong
