"""The answer book: knows its cases by heart, and nothing else."""

from datetime import timedelta, timezone

import pytest
from repository import ROOT

from consumer.errors import UserError
from consumer.model.knowledge import Polarity
from consumer.testing.answer_book import AnswerBook
from consumer.testing.golden_case import load_golden

FOLDER = ROOT / "tests" / "golden"


def test_each_case_is_found_by_its_episode():
    """By content as the episode has it and reference time in any zone."""
    book, golden = AnswerBook.of(FOLDER), load_golden(FOLDER)
    assert len(book) == len(golden.cases)
    for case in golden.cases:
        episode = case.episode()
        local = episode.reference_time.astimezone(timezone(timedelta(hours=-3)))
        assert book.lookup(episode.content, local) == case.knowledge()


def test_dates_are_the_first_instants_of_the_writers_zone():
    """Yesterday in Auckland begins before it does in UTC."""
    (case,) = (one for one in load_golden(FOLDER).cases if one.id == "date-yesterday-auckland")
    (fact,) = case.knowledge().assertions
    assert fact.valid_at.isoformat() == "2024-03-08T11:00:00+00:00"
    (ended,) = next(one for one in load_golden(FOLDER).cases if one.id == "end-no-longer").knowledge().assertions
    assert (ended.polarity, ended.invalid_at) == (Polarity.ENDS, None)


def test_it_knows_nothing_else(tmp_path):
    """Other words, another time, no cases."""
    case = load_golden(FOLDER).cases[0]
    book = AnswerBook([case])
    episode = case.episode()
    assert book.lookup(episode.content + " ", episode.reference_time) is None
    assert book.lookup(episode.content, episode.reference_time + timedelta(seconds=1)) is None
    with pytest.raises(UserError):
        AnswerBook.of(tmp_path)
