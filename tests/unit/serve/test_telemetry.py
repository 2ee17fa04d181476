"""What is recorded of a request: a span that continues the caller's trace, and a measurement without anybody's data."""

from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from consumer.settings import TelemetrySettings
from consumer.telemetry import names
from consumer.telemetry.catalogue import METRICS
from consumer.telemetry.setup import configure

SEARCH = {"query": "secret question", "group_ids": ["a"]}
TRACE = "0af7651916cd43dd8448eb211c80319c"


def points(reader, name):
    """The data points of a metric."""
    data = reader.get_metrics_data()
    return [
        point
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == name
        for point in metric.data.data_points
    ]


async def test_a_request_is_a_span_and_a_measurement(api):
    """By route and status; the trace is the caller's; neither question nor group is in it."""
    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
    with configure(TelemetrySettings(), span_exporters=[spans], metric_readers=[reader]):
        trace = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "X-Request-Id": "r-1"}
        await api.ask("POST", "/v1/search", json=SEARCH, headers=trace)
        await api.ask("POST", "/v1/search", json=SEARCH | {"query": "world"})
        await api.ask("GET", "/v1/groups/a/episodes/u1")
        await api.ask("GET", "/made/up/by-a-stranger")
        await api.ask("GET", "/v1/groups", token=None)
        served = [span for span in spans.get_finished_spans() if span.kind is SpanKind.SERVER]
        assert [span.name for span in served] == [
            "POST /v1/search",
            "POST /v1/search",
            "GET /v1/groups/{group_id}/episodes/{uuid}",
            "GET unknown",
            "GET /v1/groups",
        ]
        assert [span.attributes[names.HTTP_STATUS] for span in served] == [200, 503, 200, 404, 401]
        assert f"{served[0].context.trace_id:032x}" == TRACE
        assert served[0].attributes[names.REQUEST_ID] == "r-1"
        told = " ".join(str(value) for span in served for value in span.attributes.values())
        assert "secret" not in told
        assert "stranger" not in told
        found = points(reader, names.HTTP_DURATION)
        routes = {(point.attributes[names.HTTP_ROUTE], point.attributes[names.HTTP_STATUS]) for point in found}
        assert ("/v1/search", 503) in routes
        assert ("unknown", 404) in routes
        allowed = METRICS[names.HTTP_DURATION].labels
        assert all(set(point.attributes) <= set(allowed) for point in found)
        errors = {point.attributes.get(names.ERROR_TYPE) for point in found}
        assert errors == {None, "503"}
        assert points(reader, names.HTTP_ACTIVE)[0].value == 0
