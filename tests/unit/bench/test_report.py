"""The page of a report: what its sentences say, what its drawings hold, and that it needs nothing else."""

import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plugins.bench_reports import example

from consumer.bench.compare import compared
from consumer.bench.report.comparison_page import comparison_page
from consumer.bench.report.numbers import linear_ticks, log_ticks, number, quantity, times
from consumer.bench.report.page import report_page
from consumer.bench.report.plots import cdf, grouped, histogram, over_time
from consumer.bench.report.standing import Standing, against, all_against, summary
from consumer.bench.results import Baseline, Better, Case, Distribution, Figure, Report, Series, Stack
from consumer.telemetry.quantile import quantile

VOID = {"meta", "input", "br", "link"}


class Reader(HTMLParser):
    """Takes a page apart; complains of elements that are closed out of order, and keeps ids and references."""

    def __init__(self, page):
        super().__init__()
        self.open, self.ids, self.wanted, self.text = [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        known = dict(attributes)
        self.ids.extend([known["id"]] if "id" in known else [])
        self.wanted.extend((known.get("aria-labelledby") or "").split())
        if (known.get("href") or "").startswith("#"):
            self.wanted.append(known["href"][1:])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in {"script", "style"}:
            self.text.append(data)


def report(*cases):
    """A report of these cases."""
    return example().model_copy(update={"cases": cases})


def one(value, baseline, better=Better.LOWER, unit="s", name="p95"):
    """A case with one figure and its baseline."""
    runs = value if isinstance(value, tuple) else (value,)
    return Case(
        scenario="search",
        figures=(Figure(name=name, unit=unit, better=better, runs=runs),),
        baselines=(Baseline(name="usual", figures={name: baseline}),),
    )


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (0.0213, "s", "21.3 ms"),
        (0.000042, "s", "42 µs"),
        (1.5, "s", "1.50 s"),
        (240, "s", "4 min"),
        (0, "s", "0 s"),
        (118.4, "1/s", "118/s"),
        (12_345.6, "1", "12,346"),
        (97.25, "%", "97.2 %"),
        (0.14, "calls", "0.140 calls"),
        (-3.0, "MB", "-3 MB"),
    ],
)
def test_numbers_are_written_for_people(value, unit, told):
    """Three digits that count, and seconds in what is easiest to read."""
    assert quantity(value, unit) == told


@given(st.floats(-1e9, 1e9).filter(lambda value: not value or abs(value) > 1e-6))
def test_a_written_number_is_near_the_number(value):
    """Within half a per cent."""
    assert float(number(value).replace(",", "")) == pytest.approx(value, rel=0.006, abs=1e-8)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_cover_the_values(low, width):
    """Even, ascending, and no more than an axis bears."""
    ticks = linear_ticks(low, low + width)
    assert ticks[0] <= low + 1e-6 * max(1, abs(low), width)
    assert ticks[-1] >= low + width - 1e-6 * max(1, abs(low), width)
    assert all(after > before for before, after in pairwise(ticks))
    assert len(ticks) <= 12


@given(st.floats(1e-6, 1e3), st.floats(3.1, 1e6))
def test_logarithmic_ticks_lie_within(low, ratio):
    """At least one, none outside."""
    ticks = log_ticks(low, low * ratio)
    assert ticks
    assert all(low * 0.99 <= tick <= low * ratio * 1.01 for tick in ticks)


@given(st.lists(st.integers(0, 50), min_size=4, max_size=4).filter(any), st.floats(0, 1), st.floats(0, 1))
def test_quantiles_ascend_and_stay_within_the_bounds(counts, one_share, other_share):
    """Of a larger share, a larger value; what is above the last bound is told as that bound."""
    bounds = (1.0, 2.0, 5.0)
    low, high = sorted([one_share, other_share])
    assert 0 <= quantile(bounds, counts, low) <= quantile(bounds, counts, high) <= 5
    assert quantile(bounds, [0, 0, 0, 0], 0.5) is None


def test_better_and_worse_follow_the_direction_and_every_run():
    """A baseline inside the runs is neither beaten nor lost to."""
    cases = [
        (one((0.1, 0.2), 0.3), Standing.BEATS, 2.0),
        (one((0.2, 0.4), 0.3), Standing.EVEN, 1.0),
        (one((0.6, 0.6), 0.3), Standing.LOSES, 0.5),
        (one(90.0, 3.0, Better.HIGHER, "1/s"), Standing.BEATS, 30.0),
        (one(0.0, 3.0), Standing.BEATS, float("inf")),
    ]
    for case, standing, ratio in cases:
        found = against(case, case.figures[0], case.baselines[0])
        assert (found.standing, found.ratio) == (standing, pytest.approx(ratio))
    described = one(1.0, 2.0, Better.NEITHER)
    assert against(described, described.figures[0], described.baselines[0]) is None


def test_the_summary_says_what_beats_what_and_what_is_worse():
    """Baselines by name, widest and narrowest, the loser with its values, the bottleneck."""
    told = summary(example())
    text = " ".join(told)
    assert told[0] == "Of 10 figures beside a baseline, 8 are better in every run, 0 about the same and 2 worse."
    assert "Against graphiti-core: 2 of 2 better, 2 by 5 times or more; the most, LLM calls an episode of " in text
    assert (
        "Against what is usual: 6 of 8 better, 3 by 5 times or more; the most, p99 of ‘search: hybrid, 20,000 facts’"
        in text
    )
    assert "Worse than the baseline: p99 of ‘ingest: chat, flat out’, 2.39 s against 2 s (1.2 × worse)" in text
    assert told[-1].startswith("‘ingest: chat, flat out’: extract is the bottleneck")


def test_the_summary_of_little_says_so():
    """No baseline, one run, and the busiest stage where no note names it."""
    case = Case(
        scenario="ingest",
        figures=(Figure(name="p50", unit="s", runs=(1.0,)),),
        series=(
            Series(name="extract: in use", unit="%", at_s=(0.0, 1.0), values=(90.0, 100.0)),
            Series(name="write: in use", unit="%", at_s=(0.0, 1.0), values=(10.0, 20.0)),
        ),
    )
    assert summary(report(case)) == [
        "No figure of this report has a baseline to be held against.",
        "ingest: the busiest was extract, 95 % of it in use on average.",
        "Measured in one run only: all cases; how much the figures vary is not known.",
    ]


@pytest.mark.parametrize(
    "made", [example(), report(), report(Case(scenario="empty"))], ids=["whole", "no case", "empty case"]
)
def test_a_page_is_whole_and_needs_nothing_else(made):
    """Elements are closed in order, ids are unique, references lead somewhere, no other host is named."""
    page = report_page(made)
    read = Reader(page)
    assert read.open == []
    assert len(read.ids) == len(set(read.ids))
    assert set(read.wanted) <= set(read.ids)
    assert not re.search(r'(src|href|action)="(?!#)|@import|url\(|https?://(?!www\.w3\.org/2000/svg)', page)


def test_a_page_tells_machine_command_figures_and_spread():
    """What a reader needs to do it again, and to trust it."""
    text = " ".join(Reader(report_page(example())).text)
    for expected in (
        "episodes bench all --repeat 5",
        "2 cores of an EPYC 9B14",
        "5 runs",
        "graphiti-core",
        "The numbers",
    ):
        assert expected in text


def test_every_drawing_has_a_title_a_description_and_its_numbers():
    """Also for those who cannot see it."""
    page = report_page(example())
    figures = re.findall(r'<figure class="plot".*?</figure>', page, re.DOTALL)
    assert len(figures) == 4 + 4  # two of each distribution; throughput, utilisation, queues, memory
    for figure in figures:
        assert "<title" in figure
        assert "<desc" in figure
        assert figure.count("<td>") > 4


def test_what_a_report_holds_is_text():
    """A case may be called anything."""
    bad = "</script><img src=x onerror=alert(1)>"
    case = Case(
        scenario=bad,
        settings={bad: bad},
        figures=(Figure(name=bad, unit=bad, runs=(1.0, 2.0)),),
        series=(Series(name=bad, unit=bad, at_s=(0.0, 1.0), values=(1.0, 2.0)),),
        distributions=(Distribution(name=bad, unit=bad, bounds=(1.0, 2.0), counts=(1, 2, 3)),),
        stacks=(Stack(name=bad, lines=(f"{bad};b 3",)),),
        baselines=(Baseline(name=bad, figures={bad: 3.0}),),
        notes=(bad,),
    )
    for page in (
        report_page(report(case)),
        comparison_page(report(case), report(case), compared(report(case), report(case))),
    ):
        assert "<img" not in page


@given(st.lists(st.integers(0, 9), min_size=3, max_size=3).filter(any))
def test_a_histogram_draws_every_value(counts):
    """Shares add up to all, and the last point of the cumulative one is all."""
    drawn = histogram(Distribution(name="d", unit="s", bounds=(0.1, 1.0), counts=tuple(counts)))
    assert sum(int(row[1].replace(",", "")) for row in drawn.rows) == sum(counts)
    assert drawn.svg.count('class="bar"') == sum(1 for count in counts if count)
    assert cdf(Distribution(name="d", unit="s", bounds=(0.1, 1.0), counts=tuple(counts))).rows


@given(
    st.lists(st.tuples(st.floats(0, 1e5), st.floats(-1e5, 1e5)), min_size=1, max_size=400),
)
def test_any_series_can_be_drawn(points):
    """One value, equal values, thousands: nothing is off the drawing."""
    at_s = tuple(sorted(at for at, _ in points))
    drawn = over_time("t", [Series(name="a: t", unit="MB", at_s=at_s, values=tuple(value for _, value in points))])
    assert "nan" not in drawn.svg
    places = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.-]+)", drawn.svg)]
    assert all(-0.5 <= place <= 236.5 for place in places)
    assert json.loads(drawn.data)["series"][0][0] == "a"


def test_series_of_a_kind_share_a_drawing():
    """Stages beside each other; another unit is another drawing."""
    titles = [title for title, _ in grouped(example().cases[0].series)]
    assert titles == ["throughput", "utilisation of stages", "queue in front of stages", "memory"]


def test_ratios_are_told_in_few_digits():
    """As many as a person reads."""
    assert [times(ratio) for ratio in (0, 0.25, 0.99, 1, 1.34, 14.2, 1_234, float("inf"))] == [
        "∞ × worse",
        "4.0 × worse",
        "1.01 × worse",
        "equal",
        "1.3 × better",
        "14 × better",
        "1,234 × better",
        "∞ × better",
    ]


def test_a_comparison_page_is_whole_too():
    """The verdict first, each change with its runs."""
    before, after = example(1), example(2, factor=1.6)
    comparison = compared(before, after)
    page = comparison_page(before, after, comparison)
    assert Reader(page).open == []
    assert "The largest step back: search: hybrid, 20,000 facts, p" in page
    assert page.count('class="runs"') == len(comparison.changes)


def test_all_figures_with_a_baseline_are_held_against_it():
    """In the order of the report."""
    assert [(each.baseline, each.figure.name) for each in all_against(example())][:4] == [
        ("graphiti-core", "episodes/s"),
        ("usual", "p50"),
        ("usual", "p95"),
        ("usual", "p99"),
    ]
    assert isinstance(example(), Report)
