"""What chunks say, put together."""

from datetime import UTC, datetime

from consumer.model.knowledge import Assertion, Knowledge, Mention, Polarity
from consumer.pipeline.chunk_merge import merged

DAY = datetime(2024, 5, 1, tzinfo=UTC)


def works(where, sentence="said", **more):
    return Assertion("Ann", "WORKS_AT", where, sentence, **more)


def test_one_part_stays_as_it_is():
    """Nothing is touched where there is nothing to merge."""
    part = Knowledge((Mention("Ann"), Mention("Ann")), (works("Acme"), works("Acme")))
    assert merged([part], 100) is part


def test_a_name_is_told_once_with_what_all_chunks_say_of_it():
    """The first type that says something, the first value of an attribute, different summaries joined."""
    one = Knowledge((Mention("Ann", "Entity", "A pilot.", {"age": 30}), Mention("Acme", "Company")))
    two = Knowledge((Mention("Ann", "Person", "A pilot."), Mention("Bo", "Person")))
    three = Knowledge((Mention("Ann", "Robot", "From Oslo.", {"age": 31, "vip": True}),))
    said = merged([one, two, three], 100)
    assert [mention.name for mention in said.mentions] == ["Ann", "Acme", "Bo"]
    assert said.mentions[0] == Mention("Ann", "Person", "A pilot. From Oslo.", {"age": 30, "vip": True})


def test_joined_summaries_are_bounded_at_a_whole_one():
    """A summary that does not fit is left out, not cut; the first is there in any case."""
    parts = [Knowledge((Mention("Ann", summary=text),)) for text in ("A pilot.", "From Oslo in Norway.", "Old.")]
    assert merged(parts, 12).mentions[0].summary == "A pilot."
    assert merged(parts, 4).mentions[0].summary == "A pilot."


def test_equal_claims_are_one_and_stand_where_they_were_last_made():
    """The first wording counts; a claim made again comes after what was said between, as a tie would have it."""
    parts = [
        Knowledge(assertions=(works("Acme", "first", valid_at=DAY),)),
        Knowledge(assertions=(works("Globex", valid_at=DAY),)),
        Knowledge(assertions=(works("Acme", "again", valid_at=DAY),)),
    ]
    said = merged(parts, 100)
    assert [(one.object, one.sentence) for one in said.assertions] == [("Globex", "said"), ("Acme", "first")]
    assert {mention.name for mention in said.mentions} == {"Ann", "Acme", "Globex"}


def test_a_correction_is_not_swallowed_by_the_plain_claim():
    """A chunk that says the right date, before or after the one that says which date was wrong."""
    plain, correcting = works("Acme", valid_at=DAY), works("Acme", valid_at=DAY, instead_of=DAY.replace(year=2023))
    for order in ((plain, correcting), (correcting, plain)):
        said = merged([Knowledge(assertions=(one,)) for one in order], 100)
        assert {one.instead_of for one in said.assertions} == {None, correcting.instead_of}


def test_claims_with_other_dates_or_polarity_are_others():
    """An end is no repetition of its start."""
    parts = [
        Knowledge(assertions=(works("Acme"), works("Acme", valid_at=DAY))),
        Knowledge(assertions=(works("Acme", polarity=Polarity.ENDS),)),
    ]
    assert len(merged(parts, 100).assertions) == 3
