"""Profiles in a case: of this loop with the real stages' names, and of a pod over HTTP."""

import asyncio
import time

import pytest
from cpu_time import in_some_go
from plugins.bench_reports import example

from consumer.bench.profile import (
    findings_of,
    pods_profiled_beside,
    profiled,
    profiled_cases,
    profiled_pods,
    profiling_allowed,
    with_findings,
)
from consumer.bench.report.page import report_page
from consumer.bench.results import Case
from consumer.errors import UserError
from consumer.health.server import HealthServer
from consumer.health.vitals import Verdict
from consumer.profiling.profile import Profile, WorkerLooks
from consumer.settings import HealthSettings, Settings


class Pod:
    """Answers probes."""

    def live(self):
        return Verdict(ok=True, why="")

    def ready(self):
        return Verdict(ok=True, why="")

    def statistics(self):
        return {}


async def waits():
    """A worker that waits for an answer for ever."""
    await asyncio.Event().wait()


@pytest.fixture
async def worker():
    """One worker of a stage."""
    task = asyncio.create_task(waits(), name="extract-0")
    yield
    task.cancel()


@in_some_go
async def test_a_block_is_profiled(worker):
    """Flame graphs, and the sentence that names the stage."""
    with profiled() as profiling:
        with pytest.raises(RuntimeError, match="after the block"):
            _ = profiling.findings
        await asyncio.sleep(1.5)
    (findings,) = profiling.findings
    assert findings.notes[0].startswith("extract is the bottleneck")
    assert "extract: what its workers were at, waiting included" in {stack.name for stack in findings.stacks}


async def test_a_failure_inside_passes_through(worker):
    """As it was, and with nothing left running."""
    with pytest.raises(KeyError), profiled(list):
        raise KeyError("x")


@in_some_go
async def test_a_pod_is_profiled_beside_a_block(worker):
    """The block runs meanwhile, and its end waits for what the pod says."""
    async with HealthServer(HealthSettings(port=0, profiling=True), Pod()) as pod:
        began = time.monotonic()
        async with pods_profiled_beside([f"http://127.0.0.1:{pod.port}"], 1.5, after_s=0.1) as profiling:
            assert time.monotonic() - began < 1
        (findings,) = profiling.findings
    assert findings.notes[0].startswith("extract is the bottleneck")


async def test_a_pod_that_does_not_allow_it_is_told():
    """With what to set; and one that is not there."""
    async with HealthServer(HealthSettings(port=0), Pod()) as pod:
        address = f"http://127.0.0.1:{pod.port}"
        with pytest.raises(ExceptionGroup) as raised:
            await profiled_pods([address], 0.2)
    assert raised.group_contains(UserError, match="EPISODES_HEALTH__PROFILING")
    with pytest.raises(ExceptionGroup) as raised:
        await profiled_pods([address], 0.2)
    assert raised.group_contains(UserError, match="is not profiled")


@in_some_go
async def test_cases_measured_here_are_profiled_whole(worker):
    """The first has the graphs and says of what; the others are as they were, and none stay none."""

    async def measured(*cases):
        await asyncio.sleep(2)
        return list(cases)

    first, second = await profiled_cases(measured(Case(scenario="write"), Case(scenario="write", variant="more")))
    assert first.stacks
    assert first.notes[0].endswith("preparations included.)")
    assert second == Case(scenario="write", variant="more")
    assert await profiled_cases(measured()) == []


def test_settings_can_allow_it():
    """Of pods that a scenario starts."""
    assert profiling_allowed(Settings()).health.profiling


def test_findings_stand_in_a_case_and_in_its_report():
    """First the sentence; then the page draws the graphs."""
    profile = Profile(
        seconds=10.0,
        period_s=0.01,
        looks=1_000,
        idle=900,
        running={"write": {"a:f;b:g": 90}, "loop": {"c:h": 10}},
        waiting={"write": {"a:f;d:w": 99}},
        workers={"write": WorkerLooks(100, 1, 0, 1)},
    )
    case = with_findings(Case(scenario="ingest", notes=("as before",)), [findings_of(profile)])
    assert case.notes[0].startswith("write is the bottleneck: its 1 worker had")
    assert case.notes[1] == "as before"
    assert [stack.name for stack in case.stacks] == [
        "what ran, by stage",
        "write: CPU of the event loop",
        "write: what its workers were at, waiting included",
    ]
    figure = case.figure("event loop: busy")
    assert figure is not None
    assert figure.value == pytest.approx(10)
    page = report_page(example().model_copy(update={"cases": (case,)}))
    assert page.count('class="flame"') == 3
    assert "<strong>ingest:</strong> write is the bottleneck" in page
