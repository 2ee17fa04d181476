"""Names and summaries by rule: bounded, deterministic, from what is at the centre."""

from dataclasses import replace

from consumer.communities.material import FACTS, Material, materials
from consumer.communities.telling import NAME_CHARS, SUMMARY_CHARS, day, instant, short, text_print, told
from consumer.model.community import GroupEntity

DAY = 86_400_000


def entity(name, kind="Person", created=0):
    return GroupEntity(f"u-{name}", name, kind, created)


def fact(number, one, other, relation="KNOWS", since=0):
    return (f"f{number}", f"u-{one}", f"u-{other}", relation, since, 10 + number)


PEOPLE = {e.uuid: e for e in (entity("Ada"), entity("Bob"), entity("Initech", "Company"), entity("x", "Entity"))}


def of(*facts, sets=(tuple(PEOPLE),)):
    return materials(sets, PEOPLE, facts)


def test_the_centre_is_who_has_most_facts_inside():
    """Then who is older, then by name; facts to others do not count."""
    facts = [fact(1, "Bob", "Ada"), fact(2, "Bob", "Initech", "WORKS_AT"), fact(3, "Ada", "elsewhere")]
    (material,) = of(*facts)
    assert [each.name for each in material.central] == ["Bob", "Ada", "Initech", "x"]
    assert material.kinds == (("Person", 2), ("Company", 1))
    assert material.relations == (("KNOWS", 1), ("WORKS_AT", 1))
    assert (material.size, material.told_ms) == (4, 12)


def test_a_fact_inside_no_set_counts_nowhere():
    """Each fact counts in the set that both its ends are in."""
    first, second = of(
        fact(1, "Ada", "Bob"), fact(2, "Ada", "Initech"), sets=(("u-Ada", "u-Bob"), ("u-Initech", "u-x"))
    )
    assert first.facts == ("f1",)
    assert (second.facts, second.told_ms, second.since_ms) == ((), 0, None)


def test_facts_that_are_quoted_are_of_different_pairs_and_bounded():
    """The one that began last speaks for its pair."""
    facts = [fact(n, "Ada", "Bob", since=n * DAY) for n in range(20)]
    (material,) = of(*facts)
    assert material.facts == ("f19",)
    many = {entity(f"n{n}").uuid: entity(f"n{n}") for n in range(30)}
    (material,) = materials([tuple(many)], many, [fact(n, f"n{n}", f"n{(n + 1) % 30}") for n in range(30)])
    assert len(material.facts) == FACTS


def test_the_telling_of_a_small_community():
    """Everything of it in a few sentences."""
    (material,) = of(fact(1, "Bob", "Ada", since=DAY), fact(2, "Bob", "Initech", "WORKS_AT", since=400 * DAY))
    telling = told(material, {"f1": "Bob knows  Ada.", "f2": "Bob works at Initech."})
    assert telling.name == "Bob, Ada, Initech"
    assert telling.summary == (
        "4 entities: 2 Person, 1 Company. Most central: Bob, Ada, Initech. Relations: KNOWS 1, WORKS_AT 1. "
        "Since 1970-01-02, the latest 1971-02-05. Bob works at Initech. Bob knows Ada."
    )


def test_name_and_summary_are_bounded():
    """Whatever entities are called and facts say; a sentence is whole or not there."""
    long = [entity("A" * 5_000), entity("B" * 59 + " \n" + "C" * 500), entity("D")]
    material = Material(3, tuple(long), (), (("R" * 90, 1),), tuple(f"f{n}" for n in range(8)))
    telling = told(material, {f"f{n}": "word " * 60 for n in range(7)} | {"f7": "Short."})
    assert len(telling.name) <= NAME_CHARS
    assert len(telling.summary) <= SUMMARY_CHARS
    assert telling.summary.endswith("Short.")
    assert "\n" not in telling.name + telling.summary


def test_entities_without_names_make_a_community_with_one():
    """A node without a name is found by nothing."""
    assert told(Material(2, (entity(""), entity(" ")), (), (), ()), {}).name == "2 entities"


def test_a_print_changes_with_what_is_told_and_who_tells():
    """And with nothing else."""
    (material,) = of(fact(1, "Bob", "Ada"))
    first = text_print(material, {"f1": "Bob knows Ada."}, "rules")
    assert first == text_print(replace(material), {"f1": "Bob knows Ada.", "f9": "else"}, "rules")
    assert first != text_print(material, {"f1": "Bob knew Ada."}, "rules")
    assert first != text_print(material, {"f1": "Bob knows Ada."}, "model")
    assert first != text_print(replace(material, size=5), {"f1": "Bob knows Ada."}, "rules")


def test_days_beyond_the_calendar_are_its_ends():
    """Graphiti's graphs may hold any instant."""
    assert day(0) == "1970-01-01"
    assert (day(10**18), day(-(10**18))) == ("9999-12-31", "0001-01-01")
    assert instant(1) == "1970-01-01T00:00:00.001000Z"


def test_short_cuts_and_folds():
    """To one line, with a mark where something is missing."""
    assert short(" a \n b ", 10) == "a b"
    assert short("abcdef", 4) == "abc…"
