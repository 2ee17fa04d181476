"""A copy is the same event under another group."""

import json
from dataclasses import replace

import pytest
from corpus.bad_input import cases
from hypothesis import given
from hypothesis import strategies as st

from consumer.app.replay_copy import Copier
from consumer.errors import UserError
from consumer.model.episode import Episode, Rejected
from consumer.model.ids import episode_uuid
from consumer.model.replay import ORIGIN, RUN_ID
from consumer.model.work import Record
from consumer.pipeline.decode import decode
from consumer.settings import PipelineSettings

LIMITS = PipelineSettings()
AT_A_LIMIT: tuple[str, ...] = ()
"""Cases that are good by a hair's breadth, which a copy goes over."""
HEADERS = ((RUN_ID, b"r1"), (ORIGIN, b"episodes/3/41"))


def record(value, key=b"alice", headers=()):
    """A record of the topic `episodes`."""
    data = value if isinstance(value, bytes) or value is None else json.dumps(value).encode()
    return Record("episodes", 3, 41, 1_700_000_000_000, key, data, headers)


def copied(original, prefix="x-"):
    """Its copy in the namespace `x-`."""
    return Copier(LIMITS, run_id="r1", prefix=prefix).copy(original).record


def test_without_a_prefix_every_byte_stays():
    """Odd spacing, unknown fields, equal names twice; headers are kept before ours, an older replay's are not."""
    value = b' {"group_id": "bob", "group_id":"alice", "n": 1.10, "content":"hi"} '
    old = (("n", None), (RUN_ID, b"r0"), ("traceparent", b"00-1"), (ORIGIN, b"there/0/0"))
    made = copied(record(value, headers=old), prefix="")
    assert made == replace(record(value), headers=(("n", None), ("traceparent", b"00-1"), *HEADERS))


def test_an_event_without_id_keeps_the_one_that_it_had():
    """It is a hash that the group is part of: an unnamed episode is named by it, and a removal goes by it."""
    original = record({"group_id": "alice", "content": "hi", "n": 7})
    made, found = copied(original), decode(original, LIMITS)
    assert (made.key, made.timestamp_ms) == (b"x-alice", original.timestamp_ms)
    assert json.loads(made.value) == {"group_id": "x-alice", "content": "hi", "n": 7, "event_id": found.event_id}
    again = decode(made, LIMITS)
    assert (again.name, again.event_id) == (found.name, found.event_id)
    assert again.uuid == episode_uuid("x-alice", found.event_id) != found.uuid


@pytest.mark.parametrize(
    "value", [{"type": "group.removed"}, {"type": "episode.removed", "event_id": "e"}, {"event_id": "e", "content": ""}]
)
def test_removals_and_named_events_get_the_group_alone(value):
    """No event id is made up for them."""
    made = copied(record(value | {"group_id": "alice"}))
    assert json.loads(made.value) == value | {"group_id": "x-alice"}


def test_a_tombstone_stays_one():
    """Its key is the group; the header names the episode."""
    made = copied(record(None, headers=(("event_id", b"e"),)))
    assert (made.key, made.value, made.header("event_id")) == (b"x-alice", None, "e")


@pytest.mark.parametrize("case", cases("alice"), ids=lambda case: case.name)
def test_what_is_rejected_stays_so_for_the_same_reason(case):
    """C1, for the corpus of bad input; also what is good there stays good."""
    original = Record("episodes", 3, 41, case.timestamp_ms, case.key, case.value, case.headers)
    if case.name in AT_A_LIMIT:
        with pytest.raises(UserError):
            copied(original)
        return
    before, after = decode(original, LIMITS), decode(copied(original), LIMITS)
    assert type(before) is type(after)
    if isinstance(before, Rejected):
        assert before.reason == after.reason


def test_an_empty_group_does_not_become_a_good_one():
    """The prefix alone would be a group."""
    assert isinstance(decode(copied(record({"group_id": "", "content": "x"}, key=b"")), LIMITS), Rejected)


def test_a_number_that_python_does_not_write_survives():
    """Beyond a float, in a field that nobody knows: the group is put behind it, and the last of two names counts."""
    original = record(b'{"group_id":"alice","content":"hi","huge":1e999}')
    found = decode(copied(original), LIMITS)
    assert isinstance(found, Episode)
    assert (found.group_id, found.event_id) == ("x-alice", decode(original, LIMITS).event_id)
    assert b"1e999" in copied(original).value


@pytest.mark.parametrize(
    ("original", "prefix"),
    [
        (record({"group_id": "a" * 195, "content": "x"}, key=b"a" * 195), "long-prefix-"),
        (record({"group_id": "alice", "content": "x"}, headers=(("h", b"x" * (LIMITS.max_header_bytes - 5)),)), "x-"),
        (record(b'{"group_id":"alice","content":""}'.ljust(LIMITS.max_value_bytes)), ""),
    ],
    ids=["group", "headers", "value"],
)
def test_a_good_record_is_not_spoilt(original, prefix):
    """A copy over a limit that its original keeps to is refused, with the place; what has room passes."""
    assert not isinstance(decode(original, LIMITS), Rejected)
    if prefix:
        with pytest.raises(UserError, match="episodes/3/41 would be rejected"):
            copied(original, prefix)
    else:
        assert copied(original, prefix).value == original.value


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(
    content=JSON,
    extra=st.dictionaries(st.sampled_from(["n", "source_description", "saga", "über"]), JSON, max_size=3),
    event_id=st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=10),
    is_ascii=st.booleans(),
)
def test_copies_decode_to_the_same_but_for_the_group(content, extra, event_id, is_ascii):
    """C1: any JSON content, unknown fields, with and without an event id, escaped or not."""
    event = {**extra, "group_id": "alice", "source": "json", "content": content}
    if event_id is not None:
        event["event_id"] = event_id
    original = record(json.dumps(event, ensure_ascii=is_ascii).encode())
    before, after = decode(original, LIMITS), decode(copied(original), LIMITS)
    if isinstance(before, Episode):
        assert after == replace(before, group_id="x-alice", uuid=episode_uuid("x-alice", before.event_id))
    else:
        assert (type(after), after.reason) == (type(before), before.reason)
