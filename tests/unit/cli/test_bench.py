"""`episodes bench extract`: tables, JSON, failures; and what it says when there is nothing to measure."""

import json
import shutil

import pytest
from repository import ROOT
from typer.testing import CliRunner

from consumer.cli.main import build
from consumer.errors import UserError

CASES = ROOT / "tests" / "golden"


@pytest.fixture
def invoke():
    """Runs the command line in this process."""
    runner, app = CliRunner(), build()
    return lambda *arguments: runner.invoke(app, ["bench", "extract", *map(str, arguments)])


@pytest.mark.engine
def test_the_local_extractor_is_measured(invoke, tmp_path):
    """By field, part and tag, as a table and as a file; absent sets are told."""
    pytest.importorskip("spacy")
    out = tmp_path / "report.json"
    result = invoke("--cases", CASES, "--tag", "names", "--data", tmp_path, "--failures", "--out", out)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    report = json.loads(out.read_text())
    assert lines[0].startswith("local/en-core-web-sm/rules-")
    assert f": {report['cases']} cases, {report['held_out']} of them held out, " in lines[0]
    assert lines[1].split("\t")[:4] == ["field", "all P", "all R", "all F1"]
    assert any(line.startswith(f"names\t{report['cases']}\t") for line in lines)
    assert any(line.startswith("us-offices: skipped, ") for line in lines)
    shown = {line.split(":")[0] for line in lines} & set(report["by_case"])
    assert shown == {name for name, one in report["by_case"].items() if one["problems"] and not one["held_out"]}
    assert report["sets"]["kdconv"]["skipped"]
    assert report["usage"]["calls"] == 0


@pytest.mark.engine
def test_the_report_is_printed_as_json(invoke, tmp_path):
    """One document on standard output, the same that --out writes."""
    pytest.importorskip("spacy")
    shutil.copy(CASES / "injection.jsonl", tmp_path)
    result = invoke("--cases", tmp_path, "--json", "--out", tmp_path / "report.json")
    printed = json.loads(result.stdout)
    assert printed == json.loads((tmp_path / "report.json").read_text())
    assert printed["fields"]["all"]["entity"]["recall"] > 0.5
    assert printed["sets"] == {}


@pytest.mark.engine
def test_what_shorter_questions_cost_is_told(invoke, tmp_path, monkeypatch):
    """A row for each way, the first of which leaves nothing out, whatever the settings say."""
    pytest.importorskip("spacy")
    shutil.copy(CASES / "corrections.jsonl", tmp_path)
    monkeypatch.setenv("EPISODES_LLM__COMPRESSION", "strong")
    result = invoke("--cases", tmp_path, "--shortened", "--json", "--out", tmp_path / "report.json")
    rows = json.loads(result.stdout)["shortened"]
    assert [row["way"] for row in rows] == [
        "all",
        "light",
        "medium",
        "strong",
        *(f"first {n}" for n in ("2,000", "1,000", "500")),
    ]
    assert rows[0]["real_tokens"] > rows[3]["real_tokens"]
    assert rows[0]["fact_recall"] == rows[4]["fact_recall"] > 0.5
    table = invoke("--cases", tmp_path, "--shortened").stdout.splitlines()
    assert table[0].split("\t")[:2] == ["read", "real tokens"]
    assert len(table) == 1 + len(rows)


def test_without_cases_it_says_what_to_do(invoke, tmp_path):
    """No folder, and no case of the tag."""
    missing = invoke("--cases", tmp_path)
    assert isinstance(missing.exception, UserError)
    assert "--cases" in str(missing.exception)
    nothing = invoke("--cases", CASES, "--tag", "klingon")
    assert "bears the tag klingon" in str(nothing.exception)
