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

_LOGGER = logging.getLogger(__name__)
_EXPORT_INTERVAL_MS = 15_000.0
_SNAPSHOT_TRIES = 3

GaugeKey: TypeAlias = str | tuple[str | int, ...]
"""A metric name of `names`, or a tuple of the name and the values of its labels in the order of `Metric.labels`."""
Snapshot: TypeAlias = Callable[[], Mapping[GaugeKey, float]]


def views() -> list[View]:
    """Return one view for each histogram, with the bounds that fit its unit."""
    bounds: dict[str, Sequence[float]] = {
        names.GEN_AI_TOKENS: names.TOKEN_BUCKETS,
        names.DELAY: names.DELAY_BUCKETS,
        names.LLM_EPISODE_TOKENS: names.TOKEN_BUCKETS,
        names.LLM_EPISODE_COST: names.COST_BUCKETS,
        names.LLM_BATCH_SIZE: names.COUNT_BUCKETS,
        names.EMBEDDING_BATCH_SIZE: names.LARGE_COUNT_BUCKETS,
        names.STAGE_BATCH_SIZE: names.LARGE_COUNT_BUCKETS,
    }
    return [
        View(
            instrument_name=metric.name,
            aggregation=ExplicitBucketHistogramAggregation(bounds.get(metric.name, names.SECONDS_BUCKETS)),
        )
        for metric in names.METRICS.values()
        if metric.kind == "histogram"
    ]


def meter_provider(
    settings: TelemetrySettings, who: Resource, endpoint: str | None, readers: Sequence[MetricReader] = ()
) -> MeterProvider | None:
    """Return a provider that exports to `endpoint` (OTLP/HTTP base) every 15 s and serves `readers`, or None."""
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


def observe(meter: Meter, snapshot: Snapshot) -> None:
    """Register an observable gauge for each gauge of `names`, read from `snapshot` at every collection.

    `snapshot` is called on the exporter's thread: it must only read. A key no metric knows is told once in the log.
    """
    told: set[str] = set()
    for metric in names.METRICS.values():
        if metric.kind == "gauge":
            meter.create_observable_gauge(
                metric.name, [_reader(metric, snapshot, told)], metric.unit, metric.description
            )


def _reader(
    metric: names.Metric, snapshot: Snapshot, told: set[str]
) -> Callable[[CallbackOptions], Iterable[Observation]]:
    """Return the callback that yields this metric's part of the snapshot."""

    def read(_options: CallbackOptions) -> Iterable[Observation]:
        found = []
        for key, value in _taken(snapshot).items():
            name, *values = (key,) if isinstance(key, str) else key
            if name == metric.name:
                labels = {label: str(value) for label, value in zip(metric.labels, values, strict=False)}
                found.append(Observation(value, labels))
            elif name not in names.METRICS and str(name) not in told:
                told.add(str(name))
                _LOGGER.warning("gauge without a metric in telemetry.names", extra={"gauge": str(name)})
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
