"""JSON records: what keys mean, and the relations between values."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from consumer.extract.record_keys import role_of, words_of
from consumer.extract.records import MAX_ATTRIBUTES, MAX_OBJECTS, read_record
from consumer.model.knowledge import Exclusive, Polarity


def read(record):
    """What a record says."""
    return read_record(json.dumps(record)).knowledge


def facts(record):
    """(subject, relation, object) of a record."""
    return {(a.subject, a.relation, a.object) for a in read(record).assertions}


def types(record):
    """Names with their types."""
    return {mention.name: mention.type for mention in read(record).mentions}


def test_an_office_register_is_read_with_its_dates():
    """Took office: held since then, one holder an office, one party a person; left: ended, and only the office."""
    took = {"event": "took office", "person": "Ada Quill", "person_id": "Q1", "office": "Mayor of Bonn"}
    took |= {"effective": "1789-04-21", "party": "Greens"}
    by_relation = {a.relation: a for a in read(took).assertions}
    held, party = by_relation["HOLDS_OFFICE"], by_relation["MEMBER_OF_PARTY"]
    assert (held.subject, held.object, held.exclusive) == ("Ada Quill", "Mayor of Bonn", Exclusive.OBJECT)
    assert held.valid_at == datetime(1789, 4, 21, tzinfo=UTC)
    assert (party.object, party.exclusive) == ("Greens", Exclusive.SUBJECT)
    assert held.sentence == "Ada Quill took office: Mayor of Bonn."
    assert types(took) == {"Ada Quill": "Person", "Mayor of Bonn": "Office", "Greens": "Organization"}
    (left,) = read({**took, "event": "left office", "effective": "1797-03-04"}).assertions
    assert (left.polarity, left.valid_at, left.invalid_at) == (Polarity.ENDS, None, datetime(1797, 3, 4, tzinfo=UTC))


def test_a_vulnerability_is_related_to_vendor_and_product():
    """The identifier is what the record is about; other scalars are its attributes."""
    record = {"cveID": "CVE-2010-5326", "vendorProject": "SAP", "product": "NetWeaver", "dueDate": "2022-05-03", "n": 3}
    assert facts(record) == {
        ("CVE-2010-5326", "VENDOR_PROJECT", "SAP"),
        ("CVE-2010-5326", "PRODUCT", "NetWeaver"),
    }
    assert types(record)["SAP"] == "Organization"
    (main,) = [mention for mention in read(record).mentions if mention.name.startswith("CVE")]
    assert main.attributes == {"dueDate": "2022-05-03", "n": 3}


def test_days_without_a_zone_are_on_the_given_clock():
    """A record of Honolulu has Honolulu's days."""
    record = json.dumps({"person": "Ada", "employer": "A", "since": "2024-03-08"})
    (fact,) = read_record(record, timezone(timedelta(hours=-10))).knowledge.assertions
    assert fact.valid_at == datetime(2024, 3, 8, 10, tzinfo=UTC)


def test_a_name_beside_what_persons_have_is_a_person():
    """A name alone may be of anything."""
    assert types({"name": "Ada", "employer": "A"})["Ada"] == "Person"
    assert types({"name": "Ada", "price": 3})["Ada"] == "Entity"
    assert facts({"name": "Ada", "Lives in": "Oslo", "age": 3}) == {("Ada", "LIVES_IN", "Oslo")}


def test_nested_objects_are_records_related_by_their_key():
    """And lists of names are several entities."""
    record = {
        "name": "Apollo",
        "members": [{"person": "Ada", "city": "Oslo"}, {"person": "Bo"}],
        "countries": ["x"],
        "country": ["Norway", "Chile"],
    }
    assert facts(record) == {
        ("Apollo", "MEMBERS", "Ada"),
        ("Apollo", "MEMBERS", "Bo"),
        ("Ada", "CITY", "Oslo"),
        ("Apollo", "COUNTRY", "Norway"),
        ("Apollo", "COUNTRY", "Chile"),
    }


def test_a_list_of_records_is_read_record_by_record():
    """Top-level lists have no entity of their own."""
    assert facts([{"person": "Ada", "employer": "A"}, {"person": "Bo", "employer": "A"}]) == {
        ("Ada", "WORKS_AT", "A"),
        ("Bo", "WORKS_AT", "A"),
    }


def test_long_texts_are_handed_back_to_be_read():
    """A description is language, not an attribute; a long address is not language."""
    text = "Ada Quill works at Brightforge, a company that makes things that nobody has ever needed so far."
    reading = read_record(json.dumps({"name": "X", "description": text, "url": "https://x/" + "y" * 90}))
    assert reading.texts == [text]


@pytest.mark.parametrize("content", ["", "no json", '"text"', "42", "null", "[" * 50_000, '{"a": ', "\x00"])
def test_what_is_no_record_is_left_to_the_text_reader(content):
    """Scalars, broken JSON and bottomless nesting."""
    assert read_record(content) is None


@pytest.mark.parametrize(
    "content", ["{}", "[]", '{"": ""}', '{"a": null}', "[[[]]]", '{"name": ""}', '{"name": "\\ud800"}']
)
def test_odd_records_are_no_error(content):
    """Whatever valid JSON comes in, something comes out."""
    assert read_record(content) is not None


def test_a_byte_order_mark_is_no_reason_to_refuse():
    """Some exporters put one in front."""
    assert read_record('\ufeff{"person": "Ada"}').knowledge.mentions[0].name == "Ada"


def test_size_is_bounded():
    """Objects, depth and attributes have limits; what is over them is left out."""
    many = [{"person": f"P{n}"} for n in range(MAX_OBJECTS + 50)]
    assert len(read(many).mentions) == MAX_OBJECTS
    deep = {"name": "bottom"}
    for _ in range(30):
        deep = {"inner": deep}
    assert read(deep).mentions == ()
    wide = {"name": "X", **{f"k{n}": n for n in range(100)}}
    assert len(read(wide).mentions[0].attributes) == MAX_ATTRIBUTES


def test_keys_are_split_into_words():
    """Camel case, snake case, dashes, abbreviations and other scripts."""
    assert words_of("vendorProject") == ("vendor", "project")
    assert words_of("cveID") == ("cve", "id")
    assert words_of("valid_from-date") == ("valid", "from", "date")
    assert words_of("姓名") == ("姓名",)


@pytest.mark.parametrize(
    ("key", "rank"),
    [
        ("person", "main"),
        ("author", "entity"),
        ("customerName", "title"),
        ("id", ""),
        ("order_id", "identifier"),
        ("startDate", "since"),
        ("valid_from", "since"),
        ("end", "until"),
        ("date", "when"),
        ("dueDate", ""),
        ("price", ""),
    ],
)
def test_keys_have_roles(key, rank):
    """By their words alone."""
    assert role_of(key, ["other"]).rank == rank


def test_the_identifier_of_something_else_is_no_entity():
    """`person_id` beside `person` says nothing new."""
    assert role_of("person_id", ["person", "person_id"]).rank == ""
    assert role_of("person_id", ["person_id"]).rank == "identifier"
