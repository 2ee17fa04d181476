"""What `episodes reembed` takes, and what it says of progress."""

import pytest
from typer.testing import CliRunner

from consumer.app.reembed import GroupPlan, MovePlan
from consumer.cli import reembed
from consumer.cli.main import build
from consumer.graph import GroupModel


@pytest.mark.parametrize("arguments", [[], ["a", "--all"]])
def test_either_groups_or_all(arguments):
    """Nothing is moved by accident."""
    result = CliRunner().invoke(build(), ["reembed", *arguments])
    assert result.exception.exit_code == 2
    assert "--all" in str(result.exception)


def test_where_nobody_watches_progress_is_a_line_now_and_then(capsys, monkeypatch):
    """Not one a page: a log of a night would be long."""
    monkeypatch.setattr(reembed, "TELL_EVERY_S", 3_600.0)
    groups = tuple(GroupPlan(name, "old/3", 3, 10, 20, 1) for name in "ab")
    with reembed._progress(MovePlan(GroupModel("new/3", 3), groups)) as tell:
        for staged in range(1, 11):
            tell("a", staged)
    assert capsys.readouterr().err.splitlines() == ["1 of about 20 vectors made, now group a"]


def test_the_variables_of_a_model_are_told():
    """What pods need afterwards, by engine."""
    assert reembed._variables("org/m/64") == "EPISODES_EMBEDDING__MODEL=org/m and EPISODES_EMBEDDING__DIMENSION=64"
    assert reembed._variables("multilingual-e5-small-q4/384") == "EPISODES_EMBEDDER=local"
