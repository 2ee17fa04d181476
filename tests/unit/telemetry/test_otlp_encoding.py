"""Our encoder and OpenTelemetry's say the same of every span."""

from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from consumer.telemetry.otlp_encoding import encoded

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
PLAIN = st.one_of(TEXT, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False))
VALUES = st.one_of(PLAIN, st.lists(TEXT, max_size=3).map(tuple), st.lists(st.integers(0, 9), max_size=3).map(tuple))
ATTRIBUTES = st.dictionaries(st.text("abc.", min_size=1, max_size=150), VALUES, max_size=8)
TIMES = st.integers(0, 2**63)
CONTEXTS = st.builds(
    SpanContext,
    trace_id=st.integers(1, 2**128 - 1),
    span_id=st.integers(1, 2**64 - 1),
    is_remote=st.booleans(),
    trace_flags=st.sampled_from([TraceFlags(0), TraceFlags(1)]),
    trace_state=st.sampled_from([TraceState(), TraceState([("a", "1"), ("b", "2")])]),
)
RESOURCES = [Resource({"service.name": "one", "n": 3}), Resource({}, "https://schema")]
SCOPES = [InstrumentationScope("consumer", "", "https://schema"), InstrumentationScope("other", "2"), None]
SPANS = st.builds(
    ReadableSpan,
    name=TEXT,
    context=CONTEXTS,
    parent=st.none() | CONTEXTS,
    resource=st.sampled_from(RESOURCES),
    attributes=ATTRIBUTES,
    events=st.lists(st.builds(Event, name=TEXT, attributes=ATTRIBUTES, timestamp=TIMES), max_size=3),
    links=st.lists(st.builds(Link, context=CONTEXTS, attributes=ATTRIBUTES), max_size=3),
    kind=st.sampled_from(SpanKind),
    status=st.builds(Status, st.just(StatusCode.ERROR), TEXT) | st.builds(Status, st.sampled_from(StatusCode)),
    start_time=TIMES,
    end_time=TIMES,
    instrumentation_scope=st.sampled_from(SCOPES),
)


def read(request):
    """Spans by what they belong to, whatever the order of the groups."""
    return {
        (group.resource.SerializeToString(), group.schema_url, scope.scope.SerializeToString(), scope.schema_url): [
            span.SerializeToString(deterministic=True) for span in scope.spans
        ]
        for group in request.resource_spans
        for scope in group.scope_spans
    }


@settings(max_examples=50, deadline=None)
@given(st.lists(SPANS, max_size=6))
def test_both_encoders_say_the_same(spans):
    """Names, ids, times, attributes of every kind, events, links, status, flags, resource and scope."""
    assert read(ExportTraceServiceRequest.FromString(encoded(spans))) == read(encode_spans(spans))


def test_what_is_odd_is_left_to_the_sdk():
    """Bytes and mappings in attributes are not encoded here."""
    for value in (b"bytes", {"a": 1}, None):
        span = ReadableSpan(name="x", context=SpanContext(1, 2, False), attributes={"odd": value})
        assert encoded([span]) is None


def test_equal_numbers_of_other_kinds_are_told_apart():
    """True, 1 and 1.0 are equal to a dictionary and not to a collector."""
    found = []
    for value in (True, 1, 1.0, "1"):
        span = ReadableSpan(name="x", context=SpanContext(1, 2, False), attributes={"a": value})
        request = ExportTraceServiceRequest.FromString(encoded([span]))
        found.append(request.resource_spans[0].scope_spans[0].spans[0].attributes[0].value.WhichOneof("value"))
    assert found == ["bool_value", "int_value", "double_value", "string_value"]
