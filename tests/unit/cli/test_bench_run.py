"""`episodes bench run`, `baselines` and `ingest`: wrong usage, and how a report is printed."""

import pytest
from typer.testing import CliRunner

from consumer.bench.cases import figure
from consumer.bench.machine import machine, report
from consumer.bench.results import Baseline, Better, Case
from consumer.cli.bench_output import is_right, number, show_cases
from consumer.cli.bench_run import print_baselines, worse
from consumer.cli.main import build
from consumer.errors import UserError
from consumer.settings import StackSettings

USUAL = Baseline(name="usual", figures={"p50": 0.5, "p95": 1.2})


@pytest.fixture
def cases():
    """One better in its median and worse in its tail."""
    figures = (figure("p50", "s", 0.25), figure("p95", "s", 2.4), figure("episodes/s", "1/s", 20, Better.HIGHER))
    return (Case(scenario="ingest", variant="text", figures=figures, baselines=(USUAL,), notes=("Noted.",)),)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["nothing"], "no scenario 'nothing'"), (["retrieval"], "--question-set"), (["search", "retrieval"], "retrieval")],
)
def test_wrong_usage_is_told_before_anything_starts(arguments, said):
    """In one line, exit code 2."""
    result = CliRunner().invoke(build(), ["bench", "run", *arguments])
    assert isinstance(result.exception, UserError)
    assert result.exception.exit_code == 2
    assert said in str(result.exception)


def test_every_figure_beside_what_is_usual(capsys, cases):
    """With the ratio, in words that say which way."""
    show_cases(cases)
    lines = capsys.readouterr().out.splitlines()
    assert "ingest: text" in lines
    assert "p50\t0.25 s\t\t0.5 (2.0 times better)" in lines
    assert "p95\t2.4 s\t\t1.2 (2.0 times worse)" in lines
    assert "episodes/s\t20 1/s\t\t" in lines
    assert "  Noted." in lines


def test_the_table_of_baselines_tells_what_is_not_beaten(capsys, cases):
    """A row for each case, and on the other channel what is worse."""
    print_baselines(report("episodes bench baselines", cases, {"cores": "2"}))
    told = capsys.readouterr()
    assert "ingest: text\tp50 / p95\t0.25 s / 2.4 s\t0.5 / 1.2\t2.0 times better / 2.0 times worse" in told.out
    assert "cores: 2" in told.out
    assert "not better than usual: ingest: text, p95" in told.err
    assert worse(cases) == ["ingest: text, p95"]


def test_a_graph_that_was_wrong_in_one_run_is_wrong():
    """Whatever the median says."""
    wrong = figure("wrong facts", "1", 0).model_copy(update={"runs": (0.0, 0.0, 1.0)})
    right = Case(scenario="s", figures=(figure("wrong facts", "1", 0),))
    assert is_right(report("c", (right,), {}))
    assert not is_right(report("c", (right, Case(scenario="s", figures=(wrong,))), {}))


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (12.0, "12"), (1234.5, "1234"), (0.012345, "0.0123"), (98.76, "98.8")]
)
def test_numbers_have_the_digits_that_count(value, text):
    """Three of them, or all before the point."""
    assert number(value) == text


def test_the_machine_is_told_without_its_name():
    """Processor, cores, memory, versions; nothing that names the machine."""
    import platform

    facts = machine(StackSettings())
    assert set(facts) == {"processor", "cores", "memory", "system", "Python", "Neo4j", "Kafka"}
    assert all(facts.values())
    assert platform.node() not in set(facts.values())
    assert "Neo4j" not in machine(StackSettings(), is_own=False)
