"""A pod in this process whose every measurement can be read: over the real Kafka and Neo4j, with traces kept."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any

from plugins.end_to_end import Log, drained, until
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from consumer.app.runtime import Runtime, open_runtime
from consumer.health.exposition import Exposition
from consumer.settings import LlmSettings
from consumer.telemetry.setup import configure
from consumer.telemetry.tracing import RingExporter
from consumer.testing.generate import generate

LLM = {
    "prices": {LlmSettings().model: {"input": 1.0, "output": 2.0}},
    "daily_budget_usd": 1_000.0,
    "requests_per_min": 1_000_000,
}
"""A model with a price, a budget and a limit, so that there is something to tell of each."""


@dataclass
class Measured:
    """What runs, and what it tells."""

    log: Log
    runtime: Runtime
    exposition: Exposition
    ring: RingExporter
    running: Any = None

    def families(self):
        """Everything that is told now, by the name of the family."""
        told = text_string_to_metric_families(self.exposition.openmetrics().decode())
        return {family.name: family for family in told}

    def series(self):
        """Each series that is told now: its name and labels."""
        return {
            (sample.name, tuple(sorted(sample.labels.items())))
            for family in self.families().values()
            for sample in family.samples
        }

    async def publish(self, seed, count, groups):
        """Have so many episodes of so many groups written; returns the events."""
        events = generate(seed, count, groups)
        await self.log.publish(events)
        await drained(self.log)
        return events

    async def stop(self):
        """Drain and leave."""
        self.runtime.stop()
        if self.running is not None:
            await self.running
            self.running = None


@contextlib.asynccontextmanager
async def measured(make_log, **sections):
    """Run a pod with an endpoint until the block ends; it has its partitions when the block begins."""
    log = await make_log(partitions=2, health={"port": 0}, llm=LLM, **sections)
    exposition, ring = Exposition(), RingExporter(20_000)
    with configure(log.settings.telemetry, metric_readers=[exposition.reader], span_exporters=[ring]):
        async with open_runtime(log.settings, metrics=exposition.text, openmetrics=exposition.openmetrics) as runtime:
            pod = Measured(log, runtime, exposition, ring)
            pod.running = asyncio.ensure_future(runtime.run())
            try:
                await until(lambda: runtime.source.has_joined, 40)
                yield pod
            finally:
                await pod.stop()
