"""Which names are worth a vector: the score, its threshold, and what a name's mentions add up to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.model.knowledge import Assertion, Knowledge, Mention
from consumer.pipeline.importance import important_names, score

LONG = "Runs the harbour of Oslo since the spring of that year."


def facts_about(name, count):
    """So many facts that name it, half of them as their object."""
    ends = [(name, f"o{n}") if n % 2 else (f"o{n}", name) for n in range(count)]
    return tuple(Assertion(subject, "KNOWS", target, f"{subject} knows {target}") for subject, target in ends)


@pytest.mark.parametrize(
    ("mention", "degree", "expected"),
    [
        (Mention("Ada"), 0, 0.3),
        (Mention("Ada"), 5, 0.3),
        (Mention("Ada"), 6, 0.5),
        (Mention("Ada", "Person"), 0, 0.5),
        (Mention("Ada", summary="x" * 50), 0, 0.3),
        (Mention("Ada", summary="x" * 51), 0, 0.6),
        (Mention("Ada", summary=" " * 60), 0, 0.3),
        (Mention("Ada", "Person", LONG), 6, 1.0),
        (Mention(" "), 0, 0.0),
    ],
)
def test_the_score_is_the_sum_of_what_matters(mention, degree, expected):
    """Name .3, summary over 50 characters .3, a type of its own .2, more than five facts .2."""
    assert score(mention, degree) == expected


def test_a_threshold_of_one_half_keeps_what_has_a_type_or_a_summary():
    """The bare name of somebody passing by is left out, until the episode tells six facts of it."""
    said = Knowledge((Mention("Ada", "Person"), Mention("that ship"), Mention("Oslo", summary=LONG)))
    assert important_names(said, 0.5) == ["Ada", "Oslo"]
    assert important_names(Knowledge(said.mentions, facts_about("that ship", 6)), 0.5) == ["Ada", "that ship", "Oslo"]
    assert important_names(Knowledge(said.mentions, facts_about("that ship", 5)), 0.5) == ["Ada", "Oslo"]


def test_a_fact_of_something_with_itself_is_one_fact():
    """Both ends of one fact are not two facts."""
    loops = tuple(Assertion("Ada", "KNOWS", "Ada", "Ada knows herself") for _ in range(3))
    assert important_names(Knowledge((Mention("Ada"),), loops), 0.5) == []


def test_a_name_counts_as_its_most_important_mention():
    """Mentioned twice, once with a type: embedded once."""
    assert important_names(Knowledge((Mention("Ada"), Mention("Ada", "Person"))), 0.5) == ["Ada"]


mentions = st.builds(
    Mention,
    name=st.sampled_from(["Ada", "Bo", "王小明", " ", "Oslo"]),
    type=st.sampled_from(["Entity", "Person"]),
    summary=st.sampled_from(["", LONG]),
)


@given(st.lists(mentions, max_size=6), st.integers(0, 8), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_threshold_never_adds_a_name(found, count, one, other):
    """What reaches the higher reaches the lower; at 0 every name that is not blank does, each once."""
    said = Knowledge(tuple(found), facts_about("Ada", count))
    low, high = sorted((one, other))
    assert set(important_names(said, high)) <= set(important_names(said, low))
    assert important_names(said, 0) == list(dict.fromkeys(m.name for m in found if m.name.strip()))
