"""Decoding: every way a value can be wrong, and what a right one becomes."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.model.episode import Episode, Rejected, Removal
from consumer.model.knowledge import Exclusive, Polarity
from consumer.model.work import Record
from consumer.pipeline.decode import REASONS, decode
from consumer.settings import PipelineSettings

SETTINGS = PipelineSettings(max_value_bytes=10_000, max_facts=3)
LOG_TIME_MS = 1_700_000_000_000


def record(value, key=b"g", headers=()):
    if isinstance(value, dict):
        value = json.dumps(value).encode()
    return Record("episodes", 2, 41, LOG_TIME_MS, key, value, tuple(headers))


def event(**changes):
    return {"group_id": "g", "event_id": "e1", "content": "Ada works at Acme."} | changes


BAD = {
    "not JSON": (b"hello", "invalid-json"),
    "empty": (b"", "invalid-json"),
    "not UTF-8": (b'{"group_id": "\xff"}', "invalid-json"),
    "lone surrogate": (b'{"group_id": "g", "content": "\\ud800"}', "invalid-json"),
    "trailing text": (b'{"group_id": "g"} x', "invalid-json"),
    "too large": (b'{"group_id": "g", "content": "' + b"x" * 10_000 + b'"}', "value-too-large"),
    "NUL": (event(content="a\x00b"), "nul-character"),
    "NUL in a given name": (event(facts=[{"subject": "a\x00", "relation": "R", "object": "b"}]), "nul-character"),
    "a number beyond a float": (b'{"group_id": "g", "source": "json", "content": [1e999]}', "invalid-event"),
    "an endless integer": (b'{"group_id": "g", "source": "json", "content": ' + b"7" * 5_000 + b"}", "invalid-json"),
    "too deep": (
        b'{"group_id": "g", "source": "json", "content": ' + b"[" * 3_000 + b"]" * 3_000 + b"}",
        "too-deep",
    ),
    "no group": ({"content": "x"}, "invalid-event"),
    "bad group": (event(group_id="a b"), "invalid-event"),
    "a list": (b"[1, 2]", "invalid-event"),
    "a number": (b"7", "invalid-event"),
    "unknown type": (event(type="episode.exploded"), "unknown-type"),
    "type not text": (event(type=7), "unknown-type"),
    "object as text": (event(content={"a": 1}), "invalid-event"),
    "time without zone": (event(reference_time="2024-01-01T00:00:00"), "invalid-event"),
    "time out of range": (event(reference_time="0001-01-01T00:00:00+14:00"), "invalid-event"),
    "unknown source": (event(source="smell"), "invalid-event"),
    "blank fact": (event(facts=[{"subject": " ", "relation": "R", "object": "b"}]), "invalid-event"),
    "too many facts": (event(facts=[{"subject": "a", "relation": "R", "object": "b"}] * 4), "too-many-facts"),
    "removal without id": ({"type": "episode.removed", "group_id": "g"}, "invalid-event"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_values_are_rejected_with_their_reason(name):
    """Each kind of bad value becomes a verdict with a reason of the vocabulary, never an exception."""
    value, reason = BAD[name]
    verdict = decode(record(value), SETTINGS)
    assert isinstance(verdict, Rejected)
    assert verdict.reason == reason
    assert verdict.reason in REASONS
    assert verdict.stage == "intake"


@pytest.mark.parametrize("key", [None, b"", b"other", b"\xff"])
def test_the_key_must_be_the_group(key):
    """A record on the wrong key would break its group's order, so it is a bad event."""
    verdict = decode(record(event(), key=key), SETTINGS)
    assert isinstance(verdict, Rejected)
    assert verdict.reason == "wrong-key"


def test_a_plain_episode_gets_its_defaults():
    """Source text, reference time = the record's timestamp, ids from group and event."""
    episode = decode(record(event()), SETTINGS)
    assert isinstance(episode, Episode)
    assert episode.source == "text"
    assert episode.reference_time == datetime.fromtimestamp(LOG_TIME_MS / 1000, UTC)
    assert episode.position.offset == 41
    assert episode.wants_extraction
    assert episode.uuid == decode(record(event(content="other")), SETTINGS).uuid


def test_without_event_id_the_content_names_the_event():
    """Equal content at an equal time is the same event; other content is another."""
    first = decode(record({"group_id": "g", "content": "x"}), SETTINGS)
    again = decode(record({"content": "x", "group_id": "g"}), SETTINGS)
    other = decode(record({"group_id": "g", "content": "y"}), SETTINGS)
    assert first.uuid == again.uuid != other.uuid


def test_given_facts_are_taken_as_they_are_without_a_model():
    """Facts in the event switch extraction off, unless it is asked for."""
    fact = {
        "subject": {"name": "Ada", "type": "person", "attributes": {"born": 1815}},
        "relation": "works at",
        "object": "Acme",
        "valid_at": "2020-01-01T00:00:00+02:00",
        "exclusive": "subject",
        "polarity": "ends",
    }
    episode = decode(record(event(facts=[fact])), SETTINGS)
    assert not episode.wants_extraction
    (assertion,) = episode.given.assertions
    assert assertion.relation == "WORKS_AT"
    assert assertion.valid_at == datetime(2019, 12, 31, 22, tzinfo=UTC)
    assert assertion.exclusive is Exclusive.SUBJECT
    assert assertion.polarity is Polarity.ENDS
    assert [(m.name, m.type) for m in episode.given.mentions] == [("Ada", "Person"), ("Acme", "Entity")]
    assert decode(record(event(facts=[fact], extract=True)), SETTINGS).wants_extraction


def test_json_content_is_kept_as_compact_json():
    """Any JSON value is content for source json, in its own script."""
    episode = decode(record(event(source="json", content={"名": ["a", 1]})), SETTINGS)
    assert episode.content == '{"名":["a",1]}'


def test_empty_content_asks_no_model():
    """An episode without content is stored, not extracted."""
    assert not decode(record(event(content=" \n")), SETTINGS).wants_extraction


def test_unknown_fields_are_warned_about_not_refused(caplog):
    """A newer producer's fields do no harm."""
    assert isinstance(decode(record(event(mood="fine")), SETTINGS), Episode)
    assert "mood" in caplog.text


def test_a_tombstone_with_event_id_removes_that_episode():
    """A null value removes the one episode its header names."""
    removal = decode(record(None, headers=[("event_id", b"e1")]), SETTINGS)
    assert removal == Removal("g", "e1", removal.position)


@pytest.mark.parametrize(("key", "headers"), [(b"g", ()), (None, [("event_id", b"e1")]), (b"g", [("event_id", b"")])])
def test_a_tombstone_never_means_the_whole_group(key, headers):
    """A null value without its header is a bad event, never `delete the group`."""
    verdict = decode(record(None, key=key, headers=headers), SETTINGS)
    assert verdict.reason == "tombstone-without-event-id"


def test_removal_events():
    """The two removal types become removals of one episode or of the group."""
    one = decode(record({"type": "episode.removed", "group_id": "g", "event_id": "e"}), SETTINGS)
    group = decode(record({"type": "group.removed", "group_id": "g"}), SETTINGS)
    assert (one.event_id, group.event_id) == ("e", None)


@given(st.binary(max_size=200), st.one_of(st.none(), st.binary(max_size=20)))
def test_no_bytes_raise(value, key):
    """Whatever the bytes, decoding gives a value."""
    assert isinstance(decode(record(value, key=key), SETTINGS), Rejected)


AWKWARD = Path(__file__).parents[4] / "shared" / "data" / "awkward" / "episodes.jsonl.gz"


@pytest.mark.skipif(not AWKWARD.exists(), reason="the optional data folder ../shared/data is not there")
def test_awkward_real_input_is_decoded_or_rejected_with_a_reason():
    """Naughty strings, odd JSON, quoted mail, a megabyte of CSV: a value comes of each, never an exception."""
    settings = PipelineSettings()
    seen = {"Episode": 0, "Rejected": 0}
    with gzip.open(AWKWARD) as lines:
        for line in lines:
            key = json.loads(line)["group_id"].encode()
            payload = decode(Record("t", 0, 0, LOG_TIME_MS, key, line.strip()), settings)
            seen[type(payload).__name__] += 1
            if isinstance(payload, Rejected):
                assert payload.family == "episode"
                assert payload.reason in {"value-too-large", "content-too-long", "nul-character", "invalid-json"}
            else:
                payload.content.encode()
    assert seen["Episode"] > 600
    assert 0 < seen["Rejected"] < 20
