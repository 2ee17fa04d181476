"""What a pod's pages say, by operation: counts, failures, percentiles, rates."""

import pytest
from aiohttp import web
from opentelemetry.sdk.metrics import MeterProvider

from consumer.app.pod_figures import operations, pod_figures
from consumer.errors import UserError
from consumer.health.exposition import Exposition
from consumer.health.server import HealthServer
from consumer.health.vitals import Verdict
from consumer.settings import HealthSettings
from consumer.telemetry import names, providers
from consumer.telemetry.calls import measure
from consumer.telemetry.metrics import views


class Pod:
    """A pod that is up for fifty seconds."""

    def live(self):
        return Verdict(ok=True, why="")

    def ready(self):
        return Verdict(ok=True, why="")

    def statistics(self):
        return {"version": "1", "state": "running", "uptime_s": 50.0, "outcomes": {"written": 90, "rejected": 10}}


@pytest.fixture
def exposition():
    """The product's own metrics, read by a scrape."""
    exposition = Exposition()
    provider = MeterProvider(metric_readers=[exposition.reader], views=views(), shutdown_on_exit=False)
    providers.install(None, provider)
    yield exposition
    providers.install(None, None)
    provider.shutdown()


def measured():
    """A hundred calls of the write stage, five of them failed, and two kinds of model calls."""
    for number in range(100):
        failed = {names.ERROR_TYPE: "WorldFault"} if number < 5 else {}
        measure(names.STAGE_DURATION, 0.03 if number < 90 else 0.7, {names.STAGE: "write"} | failed)
    for operation in ("chat", "embeddings"):
        attributes = {
            names.GEN_AI_OPERATION: operation,
            names.GEN_AI_REQUEST_MODEL: "m",
            names.GEN_AI_PROVIDER: "openai",
        }
        measure(names.GEN_AI_DURATION, 0.2, attributes)


def test_an_operation_has_its_count_failures_and_percentiles(exposition):
    """Failed and successful calls are one operation; a percentile lies in the bucket of its value."""
    measured()
    found = {one.operation: one for one in operations(exposition.text().decode(), 50)}
    write = found["stage write"]
    assert (write.count, write.failed, write.per_s) == (100, 5, 2.0)
    assert write.success_share == pytest.approx(0.95)
    assert write.mean_s == pytest.approx(0.097)
    assert 0.025 < write.p50_s <= 0.05
    assert 0.5 < write.p95_s <= write.p99_s <= 1
    assert set(found) == {"stage write", "model chat m", "model embeddings m"}


async def test_a_running_pod_is_asked(exposition):
    """State, outcomes and rate of /statz beside the operations of /metrics."""
    measured()
    async with HealthServer(HealthSettings(port=0), Pod(), exposition.text) as server:
        found = await pod_figures(f"http://127.0.0.1:{server.port}/")
    assert (found.state, found.uptime_s, found.episodes_per_s) == ("running", 50.0, 2.0)
    assert found.operations[0].operation == "stage write"
    told = found.as_dict()
    assert told["operations"][0]["success_share"] == pytest.approx(0.95)


async def test_without_metrics_the_state_is_told(exposition):
    """And why there are no operations."""
    async with HealthServer(HealthSettings(port=0), Pod()) as server:
        found = await pod_figures(f"http://127.0.0.1:{server.port}")
    assert found.operations == []
    assert "503" in found.why_no_operations


async def test_what_is_no_pod_is_one_line():
    """A server of another kind, and none at all."""
    app = web.Application()
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    with pytest.raises(UserError, match="HTTP status 404"):
        await pod_figures(address)
    await runner.cleanup()
    with pytest.raises(UserError, match="cannot be reached"):
        await pod_figures(address)
