"""Real records with a known truth: who held an office when, whatever the order in which it is told."""

import json
import random
from datetime import UTC, datetime

import pytest
from plugins import offices as whole
from plugins.end_to_end import drained, pods

from consumer import inputs

PRESIDENT, VICE = "President of the United States", "Vice President of the United States"
HELD = [
    ("1935-01-01", PRESIDENT, "Franklin Delano Roosevelt"),
    ("1945-04-13", PRESIDENT, "Harry S. Truman"),
    ("1963-11-21", PRESIDENT, "John Fitzgerald Kennedy"),
    ("1963-11-23", PRESIDENT, "Lyndon Baines Johnson"),
    ("1964-06-01", VICE, None),
    ("1974-08-10", PRESIDENT, "Gerald Rudolph Ford Jr."),
    ("1974-10-01", VICE, None),
    ("1990-01-01", PRESIDENT, "George Herbert Walker Bush"),
    ("2005-01-01", PRESIDENT, "George Walker Bush"),
    ("2019-01-01", PRESIDENT, "Donald J. Trump"),
    ("2022-01-01", PRESIDENT, "Joseph Robinette Biden Jr."),
]
QUESTIONS = whole.DATA / "as_of.jsonl"


def offices():
    return [json.loads(line) for line in inputs.paths()[0].read_text(encoding="utf-8").splitlines()]


async def consumed(make_log, events):
    """Return the facts of the offices' group after all `events` were consumed in their order."""
    return (await graph_of(make_log, events, 2))[0]


async def graph_of(make_log, events, number_of_pods):
    """Return the facts of the one group, and its digest, after that many pods consumed all `events`."""
    log = await make_log()
    await log.publish(events)
    async with pods(log, number_of_pods):
        await drained(log)
    (group,) = log.groups
    _, facts = await log.graph(group)
    digests = await log.digests()
    await log.wipe()
    found = [
        (f["subject"], f["relation"], f["object"], *(t and t.to_native() for t in (f["valid_at"], f["invalid_at"])))
        for f in facts
    ]
    assert len(found) == len(set(found)), "a fact twice"
    return set(found), digests[group]


def holder(facts, office, instant):
    """Return who holds `office` at `instant`; an office has one holder."""
    found = {
        subject
        for subject, relation, held, since, until in facts
        if (relation, held) == ("HOLDS_OFFICE", office)
        and since is not None
        and since <= instant
        and (until is None or instant < until)
    }
    assert len(found) <= 1, f"{office} at {instant}: {found}"
    return next(iter(found), None)


async def test_who_held_the_office_whatever_the_order_of_telling(make_log):
    """Told in order and shuffled, the records give the same facts, and the right holder on each date."""
    events = offices()
    shuffled = random.Random(4).sample(events, len(events))
    in_order, out_of_order = await consumed(make_log, events), await consumed(make_log, shuffled)
    assert in_order == out_of_order
    for day, office, person in HELD:
        assert holder(in_order, office, datetime.fromisoformat(day).replace(hour=18, tzinfo=UTC)) == person, day


@pytest.mark.skipif(not QUESTIONS.exists(), reason="the optional data folder ../shared/data is not there")
async def test_the_dated_questions_of_the_source_are_answered(make_log):
    """Every question of the source about the two offices within the shipped span gets its answer."""
    facts = await consumed(make_log, offices())
    asked = 0
    for line in QUESTIONS.read_text(encoding="utf-8").splitlines():
        question = json.loads(line)
        instant = datetime.fromisoformat(question["as_of"])
        if question["object"] in {PRESIDENT, VICE} and instant.year >= 1930:
            asked += 1
            assert holder(facts, question["object"], instant) == question["answer"], question
    assert asked > 20


@pytest.mark.skipif(not QUESTIONS.exists(), reason="the optional data folder ../shared/data is not there")
@pytest.mark.timeout(1_200)
async def test_the_whole_register_by_three_pods(make_log):
    """440 records since 1789: all 452 facts; told twice, the same digest; told shuffled, the same history."""
    events = list(whole.register())
    facts, digest = await graph_of(make_log, events, 3)
    assert facts == set(whole.true_facts())
    assert len(facts) == 452
    again, digest_again = await graph_of(make_log, [*events, *random.Random(6).sample(events, 150)], 1)
    assert (again, digest_again) == (facts, digest)
    shuffled, _ = await graph_of(make_log, random.Random(7).sample(events, len(events)), 3)
    assert shuffled == facts
    for office, instant, answer in whole.questions():
        assert holder(facts, office, instant) == answer, (office, instant)
