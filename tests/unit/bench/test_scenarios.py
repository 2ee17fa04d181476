"""Runs of a scenario become one case each, whatever rate followed from the run before."""

from itertools import count

from consumer.bench.cases import figure
from consumer.bench.results import Case
from consumer.bench.scenarios import SCENARIOS, Bench, repeated
from consumer.cli.bench_run import NAMES


async def test_runs_of_one_case_are_side_by_side():
    """The paced case has another rate each time and is one case all the same."""
    numbers = count(1)

    async def scenario(_bench):
        number = next(numbers)
        return [
            Case(scenario="ingest", variant="chat, flat out", figures=(figure("p50", "s", number),)),
            Case(scenario="ingest", variant=f"chat, {number * 10} a second", figures=(figure("p50", "s", 2 * number),)),
        ]

    told = []
    bench = Bench(settings=None, services=None, is_quick=True, tell=told.append)
    flat_out, paced = await repeated(scenario, bench, 3)
    assert flat_out.figure("p50").runs == (1, 2, 3)
    assert (paced.figure("p50").runs, paced.variant) == ((2, 4, 6), "chat, 10 a second")
    assert told == ["run 1 of 3", "run 2 of 3", "run 3 of 3"]


def test_the_command_knows_every_scenario():
    """By the same names, in the same order."""
    assert list(SCENARIOS) == list(NAMES)
