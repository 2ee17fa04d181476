"""R1 to R4: which entity a mention is, and what is shown of it."""

import random
from datetime import UTC, datetime

import pytest

from consumer.graph.places import Place
from consumer.graph.resolve import SUMMARY_CHARS, NameBook, PlacedMention, clean_attributes, entity_of, resolve
from consumer.model.episode import LogPosition
from consumer.model.knowledge import Mention

NAMES = NameBook(40)


def at(number, name, kind="Entity", summary="", **attributes):
    position = LogPosition(datetime(2024, 1, 1, tzinfo=UTC), 0, number)
    return PlacedMention(Mention(name, kind, summary, attributes), Place(position, 0, f"e{number}"))


def only(mentions, known=None):
    (entity,) = resolve(known or {}, "g", mentions, NAMES).values()
    return entity


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada", "ADA"),
        ("Straße", "STRASSE"),
        ("Ada  Lovelace", " ada lovelace "),
        ("ﬁsh", "fish"),
        ("Café", "Cafe\u0301"),
    ],
)
def test_the_same_name_is_the_same_entity(one, other):
    """Case, width, white space and composition do not matter."""
    assert entity_of("g", one, 40) == entity_of("g", other, 40)


@pytest.mark.parametrize(
    ("one", "other"), [("Müller", "Möller"), ("北京", "上海"), ("report 2023", "report 2024"), ("Müller", "Muller")]
)
def test_different_names_are_different_entities(one, other):
    """No letter or digit is thrown away."""
    assert entity_of("g", one, 40) != entity_of("g", other, 40)


def test_groups_are_apart():
    """The same name in another group is another entity."""
    assert entity_of("g", "Ada", 40) != entity_of("h", "Ada", 40)


def test_a_blank_name_is_nobody():
    """White space alone is no entity."""
    assert entity_of("g", " \n", 40) is None
    assert resolve({}, "g", [at(1, "  ")], NAMES) == {}


def test_r1_the_first_spelling_is_shown():
    """The first mention in the log names the entity, as written."""
    assert only([at(2, "ADA"), at(1, "Ada")]).name.value == "Ada"


def test_r2_the_first_type_other_than_entity():
    """An untyped mention does not take the type away; an impossible label is none."""
    assert only([at(1, "Ada"), at(3, "Ada", "Robot"), at(2, "Ada", "Person")]).label == "Person"
    assert only([at(1, "Ada", "No Label!")]).label == "Entity"


def test_r3_the_last_summary_capped():
    """The latest non-empty summary wins, and is capped as Graphiti does."""
    entity = only([at(2, "Ada", summary="x" * 2_000), at(1, "Ada", summary="old"), at(3, "Ada", summary="  ")])
    assert entity.summary.value == "x" * SUMMARY_CHARS


def test_r4_each_attribute_by_itself():
    """Later values win attribute by attribute."""
    entity = only([at(2, "Ada", age=8), at(1, "Ada", age=7, eyes="green")])
    assert {name: told.value for name, told in entity.attributes.items()} == {"age": 8, "eyes": "green"}


def test_order_of_arrival_does_not_matter():
    """Any order, and any cut between what is known and what is new, gives the same entity."""
    mentions = [
        at(n, random.Random(n).choice(["Ada", "ADA", "ada"]), ["Entity", "Person", "Robot"][n % 3], f"s{n}", a=n)
        for n in range(8)
    ]
    expected = only(mentions)
    for seed in range(20):
        rng = random.Random(seed)
        shuffled = rng.sample(mentions, 8)
        cut = rng.randint(1, 7)
        known = resolve({}, "g", shuffled[:cut], NAMES)
        assert only(shuffled[cut:], known) == expected


def test_names_are_cut_to_the_limit():
    """The shown name is at most that long."""
    assert only([at(1, "n" * 100)]).name.value == "n" * 40


def test_attributes_that_cannot_be_properties():
    """Reserved names are prefixed, empty ones dropped, huge integers become text, booleans stay."""
    assert clean_attributes({"name": "x", " ": 1, "n": 2**64, "yes": True}) == {
        "attribute_name": "x",
        "n": str(2**64),
        "yes": True,
    }
