"""Plain statements in other languages: what is asserted, with dates and ends, and what is not."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.extract.passage import Passage
from consumer.extract.phrasebook import LANGUAGES
from consumer.extract.phrases import language_of, read_phrases
from consumer.extract.scripts import Reader, reader_of

REFERENCE = datetime.fromisoformat("2024-05-20T00:15:00+02:00")


def facts(text, speaker=None):
    """Facts as (subject, relation, object, since, until, polarity), days on the writer's clock."""
    day = lambda instant: instant and instant.astimezone(REFERENCE.tzinfo).date().isoformat()  # noqa: E731 - short
    return {
        (a.subject, a.relation, a.object, day(a.valid_at), day(a.invalid_at), a.polarity.value)
        for a in read_phrases(Passage(text, REFERENCE, speaker)).assertions
    }


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Ulrike Meier lebt seit Mai 2003 in Bad Homburg.", "Ulrike Meier > LIVES_IN > Bad Homburg > 2003-05-01"),
        ("Ulrike Meier wurde am 3. Juni 1988 in Erfurt geboren.", "Ulrike Meier > BORN_IN > Erfurt > 1988-06-03"),
        ("Seit 2011 arbeitet Ulrike Meier für die Werft Nord.", "Ulrike Meier > WORKS_AT > Werft Nord > 2011-01-01"),
        (
            "Luc Roussel travaille pour la Banque Astrale depuis mars 2019.",
            "Luc Roussel > WORKS_AT > Banque Astrale > 2019-03-01",
        ),
        ("Hier, Luc Roussel a déménagé à Brest.", "Luc Roussel > LIVES_IN > Brest > 2024-05-19"),
        ("Marta Vidal nació en Cádiz el 3 de mayo de 1990.", "Marta Vidal > BORN_IN > Cádiz > 1990-05-03"),
        ("Marta Vidal se casó con Jordi Puig.", "Marta Vidal > MARRIED_TO > Jordi Puig > "),
        ("Sara Conti lavora presso Officine Blu dal 2008.", "Sara Conti > WORKS_AT > Officine Blu > 2008-01-01"),
        ("Rui Tavares mora no Porto desde 2014.", "Rui Tavares > LIVES_IN > Porto > 2014-01-01"),
        ("Ines de Boer is geboren in Assen.", "Ines de Boer > BORN_IN > Assen > "),
        ("Nils Ek arbetar på Bergviks sedan 2001.", "Nils Ek > WORKS_AT > Bergviks > 2001-01-01"),
        ("Ewa Zawada pracuje w Hucie Wschód od 2009 roku.", "Ewa Zawada > WORKS_AT > Hucie Wschód > 2009-01-01"),
        ("С 2005 года Павел Громов работает в Банке Восток.", "Павел Громов > WORKS_AT > Банке Восток > 2005-01-01"),
    ],
)
def test_plain_statements_become_facts(text, fact):
    """One sentence, one fact, with its start."""
    assert {" > ".join(part or "" for part in found[:4]) for found in facts(text)} == {fact}


@pytest.mark.parametrize(
    "text",
    [
        "Ulrike Meier wohnt nicht mehr in Erfurt.",
        "Luc Roussel n'habite plus à Brest.",
        "Marta Vidal ya no vive en Cádiz.",
        "Sara Conti non abita più a Lecce.",
        "Rui Tavares já não mora em Braga.",
        "Ines Bakker woont niet meer in Assen.",
        "Nils Ek bor inte längre i Lund.",
        "Ewa Zawada już nie mieszka w Łodzi.",
        "Павел Громов больше не живёт в Омске.",
        "Ulrike Meier wohnte in Erfurt.",
    ],
)
def test_what_is_over_ends(text):
    """No longer, in nine languages, and a past without a date."""
    ((_, relation, _, since, until, polarity),) = facts(text)
    assert (relation, since, until, polarity) == ("LIVES_IN", None, None, "ends")


@pytest.mark.parametrize(
    "text",
    [
        "Wohnt Ulrike Meier in Erfurt?",
        "Ulrike Meier wohnt nicht in Erfurt.",
        "Wenn Ulrike Meier in Erfurt lebt, ist sie froh.",
        "Nächste Woche heiratete Ulrike Meier vielleicht Jens Kolb.",
        "Luc Roussel ne travaille pas chez Astrale.",
        "Si Luc Roussel habite à Brest, tant mieux.",
        "Marta Vidal no vive en Cádiz.",
        "Quizás Marta Vidal vive en Cádiz.",
        "Sara Conti non lavora alla Fiera.",
        "Rui Tavares não mora em Braga.",
        "Павел Громов не живёт в Омске.",
        "Er wohnt in Erfurt.",
        "Ulrike Meier arbeitet bei der Firma.",
        "Der Hund lebt auf dem Land.",
    ],
)
def test_what_is_not_stated_asserts_nothing(text):
    """Questions, denials, conditions, doubts, nobody known, and a common noun for a name."""
    assert facts(text) == set()


def test_names_of_a_question_are_entities_all_the_same():
    """With the types that the verb tells."""
    said = read_phrases(Passage("Wohnt Ulrike Meier in Erfurt?", REFERENCE))
    assert [(m.name, m.type) for m in said.mentions] == [("Ulrike Meier", "Person"), ("Erfurt", "Place")]


def test_the_first_person_is_the_speaker():
    """With a pronoun, or by the verb's form; nobody without a speaker."""
    for text in ("Ich wohne in Erfurt.", "Vivo en Cádiz.", "Я живу в Омске.", "Je travaille chez Astrale."):
        ((subject, *_),) = facts(text, "Kim")
        assert subject == "Kim"
        assert facts(text) == set()


def test_a_pronoun_is_the_only_person_before():
    """In the sentence before, and not further back."""
    text = "Ulrike Meier wohnt in Erfurt. Sie arbeitet bei Kolb Stahl."
    assert ("Ulrike Meier", "WORKS_AT", "Kolb Stahl") in {found[:3] for found in facts(text)}
    assert "WORKS_AT" not in {found[1] for found in facts(text.replace(". Sie", ". Es regnet. Sie"))}


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("Ulrike Meier wohnt seit 2018 in Erfurt, nicht seit 2019.", {("2018-01-01", "2019-01-01")}),
        ("Luc Roussel habite à Brest depuis mai 2016, pas depuis juin 2016.", {("2016-05-01", "2016-06-01")}),
        ("Ulrike Meier wohnt nicht seit 2019 in Erfurt.", set()),
        ("Ulrike Meier wohnt seit 2018 nicht in Erfurt, nicht seit 2019.", set()),
    ],
)
def test_a_wrong_date_beside_the_right_one_is_corrected(text, starts):
    """The denial is of the date alone only where another one is told and nothing else is denied."""
    said = read_phrases(Passage(text, REFERENCE, None))
    day = lambda instant: instant.astimezone(REFERENCE.tzinfo).date().isoformat()  # noqa: E731 - short
    assert {(day(one.valid_at), day(one.instead_of)) for one in said.assertions} == starts


def test_two_statements_share_no_date():
    """It may belong to either."""
    text = "Seit 2019 wohnt Ulrike Meier in Erfurt und arbeitet bei Kolb Stahl."
    assert {found[1:4] for found in facts(text)} == {
        ("LIVES_IN", "Erfurt", None),
        ("WORKS_AT", "Kolb Stahl", None),
    }


@pytest.mark.parametrize(
    ("sentence", "reader"),
    [
        ("Sara Conti vive a Lecce dal 2016.", Reader.CAPITALS),
        ("Nils Ek bor i Lund.", Reader.CAPITALS),
        ("I got a gift in time.", Reader.ENGLISH),
        ("Ada works in Lund.", Reader.ENGLISH),
        ("He was born in Bad Homburg.", Reader.ENGLISH),
    ],
)
def test_the_phrasebook_takes_no_english(sentence, reader):
    """More of its words than English ones must be there."""
    assert reader_of(sentence) is reader


@given(st.text(max_size=200))
def test_no_text_breaks_it(text):
    """Whatever comes, something comes out, and every end of a fact is a mention."""
    said = read_phrases(Passage(text, REFERENCE, "Kim"))
    names = {mention.name for mention in said.mentions}
    assert all({one.subject, one.object} <= names for one in said.assertions)
    assert language_of(text)[1] >= 0


def test_no_word_both_denies_and_states():
    """A language's verbs are none of its small words."""
    for language in LANGUAGES.values():
        assert not language.verbs & (language.not_ | language.open | language.conditions)
        assert len(set(language.months.values())) == 12
