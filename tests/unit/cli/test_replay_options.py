"""What the options of `episodes replay` mean, and what is refused before anything is asked."""

import pytest
from typer.testing import CliRunner

from consumer.cli.main import build
from consumer.cli.replay_options import checked_name, parse_offsets
from consumer.errors import UserError


@pytest.fixture
def invoke():
    """Runs the command in this process."""
    runner, app = CliRunner(), build()
    return lambda *arguments: runner.invoke(app, ["replay", *arguments])


def test_stretches_of_offsets_are_read():
    """One record, to a last one, to the end; a partition each."""
    assert parse_offsets([]) is None
    assert parse_offsets(["0:41", "1:41-90", "12:7-"]) == {0: (41, 41), 1: (41, 90), 12: (7, None)}


@pytest.mark.parametrize("texts", [["0"], ["0:"], ["0:9-1"], ["a:1"], ["0:1-2-3"], ["0:1", "0:5"], ["-1:3"]])
def test_what_is_no_stretch_is_refused(texts):
    """As wrong usage, with the option's name."""
    with pytest.raises(UserError, match="--offsets") as raised:
        parse_offsets(texts)
    assert raised.value.exit_code == 2


@pytest.mark.parametrize("text", ["", "a b", "é", "x" * 101, "a/b"])
def test_a_name_must_fit_into_a_group(text):
    """Letters, digits, hyphen, underscore."""
    assert checked_name("--run-id", "r-1_A") == "r-1_A"
    with pytest.raises(UserError, match="--run-id"):
        checked_name("--run-id", text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--yes"], "give --to, --group-prefix or both"),
        (["--group-prefix", "a b"], "--group-prefix"),
        (["--group-prefix", "x-", "--max-gap", "3"], "--max-gap is for a replay with --speed"),
        (["--group-prefix", "x-", "--since", "yesterday"], "--since"),
        (["--group-prefix", "x-", "--run-id", "a b"], "--run-id"),
        (["resume", "a b"], "RUN"),
        (["verify", "--group-prefix", "x-", "--with", "x-"], "these are the same groups"),
        (["verify"], "by --group-prefix or by --run-id"),
        (["verify", "--group-prefix", "x-", "--run-id", "r"], "by --group-prefix or by --run-id"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_makes_no_sense_is_refused_before_kafka_is_asked(invoke, arguments, said):
    """Wrong usage: no broker is needed to say so."""
    result = invoke(*arguments)
    assert isinstance(result.exception, UserError)
    assert result.exception.exit_code == 2
    assert said in str(result.exception)
