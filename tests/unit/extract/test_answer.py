"""The model's answer: the strict schema, and what is read from answers of every quality."""

import json
from datetime import UTC, datetime, timedelta, timezone

import jsonschema
import pytest

from consumer.extract.answer import EmptyAnswer, UnusableAnswer, parse_answer
from consumer.extract.answer_schema import answer_schema
from consumer.model.knowledge import Exclusive, Mention, Polarity
from consumer.ontology import Ontology

REFERENCE = datetime(2024, 5, 6, 10, tzinfo=UTC)
FACT = {
    "subject": "Ada",
    "relation": "works at",
    "object": "Brightforge",
    "fact": "Ada works at Brightforge.",
    "valid_at": "2021-03-05",
    "invalid_at": None,
    "exclusive": "subject",
    "polarity": "asserts",
    "instead_of": None,
}
ANSWER = {
    "entities": [
        {"name": "Ada", "type": "person", "summary": "Works."},
        {"name": "Brightforge", "type": "Organization", "summary": ""},
    ],
    "facts": [FACT],
}


def objects_of(schema):
    """All object schemas within a schema."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for value in schema.values():
            yield from objects_of(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from objects_of(value)


def about(**part):
    """An answer about one episode."""
    return {"episodes": [{"key": "e1", **part}]}


def test_the_schema_is_in_the_strict_subset():
    """Every property is required and no other is allowed; no references; a good answer fits, a short one does not."""
    schema = answer_schema()
    found = list(objects_of(schema))
    assert len(found) == 4
    for one in found:
        assert one["additionalProperties"] is False
        assert sorted(one["required"]) == sorted(one["properties"])
    assert "$ref" not in json.dumps(schema)
    jsonschema.validate({"episodes": [{"key": "e1"} | ANSWER]}, schema)
    for short in (ANSWER, {"episodes": [ANSWER]}, about(entities=[{"name": "Ada"}], facts=[])):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(short, schema)


def test_a_good_answer_is_read_whole():
    """Types become labels, relations names, days instants."""
    said = parse_answer(json.dumps(ANSWER), REFERENCE)
    assert said.mentions == (Mention("Ada", "Person", "Works."), Mention("Brightforge", "Organization", ""))
    (fact,) = said.assertions
    assert (fact.subject, fact.relation, fact.object) == ("Ada", "WORKS_AT", "Brightforge")
    assert (fact.valid_at, fact.invalid_at) == (datetime(2021, 3, 5, tzinfo=UTC), None)
    assert (fact.exclusive, fact.polarity) == (Exclusive.SUBJECT, Polarity.ASSERTS)


@pytest.mark.parametrize(
    "wrap",
    [
        "```json\n{}\n```",
        "```\n{}\n```",
        "Here it is:\n{}\nAnything else?",
        "<think>[maybe] {{no}}</think> {}",
        "\ufeff{}",
        "\n\n  {}  ",
    ],
)
def test_what_stands_around_the_json_is_no_matter(wrap):
    """Fences, chatter and thoughts around the answer change nothing."""
    text = wrap.replace("{{no}}", "no").replace("{}", json.dumps(ANSWER))
    assert parse_answer(text, REFERENCE) == parse_answer(json.dumps(ANSWER), REFERENCE)


def test_a_bare_list_and_other_spellings_are_understood():
    """A list of facts, a list of entities, Graphiti's and other words for the same fields."""
    assert len(parse_answer(json.dumps([FACT]), REFERENCE).assertions) == 1
    assert [m.name for m in parse_answer('[{"name": "Ada"}]', REFERENCE).mentions] == ["Ada"]
    other = {
        "nodes": [{"entity_name": "Ada", "label": "Person"}],
        "edges": [{"source": "Ada", "predicate": "KNOWS", "target": "Bo"}],
    }
    said = parse_answer(json.dumps(other), REFERENCE)
    assert [(m.name, m.type) for m in said.mentions] == [("Ada", "Person"), ("Bo", "Entity")]
    assert said.assertions[0].sentence == "Ada knows Bo."


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I cannot do that.",
        '"a string"',
        "42",
        '{"error": "overloaded"}',
        json.dumps(ANSWER)[:-40],
        "[" + json.dumps(FACT) + ', {"subject": "B',
        "[" * 100_000,
    ],
)
def test_an_answer_without_knowledge_is_unusable(text):
    """No JSON, JSON of another kind, and cut-off JSON, of which no part passes for the whole."""
    with pytest.raises(UnusableAnswer):
        parse_answer(text, REFERENCE)


@pytest.mark.parametrize("text", ['{"entities": [], "facts": []}', '{"facts": null}'])
def test_nothing_said_is_an_answer(text):
    """Empty lists are knowledge of nothing."""
    said = parse_answer(text, REFERENCE)
    assert (said.mentions, said.assertions) == ((), ())


@pytest.mark.parametrize("text", ["{}", "[]", '{"episodes": []}', '{"episodes": {}}'])
def test_an_answer_without_the_episode_is_not_yet_one(text):
    """It may have been left out, so it is told apart from empty lists."""
    with pytest.raises(EmptyAnswer):
        parse_answer(text, REFERENCE)


def test_items_without_sense_are_left_out():
    """Nameless entities, half facts, facts on one entity, and things that are no objects; repeated ones count once."""
    answer = {
        "entities": [{"name": "  "}, {"type": "Person"}, "Ada", {"name": "Ada"}, {"name": "ADA"}, None],
        "facts": [
            {"subject": "Ada", "relation": "KNOWS"},
            {"subject": "Ada", "relation": "IS", "object": "ada "},
            {"subject": "Ada", "relation": "KNOWS", "object": "Bo"},
            {"subject": "Ada", "relation": "KNOWS", "object": "Bo"},
            7,
        ],
    }
    said = parse_answer(json.dumps(answer), REFERENCE)
    assert [mention.name for mention in said.mentions] == ["Ada", "Bo"]
    assert len(said.assertions) == 1


def test_names_are_trimmed_and_spelled_alike():
    """Quotes and white space go; a fact uses the entity's spelling."""
    answer = {
        "entities": [{"name": ' "Ada\n Quill" '}],
        "facts": [{"subject": "ada  quill", "relation": "", "object": "《红楼梦》"}],
    }
    said = parse_answer(json.dumps(answer), REFERENCE)
    assert [mention.name for mention in said.mentions] == ["Ada Quill", "红楼梦"]
    assert (said.assertions[0].subject, said.assertions[0].relation) == ("Ada Quill", "RELATES_TO")


def test_i_is_the_speaker():
    """First-person words mean whoever speaks, where somebody does."""
    answer = {"facts": [{"subject": "I", "relation": "KNOWS", "object": "Bo"}]}
    assert parse_answer(json.dumps(answer), REFERENCE, speaker="Ada").assertions[0].subject == "Ada"
    assert parse_answer(json.dumps(answer), REFERENCE).assertions[0].subject == "I"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2021", datetime(2020, 12, 31, 22, tzinfo=UTC)),
        ("2021-03", datetime(2021, 2, 28, 22, tzinfo=UTC)),
        ("2021-03-05T10:00:00", datetime(2021, 3, 5, 8, tzinfo=UTC)),
        ("2021-03-05T10:00:00Z", datetime(2021, 3, 5, 10, tzinfo=UTC)),
        ("2021-03-05T10:00:00-05:00", datetime(2021, 3, 5, 15, tzinfo=UTC)),
        ("null", None),
        ("last spring", None),
        ("0001-01-01", None),
        ("2021-13-45", None),
        (20210305, None),
        (None, None),
    ],
)
def test_dates_without_zone_are_in_the_zone_of_the_reference_time(text, instant):
    """A day said in Oslo begins in Oslo; what is no date is none."""
    reference = REFERENCE.astimezone(timezone(timedelta(hours=2)))
    said = parse_answer(json.dumps([{**FACT, "valid_at": text}]), reference)
    assert said.assertions[0].valid_at == instant


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ("2019", datetime(2018, 12, 31, 22, tzinfo=UTC)),
        ("2019-05-02", datetime(2019, 5, 1, 22, tzinfo=UTC)),
        (None, None),
        ("", None),
        ("last year", None),
        (False, None),
    ],
)
def test_the_date_that_is_corrected_is_read_like_any_other(told, wrong):
    """On the clock of the reference time; what is no date corrects nothing, and so does an answer without the key."""
    reference = REFERENCE.astimezone(timezone(timedelta(hours=2)))
    (fact,) = parse_answer(json.dumps([{**FACT, "instead_of": told}]), reference).assertions
    assert fact.instead_of == wrong
    older = {key: value for key, value in FACT.items() if key != "instead_of"}
    assert parse_answer(json.dumps([older]), reference).assertions[0].instead_of is None


def test_an_end_before_the_start_is_not_believed():
    """An interval that runs backwards keeps its start only; unknown flags are the plain ones."""
    odd = {**FACT, "invalid_at": "2020-01-01", "exclusive": "sometimes", "polarity": "?"}
    (fact,) = parse_answer(json.dumps([odd]), REFERENCE).assertions
    assert (fact.invalid_at, fact.exclusive, fact.polarity) == (None, Exclusive.NONE, Polarity.ASSERTS)


def test_lone_surrogates_do_not_get_through():
    """Text that UTF-8 cannot hold would break every writer behind us."""
    said = parse_answer('[{"name": "A\\ud800da"}]', REFERENCE)
    said.mentions[0].name.encode()


def test_the_schema_with_an_ontology_is_in_the_strict_subset_too():
    """Attributes are pairs, since strict output knows no free keys; a strict ontology's words are the only ones."""
    strict = Ontology.model_validate(
        {"name": "o", "strict": True, "entity_types": {"Person": {}}, "relation_types": {"KNOWS": {}}}
    )
    schema = answer_schema(strict)
    for one in objects_of(schema):
        assert sorted(one["required"]) == sorted(one["properties"])
    ada = {"name": "Ada", "type": "Person", "summary": "", "attributes": [{"name": "age", "value": "41"}]}
    jsonschema.validate(about(entities=[ada], facts=[FACT | {"relation": "KNOWS"}]), schema)
    for wrong in (about(entities=[ada | {"type": "Robot"}], facts=[]), about(entities=[], facts=[FACT])):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
    loose = answer_schema(strict.model_copy(update={"strict": False}))
    jsonschema.validate(about(entities=[ada | {"type": "Robot"}], facts=[FACT]), loose)


@pytest.mark.parametrize(
    "attributes",
    [
        [{"name": "age", "value": 41}, {"name": "", "value": "x"}, {"value": "x"}, {"name": "hat", "value": [1]}, 7],
        {"age": 41, "hat": None, "": "x", "bag": ""},
    ],
)
def test_attributes_are_read_as_pairs_or_as_an_object(attributes):
    """What has no name or no plain value is left out."""
    answer = {"entities": [{"name": "Ada", "type": "Person", "attributes": attributes}], "facts": []}
    assert dict(parse_answer(json.dumps(answer), REFERENCE).mentions[0].attributes) == {"age": 41}
