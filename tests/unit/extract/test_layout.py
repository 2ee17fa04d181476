"""Layout: what is prose of whom, what is a table, and what is left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.extract.layout import Part, parts_of


def parts(text, speaker="Nora Feld"):
    """The parts of a text, stripped."""
    return [(part.speaker, part.text.strip()) for part in parts_of(text, speaker) if not part.rows]


def rows(text):
    """The rows of the tables of a text."""
    return [row for part in parts_of(text, None) for row in part.rows]


def test_plain_prose_is_one_part():
    """With its speaker; blank text is none."""
    assert list(parts_of("One line.\nAnother.", "Ada")) == [Part("One line.\nAnother.", "Ada")]
    assert list(parts_of(" \n ", "Ada")) == []


@pytest.mark.parametrize("fence", ["```", "~~~", "````"])
def test_fenced_code_is_left_out(fence):
    """Closed or not; what stands around it stays."""
    assert parts(f"Before.\n{fence}python\nemployer = 'Acme'\n{fence}\nAfter.") == [
        ("Nora Feld", "Before.\n\n\nAfter.")
    ]
    assert parts(f"Before.\n{fence}\nemployer = 'Acme'") == [("Nora Feld", "Before.")]


def test_comments_are_left_out():
    """On one line or several."""
    assert parts("Ada works <!-- mark Tom\nas CEO --> here.") == [("Nora Feld", "Ada works   here.")]


def test_quoted_lines_are_whose_the_line_before_says():
    """The attribution is no prose; after the quotation the speaker goes on."""
    text = "I live in Leiden.\n\nOn Mon, 13 May 2024, Tom Frey <tom@x.org> wrote:\n> I live in Delft.\n>> Really?\nBye."
    assert parts(text) == [
        ("Nora Feld", "I live in Leiden."),
        ("Tom Frey", "I live in Delft.\nReally?"),
        ("Nora Feld", "Bye."),
    ]


@pytest.mark.parametrize("line", ["Tom Frey schrieb:", "Le 3 mai, Tom Frey a écrit :", "Tom Frey escribió:"])
def test_attributions_of_other_languages(line):
    """As mail programs write them."""
    assert parts(f"{line}\n> hello") == [("Tom Frey", "hello")]


def test_a_quotation_of_nobody_known_is_nobodys():
    """I is not the speaker there."""
    assert parts("> My wife works here.\nGreat!") == [(None, "My wife works here."), ("Nora Feld", "Great!")]


def test_a_forwarded_message_is_its_senders():
    """Headers are left out."""
    text = "FYI\n---------- Forwarded message ----------\nFrom: Karl Ebert <k@x.org>\nSubject: x\n\nI was born in Bonn."
    assert parts(text) == [("Nora Feld", "FYI"), ("Karl Ebert", "I was born in Bonn.")]


def test_a_drawn_table_is_records():
    """By its header; prose around it stays prose."""
    text = "Who:\n| Name | Lives in |\n|---|:-:|\n| Jana Roth | Ulm |\n| Uwe Maas | Jena |\nThat is all."
    assert rows(text) == [{"Name": "Jana Roth", "Lives in": "Ulm"}, {"Name": "Uwe Maas", "Lives in": "Jena"}]
    assert parts(text) == [("Nora Feld", "Who:"), ("Nora Feld", "That is all.")]


def test_comma_separated_values_need_a_header_that_is_known():
    """Quoted commas stay; prose with commas is no table."""
    assert rows('name,employer\n"Roth, Jana",Kobalt') == [{"name": "Roth, Jana", "employer": "Kobalt"}]
    for prose in ("Hello, Ada\nBye, Bo", "one,two\n1,2", "name, employer and so on\na, b", "a | b\nno rule"):
        assert rows(prose) == []


@given(st.text(alphabet="ab|>-,`~\n :!<", max_size=120))
def test_any_text_ends_and_says_nothing_twice(text):
    """No letter comes out that did not go in."""
    out = "".join(
        part.text + "".join(value for row in part.rows for value in row.values()) for part in parts_of(text, None)
    )
    assert sum(map(out.count, "ab")) <= sum(map(text.count, "ab"))
