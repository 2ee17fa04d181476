"""docs/guides/resolution.md says what the rules do."""

import json
import re

import pytest
from repository import ROOT

from consumer.resolve.judge import Named, Verdict, judge

GUIDE = (ROOT / "docs/guides/resolution.md").read_text(encoding="utf-8")
ROWS = [line.strip("|").split("|") for line in GUIDE.splitlines() if line.count("|") == 4 and "`" in line]


def pairs(column):
    """The pairs of names of a column of the table; between two of them stands a dot."""
    for row in ROWS:
        for cell in row[column].split("·"):
            one, other = re.findall(r"`([^`]+)`", cell)
            yield one, other


@pytest.mark.parametrize(("one", "other"), list(pairs(1)))
def test_what_the_guide_merges_is_merged(one, other):
    """By names alone, or as companies."""
    found = {judge(Named(one, kind), Named(other, kind)).verdict for kind in ("Entity", "Company")}
    assert Verdict.SAME in found


@pytest.mark.parametrize(("one", "other"), list(pairs(2)))
def test_what_the_guide_keeps_apart_is_apart(one, other):
    """Whatever the types."""
    for kind in ("Entity", "Company", "Person", "Place"):
        assert judge(Named(one, kind), Named(other, kind)).verdict is not Verdict.SAME


def test_the_guide_counts_the_labelled_pairs():
    """Their number is as it is, here and in the decision."""
    folder = ROOT / "tests/golden/resolution"
    count = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in folder.glob("*.jsonl"))
    assert f"{count} labelled pairs" in GUIDE
    assert f"{count} labelled pairs" in next((ROOT / "docs/decisions").glob("0011-*")).read_text(encoding="utf-8")
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for path in folder.glob("*.jsonl"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert f"| `{path.name}` | {len(lines)} |" in readme
        assert all(json.loads(line)["id"].startswith(path.stem) for line in lines)
