"""An outage of what we depend on: nothing is lost, nothing grows, and its end is noticed within seconds."""

import asyncio
import time
from dataclasses import dataclass

import pytest
from plugins.end_to_end import Log, pods, until
from plugins.pod_process import PodProcess, assert_all_is_right

from consumer.testing.generate import generate
from consumer.testing.simulator import Profile, Simulator
from consumer.testing.tcp_proxy import BOLT_COMMIT, TcpProxy

EPISODES = 700
BUDGET = 100
RECOVERY_S = 10.0
"""What is promised, and what the long forms hold us to."""
SHORT_RECOVERY_S = 40.0
"""On any machine: there is a probe every five seconds at least, and its call has to come through."""
GROWTH_MB = 120.0
CALL_S = 3
CALM = Profile(latency_ms=50, dimension=64)
THROTTLED = {"rate_429": 1.0, "retry_after_s": 2.0}


@dataclass
class Stage:
    """A pod behind proxies of the graph and of the models."""

    log: Log
    events: list
    pod: PodProcess
    graph: TcpProxy
    models: TcpProxy
    simulator: Simulator


@pytest.fixture
async def stage(make_log, start_pod, neo4j_uri):
    """A pod with a budget of 100 that has begun to work on 700 episodes."""
    async with (
        Simulator(CALM) as simulator,
        TcpProxy(neo4j_uri.removeprefix("bolt://")) as graph,
        TcpProxy(simulator.base_url.removeprefix("http://").removesuffix("/v1")) as models,
    ):
        log = await make_log()
        events = generate(seed=11, n=EPISODES, groups=6)
        await log.publish(events)
        pod = await start_pod(
            log,
            EPISODES_NEO4J__URI=f"bolt://{graph.address}",
            OPENAI_BASE_URL=f"http://{models.address}/v1",
            EPISODES_PIPELINE__BUDGET_ITEMS=BUDGET,
            EPISODES_LLM__TIMEOUT_S=CALL_S,
            EPISODES_EMBEDDING__TIMEOUT_S=CALL_S,
        )
        yield Stage(log, events, pod, graph, models, simulator)


async def outlast(stage, written, begin, end, hold_s, *, allowed_s=SHORT_RECOVERY_S):
    """Let an outage begin, watch it for `hold_s`, let it end; print and check what it did to the pod.

    It lasts until nothing was written for half of that time: what was behind the fault already may take a while.
    """

    async def are_written(count):
        return await written(stage.log) >= count

    await until(lambda: are_written(100), 60)
    before_mb = stage.pod.memory_mb()
    begin()
    began = time.monotonic()
    rss_mb, most = [], 0
    count, since = -1, began
    while time.monotonic() - began < hold_s or time.monotonic() - since < hold_s / 2:
        await asyncio.sleep(0.5)
        assert stage.pod.is_alive, stage.pod.log()[-3_000:]
        rss_mb.append(stage.pod.memory_mb())
        most = max(most, (await stage.pod.statistics())["in_flight"]["items"])
        if (now := await written(stage.log)) != count:
            count, since = now, time.monotonic()
    stuck_at = await written(stage.log)
    breakers = {
        name: view["state"]
        for name, view in (await stage.pod.statistics())["breakers"].items()
        if view["state"] != "closed"
    }
    end()
    restored = time.monotonic()
    await until(lambda: are_written(stuck_at + 1), 90)
    recovery_s = time.monotonic() - restored
    print(
        f"outage_s={hold_s:g} written={stuck_at} breakers={breakers} in_flight_max={most} "
        f"rss_mb={before_mb:.0f}->{max(rss_mb):.0f} recovery_s={recovery_s:.2f}"
    )
    assert stuck_at < EPISODES, "the outage was none"
    assert most <= BUDGET
    assert max(rss_mb) - before_mb < GROWTH_MB
    await assert_all_is_right(stage.log, stage.events)
    assert stage.pod.is_alive
    await stage.pod.stop()
    assert recovery_s < allowed_s
    return breakers


@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("how", ["refuse", "blackhole"])
async def test_neo4j_is_gone_for_20_seconds(stage, written, how):
    """The short form: connections refused, or packets swallowed; written again soon after its return."""
    await outlast(stage, written, getattr(stage.graph, how), stage.graph.restore, 20)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("how", ["refuse", "blackhole"])
async def test_neo4j_is_gone_for_5_minutes(stage, written, how):
    """Five minutes: no dead letter, no crash, no growth, written again within 10 s of its return."""
    breakers = await outlast(stage, written, getattr(stage.graph, how), stage.graph.restore, 300, allowed_s=RECOVERY_S)
    assert any(dependency.startswith("neo4j") for dependency in breakers)


@pytest.mark.timeout(1_200)
@pytest.mark.parametrize(
    "fault",
    [
        "refuse",
        pytest.param("blackhole", marks=pytest.mark.slow),
        THROTTLED,
        pytest.param({"rate_500": 1.0}, marks=pytest.mark.slow),
        pytest.param({"rate_hang": 1.0}, marks=pytest.mark.slow),
    ],
    ids=["refuse", "blackhole", "throttled", "server-error", "hang"],
)
async def test_the_models_are_gone(stage, written, fault):
    """Chat and embeddings together: no connection, silence, 429 with Retry-After, 500, half an answer."""
    if isinstance(fault, str):
        begin, end = getattr(stage.models, fault), stage.models.restore
    else:
        begin, end = behave(stage, **fault), behave(stage)
    # A probe that began before the end of the outage, and hangs, is waited for.
    is_silent = fault in ("blackhole", {"rate_hang": 1.0})
    promised_s = RECOVERY_S + (CALL_S if is_silent else 0)
    is_short = fault in ("refuse", THROTTLED)
    await outlast(stage, written, begin, end, 9, allowed_s=SHORT_RECOVERY_S if is_short else promised_s)


@pytest.mark.timeout(1_200)
@pytest.mark.parametrize(
    "rate",
    [
        "rate_wrong_dimension",
        pytest.param("rate_nan_vector", marks=pytest.mark.slow),
        pytest.param("rate_wrong_count", marks=pytest.mark.slow),
    ],
)
async def test_the_embedding_model_goes_astray(stage, written, rate):
    """Vectors that are of no use are no vectors: waited for, never written and never a dead letter."""
    await outlast(stage, written, behave(stage, **{rate: 1.0}), behave(stage), 6)


def behave(stage, **fields):
    """A call that changes how the simulated provider behaves."""

    def change():
        stage.simulator.profile = Profile(latency_ms=50, dimension=64, **fields)

    return change


@pytest.mark.timeout(1_200)
async def test_a_commit_whose_answer_is_lost_is_found_done(make_log, neo4j_uri, simulator):
    """The database commits, we see a reset; the retry finds the episodes there, and the digest is the calm run's."""
    events = generate(seed=12, n=200, groups=4)
    calm = await make_log()
    await calm.publish(events)
    async with pods(calm, 1):
        await assert_all_is_right(calm, events)
    wanted = await calm.digests()
    await calm.wipe()
    log = await make_log(pipeline={"write_batch_works": 20})
    async with TcpProxy(neo4j_uri.removeprefix("bolt://")) as graph:
        uri = log.settings.neo4j.model_copy(update={"uri": f"bolt://{graph.address}"})
        simulator.profile = Profile(latency_ms=4_000)
        async with pods(Log(log.settings.model_copy(update={"neo4j": uri})), 1) as (pod,):
            await log.publish(events)
            # Only once intake has asked its questions: reads end with a commit too, and a lost one means nothing.
            await until(lambda: has_asked(pod.pipeline, len(events)), 30)
            graph.cut_before_answer(BOLT_COMMIT, times=4)
            simulator.profile = Profile()
            await assert_all_is_right(log, events)
            told = {view.dependency: view.last_error for view in pod.pipeline.breakers.view()}
            print(f"cuts={graph.cuts} {told['neo4j-write']}")
            assert graph.cuts == 4
            assert "IncompleteCommit" in told["neo4j-write"]
    assert await log.digests() == wanted


def has_asked(pipeline, episodes):
    """Whether all episodes are past intake and wait for the model."""
    intake, extract = pipeline.view()[:2]
    return pipeline.budget.items == extract.queued + extract.in_flight == episodes and not intake.queued
