"""What an ontology makes of knowledge: each rule by example, the invariants by property."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.model.ids import name_key
from consumer.model.knowledge import Assertion, Exclusive, Knowledge, Mention, complete
from consumer.ontology import Deviation, Ontology, apply, with_exclusivity
from consumer.ontology.attributes import coerced
from consumer.ontology.model import AttributeType

OPEN = Ontology.model_validate(
    {
        "name": "work",
        "entity_types": {
            "Person": {"aliases": ["Human"], "attributes": {"age": {"type": "integer"}, "born": {"type": "date"}}},
            "Boss": {"parent": "Person"},
            "Company": {},
        },
        "relation_types": {
            "WORKS_AT": {"subject": ["Person"], "object": ["Company"], "exclusive": "subject", "aliases": ["JOB_AT"]},
            "MARRIED_TO": {"subject": ["Person"], "object": ["Person"], "symmetric": True, "exclusive": "both"},
            "KNOWS": {},
        },
    }
)
STRICT = OPEN.model_copy(update={"strict": True})
ADA, ACME = Mention("Ada", "boss"), Mention("Acme", "Company")
JOB = Assertion("Ada", "JOB_AT", "Acme", "Ada works at Acme.")


def test_declared_spelling_and_exclusivity_win():
    """Case and alias lead to the declared name; its exclusivity beats the model's."""
    kept, counts = apply(STRICT, Knowledge((ADA, ACME), (replace(JOB, exclusive=Exclusive.OBJECT),)))
    assert kept.mentions[0].type == "Boss"
    assert (kept.assertions[0].relation, kept.assertions[0].exclusive) == ("WORKS_AT", Exclusive.SUBJECT)
    assert not counts


def test_a_relation_without_exclusivity_leaves_what_was_said():
    """What the ontology does not say, the model says."""
    said = Knowledge((ADA, ACME), (Assertion("Ada", "KNOWS", "Acme", "s", exclusive=Exclusive.BOTH),))
    assert apply(STRICT, said)[0].assertions == said.assertions


@pytest.mark.parametrize("ontology", [OPEN, STRICT], ids=["open", "strict"])
def test_what_is_not_declared_is_counted_and_left_out_when_strict(ontology):
    """Unknown types fall back; unknown relations and wrong ends go in strict mode."""
    robot = Mention("Robo", "Robot", attributes={"colour": "red"})
    facts = (
        Assertion("Robo", "LIKES", "Ada", "s"),
        Assertion("Acme", "WORKS_AT", "Ada", "s"),
        Assertion("Robo", "KNOWS", "Ada", "s"),
    )
    kept, counts = apply(ontology, Knowledge((ADA, ACME, robot), facts))
    assert kept.mentions[2].type == "Entity"
    assert counts == {
        Deviation.UNKNOWN_TYPE: 1,
        Deviation.UNKNOWN_RELATION: 1,
        Deviation.WRONG_END: 1,
        Deviation.UNDECLARED_ATTRIBUTE: 1,
    }
    assert len(kept.assertions) == (1 if ontology.strict else 3)
    assert dict(kept.mentions[2].attributes) == ({} if ontology.strict else {"colour": "red"})


def test_fallbacks_are_declared():
    """What is unknown gets the type and relation that the file names for it."""
    ontology = Ontology.model_validate(
        {
            "name": "x",
            "entity_types": {"Thing": {}},
            "relation_types": {"RELATED": {"exclusive": "none"}},
            "fallback": {"entity_type": "Thing", "relation_type": "RELATED"},
        }
    )
    said = Knowledge((Mention("a", "B"), Mention("c")), (Assertion("a", "X", "c", "s", exclusive=Exclusive.BOTH),))
    kept, _ = apply(ontology, said)
    assert [mention.type for mention in kept.mentions] == ["Thing", "Entity"]
    assert (kept.assertions[0].relation, kept.assertions[0].exclusive) == ("RELATED", Exclusive.NONE)


def test_attributes_have_their_declared_types():
    """Inherited ones too; what can't be read is left out and counted."""
    mention = Mention("Ada", "Boss", attributes={"Age": "41", "born": "someday"})
    kept, counts = apply(STRICT, Knowledge((mention,)))
    assert dict(kept.mentions[0].attributes) == {"age": 41}
    assert counts == {Deviation.BAD_ATTRIBUTE: 1}


def test_a_relation_that_holds_both_ways_is_one_fact():
    """Told from either side, once."""
    mentions = (Mention("Ada", "Person"), Mention("Bo", "Person"))
    told = tuple(Assertion(a, "MARRIED_TO", b, "s") for a, b in (("Ada", "Bo"), ("Bo", "Ada")))
    kept, _ = apply(STRICT, Knowledge(mentions, told))
    assert [(one.subject, one.object, one.exclusive) for one in kept.assertions] == [("Ada", "Bo", Exclusive.BOTH)]


def test_given_facts_take_only_the_exclusivity_they_do_not_say():
    """Names, types and relations of given facts stay as they are."""
    silent = Assertion("Ada", "WORKS_AT", "Acme", "s")
    loud = replace(silent, exclusive=Exclusive.BOTH)
    given_facts = Knowledge((Mention("Ada", "Robot"),), (silent, loud, replace(silent, relation="JOB_AT")))
    kept = with_exclusivity(STRICT, given_facts)
    assert kept.mentions == given_facts.mentions
    assert [one.exclusive for one in kept.assertions] == [Exclusive.SUBJECT, Exclusive.BOTH, Exclusive.NONE]


@pytest.mark.parametrize(
    ("value", "kind", "wanted"),
    [
        (3, "text", "3"),
        (True, "text", "true"),
        ("12", "integer", 12),
        (12.0, "integer", 12),
        (12.5, "integer", None),
        (True, "integer", None),
        ("9" * 30, "integer", None),
        ("1.5", "number", 1.5),
        ("nan", "number", None),
        ("Yes", "boolean", True),
        (0, "boolean", False),
        ("maybe", "boolean", None),
        ("1970", "date", "1970"),
        (1970, "date", "1970"),
        ("1970-05", "date", "1970-05"),
        ("19700517", "date", "1970-05-17"),
        ("1970-05-17T10:00:00+02:00", "date", "1970-05-17"),
        ("May", "date", None),
    ],
)
def test_values_are_read_as_their_type(value, kind, wanted):
    """What is no such value is none."""
    found = coerced(value, AttributeType(kind))
    assert (found, type(found)) == (wanted, type(wanted))


NAMES = st.sampled_from(["Ada", "ada", "Bo", "Acme", "北京"])
TYPES = st.sampled_from(["Person", "human", "Boss", "Company", "Robot", "Entity"])
RELATIONS = st.sampled_from(["WORKS_AT", "JOB_AT", "MARRIED_TO", "KNOWS", "LIKES"])
VALUES = st.one_of(st.text(max_size=4), st.integers(-9, 9999), st.floats(allow_nan=False), st.booleans())
KEYS = st.sampled_from(["age", "Age", "born", "BORN", "colour"])
MENTIONS = st.builds(Mention, NAMES, TYPES, attributes=st.dictionaries(KEYS, VALUES, max_size=4))
FACTS = st.builds(Assertion, NAMES, RELATIONS, NAMES, st.just("s"), exclusive=st.sampled_from(Exclusive))
KNOWLEDGE = st.builds(
    complete, st.lists(MENTIONS, max_size=6).map(tuple), st.lists(FACTS, max_size=8, unique=True).map(tuple)
)
ONTOLOGIES = st.sampled_from([OPEN, STRICT])


@given(ONTOLOGIES, KNOWLEDGE)
def test_o1_applied_again_nothing_changes(ontology, knowledge):
    """O1: what it lets pass, it lets pass unchanged."""
    once, _ = apply(ontology, knowledge)
    assert apply(ontology, once)[0] == once


@given(KNOWLEDGE)
def test_o2_strict_mode_lets_only_the_declared_pass(knowledge):
    """O2: types, relations, ends and attributes."""
    kept, _ = apply(STRICT, knowledge)
    types = {}
    for mention in kept.mentions:
        types.setdefault(name_key(mention.name), set()).add(mention.type)
        assert mention.type in {"Entity", *STRICT.entity_types}
        assert set(mention.attributes) <= {"age", "born"}
        assert not mention.attributes or mention.type in {"Person", "Boss"}
    for fact in kept.assertions:
        assert fact.relation in STRICT.relation_types
        if fact.relation == "WORKS_AT":
            assert types[name_key(fact.subject)] & {"Person", "Boss"}
            assert "Company" in types[name_key(fact.object)]


@given(ONTOLOGIES, KNOWLEDGE, st.randoms(use_true_random=False))
def test_o3_order_changes_nothing_but_order(ontology, knowledge, random):
    """O3: shuffled knowledge gives the same mentions, facts and counts."""
    mentions, facts = list(knowledge.mentions), list(knowledge.assertions)
    random.shuffle(mentions)
    random.shuffle(facts)
    kept, counts = apply(ontology, knowledge)
    other, other_counts = apply(ontology, Knowledge(tuple(mentions), tuple(facts)))
    assert set(other.assertions) == set(kept.assertions)
    assert sorted(map(repr, other.mentions)) == sorted(map(repr, kept.mentions))
    assert other_counts == counts


def test_other_words_for_a_declared_relation_are_read_as_it():
    """Inflections and synonyms too, turned where they say it from the other end; not where they fit two."""
    some = Ontology.model_validate(
        {
            "name": "some",
            "strict": True,
            "relation_types": {"EMPLOYED_BY": {"exclusive": "subject"}, "LEADS": {}, "LED": {}},
        }
    )
    said = Knowledge(
        (),
        (
            Assertion("Ada", "WORKED_AT", "Initech", "one"),
            Assertion("Initech", "EMPLOYS", "Bob", "two", exclusive=Exclusive.OBJECT),
            Assertion("Eve", "LEADER_OF", "Ops", "three"),
            Assertion("Eve", "LED", "Ops", "four"),
        ),
    )
    kept, counts = apply(some, said)
    assert [(one.subject, one.relation, one.object) for one in kept.assertions] == [
        ("Ada", "EMPLOYED_BY", "Initech"),
        ("Bob", "EMPLOYED_BY", "Initech"),
        ("Eve", "LED", "Ops"),
    ]
    assert {one.exclusive for one in kept.assertions[:2]} == {Exclusive.SUBJECT}
    assert all(one.is_declared for one in kept.assertions)
    assert counts == {Deviation.UNKNOWN_RELATION: 1}
