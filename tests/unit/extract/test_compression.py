"""Shorter prompts: what each level takes away, and what none may."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.extract.compression import compressed
from consumer.settings import Compression

NONE, LIGHT, MEDIUM, STRONG = Compression

CHAT = "Hello! You know, Ada Quill is really the chair of Northgate.  It was   raining.\n\n\n---\nShe left in May."


@pytest.mark.parametrize(
    ("level", "left"),
    [
        (NONE, CHAT),
        (
            LIGHT,
            "Hello! You know, Ada Quill is really the chair of Northgate. It was raining.\n\nShe left in May.",
        ),
        (MEDIUM, "Ada Quill is the chair of Northgate. It was raining.\n\nShe left in May."),
        (STRONG, "Ada Quill is chair of Northgate.\nShe left in May."),
    ],
)
def test_each_level_takes_more(level, left):
    """Spaces and rules; fillers and greetings; articles and sentences without a name."""
    assert compressed(CHAT, level) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("王小明住在北京。他喜欢茶。", "王小明住在北京。他喜欢茶。"),
        ("The Hague is a city.", "The Hague is city."),
        ("It was not just Ada.", "It was not just Ada."),
        ("Bo isn't really at Nokia.", "Bo isn't really at Nokia."),
        ("i moved. i work here", "i moved. i work"),
        ("Nothing of it.", "Nothing of it."),
        ("| Name | Place |\n|---|---|\n| Ada | Oslo |", "| Name | Place |\n|---|---|\n| Ada | Oslo |"),
        ("```\nx = 1\n```", "```\nx = 1\n```"),
        ("was it?", "was it?"),
    ],
)
def test_what_the_strongest_level_leaves(text, left):
    """Scripts without capitals, names with an article, what is denied, who speaks of himself, and never nothing."""
    assert compressed(text, STRONG) == left


def test_what_decides_whether_a_fact_is_one_stays():
    """C2: denials, doubts, plans, conditions."""
    kept = ("not", "never", "no", "maybe", "perhaps", "probably", "will", "would", "might", "if", "unless", "plans")
    for level in (MEDIUM, STRONG):
        for word in kept:
            text = f"Ada Quill {word} really the Mayor."
            assert word in compressed(text, level).split(), (level, word)


texts = st.text(st.sampled_from("ab AO.!?,\n\t-=~`王。é the very not just 1"), max_size=200) | st.lists(
    st.sampled_from(["Ada", "the", "really", "not", "just", "left", "Oslo.", "hello!", "\n", "---", "if", "very"]),
    max_size=40,
).map(" ".join)


@given(texts)
def test_a_stronger_level_never_leaves_more(text):
    """C1: lengths fall, and nothing comes of something only if it was blank."""
    lengths = [len(compressed(text, level)) for level in Compression]
    assert lengths == sorted(lengths, reverse=True)
    for level in Compression:
        assert bool(compressed(text, level).strip()) == bool(text.strip())


@given(texts)
def test_the_light_level_keeps_every_word_of_every_different_line(text):
    """C3: the words of the text without its repeated lines, in their order."""
    lines = [line.split() for line in re.split("\n", text)]
    words = [words for place, words in enumerate(lines) if place == 0 or words != lines[place - 1]]
    told = [word for line in words for word in line if not re.fullmatch(r"[-=~]+", word)]
    left = [word for word in compressed(text, LIGHT).split() if not re.fullmatch(r"[-=~]+", word)]
    if any(told):
        assert left == told


@given(texts)
def test_a_second_time_changes_nothing_at_the_light_level(text):
    """What is light stays as it is."""
    once = compressed(text, LIGHT)
    assert compressed(once, LIGHT) == once
