"""The test language: what is rendered is read back."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from consumer.model.knowledge import Knowledge, Mention, Polarity
from consumer.testing import names
from consumer.testing.sentences import (
    CHAIR_OF,
    RELATIONS,
    WORKS_AT,
    asserts,
    asserts_between,
    corrects,
    corrects_end,
    ends,
    parse,
)

REFERENCE = datetime(2024, 5, 6, 10, tzinfo=UTC)
DAY, LATER = date(2021, 3, 5), date(2022, 1, 1)


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation.name)
@pytest.mark.parametrize(("subject", "object_"), [("Ada Quill", "Depot 13"), ("王小明", "ليلى حداد")])
def test_every_sentence_is_read_as_it_was_meant(relation, subject, object_):
    """Assertions with and without a day, bounded ones, ends: triple, interval, polarity, types."""
    said = parse(
        " ".join(
            [
                asserts(subject, relation, object_),
                asserts(subject, relation, object_, DAY),
                asserts_between(subject, relation, object_, DAY, LATER),
                ends(subject, relation, object_, LATER),
                ends(subject, relation, object_),
            ]
        ),
        REFERENCE,
    )
    since, until = datetime(2021, 3, 5, tzinfo=UTC), datetime(2022, 1, 1, tzinfo=UTC)
    assert [(a.valid_at, a.invalid_at, a.polarity) for a in said.assertions] == [
        (None, None, Polarity.ASSERTS),
        (since, None, Polarity.ASSERTS),
        (since, until, Polarity.ASSERTS),
        (None, until, Polarity.ENDS),
        (None, None, Polarity.ENDS),
    ]
    assert {(a.subject, a.relation, a.object, a.exclusive) for a in said.assertions} == {
        (subject, relation.name, object_, relation.exclusive)
    }
    assert said.mentions == (Mention(subject, relation.subject_type), Mention(object_, relation.object_type))


def test_i_is_the_speaker_and_the_sentence_says_so():
    """First person in a message is about its speaker; in a text it is about nobody."""
    said = parse("Ada Quill: I am the chair of Northgate Council since 2021-03-05.", REFERENCE)
    assert said.assertions[0].subject == "Ada Quill"
    assert said.assertions[0].sentence == asserts("Ada Quill", CHAIR_OF, "Northgate Council", DAY)
    assert parse("I work at Northgate Council.", REFERENCE) == Knowledge()


def test_a_speaker_who_says_nothing_is_still_mentioned():
    """Small talk gives the speaker and no fact."""
    assert parse("Ada Quill: good morning.", REFERENCE) == Knowledge((Mention("Ada Quill", "Person"),))


def test_a_day_begins_in_the_zone_of_the_reference_time():
    """The same words said elsewhere mean another instant."""
    said = parse("Ada works at B since 2021-03-05.", REFERENCE.astimezone(timezone(timedelta(hours=2))))
    assert said.assertions[0].valid_at == datetime(2021, 3, 4, 22, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "Nothing here.", "Ada works at B", "Ada worked at B from 2021 to 2022.", "😀"])
def test_what_is_not_of_the_language_says_nothing(text):
    """Sentences without full stop, with other dates, or about something else."""
    assert parse(text, REFERENCE) == Knowledge()


def test_names_are_of_one_type_each():
    """No name is a person here and a place there, and none breaks a sentence."""
    pools = [
        names.persons(40),
        names.organizations(30),
        list(names.FORMER_ORGANIZATIONS),
        list(names.PLACES),
        list(names.WORKS),
    ]
    everything = [name for pool in pools for name in pool]
    assert len(everything) == len(set(everything))
    for name in everything:
        said = parse(asserts(name, WORKS_AT, "X"), REFERENCE)
        assert [mention.name for mention in said.mentions] == [name, "X"]
    assert len(names.persons(400)) == len(set(names.persons(400))) == 400


def test_a_correction_names_the_date_told_before():
    """Of a start and of an end; without it there is none."""
    noon = datetime(2020, 1, 1, 12, tzinfo=UTC)
    start = corrects("Ada Berg", WORKS_AT, "Initech", date(2018, 5, 2), date(2019, 5, 2))
    end = corrects_end("Ada Berg", WORKS_AT, "Initech", date(2018, 5, 2), date(2019, 5, 2))
    for text, right in ((start, "valid_at"), (end, "invalid_at")):
        (said,) = parse(text, noon).assertions
        assert (said.subject, said.object, said.sentence) == ("Ada Berg", "Initech", text)
        assert getattr(said, right) == datetime(2018, 5, 2, tzinfo=UTC)
        assert said.instead_of == datetime(2019, 5, 2, tzinfo=UTC)
    (said,) = parse(asserts("Ada Berg", WORKS_AT, "Initech", date(2018, 5, 2)), noon).assertions
    assert said.instead_of is None
