"""`episodes bench report` and `bench compare`: files, tables, exit codes, and what they say of what they can't read."""

import json

import pytest
from plugins.bench_reports import example
from typer.testing import CliRunner

from consumer.cli.main import build
from consumer.errors import UserError


@pytest.fixture
def invoke():
    """Runs the command line in this process."""
    runner, app = CliRunner(), build()
    return lambda *arguments: runner.invoke(app, ["bench", *map(str, arguments)])


@pytest.fixture
def results(tmp_path):
    """Writes a report to a file and returns where."""

    def write(name="results.json", **changes):
        path = tmp_path / name
        path.write_text(example(**changes).model_dump_json())
        return path

    return write


def test_a_report_is_written_and_summed_up(invoke, results, tmp_path):
    """One file, in a folder that need not be there; the summary on standard output."""
    out = tmp_path / "new" / "report.html"
    done = invoke("report", results(), "--out", out)
    assert done.exit_code == 0, done.output
    assert out.read_text().startswith("<!doctype html>")
    assert "8 are better in every run" in done.stdout
    assert str(out) in done.stderr


def test_a_page_can_be_printed(invoke, results):
    """For a pipe."""
    assert invoke("report", results(), "--out", "-").stdout.startswith("<!doctype html>")


def test_a_regression_is_exit_code_one(invoke, results):
    """The table has it, the greatest first, and what is within noise only when asked for."""
    before, after = results("a.json"), results("b.json", seed=2, factor=1.6)
    done = invoke("compare", before, after)
    assert done.exit_code == 1
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert lines[0] == ["verdict", "case", "figure", "first", "second", "change", "p"]
    worse = [line for line in lines if line[0] == "worse"]
    assert {line[2] for line in worse} == {"p50", "p95", "p99"}
    assert "same" not in {line[0] for line in lines}
    assert "The largest step back" in lines[-1][0]
    assert any(line.startswith("same\t") for line in invoke("compare", before, after, "--all").stdout.splitlines())


def test_better_alone_is_exit_code_zero(invoke, results):
    """The same two, the other way round; and a report beside itself."""
    before, after = results("a.json"), results("b.json", seed=2, factor=1.6)
    assert invoke("compare", after, before).exit_code == 0
    same = invoke("compare", before, before)
    assert (same.exit_code, same.stdout.splitlines()[-1].split(",")[0]) == (0, "0 worse")


def test_a_wide_threshold_lets_small_steps_pass(invoke, results):
    """In per cent."""
    before, after = results("a.json"), results("b.json", seed=2, factor=1.6)
    assert invoke("compare", before, after, "--threshold", 90).exit_code == 0


def test_json_and_html_tell_the_same(invoke, results, tmp_path):
    """Whole, with each run."""
    page = tmp_path / "compared.html"
    done = invoke("compare", results("a.json"), results("b.json", seed=2, factor=1.6), "--json", "--html", page)
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert told["is_regression"]
    assert told["counts"]["worse"] == 3
    change = next(change for change in told["changes"] if change["verdict"] == "worse")
    assert len(change["first"]["runs"]) == 5
    assert change["p"] <= 0.05
    assert "Worse <small>3</small>" in page.read_text()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "No such file"),
        ("not json", "no report of `episodes bench`"),
        ("{}", "made_at"),
        ('{"format": 99, "made_at": "2026-01-01T00:00:00Z", "command": "", "version": ""}', "format 99"),
    ],
)
@pytest.mark.parametrize("command", ["report", "compare"])
def test_what_cannot_be_read_is_exit_code_two(command, text, told, *, invoke, results, tmp_path):
    """In one line that names the file."""
    path = tmp_path / "bad.json"
    if text is not None:
        path.write_text(text)
    done = invoke("report", path) if command == "report" else invoke("compare", results(), path)
    assert isinstance(done.exception, UserError)
    assert done.exception.exit_code == 2
    assert str(path) in str(done.exception)
    assert told in str(done.exception)
    assert "\n" not in str(done.exception)


def test_a_file_that_cannot_be_written_is_one_line(invoke, results, tmp_path):
    """A folder stands in its place."""
    done = invoke("report", results(), "--out", tmp_path)
    assert isinstance(done.exception, UserError)
    assert done.exception.exit_code == 1
