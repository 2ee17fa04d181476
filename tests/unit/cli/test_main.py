"""The command line answers fast, explains itself, and knows what is wrong usage."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from consumer.cli.main import build

HEAVY = ("aiokafka", "neo4j", "numpy", "openai", "opentelemetry", "pydantic", "rich", "spacy")


@pytest.fixture(scope="module")
def invoke():
    """Runs the command line in this process."""
    runner, app = CliRunner(), build()
    return lambda *arguments, **options: runner.invoke(app, list(arguments), **options)


def commands():
    """Return every command with its subcommands' names."""
    app = build()
    names = [[command.name] for command in app.registered_commands]
    for group in app.registered_groups:
        names += [[group.name, command.name] for command in group.typer_instance.registered_commands]
    return names


def test_help_loads_nothing_heavy():
    """Clients, models and settings are loaded by the command that uses them: `episodes --help` is quick."""
    code = (
        "import sys, consumer.cli.main as main; main.build(); "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_explains_itself_with_an_example(invoke, command):
    """Help has a sentence, an example, and exits with 0."""
    result = invoke(*command, "--help")
    assert result.exit_code == 0
    assert "episodes " + command[0] in result.output
    assert "Example" in result.output


def test_version_is_told(invoke):
    """`--version` prints name and version."""
    result = invoke("--version")
    assert result.exit_code == 0
    assert result.output.startswith("episodes ")


@pytest.mark.parametrize("arguments", [["nope"], ["publish"], ["publish", "x", "--rate", "0"], ["schema", "nope"]])
def test_wrong_usage_exits_with_2(invoke, arguments):
    """Unknown commands and bad options are usage errors."""
    assert invoke(*arguments).exit_code == 2


@pytest.mark.parametrize("name", ["event", "dead-letter", "asyncapi"])
def test_contract_is_printed_or_written(invoke, name, tmp_path):
    """What is printed is what is written, and it is JSON."""
    printed = invoke("schema", name)
    assert printed.exit_code == 0
    assert json.loads(printed.stdout)
    written = invoke("schema", name, "--write", str(tmp_path / "new"))
    assert written.exit_code == 0
    (path,) = (tmp_path / "new").iterdir()
    assert path.read_text() == printed.stdout


@pytest.fixture
def events(tmp_path):
    """A JSONL file with a bad third line."""
    path = tmp_path / "events.jsonl"
    path.write_text('{"group_id":"a","content":"x"}\n{"group_id":"b","content":"y"}\n{bad\n{"group_id":"a"}\n')
    return path


def test_dry_run_counts_and_stops_at_the_bad_line(invoke, events):
    """Without --skip-bad: exit code 1, the line's place, and what came before it."""
    result = invoke("publish", str(events), "--dry-run", "--json")
    counts = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (counts["events"], counts["groups"], counts["bad"]) == (2, 2, 1)
    assert counts["stopped_at"] == f"{events}:3"
    assert f"{events}:3: not JSON" in result.stderr


def test_dry_run_skips_bad_lines_when_told(invoke, events):
    """With --skip-bad: exit code 0, all good ones counted, the bad one told."""
    result = invoke("publish", str(events), "--dry-run", "--skip-bad")
    assert result.exit_code == 0
    assert "would publish 3 events" in result.stderr
    assert "1 bad" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--group", "a b"], "a group is"),
        (["--reference-time", "yesterday"], "2024-05-01T12:00:00Z"),
        (["--reference-time", "2024-05-01T12:00:00"], "with a zone"),
        (["--reference-time", "2024-05-01T12:00:00Z", "--time-from", "now"], "exclude each other"),
    ],
)
def test_unusable_option_is_told(invoke, events, arguments, said):
    """A wrong value of an option is a usage error before anything is read."""
    result = invoke("publish", str(events), "--dry-run", *arguments)
    assert result.exception.exit_code == 2
    assert said in str(result.exception)
