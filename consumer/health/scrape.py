"""Metrics as Prometheus's families: what the meter provider measured, under the names of the catalogue, with exemplars.

OpenTelemetry's own exporter leaves exemplars out; this one tells them, so that a slow bucket leads to a trace.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from opentelemetry.sdk.metrics import Counter, Histogram, ObservableCounter, ObservableGauge, ObservableUpDownCounter
from opentelemetry.sdk.metrics import UpDownCounter as UpDown
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    HistogramDataPoint,
    MetricReader,
    MetricsData,
    Sum,
)
from opentelemetry.sdk.metrics.export import Metric as Measured
from opentelemetry.trace import format_span_id, format_trace_id
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.samples import Exemplar

from consumer.telemetry.catalogue import METRICS

_INSTRUMENTS = (Counter, UpDown, Histogram, ObservableCounter, ObservableUpDownCounter, ObservableGauge)
_NANO = 1_000_000_000


class ScrapeReader(MetricReader):
    """Hand it to a meter provider; `families` collects and returns what was measured until now.

    Metrics that the catalogue does not know (a host application's, in the same provider) are told under their own
    names. Not to be called from two threads at once.
    """

    def __init__(self) -> None:
        """Collect sums since the start, as Prometheus wants them."""
        super().__init__(preferred_temporality=dict.fromkeys(_INSTRUMENTS, AggregationTemporality.CUMULATIVE))
        self._data: list[MetricsData] = []

    def families(self) -> Iterator[Family]:
        """Yield one family for each metric that has a value, and who tells it."""
        self._data.clear()
        self.collect()
        for resource in (resource for data in self._data for resource in data.resource_metrics):
            target = InfoMetricFamily("target", "Who tells these metrics.")
            target.add_metric([], {_name(key): _text(value) for key, value in resource.resource.attributes.items()})
            yield target
            for scope in resource.scope_metrics:
                yield from (_family(metric) for metric in scope.metrics)

    def _receive_metrics(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **_: Any) -> None:  # noqa: ARG002 - the SDK's interface
        self._data.append(metrics_data)

    def shutdown(self, timeout_millis: float = 30_000, **_: Any) -> None:
        """Hold nothing: what was measured stays with the provider."""


def _family(metric: Measured) -> Family:
    """Return a metric with all its points."""
    known = METRICS.get(metric.name)
    name = known.prometheus_family if known else _name(metric.name)
    unit = known.prometheus_unit if known else ""
    help_ = metric.description or ""
    points: list[Any] = list(metric.data.data_points)
    labels = sorted({_name(key) for point in points for key in point.attributes or {}})
    rows = [_row(labels, point.attributes or {}) for point in points]
    if points and isinstance(points[0], HistogramDataPoint):
        histogram = HistogramMetricFamily(name, help_, labels=labels, unit=unit)
        for row, point in zip(rows, points, strict=True):
            histogram.add_metric(row, list(_buckets(point)), point.sum)
        return histogram
    if isinstance(metric.data, Sum) and metric.data.is_monotonic:
        counter = CounterMetricFamily(name, help_, labels=labels, unit=unit)
        for row, point in zip(rows, points, strict=True):
            counter.add_metric(row, point.value)
        return counter
    gauge = GaugeMetricFamily(name, help_, labels=labels, unit=unit)
    for row, point in zip(rows, points, strict=True):
        gauge.add_metric(row, point.value)
    return gauge


def _buckets(point: HistogramDataPoint) -> Iterable[tuple[str, float] | tuple[str, float, Exemplar]]:
    """Yield the bounds of a histogram with the counts up to them, and an exemplar of each where there is one."""
    exemplars = list(point.exemplars or ())
    below, counted = float("-inf"), 0
    for bound, count in zip((*point.explicit_bounds, float("inf")), point.bucket_counts, strict=True):
        counted += count
        text = "+Inf" if bound == float("inf") else str(bound)
        exemplar = next((each for each in exemplars if each.trace_id and below < each.value <= bound), None)
        below = bound
        if exemplar is None:
            yield text, counted
            continue
        labels = {
            "trace_id": format_trace_id(exemplar.trace_id or 0),
            "span_id": format_span_id(exemplar.span_id or 0),
        }
        yield text, counted, Exemplar(labels, exemplar.value, exemplar.time_unix_nano / _NANO)


def _row(labels: Sequence[str], attributes: Any) -> list[str]:
    """Return the values of `labels`, empty where a point has none: a family has the same labels throughout."""
    values = {_name(key): _text(value) for key, value in attributes.items()}
    return [values.get(label, "") for label in labels]


def _name(name: str) -> str:
    """Return a name as Prometheus takes it."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
