"""Commands on the graph: how answers are shown, and what cannot be asked. The real graph: tests/integration/search."""

from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from consumer.cli import graph_questions
from consumer.cli.main import build
from consumer.cli.question_output import bar, cells_for, day_text, lane_rows, path_text, span_of
from consumer.errors import UserError
from consumer.graph.reading.edges import Direction, EntityNode, FactEdge
from consumer.search.intervals import Interval
from consumer.search.question_models import Path, Step, Timeline
from consumer.search.timelines import lane

ZERO = datetime(2024, 1, 1, tzinfo=UTC)


def day(number):
    return None if number is None else ZERO + timedelta(days=number)


def fact(subject, relation, target, start, end):
    return FactEdge("u", subject, subject, relation, target, target, "said", day(start), day(end), ZERO, None)


@pytest.mark.parametrize(
    ("start", "end", "drawn"),
    [
        (0, 10, "██████████"),
        (0, 5, "█████·····"),
        (5, 10, "·····█████"),
        (5, None, "·····████>"),
        (None, 5, "<████·····"),
        (3, 3, "···█······"),
        (10, 10, "·········█"),
        (-5, 40, "██████████"),
        (None, None, "<████████>"),
    ],
)
def test_a_bar_shows_when(start, end, drawn):
    """Within the whole, a cell at least, and open ends as arrows."""
    assert bar(Interval(day(start), day(end)), Interval(day(0), day(10)), cells=10) == drawn


def test_bars_share_a_stretch():
    """From the first known instant to the last; to now if something is open, and of nothing known a point."""
    held = [Interval(day(3), day(5)), Interval(None, day(4))]
    assert span_of(held, day(90)) == (day(3), day(5))
    assert span_of([*held, Interval(day(4), None)], day(90)) == (day(3), day(90))
    assert span_of([], day(1)) == (day(1), day(1))
    assert bar(Interval(None, None), span_of([Interval(None, None)], day(1)), cells=4)


def test_a_lane_has_rows_for_facts_and_gaps():
    """By start; who overlaps is marked; gaps that are not on the page are not shown."""
    facts = [fact("a", "R", "x", 0, 3), fact("b", "R", "x", 2, 4), fact("c", "R", "x", 6, None)]
    whole = lane("R", Direction.IN, facts)
    assert lane_rows(whole, "x") == [
        ("a", (day(0), day(3)), "overlap"),
        ("b", (day(2), day(4)), "overlap"),
        ("", (day(4), day(6)), "gap"),
        ("c", (day(6), None), ""),
    ]
    from dataclasses import replace

    assert [row[0] for row in lane_rows(replace(whole, facts=whole.facts[2:]), "x")] == ["c"]
    assert [row[0] for row in lane_rows(replace(whole, facts=()), "x")] == [""]


def test_a_timeline_on_a_terminal_has_bars(monkeypatch, capsys):
    """As long as the terminal is wide; a gap has none."""
    facts = [fact("Ada", "R", "x", 0, 10), fact("Bob", "R", "x", 20, 30)]
    shown = Timeline(EntityNode("x", "X"), None, None, (lane("R", Direction.IN, facts),))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    graph_questions._print_lanes(shown)
    lines = [line for line in capsys.readouterr().out.splitlines() if "R" in line and "2024" in line]
    assert [("Ada" in line, "Bob" in line, "gap" in line) for line in lines] == [
        (True, False, False),
        (False, False, True),
        (False, True, False),
    ]
    assert ["".join(char for char in line if char in "█·") for line in lines] == [
        "█" * 13 + "·" * 27,
        "",
        "·" * 27 + "█" * 13,
    ]
    assert all(len(line) <= 120 for line in lines)
    assert [cells_for(columns, [["ab", ""], ["三", "abcd"]]) for columns in (20, 40, 300)] == [8, 24, 40]


def test_a_path_is_one_line():
    """Arrows lead from subject to object, both ways where both are said."""
    a, b, c = (EntityNode(name, name.upper()) for name in "abc")
    there, back = fact("a", "KNOWS", "b", 0, None), fact("b", "PAYS", "a", 0, None)
    on = fact("c", "OWNS", "b", 0, None)
    path = Path((a, b, c), (Step((there, back)), Step((on,))), Interval(day(0), None))
    assert path_text(path) == "A -[KNOWS]-> <-[PAYS]- B <-[OWNS]- C"


def test_dates_are_short():
    """With the time of day where there is one; years before 1000 keep four digits."""
    assert day_text(day(1)) == "2024-01-02"
    assert day_text(day(1) + timedelta(hours=6)) == "2024-01-02 06:00"
    assert day_text(datetime(753, 4, 21, tzinfo=UTC)) == "0753-04-21"
    assert day_text(None) == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["neighbours", "g", "a", "--as-of", "yesterday"], "--as-of 'yesterday'"),
        (["path", "g", "a", "b", "--known-at", "2024-01-01T00:00"], "with a zone"),
        (["timeline", "g", "a", "--since", "x"], "--since 'x'"),
        (["snapshot", "g", "--as-of", "x"], "--as-of 'x'"),
        (["diff", "g", "--from", "2024-01-01", "--to", "2024-01-02", "--as-of", "2024-01-01"], "add --log"),
        (["diff", "g", "--from", "2024-01-01", "--to", "2024-01-02", "--log", "--known-at", "2024-01-01"], "--log"),
    ],
)
def test_wrong_instants_are_told_in_a_line(words, said):
    """Before anything is opened; exit code 2."""
    error = CliRunner().invoke(build(), words).exception
    assert isinstance(error, UserError)
    assert said in str(error)
    assert error.exit_code == 2


@pytest.mark.parametrize(
    "words",
    [
        ["neighbours", "g", "a", "--depth", "6"],
        ["path", "g", "a", "b", "--count", "0"],
        ["timeline", "g", "a", "--direction", "up"],
        ["diff", "g", "--from", "2024-01-01"],
    ],
)
def test_wrong_usage_exits_with_2(words):
    """Bounds, choices and what is required."""
    assert CliRunner().invoke(build(), words).exit_code == 2
