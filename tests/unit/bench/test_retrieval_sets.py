"""Question sets: read as they are kept, complete, and refused in a sentence where they are broken."""

import gzip
import json
from pathlib import Path

import pytest

from consumer.bench.retrieval_sets import load_question_set
from consumer.errors import UserError

DATA = Path(__file__).parents[4] / "shared" / "data"

EVENTS = [
    {"event_id": f"e{number}", "group_id": "g", "source": "message", "name": "chat", "content": f"Ada: {number}"}
    for number in range(3)
]


def question(qid="q1", **fields):
    """A question about the second event."""
    return {"qid": qid, "group_id": "g", "question": "Which?", "category": 1, "evidence": ["e1"]} | fields


def write(folder, events, questions, suffix=""):
    """Lay out a set as it is kept, compressed or not."""
    folder.mkdir(exist_ok=True)
    for name, rows in (("chat.jsonl", events), ("qa.jsonl", questions)):
        text = "".join(json.dumps(row) + "\n" for row in rows).encode()
        (folder / f"{name}{suffix}").write_bytes(gzip.compress(text) if suffix else text)
    return folder


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_set_has_events_in_order_and_the_questions_with_evidence(tmp_path, suffix):
    """What has no evidence cannot be scored and is left out."""
    folder = write(tmp_path / "chats", EVENTS, [question(), question("q2", evidence=[])], suffix)
    loaded = load_question_set(folder)
    assert loaded.name == "chats"
    assert [event["event_id"] for event in loaded.events] == ["e0", "e1", "e2"]
    assert [(one.qid, one.evidence, one.category) for one in loaded.questions] == [("q1", ("e1",), "1")]
    assert loaded.group_ids == ("g",)


def test_categories_choose_questions_and_unanswerable_ones_are_left_out_by_default(tmp_path):
    """The baselines on LoCoMo leave category 5 out."""
    folder = write(tmp_path / "locomo", EVENTS, [question(), question("q2", category=5)])
    assert [one.qid for one in load_question_set(folder).questions] == ["q1"]
    assert [one.qid for one in load_question_set(folder, ["5"]).questions] == ["q2"]


def test_a_renamed_set_is_the_same_in_other_groups(tmp_path):
    """Two runs in one database do not see each other."""
    loaded = load_question_set(write(tmp_path / "chats", EVENTS, [question()])).renamed("run-7.")
    assert loaded.group_ids == ("run-7.g",)
    assert loaded.questions[0].group_id == "run-7.g"


def test_a_sample_is_the_same_each_time_and_takes_of_each_group(tmp_path):
    """So that two short runs compare."""
    events = [*EVENTS, {**EVENTS[0], "group_id": "h"}]
    asked = [question(f"q{number}", group_id="gh"[number % 2]) for number in range(20)]
    loaded = load_question_set(write(tmp_path / "chats", events, asked))
    sample = loaded.sampled(3)
    assert [one.group_id for one in sample.questions].count("g") == 3
    assert len(sample.questions) == 6
    assert sample.questions == loaded.sampled(3).questions
    assert {one.is_held_out for one in loaded.questions} == {True, False}


@pytest.mark.parametrize(
    ("events", "asked", "told"),
    [
        (EVENTS, None, "qa.jsonl is not there"),
        (EVENTS, [], "no question with evidence"),
        (EVENTS, [question(group_id="h")], "asks about the group h"),
        (EVENTS, [{"qid": "q1", "evidence": ["e1"]}], "no qid, group_id or question"),
    ],
)
def test_a_broken_set_is_refused_in_one_sentence(tmp_path, events, asked, told):
    """Naming what is missing where."""
    folder = write(tmp_path / "chats", events, asked or [])
    if asked is None:
        (folder / "qa.jsonl").unlink()
    with pytest.raises(UserError, match=told):
        load_question_set(folder)


def test_a_line_that_is_no_json_object_is_told_with_its_number(tmp_path):
    """Where to look."""
    folder = write(tmp_path / "chats", EVENTS, [question()])
    with (folder / "chat.jsonl").open("a") as lines:
        lines.write("{oops\n")
    with pytest.raises(UserError, match=r"chat\.jsonl, line 4"):
        load_question_set(folder)


@pytest.mark.parametrize(
    ("name", "groups", "events", "questions"),
    [("locomo", 5, 2_760, 760), ("longmemeval", 3, 1_218, 26), ("qmsum", 8, 1_985, 76), ("xquad", 7, 1_680, 8_330)],
)
def test_the_public_sets_are_read_whole(name, groups, events, questions):
    """As many as their own description tells; each piece of evidence is an event."""
    if not (DATA / name).exists():
        pytest.skip(f"the optional data folder ../shared/data/{name} is not there")
    loaded = load_question_set(DATA / name)
    assert (len(loaded.group_ids), len(loaded.events), len(loaded.questions)) == (groups, events, questions)
    ids = {event["event_id"] for event in loaded.events}
    assert {piece for one in loaded.questions for piece in one.evidence} <= ids
