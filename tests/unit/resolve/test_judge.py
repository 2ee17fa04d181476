"""Rules on pairs: what they find, that order does not matter, and that blocks miss nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.resolve.blocks import blocks_of
from consumer.resolve.judge import Named, Verdict, judge
from consumer.resolve.letters import digits
from consumer.resolve.parts import parts_of

VOCABULARY = (
    "John Jon J. F. Fitzgerald Kennedy Bob Robert Smith Müller Mueller Muller Jr. III 3 2.0 GmbH Inc. the The Acme "
    "(Acme) (IBM) née Berg, 北京 Королёв Королев Dr. Senator St. Street Microsoft Microsfot and & first 1st"
)
WORDS = st.sampled_from(VOCABULARY.split())
NAMES = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
TYPES = st.sampled_from(["Entity", "Person", "Organization", "Place", "Product", "Whatever"])
NAMED = st.builds(Named, NAMES, TYPES)


def reason(one, other, kind="Entity", other_kind=None, **more):
    found = judge(Named(one, kind), Named(other, other_kind or kind), **more)
    return found.verdict.value, found.reason


@pytest.mark.parametrize(
    ("one", "other", "kind", "expected"),
    [
        ("Acme", "ACME.", "Entity", ("same", "exact")),
        ("Acme Inc.", "Acme", "Organization", ("same", "parts")),
        ("Acme GmbH", "Acme AG", "Organization", ("apart", "legal form")),
        ("iPhone SE", "iPhone", "Entity", ("unsure", "legal form that may be a word")),
        ("You Tube", "YouTube", "Entity", ("same", "spacing")),
        ("Zürich", "Zuerich", "Entity", ("same", "diacritics")),
        ("Hoa Thị", "Hòa Thị", "Entity", ("apart", "diacritics on both sides")),
        ("Ann Lee", "Anna Lee", "Person", ("unsure", "given name by a letter")),
        ("J. Smith", "John Smith", "Person", ("unsure", "one initial")),
        ("J. F. Smith", "John Fitzgerald Smith", "Person", ("same", "initials")),
        ("Bob Smith", "Robert Smith", "Person", ("unsure", "nickname")),
        ("Bob J. Smith", "Robert James Smith", "Person", ("same", "nickname and middle name")),
        ("John Smith Jr.", "John Smith", "Person", ("unsure", "generation on one side")),
        ("John Smith Jr.", "John Smith Sr.", "Person", ("apart", "generation")),
        ("Louis XIV", "Louis XV", "Person", ("apart", "digits")),
        ("3rd Street", "3 Street", "Place", ("apart", "ordinals")),
        ("IBM", "International Business Machines", "Entity", ("unsure", "acronym")),
        ("Microsfot", "Microsoft", "Entity", ("same", "letters changed over")),
        ("Mercury (planet)", "Mercury", "Entity", ("unsure", "qualifier on one side")),
        ("Anna Berg née Holm", "Anna Holm", "Person", ("same", "maiden name")),
        ("北京", "上海", "Place", ("unlike", "other letters")),
        ("Москва", "Moscow", "Place", ("unlike", "another script")),
        ("Bread", "Butter", "Entity", ("unlike", "unlike")),
    ],
)
def test_each_rule_by_its_reason(one, other, kind, expected):
    """A rule says what it found; a merge keeps that reason."""
    assert reason(one, other, kind) == expected


def test_kinds_keep_an_equal_name_apart():
    """A person and a city are two, a country as place and as organisation is one."""
    assert reason("Washington", "Washington", "Person", "City") == ("apart", "kinds")
    assert reason("France", "France", "Place", "Organization") == ("same", "exact")


def test_context_supports_an_initial():
    """Two names seen together with both make one initial enough, one name does not."""
    assert reason("J. Smith", "John Smith", "Person", shared_context=2)[0] == "same"
    assert reason("J. Smith", "John Smith", "Person", shared_context=1)[0] == "unsure"
    assert reason("J. Smith", "Anna Smith", "Person", shared_context=9)[0] == "apart"


@given(NAMED, NAMED)
def test_the_order_of_a_pair_does_not_matter(one, other):
    """The judgement is symmetric."""
    assert judge(one, other) == judge(other, one)


@given(NAMED)
def test_a_name_is_itself(one):
    """Every name is the same as itself."""
    assert judge(one, one).verdict is Verdict.SAME


@given(NAMED, NAMED)
def test_nothing_is_merged_over_differing_digits(one, other):
    """Whatever else agrees."""
    if digits(parts_of(one.name).core) != digits(parts_of(other.name).core):
        found = judge(one, other)
        assert found.verdict is not Verdict.SAME or found.reason == "exact"


@given(NAMED, NAMED)
def test_blocks_miss_nothing_that_the_rules_merge(one, other):
    """What is the same shares a block, so comparing within blocks is enough."""
    if judge(one, other).verdict is Verdict.SAME:
        assert blocks_of(one.name).keys & blocks_of(other.name).keys


@given(st.text(min_size=1, max_size=25), st.text(min_size=1, max_size=25))
def test_any_text_is_judged(one, other):
    """No text breaks the rules, and none is unlike itself."""
    assert judge(Named(one), Named(other)) == judge(Named(other), Named(one))
    assert judge(Named(one), Named(one)).verdict is Verdict.SAME
    assert blocks_of(one).keys
