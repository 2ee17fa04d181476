"""What is shown of a value that anybody may have sent."""

import pytest

from consumer.cli.dead_letter_output import as_text, value_text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b'{"a":"\xe5\x8c\x97"}', '{\n  "a": "北"\n}'),
        (b"not json", "not json"),
        (b"", ""),
        (b"\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        (b'"\\ud800"', '"\\ud800"'),
        (b"\xff\x00", "ff 00"),
        (b"[" * 1_400, "[" * 1_400),
    ],
    ids=["json", "text", "empty", "terminal codes", "lone surrogate", "bytes", "deep"],
)
def test_any_value_can_be_shown(value, shown):
    """JSON is indented, control characters are written out, bytes come in hex: nothing reaches the terminal raw."""
    assert value_text(value) == shown


@pytest.mark.parametrize("value", [b"x" * 100_000, bytes([255]) * 100_000])
def test_a_long_value_is_cut_and_says_so(value):
    """The screen gets an excerpt and the way to the rest."""
    assert len(value_text(value)) < 3_000
    assert "--raw FILE writes all of it" in value_text(value)


def test_a_key_that_is_no_text_is_shown_as_bytes():
    """Printable text as it is."""
    assert (as_text(b"alice"), as_text(b"\xff"), as_text(b"a\nb")) == ("alice", "b'\\xff'", "'a\\nb'")
