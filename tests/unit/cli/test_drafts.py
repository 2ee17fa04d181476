"""Lines and texts become events, or say why they are none."""

import json
import os
from datetime import UTC, datetime

import pytest

from consumer.cli.drafts import Bad, Draft, EventDefaults, Origin, from_line, from_text
from consumer.settings import PipelineSettings

LIMITS = PipelineSettings(max_value_bytes=1_000)
DEFAULTS = EventDefaults(limits=LIMITS)


def origin(path=None, line=1, number=1):
    """Return where the event of a test was read."""
    return Origin(str(path or "stdin"), path, line, number)


def event(draft):
    """Return the event of a draft."""
    assert isinstance(draft, Draft), draft
    return json.loads(draft.value)


def test_complete_event_keeps_its_bytes():
    """What says everything is sent as it stands: unknown fields, order and spacing included."""
    line = b'{ "later":1, "group_id": "a",  "content": "\xc3\xa9" }'
    draft = from_line(line + b"\r", origin(), DEFAULTS)
    assert draft == Draft("a", line)


def test_defaults_fill_only_what_is_absent():
    """The event's own words win."""
    defaults = EventDefaults(limits=LIMITS, group="g", saga="s", source_description="d", name="{stem}-{n}")
    filled = event(from_line(b'{"saga":"own","content":"x"}', origin(number=7), defaults))
    assert filled == {
        "saga": "own",
        "content": "x",
        "group_id": "g",
        "name": "stdin-7",
        "source_description": "d",
    }


def test_removal_gets_a_group_and_nothing_else():
    """Defaults of episodes do not touch removals."""
    defaults = EventDefaults(limits=LIMITS, group="g", saga="s")
    filled = event(from_line(b'{"type":"episode.removed","event_id":"1"}', origin(), defaults))
    assert filled == {"type": "episode.removed", "event_id": "1", "group_id": "g"}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"{bad", "not JSON"),
        (b"[1]", "not a JSON object"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"content":"x"}', "group_id: Field required"),
        (b'{"group_id":"a b","content":"x"}', "group_id: String should match pattern"),
        (b'{"group_id":"a","type":"episode.gone"}', "unknown-type"),
        (b'{"group_id":"a","reference_time":"2024-05-01T00:00:00"}', "reference_time: Input should have timezone"),
        (b'{"group_id":"a","content":"\\u0000"}', "nul-character"),
        (b'{"group_id":"a","content":"' + b"x" * 2_000 + b'"}', "value-too-large"),
    ],
)
def test_bad_line_says_where_and_why(line, problem):
    """The reason names the field and stays on one line."""
    bad = from_line(line, origin(line=12), DEFAULTS)
    assert isinstance(bad, Bad)
    assert str(bad).startswith("stdin:12: ")
    assert problem in str(bad)
    assert "\n" not in str(bad)


def test_escaped_backslash_before_u0000_is_no_nul():
    """The text backslash-u0000 is a text."""
    assert isinstance(from_line(rb'{"group_id":"a","content":"\\u0000"}', origin(), DEFAULTS), Draft)


def test_text_becomes_an_episode_of_its_file(tmp_path):
    """Name from the file, description from the path, content whole; the byte order mark is dropped."""
    path = tmp_path / "notes.2024.md"
    defaults = EventDefaults(limits=LIMITS, group="g")
    made = event(from_text(b"\xef\xbb\xbf# Title\n\xe5\x8c\x97\n", origin(path, line=None), defaults))
    assert made["content"] == "# Title\n北\n"
    assert made["name"] == "notes"
    assert made["source_description"] == str(path)
    assert made["group_id"] == "g"


def test_same_text_is_the_same_event():
    """Publishing a text twice gives one episode; another text gives another."""
    defaults = EventDefaults(limits=LIMITS, group="g")
    ids = [event(from_text(text, origin(line=None), defaults))["event_id"] for text in (b"one", b"one", b"two")]
    assert ids[0] == ids[1] != ids[2]


def test_reference_time_comes_from_the_options(tmp_path):
    """A fixed time, or the file's own; without either the record's timestamp counts and nothing is said."""
    path = tmp_path / "a.txt"
    path.write_text("x")
    os.utime(path, (86_400, 86_400))
    fixed = EventDefaults(limits=LIMITS, group="g", reference_time=datetime(2024, 5, 1, tzinfo=UTC))
    mtime = EventDefaults(limits=LIMITS, group="g", time_from="mtime")
    none = EventDefaults(limits=LIMITS, group="g")
    line = b'{"content":"x"}'
    assert event(from_line(line, origin(), fixed))["reference_time"] == "2024-05-01T00:00:00Z"
    assert event(from_text(b"x", origin(path, None), mtime))["reference_time"] == "1970-01-02T00:00:00Z"
    assert "reference_time" not in event(from_text(b"x", origin(path, None), none))


@pytest.mark.parametrize(
    ("data", "group", "problem"),
    [(b"\xff", "g", "not UTF-8"), (b" \n", "g", "empty"), (b"x", None, "say --group")],
)
def test_bad_text_says_why(data, group, problem):
    """A file that can't be an episode is told with its name."""
    bad = from_text(data, origin(line=None), EventDefaults(limits=LIMITS, group=group))
    assert isinstance(bad, Bad)
    assert problem in str(bad)
