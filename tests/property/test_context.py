"""A context for a prompt: within its budget, the same each time, nothing twice, and nothing leaves its place."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.model.token_estimate import estimated_tokens
from consumer.search.context import build_context
from consumer.search.result import EntityHit, EpisodeHit, FactHit, Provenance, SearchResult

START = datetime(2024, 1, 1, tzinfo=UTC)
WORDS = st.text(
    st.sampled_from("ab É東🙂\n\r\t>#-[]`\u2028\u202e\x85\x00") | st.characters(codec="utf-8"), max_size=120
)
INSTANTS = st.none() | st.integers(-800_000, 90_000).map(lambda hours: START + timedelta(hours=hours))
UUIDS = st.integers(0, 6).map(lambda number: f"uuid-{number}")


def provenances():
    return st.builds(
        lambda uuid, name, text, hours: Provenance(uuid, name, text, START + timedelta(hours=hours)),
        UUIDS,
        WORDS,
        WORDS,
        st.integers(0, 50),
    )


FACTS = st.builds(
    lambda uuid, text, begins, ends, told: FactHit(uuid, "g", text, "R", "a", "b", begins, ends, 0.5, {}, tuple(told)),
    UUIDS,
    WORDS,
    INSTANTS,
    INSTANTS,
    st.lists(provenances(), max_size=3),
)
ENTITIES = st.builds(
    lambda uuid, name, kinds, summary: EntityHit(uuid, "g", name, tuple(kinds), summary, 0.5, {}),
    UUIDS,
    WORDS,
    st.lists(WORDS, max_size=2),
    WORDS,
)
EPISODES = st.builds(
    lambda uuid, name, text, hours: EpisodeHit(
        uuid, "g", "e", name, "text", text, START + timedelta(hours=hours), 0.5, {}
    ),
    UUIDS,
    WORDS,
    WORDS,
    st.integers(0, 50),
)
RESULTS = st.builds(
    lambda facts, entities, episodes: SearchResult(tuple(facts), tuple(entities), tuple(episodes)),
    st.lists(FACTS, max_size=8),
    st.lists(ENTITIES, max_size=5),
    st.lists(EPISODES, max_size=5),
)
COUNTS = st.sampled_from([estimated_tokens, len, lambda text: len(text.split()), lambda text: len(text.encode())])


@settings(deadline=None)
@given(RESULTS, st.integers(0, 400), COUNTS)
def test_c1_never_over_budget(result, budget, count):
    """Whatever counts the tokens, and with a budget of nothing there is nothing."""
    context = build_context(result, budget, count=count)
    assert count(context.text) <= budget or context.text == ""
    assert context.tokens == (count(context.text) if context.text else 0)


@settings(deadline=None)
@given(RESULTS, st.integers(0, 400))
def test_c2_the_same_each_time_and_nothing_twice(result, budget):
    """Each line of a fact, and each quoted text, stands once."""
    context = build_context(result, budget)
    assert build_context(result, budget) == context
    told = [line for line in context.text.split("\n") if line.startswith("- ")]
    bare = [line.rsplit(" [", 1)[0] if line.endswith("]") else line for line in told]
    assert len(set(context.episodes)) == len(context.episodes)
    assert len(context.facts) + len(context.entities) == len(bare)


@settings(deadline=None)
@given(RESULTS)
def test_c3_nothing_leaves_its_place(result):
    """With room for all: the lines that are ours are as many as what is told; all others begin as quotes do."""
    context = build_context(result, 1_000_000)
    lines = context.text.split("\n")
    assert "\n".join(context.text.splitlines()) == context.text.removesuffix("\n")
    ours = [line for line in lines if not line.startswith(">")]
    headings = [line for line in ours if line.startswith("## ")]
    marks = [line for line in ours if line.startswith("[")]
    items = [line for line in ours if line.startswith("- ")]
    assert len(ours) == len(headings) + len(marks) + len(items) + ours.count("")
    assert len(headings) == sum(bool(many) for many in (context.facts, context.entities, context.episodes))
    assert len(marks) == len(context.episodes)
    assert len(items) == len(context.facts) + len(context.entities)
    assert not context.is_cut


@settings(deadline=None)
@given(RESULTS, st.integers(0, 300))
def test_a_larger_budget_never_loses_the_best_fact(result, budget):
    """If the first fact that says something is told with some budget, it is with ten times as much."""
    first = build_context(result, budget).facts[:1]
    more = build_context(result, budget * 10).facts
    best = [hit.uuid for hit in result.hits if hit.fact.strip()][:1]
    if first and first == tuple(best):
        assert first[0] in more


@pytest.mark.parametrize("budget", [60, 90, 140, 1_000])
def test_a_small_story(budget):
    """Facts come first, with dates and marks; the quote is cut at a word when it must be."""
    told = Provenance("e1", "Chat", "Ada: I start at Globex on Monday, and I could not be happier " * 3, START)
    fact = FactHit("f1", "g", "Ada works at Globex", "WORKS_AT", "Ada", "Globex", START, None, 1.0, {}, (told,))
    entity = EntityHit("n1", "g", "Globex", ("Organization",), "A company in Lyon", 1.0, {})
    context = build_context(SearchResult((fact,), (entity,)), budget)
    assert context.text.startswith(
        "## Facts (with the time in which each is true)\n- Ada works at Globex (since 2024-01-01)"
    )
    assert estimated_tokens(context.text) <= budget
    if context.episodes:
        assert "(since 2024-01-01) [1]" in context.text
        assert "[1] Chat (2024-01-01)\n> Ada: I start" in context.text
    if budget == 1_000:
        assert (context.facts, context.entities, context.episodes, context.is_cut) == (("f1",), ("n1",), ("e1",), False)
        assert "- Globex (Organization): A company in Lyon" in context.text
