"""The gold graph, rule by rule, on logs small enough to check by hand."""

import random
from datetime import UTC, datetime

import pytest

from consumer.testing.grammar import GoldFact, generate, gold


def at(text):
    """An instant from a day, None from nothing."""
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def log(*contents, reference="2024-06-01T12:00:00Z"):
    """One group's log of texts, in order."""
    return [
        {"event_id": f"e{n}", "group_id": "g", "source": "text", "content": content, "reference_time": reference}
        for n, content in enumerate(contents)
    ]


def facts(*contents):
    """The gold facts of a log of texts, as short tuples."""
    return short(gold(log(*contents))["g"])


def short(graph):
    """(subject, object, since, until) of each fact, days as text."""
    day = lambda instant: None if instant is None else instant.isoformat()[:10]  # noqa: E731 - short on purpose
    return {(f.subject, f.object, day(f.valid_at), day(f.invalid_at)) for f in graph.facts}


def test_g1_a_start_closes_an_open_rival():
    """A person's new employer ends the old one's fact, whichever was told first."""
    one, other = "Ada works at A since 2020-01-01.", "Ada works at B since 2021-01-01."
    expected = {("Ada", "A", "2020-01-01", "2021-01-01"), ("Ada", "B", "2021-01-01", None)}
    assert facts(one, other) == expected
    assert facts(other, one) == expected


def test_g2_rivals_share_the_exclusive_side():
    """An office has one holder, a person any number of offices; people know each other without limit."""
    assert facts("Ada is the chair of A since 2020-01-01.", "Bo is the chair of A since 2021-01-01.") == {
        ("Ada", "A", "2020-01-01", "2021-01-01"),
        ("Bo", "A", "2021-01-01", None),
    }
    assert facts("Ada is the chair of A since 2020-01-01.", "Ada is the chair of B since 2021-01-01.") == {
        ("Ada", "A", "2020-01-01", None),
        ("Ada", "B", "2021-01-01", None),
    }
    assert facts("Ada knows Bo since 2020-01-01.", "Ada knows Cy since 2021-01-01.") == {
        ("Ada", "Bo", "2020-01-01", None),
        ("Ada", "Cy", "2021-01-01", None),
    }
    assert facts("Ada is married to Bo since 2020-01-01.", "Cy is married to Bo since 2021-01-01.") == {
        ("Ada", "Bo", "2020-01-01", "2021-01-01"),
        ("Cy", "Bo", "2021-01-01", None),
    }


def test_g3_the_same_fact_again_is_one_until_it_was_closed():
    """Told twice it is one fact with the earlier start; after an end, it is a new one."""
    assert facts("Ada works at A since 2021-01-01.", "Ada works at A since 2020-01-01.") == {
        ("Ada", "A", "2020-01-01", None)
    }
    assert facts(
        "Ada works at A since 2020-01-01.", "Ada left A on 2021-01-01.", "Ada works at A since 2022-01-01."
    ) == {
        ("Ada", "A", "2020-01-01", "2021-01-01"),
        ("Ada", "A", "2022-01-01", None),
    }


def test_g4_a_tie_goes_to_the_later_in_the_log():
    """The loser's interval is empty; saying the first again makes it the last."""
    a, b = "Ada works at A since 2020-01-01.", "Ada works at B since 2020-01-01."
    assert facts(a, b) == {("Ada", "A", "2020-01-01", "2020-01-01"), ("Ada", "B", "2020-01-01", None)}
    assert facts(a, b, a) == {("Ada", "B", "2020-01-01", "2020-01-01"), ("Ada", "A", "2020-01-01", None)}


def test_g5_an_absent_date_is_the_reference_time():
    """For starts and for ends."""
    (fact,) = gold(log("Ada works at A."))["g"].facts
    assert fact == GoldFact("Ada", "WORKS_AT", "A", datetime(2024, 6, 1, 12, tzinfo=UTC), None)
    assert facts("Ada works at A since 2020-01-01.", "Ada left A.") == {("Ada", "A", "2020-01-01", "2024-06-01")}


def test_g6_an_end_without_a_start_is_a_fact_with_an_unknown_start():
    """Until somebody tells the start; it is nobody's rival."""
    assert facts("Ada left A on 2021-01-01.") == {("Ada", "A", None, "2021-01-01")}
    assert facts("Ada left A on 2021-01-01.", "Ada works at A since 2020-01-01.") == {
        ("Ada", "A", "2020-01-01", "2021-01-01")
    }
    assert facts("Ada left A on 2021-01-01.", "Ada works at B since 2020-01-01.") == {
        ("Ada", "A", None, "2021-01-01"),
        ("Ada", "B", "2020-01-01", None),
    }


def test_g7_an_end_after_the_end_changes_nothing():
    """What a rival closed is not closed again later."""
    assert facts(
        "Ada works at A since 2020-01-01.", "Ada works at B since 2021-01-01.", "Ada left A on 2022-01-01."
    ) == {
        ("Ada", "A", "2020-01-01", "2021-01-01"),
        ("Ada", "B", "2021-01-01", None),
    }


def test_a_bounded_fact_is_cut_by_a_rival_inside_it():
    """The newer start wins over the older fact's own end."""
    assert facts("Ada worked at A from 2019-01-01 to 2022-01-01.", "Ada works at B since 2021-01-01.") == {
        ("Ada", "A", "2019-01-01", "2021-01-01"),
        ("Ada", "B", "2021-01-01", None),
    }


def test_removed_episodes_were_never_there():
    """A removal takes effect wherever it stands; a repeated id counts once; a removed group keeps what comes after."""
    events = log("Ada works at A since 2020-01-01.", "Ada works at B since 2021-01-01.")
    removal = {"type": "episode.removed", "group_id": "g", "event_id": "e1"}
    assert short(gold([*events, removal])["g"]) == {("Ada", "A", "2020-01-01", None)}
    assert gold([removal, *events, removal, events[1]]) == gold(events[:1])
    assert gold([events[0], events[0]]) == gold(events[:1])
    wiped = [*events, {"type": "group.removed", "group_id": "g"}]
    assert gold(wiped) == {}
    later = {**events[0], "event_id": "new"}
    assert gold([*wiped, events[0], later]) == gold([later])


def test_the_facts_of_an_instant():
    """`at` reads half-open intervals."""
    graph = gold(log("Ada works at A since 2020-01-01.", "Ada left A on 2021-01-01."))["g"]
    assert len(graph.at(at("2020-01-01"))) == 1
    assert len(graph.at(at("2020-12-31"))) == 1
    assert graph.at(at("2021-01-01")) == frozenset()
    assert graph.at(at("2019-12-31")) == frozenset()
    assert set(graph.entities) == {"Ada", "A"}


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_a_log_matters_to_ties_alone(seed):
    """Generated logs shuffled keep their entities, and all facts but those of ties."""
    events = generate(seed, 150, 1)
    ties = {fact.subject for fact in next(iter(gold(events).values())).facts if fact.valid_at == fact.invalid_at}
    shuffled = list(events)
    random.Random(seed).shuffle(shuffled)
    (one,), (other,) = gold(events).values(), gold(shuffled).values()
    assert one.entities == other.entities
    assert {f for f in one.facts if f.subject not in ties} == {f for f in other.facts if f.subject not in ties}
