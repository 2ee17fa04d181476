"""Measurements that go straight to their sums end up where the SDK itself would have put them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import set_span_in_context, use_span

from consumer.telemetry.bound import BoundCounter, BoundHistogram

LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["x", "y", "z"]), max_size=3)
STEPS = st.lists(st.tuples(LABELS, st.floats(0, 100) | st.integers(0, 100), st.booleans()), max_size=40)
VIEW = View(instrument_name="h", aggregation=ExplicitBucketHistogramAggregation((1, 10)))


def instruments(readers):
    """A histogram and a counter of a meter with these readers."""
    meter = MeterProvider(metric_readers=readers, views=[VIEW], shutdown_on_exit=False).get_meter("m")
    return meter.create_histogram("h"), meter.create_counter("c")


def told(reader):
    """What a reader has, without times."""
    data = reader.get_metrics_data()
    points = [
        (metric.name, point)
        for resource in (data.resource_metrics if data else ())
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    ]
    return sorted(
        (
            name,
            sorted(point.attributes.items()),
            getattr(point, "bucket_counts", ()),
            round(getattr(point, "sum", 0), 6),
            round(getattr(point, "value", 0), 6),
        )
        for name, point in points
    )


@settings(max_examples=50, deadline=None)
@given(STEPS)
def test_sums_are_those_of_the_sdk(steps):
    """B1: buckets, sums and labels, for two readers, and also when it was read in between."""
    readers, others = [[InMemoryMetricReader(), InMemoryMetricReader()] for _ in range(2)]
    histogram, counter = instruments(others)
    plain_histogram, plain_counter = instruments(readers)
    bound_histogram, bound_counter = BoundHistogram(histogram), BoundCounter(counter)
    for labels, value, is_read in steps:
        plain_histogram.record(value, labels)
        plain_counter.add(value, labels)
        bound_histogram.record(value, labels)
        bound_counter.add(value, labels)
        if is_read:
            assert told(others[0]) == told(readers[0])
    assert [told(reader) for reader in others] == [told(reader) for reader in readers]


def test_exemplar_names_the_span():
    """B2: the trace of a measurement made in a sampled span can be found from its bucket, and a counter has none."""
    reader = InMemoryMetricReader()
    histogram, counter = instruments([reader])
    span = TracerProvider(shutdown_on_exit=False).get_tracer("t").start_span("s")
    BoundHistogram(histogram).record(5, {"a": "x"}, set_span_in_context(span))
    with use_span(span):
        BoundCounter(counter).add(1, {"a": "x"})
    metrics = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
    found = {metric.name: metric.data.data_points[0].exemplars for metric in metrics}
    (exemplar,) = found["h"]
    assert not found["c"]
    assert (exemplar.trace_id, exemplar.span_id) == (span.context.trace_id, span.context.span_id)


def test_reader_that_resets_gets_all():
    """Deltas start anew at each reading: then everything goes the public way."""
    delta = {Histogram: AggregationTemporality.DELTA, Counter: AggregationTemporality.DELTA}
    reader = InMemoryMetricReader(preferred_temporality=delta)
    histogram, counter = instruments([reader])
    bound_histogram, bound_counter = BoundHistogram(histogram), BoundCounter(counter)
    for _ in range(3):
        bound_histogram.record(5, {"a": "x"})
        bound_counter.add(2, {"a": "x"})
        assert told(reader) == [("c", [("a", "x")], (), 0, 2), ("h", [("a", "x")], (0, 1, 0), 5, 0)]


@pytest.mark.parametrize("value", [-1.0, float("inf"), float("nan")])
def test_what_the_sdk_refuses_is_refused(value):
    """No negative, endless or odd number gets into a sum."""
    reader = InMemoryMetricReader()
    histogram, _ = instruments([reader])
    BoundHistogram(histogram).record(value, {})
    assert told(reader) == []


def test_other_meters_are_used_as_they_are():
    """A host application's own provider need not be the SDK's."""
    meter = NoOpMeterProvider().get_meter("m")
    BoundHistogram(meter.create_histogram("h")).record(1, {})
    BoundCounter(meter.create_counter("c")).add(1, {})
