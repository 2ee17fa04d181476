"""In-memory providers, installed for one test and taken away after it."""

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from consumer.settings import TelemetrySettings
from consumer.telemetry.setup import configure


@pytest.fixture
def metric_reader():
    """A reader that is asked for its metrics."""
    return InMemoryMetricReader()


@pytest.fixture
def exporter(metric_reader):
    """Ended spans, with metrics on as well."""
    spans = InMemorySpanExporter()
    with configure(TelemetrySettings(), span_exporters=[spans], metric_readers=[metric_reader]):
        yield spans


@pytest.fixture
def points(metric_reader):
    """Returns the data points of a metric by name."""

    def read(name):
        data = metric_reader.get_metrics_data()
        if data is None:
            return []
        return [
            point
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]

    return read
