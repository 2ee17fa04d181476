"""`episodes bench peers`: what it says when it cannot measure, and how it shows what it measured."""

import sys

import pytest
from typer.testing import CliRunner

from consumer.bench.cases import figure
from consumer.bench.results import Baseline, Better, Case
from consumer.cli.bench_peers import _show
from consumer.cli.main import build
from consumer.errors import UserError


@pytest.fixture
def invoke():
    """Runs the command with arguments."""
    return lambda *arguments: CliRunner().invoke(build(), ["bench", "peers", *arguments])


def test_without_the_extra_it_says_what_to_install(invoke, monkeypatch):
    """One line, no trace."""
    for name in [name for name in sys.modules if name.startswith(("graphiti_core", "consumer.bench."))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "graphiti_core", None)
    found = invoke()
    assert isinstance(found.exception, UserError)
    assert "pip install 'episodes[peers]'" in str(found.exception)


def test_a_mode_that_there_is_not_is_refused(invoke):
    """With the ones that there are."""
    found = invoke("--modes", "concurrent,quick")
    assert isinstance(found.exception, UserError)
    assert found.exception.exit_code == 2
    assert "sequential,concurrent,bulk" in str(found.exception)


def test_a_case_is_shown_as_ours_theirs_and_the_ratio(capsys):
    """What is 0 on a side has no ratio."""
    case = Case(
        scenario="peers",
        variant="10 at once",
        figures=(
            figure("episodes/s", "1/s", 90.0, Better.HIGHER),
            figure("LLM calls an episode", "calls", 0.125),
            figure("duplicate entities", "1", 0),
        ),
        baselines=(
            Baseline(
                name="graphiti-core 0.31.2",
                figures={"episodes/s": 3.0, "LLM calls an episode": 5.0, "duplicate entities": 48},
            ),
        ),
        notes=("A note.",),
    )
    _show((case,))
    assert capsys.readouterr().out.splitlines() == [
        "",
        "peers: 10 at once",
        "figure\tours\tgraphiti-core 0.31.2\tours is",
        "episodes/s\t90\t3\t30.0 times better",
        "LLM calls an episode\t0.125\t5\t40.0 times better",
        "duplicate entities\t0\t48\t",
        "  A note.",
    ]
