"""`episodes estimate` on files: what it prints, and what it refuses."""

import json

import pytest
from typer.testing import CliRunner

from consumer import inputs
from consumer.cli.estimate import _usd, duration_text
from consumer.cli.main import build
from consumer.errors import UserError

CHAT, OFFICES = (
    str(next(path for path in inputs.paths() if path.name == name)) for name in ("chat.jsonl", "offices.jsonl")
)


@pytest.fixture
def invoke():
    """Runs the command in this process."""
    runner, app = CliRunner(), build()
    return lambda *arguments, **options: runner.invoke(app, ["estimate", *arguments], **options)


def test_files_are_estimated_with_price_and_time(invoke, monkeypatch):
    """A line for each question; the assumptions go to standard error."""
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    result = invoke(CHAT, OFFICES)
    assert result.exit_code == 0, result.output
    rows = dict(line.split("\t", 1) for line in result.stdout.splitlines())
    assert rows["read"] == "132 records, 132 episodes of 2 groups, 86.4 kB"
    assert rows["without a model"] == "72 given"
    assert rows["model calls"].startswith("8 (0.06 an episode)")
    assert "LLM tokens in" in rows["gpt-4.1-mini"]
    assert rows["price"].endswith("USD if the provider caches the prompt's prefix")
    assert rows["time"] == "3 s (latency and concurrency)"
    assert result.stderr.startswith("assumed: answers of 7 LLM tokens")
    assert "local" not in result.stderr


def test_json_has_the_same_figures_for_a_script(invoke, monkeypatch):
    """With settings of the environment; what costs nothing here is said on standard error."""
    monkeypatch.setenv("EPISODES_LLM__MODEL", "gpt-5-nano")
    monkeypatch.setenv("EPISODES_LLM__DAILY_BUDGET_USD", "0.002")
    monkeypatch.setenv("SEMAPHORE_LIMIT", "2")
    result = invoke(CHAT, "--json", "--latency-ms", "500", "--output-ratio", "10")
    found = json.loads(result.stdout)
    assert (found["calls"], found["seconds"], found["bad_events"]) == (8, 2.0, 0)
    assert found["assumptions"]["answer"] == "10 LLM tokens for each of the content"
    assert found["days_at_daily_budget"] == 3
    (use,) = found["models"]
    assert (use["model"], use["calls"]) == ("gpt-5-nano", 8)
    assert use["usd"] == pytest.approx((use["input_tokens"] * 0.05 + use["output_tokens"] * 0.4) / 1e6)
    assert "extraction is local, at no price" in result.stderr


def test_files_and_texts_are_read_as_by_publish(invoke, tmp_path):
    """A bad line is told with its place and counted; a group is needed by texts."""
    note, events = tmp_path / "note.md", tmp_path / "events.jsonl"
    note.write_text("# Ada\n\nAda works at Acme.\n")
    events.write_text('{"group_id": "g", "content": "Ada works at Acme."}\nno JSON\n')
    result = invoke(str(events), str(note), "--group", "h", "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["episodes"], found["groups"], found["bad_events"]) == (0, 2, 2, 1)
    assert f"bad event: {events}:2: not JSON" in result.stderr
    assert "a text has no group of its own: say --group" in invoke(str(note)).stderr


def test_an_unknown_price_is_said_and_not_taken_for_nothing(invoke, monkeypatch):
    """With what to do about it."""
    monkeypatch.setenv("EPISODES_LLM__MODEL", "mystery")
    result = invoke(CHAT)
    assert "price\tunknown" in result.stdout
    assert "name the model in EPISODES_LLM__PRICES" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((CHAT, "nowhere"), "nowhere: no such file or folder, and several topics"),
        ((CHAT, "--since", "2026-01-01"), "--since and --until are for a topic"),
        (("a-topic", "--group", "g"), "--group is for files"),
        (("a-topic", "--until", "soon"), "--until 'soon': write it like"),
    ],
)
def test_what_makes_no_sense_is_refused(invoke, arguments, message):
    """In one line, before anything is read; exit code 2."""
    result = invoke(*arguments)
    assert isinstance(result.exception, UserError)
    assert (result.exception.exit_code, str(result.exception)[: len(message)]) == (2, message)


@pytest.mark.parametrize(
    ("amount", "told"),
    [(None, "unknown"), (0.0, "0.0000 USD"), (0.00001, "under 0.0001 USD"), (1_234.5, "1,234.50 USD")],
)
def test_amounts_are_for_people(amount, told):
    """Nobody reads exponents."""
    assert _usd(amount) == told


@pytest.mark.parametrize(("seconds", "told"), [(3, "3 s"), (600, "10 min"), (9_000, "2.5 h")])
def test_times_are_for_people(seconds, told):
    """In the unit that says most."""
    assert duration_text(seconds) == told
