"""The shipped inputs: valid events, true facts, small, and with their licences told."""

import gzip
import json
import runpy
from collections import Counter
from datetime import UTC, datetime

import pytest
from repository import ROOT, text

from consumer import inputs
from consumer.model.events import EVENT, EpisodeAdded
from consumer.model.knowledge import Polarity

DATA = ROOT.parent / "shared" / "data"
FILES = {path.name: path for path in inputs.paths()}


def events(name: str) -> list[EpisodeAdded]:
    """Return the file's events, validated."""
    return [EVENT.validate_json(line) for line in FILES[name].read_bytes().splitlines()]


def test_there_are_about_150_small_episodes_of_four_kinds():
    """The demo stays quick, and a clone small."""
    counts = {name: len(events(name)) for name in FILES}
    assert counts == {"offices.jsonl": 72, "chat.jsonl": 60, "book.jsonl": 2, "dialogue-zh.jsonl": 19}
    assert sum(path.stat().st_size for path in FILES.values()) < 200_000


@pytest.mark.parametrize("name", inputs.NAMES)
def test_each_line_is_an_event_without_unknown_fields(name):
    """What a producer would publish: valid, and nothing in it that the contract does not know."""
    for event in events(name):
        assert isinstance(event, EpisodeAdded)
        assert not event.model_extra
        assert event.reference_time is not None


@pytest.mark.parametrize("name", inputs.NAMES)
def test_a_file_is_one_group_with_ids_of_its_own(name):
    """Every event is one episode of the file's group."""
    found = events(name)
    assert len({event.group_id for event in found}) == 1
    assert found[0].group_id.startswith("demo-")
    assert max(Counter(event.event_id for event in found).values()) == 1


def test_the_files_are_in_the_package_and_nowhere_else():
    """`paths()` names all of them, so that an installed package has the demo too."""
    assert {path.name for path in (ROOT / "consumer" / "inputs").glob("*.jsonl")} == set(FILES)


def test_messages_name_their_speaker():
    """A message reads `speaker: text`."""
    for event in (*events("chat.jsonl"), *events("dialogue-zh.jsonl")):
        assert event.source == "message"
        assert ": " in event.content


def test_an_office_is_never_held_twice_and_never_left_by_another():
    """In the order of the file, who leaves an office is who holds it."""
    holder = {}
    for event in events("offices.jsonl"):
        for fact in event.facts:
            if fact.relation == "HOLDS_OFFICE" and fact.polarity is Polarity.ENDS:
                assert holder.pop(fact.object.name) == fact.subject.name
            elif fact.relation == "HOLDS_OFFICE":
                assert fact.object.name not in holder
                holder[fact.object.name] = fact.subject.name
    assert holder == {
        "President of the United States": "Donald J. Trump",
        "Vice President of the United States": "J.D. Vance",
    }


def test_office_facts_are_true():
    """Who held which office from when to when is as the source's register has it."""
    path = DATA / "us-offices" / "facts.jsonl"
    if not path.exists():
        pytest.skip(f"no register to compare with: {path} is not there")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    offices = {"President of the United States", "Vice President of the United States"}
    since = datetime(1929, 3, 4, tzinfo=UTC)
    known = {
        (row["subject"], row["object"], start, row["invalid_at"] and datetime.fromisoformat(row["invalid_at"]))
        for row in rows
        if row["object"] in offices and (start := datetime.fromisoformat(row["valid_at"])) >= since
    }
    told, since_when = set(), {}
    for event in events("offices.jsonl"):
        for fact in event.facts:
            term = (fact.subject.name, fact.object.name)
            if fact.relation != "HOLDS_OFFICE":
                assert any(row["subject"] == term[0] and row["object"] == term[1] for row in rows)
            elif fact.polarity is Polarity.ENDS:
                told.add((*term, since_when.pop(term), fact.invalid_at))
            else:
                since_when[term] = fact.valid_at
    told |= {(*term, start, None) for term, start in since_when.items()}
    assert told == known


@pytest.mark.parametrize(
    ("name", "folder"), [("chat.jsonl", "irc"), ("book.jsonl", "oz"), ("dialogue-zh.jsonl", "kdconv")]
)
def test_wording_is_the_sources_own(name, folder):
    """Content and time are copied, not rewritten."""
    path = DATA / folder / "episodes.jsonl.gz"
    if not path.exists():
        pytest.skip(f"no source to compare with: {path} is not there")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        source = {row["event_id"]: row for row in map(json.loads, file)}
    for event in events(name):
        assert event.content == source[event.event_id]["content"]
        assert event.reference_time == datetime.fromisoformat(source[event.event_id]["reference_time"])


def test_they_can_be_made_again(monkeypatch, tmp_path):
    """The script that made them gives the same bytes from the same sources."""
    if not DATA.exists():
        pytest.skip(f"no sources to make them from: {DATA} is not there")
    maker = runpy.run_path(str(ROOT / "ops" / "inputs" / "make.py"))
    monkeypatch.setitem(maker["_write"].__globals__, "TARGET", tmp_path)
    monkeypatch.setattr("sys.argv", ["make.py", str(DATA)])
    maker["main"]()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        name: path.read_bytes() for name, path in FILES.items()
    }


def test_sources_and_licences_are_told():
    """The README beside them and NOTICE name each file; only licences that allow it are there."""
    for page in ("consumer/inputs/README.md", "NOTICE"):
        assert not [name for name in FILES if name not in text(page)]
    assert not [word for word in ("locomo", "xquad", "longmemeval") if word in text("NOTICE").lower()]
    assert "Apache License" in text("LICENSE")
    assert "creativecommons.org/licenses/by/4.0" in text("NOTICE")
