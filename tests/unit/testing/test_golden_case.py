"""Golden cases: every line is valid and keeps the rules of its README, and broken ones are told by file and line."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from repository import ROOT, text

from consumer.errors import UserError
from consumer.extract.speaker import split_speaker
from consumer.model.ids import name_key
from consumer.testing.golden_case import GoldenCase, load_golden, span_of

FOLDER = ROOT / "tests" / "golden"
GOLDEN = load_golden(FOLDER)
README = text("tests/golden/README.md")
LANGUAGES = {"en", "de", "fr", "es", "it", "pt", "ru", "zh", "ja", "ar", "hi", "ko"}
TOPICS = (
    "coreference date zone ended plan hypothetical question negation list table code quote names numbers injection "
    "record dialogue"
)


def case(**changes):
    """A case of the smallest kind, as a line would have it."""
    plain = {"id": "x", "tags": ["en"], "source": "text", "content": "Ada lives in Oslo."}
    return plain | {"reference_time": "2024-05-20T09:30:00+02:00"} | changes


def test_there_are_enough_cases_of_every_kind():
    """At least 120 altogether, two for each topic, twelve languages and more."""
    tags = [tag for one in GOLDEN.cases for tag in one.tags]
    assert len(GOLDEN.cases) >= 120
    assert not [topic for topic in TOPICS.split() if tags.count(topic) < 2]
    assert not [language for language in LANGUAGES if tags.count(language) < 2]


def test_the_readme_knows_every_tag():
    """A tag that nobody explains is a typing error."""
    known = set(re.findall(r"`([a-z]+)`", README.split("## Tags")[1].split("## Held out")[0]))
    assert {tag for one in GOLDEN.cases for tag in one.tags} <= known


def test_a_third_is_held_out():
    """Give or take what a hash does."""
    assert 0.25 < sum(one.is_held_out for one in GOLDEN.cases) / len(GOLDEN.cases) < 0.42


@pytest.mark.parametrize("golden", GOLDEN.cases, ids=lambda one: one.id)
def test_every_case_keeps_the_rules(golden):
    """A valid episode; its speaker expected; nothing both expected and forbidden; relations in capitals."""
    episode = golden.episode()
    assert episode.local_reference_time.utcoffset() == golden.reference_time.utcoffset()
    expected = {name_key(one.name) for one in golden.entities}
    if golden.source == "message":
        assert name_key(split_speaker(golden.content)[0]) in expected
    allowed = {name_key(name) for one in (*golden.entities, *golden.may_entities) for name in (one.name, *one.also)}
    assert not allowed & {name_key(name) for name in golden.not_entities}
    said = json.dumps([golden.content, golden.context], ensure_ascii=False).replace('\\"', '"')
    for one in golden.entities:
        assert any(name in said for name in (one.name, *one.also)), f"{one.name} is nowhere in the text"
    for fact in golden.facts:
        assert re.fullmatch(r"[A-Z_]+", fact.relation)
        assert fact.relation in GOLDEN.vocabulary.relations
        if fact.valid_at and fact.invalid_at:
            assert span_of(fact.valid_at, UTC).start < span_of(fact.invalid_at, UTC).end


@pytest.mark.parametrize(
    ("written", "first", "after"),
    [
        ("2024", "2024-01-01T00:00:00+09:00", "2025-01-01T00:00:00+09:00"),
        ("2024-12", "2024-12-01T00:00:00+09:00", "2025-01-01T00:00:00+09:00"),
        ("2024-02-29", "2024-02-29T00:00:00+09:00", "2024-03-01T00:00:00+09:00"),
        ("2024-05-13/2024-05-19", "2024-05-13T00:00:00+09:00", "2024-05-20T00:00:00+09:00"),
        ("2024-05-13T10:00:00Z", "2024-05-13T10:00:00+00:00", "2024-05-13T10:01:00+00:00"),
    ],
)
def test_a_date_is_all_instants_it_can_mean(written, first, after):
    """On the clock of the reference time; the end is not within."""
    span = span_of(written, timezone(timedelta(hours=9)))
    assert (span.start.isoformat(), span.end.isoformat()) == (first, after)
    assert span.start in span
    assert span.end not in span


@given(st.datetimes(datetime(1000, 1, 1), datetime(3000, 1, 1)), st.integers(-12, 14))  # noqa: DTZ001 - the zone follows
def test_an_instant_is_within_its_day_month_and_year(instant, hours):
    """Whatever the zone."""
    zone = timezone(timedelta(hours=hours))
    local = instant.replace(tzinfo=zone)
    for form in ("%Y", "%Y-%m", "%Y-%m-%d"):
        assert local.astimezone(UTC) in span_of(local.strftime(form).zfill(4), zone)


def test_context_is_earlier_and_in_order():
    """Oldest first, a minute apart, the last one a minute ago."""
    episode = GoldenCase.model_validate(case(context=["one", "two"])).episode()
    assert [earlier.content for earlier in episode.context] == ["one", "two"]
    assert [episode.reference_time - earlier.reference_time for earlier in episode.context] == [
        timedelta(minutes=2),
        timedelta(minutes=1),
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "Invalid JSON"),
        (json.dumps(case(facts=[{"subject": "Ada", "relation": "R", "object": "Bo"}])), "'Ada' is an end of a fact"),
        (json.dumps(case(entities=[{"name": "Ada"}, {"name": "ADA"}])), "stands for two"),
        (json.dumps(case(reference_time="2024-05-20T09:30:00")), "reference_time: "),
        (json.dumps(case(colour="red")), "colour: "),
        (json.dumps(case()) + "\n" + json.dumps(case()), "there twice"),
        (json.dumps(case()) + "\n" + json.dumps(case(id="y")), "has the words of x"),
        (
            json.dumps(
                case(
                    entities=[{"name": "Ada"}, {"name": "Bo"}],
                    facts=[{"subject": "Ada", "relation": "R", "object": "Bo", "valid_at": "some day"}],
                )
            ),
            "facts.0.valid_at: ",
        ),
    ],
)
def test_a_broken_case_is_told_by_file_and_line(tmp_path, line, problem):
    """In one line that says what is wrong."""
    (tmp_path / "broken.jsonl").write_text(line)
    with pytest.raises(UserError, match=re.escape(problem)) as told:
        load_golden(tmp_path)
    assert str(told.value).startswith(f"{tmp_path / 'broken.jsonl'}:{line.count(chr(10)) + 1}: ")


def test_a_folder_without_cases_and_a_broken_vocabulary_are_told(tmp_path):
    """The first says which option to use."""
    with pytest.raises(UserError, match="--cases"):
        load_golden(tmp_path)
    (tmp_path / "one.jsonl").write_text("\n" + json.dumps(case()) + "\n\n")
    assert len(load_golden(tmp_path).cases) == 1
    (tmp_path / "vocabulary.json").write_text('{"relations": 7}')
    with pytest.raises(UserError, match=r"vocabulary\.json: relations"):
        load_golden(tmp_path)
