"""The ontology's models: look-ups, inheritance, what does not fit together, pydantic models as types."""

from datetime import date

import pytest
from pydantic import BaseModel, Field, ValidationError

from consumer.model.knowledge import Exclusive
from consumer.ontology import AttributeType, Ontology, RelationType
from consumer.ontology.load import parse

SOME = {
    "name": "some",
    "entity_types": {
        "Agent": {"aliases": ["Actor"], "attributes": {"since": {"type": "date"}}},
        "Person": {"parent": "Agent", "attributes": {"age": {"type": "integer"}}},
        "Company": {},
    },
    "relation_types": {"WORKS_AT": {"subject": ["Agent"], "object": ["Company"], "aliases": ["EMPLOYED_BY"]}},
}


def test_names_are_found_by_case_and_alias():
    """A spelling with other case, spaces or underscores is the same name."""
    ontology = Ontology.model_validate(SOME)
    assert [ontology.entity_type(label) for label in ("person", "ACTOR", "Robot")] == ["Person", "Agent", None]
    assert [ontology.relation_type(name) for name in ("works-at", "EmployedBy", "X")] == ["WORKS_AT", "WORKS_AT", None]


def test_a_type_has_what_its_parent_has():
    """Attributes are inherited, and a kind of an allowed type is allowed."""
    ontology = Ontology.model_validate(SOME)
    assert list(ontology.attributes_of("Person")) == ["since", "age"]
    assert ontology.allows(["Agent"], "Person")
    assert not ontology.allows(["Person"], "Agent")
    assert ontology.allows([], "Entity")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"entity_types": {"Episodic": {}}}, "says what a node is"),
        ({"entity_types": {"a b": {}}}, "write 'AB'"),
        ({"entity_types": {"A": {"attributes": {"1x": {}}}}}, "is no name"),
        ({"entity_types": {"A": {"parent": "B"}}}, "'B' is not declared"),
        ({"entity_types": {"A": {"parent": "B"}, "B": {"parent": "A"}}}, "its own ancestor"),
        ({"relation_types": {"works": {}}}, "write 'WORKS'"),
        ({"relation_types": {"R": {"object": ["B"]}}}, "'B' is not declared"),
        ({"relation_types": {"R": {"symmetric": True, "exclusive": "subject"}}}, "both sides or none"),
        ({"entity_types": {"A": {}}, "relation_types": {"R": {"symmetric": True, "subject": ["A"]}}}, "same types"),
        ({"fallback": {"entity_type": "B"}}, "'B' is not declared"),
        ({"fallback": {"relation_type": "R"}}, "'R' is not declared"),
        ({"mappings": [{"name": "m"}]}, "neither entities nor facts"),
        ({"mappings": [{"name": "m", "entities": [{"name": "a", "type": "B"}]}]}, "'B' is not declared"),
        ({"mappings": [{"name": "m", "facts": [{"subject": "a", "relation": "R", "object": "b"}]}]}, "not declared"),
        ({"mappings": [{"name": "m", "each": "a[", "entities": []}]}, "no JMESPath"),
        ({"mappings": [{"name": "m", "when": "nope(a)", "entities": []}]}, "no function 'nope'"),
        ({"colour": 1}, "Extra inputs"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes, told):
    """Each rule says what is wrong."""
    with pytest.raises(ValidationError, match=told):
        Ontology.model_validate({"name": "x", **changes})


class Being(BaseModel):
    """Something that lives."""

    born: date | None = Field(None, description="day of birth")


class Human(Being):
    """A person."""

    age: int
    vip: bool = False


def test_pydantic_models_become_types():
    """Docstrings, fields and base classes count; the text of it can be read from a file again."""
    relations = {"KNOWS": RelationType(subject=("Being",), object=("Being",), exclusive=Exclusive.NONE, symmetric=True)}
    ontology = Ontology.from_models("beings", [Being, Human], relations, strict=True)
    human = ontology.entity_types["Human"]
    assert (human.description, human.parent, list(human.attributes)) == ("A person.", "Being", ["age", "vip"])
    assert ontology.attributes_of("Human")["born"].type is AttributeType.DATE
    assert ontology.attributes_of("Human")["born"].description == "day of birth"
    assert parse(ontology.text(), "beings.json", is_json=True) == ontology


def test_a_field_of_another_kind_is_refused():
    """An attribute is flat: lists and maps have no place on a node."""

    class Tagged(BaseModel):
        tags: list[str]

    with pytest.raises(ValueError, match=r"Tagged\.tags"):
        Ontology.from_models("x", [Tagged])
