"""Wrong usage of `episodes dead-letters` is told before anything is read."""

from datetime import timedelta

import pytest
from typer.testing import CliRunner

from consumer.cli.dead_letter_options import parse_age, parse_offsets, parse_position
from consumer.cli.main import build
from consumer.errors import UserError


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list", "--reason", "nope"], "--reason 'nope' is unknown; there are value-too-large"),
        (["list", "--family", "none"], "episode, world, unexpected"),
        (["list", "--since", "yesterday"], "2024-05-01T12:00:00Z"),
        (["list", "--origin-offset", "9-1"], "a range like 41-90"),
        (["show", "zero"], "partition:offset like 0:41"),
        (["replay", "--value-from", "x"], "name it with --position"),
        (["replay", "--position", "0:0", "--value-from", "/no/such"], "No such file"),
        (["purge"], "one of --before-position"),
        (["purge", "--all", "--reason", "refused"], "from the head of a partition only"),
        (["purge", "--older-than", "long"], "30d, 12h or 90m"),
        (["purge", "--older-than", "99999999w"], "--older-than"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_says_how_it_is_right(arguments, said):
    """Exit code 2 and one sentence with what to write instead."""
    error = CliRunner().invoke(build(), ["dead-letters", *arguments]).exception
    assert isinstance(error, UserError)
    assert error.exit_code == 2
    assert said in str(error)


def test_texts_are_read():
    """A place, an offset or a range, an age."""
    assert str(parse_position("--position", "0:41")) == "0:41"
    assert (parse_offsets("41"), parse_offsets("41-90")) == ((41, 41), (41, 90))
    assert parse_age("--older-than", "90m") == timedelta(minutes=90)


@pytest.mark.parametrize("text", ["", "0", ":", "0:", "-1:0", "0:1:2", "a:b", "0:²"])
def test_a_text_that_is_no_place_is_refused(text):
    """No crash on digits of other kinds either."""
    with pytest.raises(UserError, match="partition:offset"):
        parse_position("--position", text)
