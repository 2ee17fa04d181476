"""Where measurements go: an OTLP/HTTP collector when an address is set; histogram bounds that reach 60 s and more.

Builds a provider, installs nothing: `consumer.telemetry.setup` does. Also turns the pipeline's snapshot of numbers
into observable gauges.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from opentelemetry.metrics import CallbackOptions, Meter, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource

from consumer.settings import TelemetrySettings
from consumer.telemetry import names
from consumer.telemetry.catalogue import METRICS, Metric

_LOGGER = logging.getLogger(__name__)
_EXPORT_INTERVAL_MS = 15_000.0
_SNAPSHOT_TRIES = 3

GaugeKey: TypeAlias = str | tuple[str | int, ...]
"""A metric name, or a tuple of the name and the values of its labels in the order of `Metric.labels`."""
Snapshot: TypeAlias = Callable[[], Mapping[GaugeKey, float]]

OF_THE_PROCESS = frozenset(
    {names.POOL_CONNECTIONS, names.POOL_LIMIT, names.MEMORY, names.MEMORY_PART, names.MEMORY_LIMIT}
)
"""What every process tells, a pod or a door: `process_gauges` reads them."""


def views() -> list[View]:
    """Return one view for each histogram, with the bounds that fit its unit."""
    return [
        View(instrument_name=metric.name, aggregation=ExplicitBucketHistogramAggregation(metric.buckets))
        for metric in METRICS.values()
        if metric.kind == "histogram"
    ]


def meter_provider(
    settings: TelemetrySettings, who: Resource, endpoint: str | None, readers: Sequence[MetricReader] = ()
) -> MeterProvider | None:
    """Return a provider that exports to `endpoint` (OTLP/HTTP base) every 15 s and serves `readers`, or None."""
    if not settings.otlp_metrics:
        endpoint = None
    if endpoint is None and not readers:
        return None
    all_readers = list(readers)
    if endpoint is not None:
        # Imported here: the exporter brings an HTTP client that a command without a collector need not load.
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415

        all_readers.append(
            PeriodicExportingMetricReader(
                OTLPMetricExporter(endpoint=f"{endpoint.rstrip('/')}/v1/metrics", timeout=settings.export_timeout_s),
                export_interval_millis=_EXPORT_INTERVAL_MS,
                export_timeout_millis=settings.export_timeout_s * 1_000,
            )
        )
    return MeterProvider(metric_readers=all_readers, resource=who, views=views(), shutdown_on_exit=False)


def observe(meter: Meter, snapshot: Snapshot, chosen: Iterable[str] | None = None) -> None:
    """Register an instrument for each metric that is read (`chosen` ones, else all but those of the process).

    It is read from `snapshot` at every collection, on the exporter's thread: `snapshot` must only read. A key no metric
    knows is told once in the log.
    """
    told: set[str] = set()
    wanted = set(METRICS) - OF_THE_PROCESS if chosen is None else set(chosen)
    for metric in METRICS.values():
        if metric.is_read and metric.name in wanted:
            make = meter.create_observable_counter if metric.kind == "total" else meter.create_observable_gauge
            make(metric.name, [_reader(metric, snapshot, told)], metric.unit, metric.description)


def _reader(metric: Metric, snapshot: Snapshot, told: set[str]) -> Callable[[CallbackOptions], Iterable[Observation]]:
    """Return the callback that yields this metric's part of the snapshot."""

    def read(_options: CallbackOptions) -> Iterable[Observation]:
        found = []
        for key, value in _taken(snapshot).items():
            name, *values = (key,) if isinstance(key, str) else key
            if name == metric.name:
                labels = {label: str(value) for label, value in zip(metric.labels, values, strict=False)}
                found.append(Observation(value, labels))
            elif name not in METRICS and str(name) not in told:
                told.add(str(name))
                _LOGGER.warning("gauge without a metric in telemetry.catalogue", extra={"gauge": str(name)})
        return found

    return read


def _taken(snapshot: Snapshot) -> Mapping[GaugeKey, float]:
    """Return the snapshot; the event loop may change a dict while this thread walks it, so try again."""
    for _ in range(_SNAPSHOT_TRIES):
        try:
            return snapshot()
        except RuntimeError:
            continue
    return {}
