"""The gauges that every process has, whatever it does: connections of its clients, memory that it holds on purpose."""

from __future__ import annotations

from opentelemetry.metrics import Meter

from consumer.telemetry import names
from consumer.telemetry.held_memory import held
from consumer.telemetry.metrics import OF_THE_PROCESS, GaugeKey, observe
from consumer.telemetry.pools import pools_in_use


def observe_process(meter: Meter) -> None:
    """Let `meter` read them at each collection."""
    observe(meter, snapshot, OF_THE_PROCESS)


def snapshot() -> dict[GaugeKey, float]:
    """Return where they stand; only reads, for it runs on the exporter's thread."""
    values: dict[GaugeKey, float] = {}
    for name, use in pools_in_use().items():
        values[names.POOL_CONNECTIONS, name, "in_use"] = use.in_use
        values[names.POOL_CONNECTIONS, name, "idle"] = use.idle
        values[names.POOL_LIMIT, name] = use.limit
    parts = held()
    values[names.MEMORY] = sum(part.used for part in parts.values())
    values[names.MEMORY_LIMIT] = sum(part.limit for part in parts.values())
    for holder, part in parts.items():
        values[names.MEMORY_PART, holder] = part.used
    return values
