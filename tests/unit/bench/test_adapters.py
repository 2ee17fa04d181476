"""What other benchmarks measure, as cases: units, directions, and what is usual beside it."""

from consumer.bench.adapters import community_cases, search_cases, throughput_case, write_cases
from consumer.bench.cases import ratios
from consumer.bench.ceiling import CeilingReport
from consumer.bench.ceiling import Load as CeilingLoad
from consumer.bench.communities import Measured
from consumer.bench.results import Better
from consumer.bench.search import Latency, SearchReport
from consumer.bench.write import Load, WriteFigures, WriteReport


def test_the_ceiling_as_a_share():
    """Higher is better; the ceiling itself only describes."""
    found = CeilingReport(CeilingLoad(), 60, 600, 300, 2.0, 0.2, 10.0, 12.5, 0.8, 100, 0.1, 3.0)
    case = throughput_case(found)
    assert (case.figure("share of the ceiling").value, case.figure("share of the ceiling").better) == (80, "higher")
    assert case.figure("LLM calls an episode").value == 0.5
    assert case.figure("ceiling").better is Better.NEITHER


def test_searches_in_seconds_beside_what_is_usual():
    """Of one client; of many there is no usual figure."""
    latencies = [
        Latency("hybrid", 1, 100, 15.0, 30.0, 50.0, 9.0),
        Latency("hybrid", 16, 100, 99.0, 300.0, 500.0, 9.0),
        Latency("full text", 1, 100, 5.0, 9.0, 9.0, 2.0),
    ]
    cases = search_cases(SearchReport(20_000, 384, latencies=latencies, recall=0.98))
    assert cases[0].figure("p50").value == 0.015
    assert ratios(cases[0])["usual"]["p50"] == 10.0
    assert [bool(case.baselines) for case in cases] == [True, False, False, False]
    assert cases[3].figure("recall@10 of the index").value == 98


def test_communities_are_told_by_the_whole_build_where_there_was_one():
    """And beside the figure of their size."""

    def measured(entities, **changes):
        return Measured(entities, 5 * entities, 10, 0.2, 0.2, True, 0.7, 0.8, 0.05, 0.1, 0.8, 0.8, **changes)

    small, middle, large = community_cases(
        [measured(900, build_s={"reading": 0.2, "writing": 0.3}, unchanged_s=0.01), measured(10_000), measured(10_001)]
    )
    assert small.figure("p50").value == 0.5
    assert small.figure("of an unchanged group").value == 0.01
    assert middle.figure("p50").value == 0.2
    assert [case.baselines[0].figures["p50"] for case in (small, middle, large)] == [1.0, 5.0, 30.0]


def test_a_case_of_each_size_that_was_written_into():
    """With the CPU of both sides."""
    report = WriteReport(Load(), [WriteFigures(1_000, 10, 0.5, 20.0, 1.5, {"queries": 2.0, "memory": 0.5}, {})])
    (case,) = write_cases(report)
    assert case.variant == "1000 episodes in the graph"
    assert case.figure("CPU of the server an episode").value == 2.5
