"""Decoding: every way a value can be wrong, and what a right one becomes."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.errors import EpisodeFault
from consumer.model.episode import Episode, Rejected, Removal
from consumer.model.knowledge import Exclusive, Polarity
from consumer.model.work import Record
from consumer.pipeline import decode as decode_module
from consumer.pipeline.decode import REASONS, decode
from consumer.pipeline.limits import check_shape
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


def test_a_given_fact_can_correct_a_date():
    """It names the date told before, and the right one; without that it is no correction but a fault."""
    fact = {"subject": "Ada", "relation": "WORKS_AT", "object": "Acme", "instead_of": "2019-01-01T00:00:00+02:00"}
    right = {"valid_at": "2018-01-01T00:00:00+02:00"}
    (assertion,) = decode(record(event(facts=[fact | right])), SETTINGS).given.assertions
    assert assertion.instead_of == datetime(2018, 12, 31, 22, tzinfo=UTC)
    for wrong in (fact, fact | right | {"polarity": "ends"}):
        rejected = decode(record(event(facts=[wrong])), SETTINGS)
        assert rejected.reason == "invalid-event"
        assert "instead_of needs the right date" in rejected.detail


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


@given(
    st.one_of(st.none(), st.binary(max_size=200)),
    st.one_of(st.none(), st.binary(max_size=20)),
    st.lists(st.tuples(st.sampled_from(["event_id", "traceparent", "", "é"]), st.none() | st.binary(max_size=20))),
    st.integers(-(2**63), 2**63 - 1),
)
def test_no_record_raises(value, key, headers, timestamp_ms):
    """Whatever bytes, key, headers and timestamp: a removal or a verdict of the vocabulary, and never a bug of ours."""
    verdict = decode(Record("t", 0, 0, timestamp_ms, key, value, tuple(headers)), SETTINGS)
    assert isinstance(verdict, Removal) or (verdict.reason in REASONS and verdict.family == "episode")


FULL = event(
    name="n",
    saga="s",
    source="json",
    reference_time="2024-01-01T00:00:00Z",
    facts=[{"subject": {"name": "Ada", "type": "T", "attributes": {"a": 1}}, "relation": "R", "object": "B"}],
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted([*FULL, "type", "extract", "ontology"])), JSON)
def test_no_wrong_field_raises(field, value):
    """A right event with any JSON in one of its fields: an episode that UTF-8 holds, a removal, or a verdict."""
    payload = decode(record(FULL | {field: value}), SETTINGS)
    if isinstance(payload, Rejected):
        assert payload.reason in REASONS
        assert payload.family == "episode"
    elif isinstance(payload, Episode):
        payload.content.encode()


@given(st.data())
def test_no_changed_byte_raises(data):
    """A right event with some bytes overwritten, doubled or cut out."""
    value = bytearray(json.dumps(FULL).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(value)))
        value[start : start + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    payload = decode(record(bytes(value)), SETTINGS)
    assert isinstance(payload, Episode) or payload.reason in set(REASONS) - {"unexpected"}


@given(st.text('[]{}"\\a', max_size=60), st.integers(1, 5))
def test_depth_is_what_a_parser_counts(text, limit):
    """Nesting decided on bytes is that of the parsed value, for all that is JSON."""
    try:
        parsed = json.loads(text)
    except ValueError:
        return
    settings = PipelineSettings(max_depth=limit)
    if depth_of(parsed) > limit:
        with pytest.raises(EpisodeFault, match="too-deep"):
            check_shape(text.encode(), settings)
    else:
        check_shape(text.encode(), settings)


@given(JSON, st.integers(1, 3))
def test_depth_of_any_json(value, limit):
    """The same, for values whose strings hold brackets, quotes and backslashes."""
    settings = PipelineSettings(max_depth=limit)
    text = json.dumps([value, '[{"\\'])
    if depth_of(json.loads(text)) > limit:
        with pytest.raises(EpisodeFault, match="too-deep"):
            check_shape(text.encode(), settings)
    else:
        check_shape(text.encode(), settings)


def depth_of(value):
    """Return how deep lists and objects nest, computed another way."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


@pytest.mark.parametrize("written", ["2024-05-20T00:30:00+09:00", "2024-05-19T15:30:00Z", "0001-01-01T00:00:00-05:00"])
def test_the_clock_of_whoever_wrote_the_reference_time_is_kept(written):
    """The instant is UTC, and "yesterday" can still be a day of the writer's zone."""
    decoded = decode(record(event(reference_time=written)), SETTINGS)
    assert decoded.reference_time.tzinfo is UTC
    assert decoded.local_reference_time.isoformat() == datetime.fromisoformat(written).isoformat()


def test_the_log_time_is_on_the_clock_of_utc():
    """A record's own timestamp has no zone."""
    assert decode(record(event()), SETTINGS).local_reference_time.utcoffset().total_seconds() == 0


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=10) | st.dictionaries(st.text(max_size=3), inner, max_size=10),
    max_leaves=40,
)


@given(JSON_VALUES)
def test_json_told_in_slices_is_that_told_in_one_piece(value):
    """Ids are hashes of it: not a byte differs, however long lists and objects are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decode_module, "_SLICE", 3)
        patch.setattr(decode_module, "_FEW", 2)
        told = decode_module._in_slices(value)
    assert told == json.dumps(value, ensure_ascii=False, separators=(",", ":"))
