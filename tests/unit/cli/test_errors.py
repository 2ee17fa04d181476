"""A failed command says one line and exits with the right code."""

import asyncio
from pathlib import Path

import pytest

from consumer.cli.errors import report
from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.settings import Settings


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UserError("no topic"), 1, "error: no topic\n"),
        (UserError("two\nlines", exit_code=2), 2, "error: two lines\n"),
        (WorldFault("kafka", "down"), 1, "error: kafka: down\n"),
        (EpisodeFault("value-too-large", "5 MB"), 1, "error: value-too-large: 5 MB\n"),
        (ExceptionGroup("g", [ValueError("x"), UserError("inner")]), 1, "error: inner\n"),
        (KeyboardInterrupt(), 130, ""),
        (asyncio.CancelledError(), 130, ""),
        (BaseExceptionGroup("g", [KeyboardInterrupt()]), 130, ""),
        (BrokenPipeError(), 1, ""),
    ],
)
def test_known_failure_is_one_line(error, code, said, capsys):
    """The line says what to do, and no stack trace is shown."""
    assert report(error) == code
    assert capsys.readouterr().err == said


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("EPISODES_KAFKA__PARTITIONS", "many", "EPISODES_KAFKA__PARTITIONS: Input should be a valid integer"),
        ("EPISODES_KAFKA__NOPE", "1", "EPISODES_KAFKA__NOPE: Extra inputs are not permitted"),
        ("EPISODES_KAFKA", "{bad", 'error parsing value for field "kafka"'),
        ("SEMAPHORE_LIMIT", "x", "EPISODES_SEMAPHORE_LIMIT or SEMAPHORE_LIMIT: Input should be a valid integer"),
    ],
)
def test_wrong_setting_is_named(monkeypatch, capsys, variable, value, named):
    """One line that names the variable; exit code 2."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValueError) as caught:
        Settings()
    assert report(caught.value) == 2
    said = capsys.readouterr().err
    assert named in said
    assert said.count("\n") == 1


def test_setting_value_is_not_repeated(monkeypatch, capsys):
    """A refused value may be a credential."""
    monkeypatch.setenv("EPISODES_KAFKA__SASL_MECHANISM", "hunter2")
    with pytest.raises(ValueError) as caught:
        Settings()
    report(caught.value)
    assert "hunter2" not in capsys.readouterr().err


def test_bug_is_kept_in_a_file(capsys, monkeypatch, tmp_path):
    """An unexpected error is one line with the place of its stack trace, credentials starred out."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def connect():
        raise RuntimeError("connecting to bolt://neo4j:hunter2@db failed")

    with pytest.raises(RuntimeError) as caught:
        connect()
    assert report(caught.value) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    path = Path(said.split()[-1])
    kept = path.read_text()
    assert "RuntimeError: connecting to bolt://***@db failed" in kept
    assert "test_errors.py" in kept
    assert "hunter2" not in said


def test_debug_shows_the_stack_trace(capsys, monkeypatch, tmp_path):
    """EPISODES_DEBUG=1 is for those who mend it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("EPISODES_DEBUG", "1")
    report(RuntimeError("x"))
    assert "RuntimeError: x" in capsys.readouterr().err
