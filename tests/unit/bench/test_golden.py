"""Judgement: what counts as the same name, relation, date and end, and what is forbidden."""

from datetime import UTC, datetime

import pytest

from consumer.bench.golden import score_case
from consumer.bench.tally import Tally
from consumer.model.knowledge import Assertion, Exclusive, Knowledge, Mention, Polarity
from consumer.testing.golden_case import GoldenCase, Vocabulary

VOCABULARY = Vocabulary.model_validate(
    {
        "relations": {
            "WORKS_AT": {"also": ["EMPLOYED_BY"], "inverse": ["EMPLOYS"]},
            "MARRIED_TO": {"symmetric": True},
        },
        "types": {"Organization": ["Company"]},
    }
)
NAMES = [
    {"name": "Ada Quill", "type": "Person", "also": ["Dr. Quill"]},
    {"name": "Acme", "type": "Organization"},
    {"name": "Bo Reed", "type": "Person"},
]


def case(**fields):
    """A case of three names."""
    return GoldenCase.model_validate(
        {
            "id": "x",
            "tags": ["en"],
            "source": "text",
            "content": "…",
            "reference_time": "2024-05-20T09:30:00+10:00",
            "entities": NAMES,
        }
        | fields
    )


def fact(relation="WORKS_AT", **fields):
    """A case with one fact of Ada Quill and Acme, or Bo Reed."""
    other = "Bo Reed" if relation == "MARRIED_TO" else "Acme"
    return case(facts=[{"subject": "Ada Quill", "relation": relation, "object": other} | fields])


def tallies(golden, *assertions, mentions=()):
    """Tallies of an answer."""
    return score_case(golden, Knowledge(mentions, assertions), VOCABULARY).tallies


def said(subject, relation, target, **fields):
    """An assertion."""
    return Assertion(subject, relation, target, "s", **fields)


@pytest.mark.parametrize(
    "told",
    [
        said("Ada Quill", "WORKS_AT", "Acme"),
        said("ADA  QUILL", "WORKS_AT", "acme"),
        said("dr. quill", "EMPLOYED_BY", "Acme"),
        said("Acme", "EMPLOYS", "Dr. Quill"),
        said("Ada Quill", "DRUDGES_AT", "Acme"),
        said("Acme", "EMPLOYER_IS", "Acme"),
    ],
)
def test_ways_to_say_the_same_fact(told):
    """By key, alias, synonym, inverse, and what the case itself accepts."""
    golden = fact(also=["drudges at"], instead=[["Acme", "EMPLOYER_IS", "Acme"]])
    assert tallies(golden, told)["fact"] == Tally(1)


@pytest.mark.parametrize(
    "told",
    [
        said("Ada", "WORKS_AT", "Acme"),
        said("Acme", "WORKS_AT", "Ada Quill"),
        said("Ada Quill", "EMPLOYS", "Acme"),
        said("Ada Quill", "OWNS", "Acme"),
    ],
)
def test_ways_to_say_another_fact(told):
    """A name cut short, a relation turned round, another relation."""
    assert tallies(fact(), told)["fact"] == Tally(0, 1, 1)


def test_a_marriage_reads_both_ways():
    """A symmetric relation."""
    assert tallies(fact("MARRIED_TO"), said("Bo Reed", "MARRIED_TO", "Ada Quill"))["fact"] == Tally(1)


def test_types_are_judged_by_the_vocabulary():
    """A synonym is right; `Entity` for a person is not."""
    found = tallies(case(), mentions=(Mention("Acme", "Company"), Mention("Ada Quill")))
    assert found["type"] == Tally(1, 1, 1)
    assert found["entity"] == Tally(2, 0, 1)


@pytest.mark.parametrize(
    ("right", "told", "tally"),
    [
        ("2024-05-19", datetime(2024, 5, 18, 14, tzinfo=UTC), Tally(1)),
        ("2024-05-19", datetime(2024, 5, 19, 14, tzinfo=UTC), Tally(0, 1, 1)),
        ("2024-05-19", None, Tally(0, 0, 1)),
        (None, datetime(2024, 5, 19, tzinfo=UTC), Tally(0, 1, 0)),
        (None, None, Tally()),
    ],
)
def test_a_date_is_right_on_the_clock_of_the_reference_time(right, told, tally):
    """The day begins ten hours earlier than in UTC; a date nobody gave is wrong."""
    assert tallies(fact(valid_at=right), said("Ada Quill", "WORKS_AT", "Acme", valid_at=told))["valid_at"] == tally


@pytest.mark.parametrize(
    ("told", "is_right"),
    [
        ({"polarity": Polarity.ENDS}, True),
        ({"invalid_at": datetime(2024, 1, 1, tzinfo=UTC)}, True),
        ({"invalid_at": datetime(2025, 1, 1, tzinfo=UTC)}, False),
        ({}, False),
    ],
)
def test_an_end_in_the_past_says_that_it_is_over(told, is_right):
    """As `ends` does; an end that is to come does not."""
    found = tallies(fact(polarity="ends"), said("Ada Quill", "WORKS_AT", "Acme", **told))
    assert found["polarity"] == (Tally(1) if is_right else Tally(0, 1, 1))


def test_the_exclusive_side_is_judged_where_the_case_says_it():
    """And not where it does not."""
    told = said("Ada Quill", "WORKS_AT", "Acme", exclusive=Exclusive.OBJECT)
    assert tallies(fact(), told)["exclusive"] == Tally()
    assert tallies(fact(exclusive="subject"), told)["exclusive"] == Tally(0, 1, 1)


def test_of_two_tellings_the_better_is_taken():
    """Two terms of one office are two facts, each with its own dates."""
    terms = [{"valid_at": "2001", "invalid_at": "2005"}, {"valid_at": "2009"}]
    golden = case(facts=[{"subject": "Ada Quill", "relation": "WORKS_AT", "object": "Acme"} | term for term in terms])
    late = said("Ada Quill", "WORKS_AT", "Acme", valid_at=datetime(2009, 3, 1, tzinfo=UTC))
    early = replace_dates(late, datetime(2001, 3, 1, tzinfo=UTC), datetime(2005, 3, 1, tzinfo=UTC))
    found = tallies(golden, late, early)
    assert (found["fact"], found["valid_at"], found["invalid_at"]) == (Tally(2), Tally(2), Tally(1))


def replace_dates(one, valid_at, invalid_at):
    """The same assertion at another time."""
    return said(one.subject, one.relation, one.object, valid_at=valid_at, invalid_at=invalid_at)


@pytest.mark.parametrize(
    ("forbidden", "told", "is_said"),
    [
        ({"subject": "Bo Reed"}, said("Bo Reed", "R", "x"), True),
        ({"subject": "Bo Reed"}, said("x", "R", "Bo Reed"), True),
        ({"subject": "Bo Reed", "object": "Acme"}, said("Acme", "R", "Bo Reed"), True),
        ({"subject": "Bo Reed", "object": "Acme"}, said("Bo Reed", "R", "x"), False),
        ({"relation": "WORKS_AT"}, said("x", "EMPLOYED_BY", "y"), True),
        ({"relation": "WORKS_AT", "object": "Acme"}, said("Acme", "EMPLOYS", "y"), True),
        ({"relation": "WORKS_AT", "object": "Acme"}, said("Acme", "WORKS_AT", "y"), False),
        ({"relation": "WORKS_AT", "subject": "Dr. Quill"}, said("Ada Quill", "WORKS_AT", "y"), True),
    ],
)
def test_what_is_forbidden_is_looked_for_with_its_wildcards(forbidden, told, is_said):
    """Any relation in either direction, synonyms and aliases included."""
    found = tallies(case(not_facts=[forbidden]), told)["forbidden"]
    assert found == (Tally(0, 1, 1) if is_said else Tally(1))


def test_what_is_expected_is_not_forbidden_and_what_may_be_is_nothing():
    """An expected fact breaks no prohibition; an allowed one counts nowhere."""
    golden = fact(polarity="ends")
    golden = golden.model_copy(update={"not_facts": case(not_facts=[{"object": "Acme"}]).not_facts})
    assert tallies(golden, said("Ada Quill", "WORKS_AT", "Acme"))["forbidden"] == Tally(1)
    allowed = case(
        may_entities=[{"name": "Oslo"}], may_facts=[{"subject": "Acme", "relation": "WORKS_AT", "object": "Oslo"}]
    )
    found = tallies(allowed, said("Acme", "WORKS_AT", "Oslo"), mentions=(Mention("Oslo"), Mention("Bergen")))
    assert (found["fact"], found["entity"]) == (Tally(), Tally(0, 1, 3))


def test_forbidden_entities_are_told():
    """And problems are in words."""
    scored = score_case(case(not_entities=["She"]), Knowledge((Mention("she"),)), VOCABULARY)
    assert scored.tallies["forbidden"] == Tally(0, 1, 1)
    assert "forbidden entity She" in scored.problems
