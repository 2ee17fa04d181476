"""The guide on capacity computes rightly from what it says was measured."""

import math
import re

import pytest
from repository import text

from consumer.graph.memory import DataSize, memory_advice

PAGE = text("docs/guides/capacity.md")
EXAMPLES = PAGE.split("## Worked examples")[1]
RATES = (1, 10, 100, 1_000)
PARTITIONS_AT_LEAST = 4
BUSY_MS = 600
EXPONENTS = {"⁶": 6, "⁷": 7, "⁸": 8, "⁹": 9}


def symbol(letter):
    """Return the largest number of the measured table's row for `letter`."""
    cell = re.search(rf"^\| `{letter}` \|[^|]*\| ([^|]*) \|", PAGE, re.MULTILINE)
    return max(float(number) for number in re.findall(r"[\d.]+", cell[1]))


def row(name):
    """Return the cells of a worked example, numbers without commas."""
    cells = re.search(rf"^\| {re.escape(name)} \|(.*)\|$", EXAMPLES, re.MULTILINE)
    return [cell.strip().replace(",", "") for cell in cells[1].split("|")]


@pytest.mark.parametrize(
    ("name", "of_rate"),
    [
        ("requests a minute", lambda rate: 60 * symbol("c") * rate),
        ("LLM tokens a minute", lambda rate: 60 * symbol("t") * rate),
        ("embedding requests a minute", lambda rate: 60 * symbol("e") * rate),
        ("a day of it, episodes", lambda rate: 86_400 * rate),
    ],
)
def test_rates_are_those_of_the_formulas(name, of_rate):
    """To the precision that is shown."""
    assert [float(cell) for cell in row(name)] == [pytest.approx(of_rate(rate), rel=0.02) for rate in RATES]


def test_whole_things_are_rounded_up():
    """Calls at once, pods by calls and by CPU, cores."""
    mean_s = 2 * math.exp(0.5**2 / 2)
    calls = [math.ceil(symbol("c") * rate * mean_s - 0.1) for rate in RATES]
    assert [int(cell) for cell in row("model calls at once")] == calls
    assert [int(cell) for cell in row("cores of Neo4j, writing only")] == [
        math.ceil(rate * symbol("n") / BUSY_MS) for rate in RATES
    ]
    by_calls = [math.ceil(each / 10) for each in calls]
    by_cpu = [math.ceil(rate * symbol("p") / BUSY_MS) for rate in RATES]
    pods = re.search(r"^\| pods by calls, by CPU \|(.*)\|$", PAGE, re.MULTILINE)[1]
    assert [cell.strip() for cell in pods.split("|")] == [f"{a}, {b}" for a, b in zip(by_calls, by_cpu, strict=True)]
    partitions = [max(PARTITIONS_AT_LEAST, 2 * max(a, b)) for a, b in zip(by_calls, by_cpu, strict=True)]
    assert [int(cell) for cell in row("partitions")] == [pytest.approx(each, abs=2) for each in partitions]


ROWS = re.findall(
    r"^\| 10(.) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| [CX] \|$", PAGE, re.MULTILINE
)


@pytest.mark.parametrize("cells", ROWS, ids=lambda cells: f"10^{EXPONENTS[cells[0]]}-{cells[1]}")
def test_memory_is_what_the_doctor_says(cells):
    """Files, page cache, heap and machine, in gigabytes."""
    episodes = 10 ** EXPONENTS[cells[0]]
    dimension, *shown = (int(cell.replace(",", "")) for cell in cells[1:])
    advice = memory_advice(DataSize(episodes // 10, episodes, episodes, dimension))
    told = (advice.disk_mb, advice.page_cache_mb, advice.heap_mb, advice.machine_mb)
    assert shown == [round(each / 1_000) for each in told]


def test_the_memory_table_is_there():
    """The test above looks at something."""
    assert len(ROWS) == 2 * len(EXPONENTS)


def test_the_thousand_million_is_that_many_times_one():
    """Days, tokens, dollars and core hours."""
    episodes = 10**9
    assert f"| {episodes / 107 / 86_400:.0f} days |" in PAGE
    assert f"| {episodes / 1_000 / 86_400:.1f} days |" in PAGE
    assert f"| {symbol('t'):.0f} × 10⁹ |" in PAGE
    dollars = episodes * (390 * 0.4 + 93 * 1.6) / 1e6
    assert f"| {round(dollars, -3):,.0f} USD;" in PAGE
    hours = [symbol(letter) * episodes / 3_600_000 for letter in "pnk"]
    assert f"| {round(hours[0], -1):,.0f}, {hours[1]:,.0f}, {hours[2]:,.0f} core hours |" in PAGE


def test_what_is_called_measured_stands_in_benchmarks():
    """Each figure of the first table is one of the page that names its command."""
    benchmarks = text("docs/benchmarks.md")
    for figure in ("**107**", "5.9", "7.2", "0.023", "0.17, 1,720", "311 at most", "64,105", "13.8 ms", "34.2"):
        assert figure in benchmarks
