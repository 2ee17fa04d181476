"""A client call leaves one span and one measurement, or nothing when nobody listens."""

import asyncio

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from consumer.errors import EpisodeFault, WorldFault
from consumer.telemetry import names, providers
from consumer.telemetry.calls import client_call, error_type


def test_call_records_span_duration_and_tokens(exporter, points):
    """The span holds all attributes, the histogram only those that its definition allows."""
    attributes = {names.GEN_AI_OPERATION: "chat", names.GEN_AI_REQUEST_MODEL: "m", "episodes.lane": "alice"}
    with client_call(names.chat("m"), attributes, metric=names.GEN_AI_DURATION) as call:
        call.set(names.GEN_AI_INPUT_TOKENS, 12)
        call.set(names.GEN_AI_OUTPUT_TOKENS, 3)

    (span,) = exporter.get_finished_spans()
    assert span.name == "chat m"
    assert span.kind is SpanKind.CLIENT
    assert span.attributes[names.GEN_AI_INPUT_TOKENS] == 12
    assert span.instrumentation_scope.schema_url == names.SCHEMA_URL
    (duration,) = points(names.GEN_AI_DURATION)
    assert dict(duration.attributes) == {names.GEN_AI_OPERATION: "chat", names.GEN_AI_REQUEST_MODEL: "m"}
    assert max(duration.explicit_bounds) == 60
    tokens = {point.attributes[names.GEN_AI_TOKEN_TYPE]: point.sum for point in points(names.GEN_AI_TOKENS)}
    assert tokens == {"input": 12, "output": 3}


def test_call_marks_the_error_and_lets_it_pass(exporter, points):
    """An exception leaves as it came; span and measurement carry error.type."""
    with pytest.raises(WorldFault), client_call("query", {}, metric=names.DB_DURATION):
        raise WorldFault("neo4j", "connection refused")

    (span,) = exporter.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description == "connection refused"
    assert span.attributes[names.ERROR_TYPE] == "world.neo4j"
    (point,) = points(names.DB_DURATION)
    assert point.attributes[names.ERROR_TYPE] == "world.neo4j"


def test_foreign_message_is_not_told(exporter):
    """A foreign exception may quote content or a credential: only its class is told."""
    with pytest.raises(ValueError), client_call("x", {}):
        raise ValueError("the prompt was: secret")

    (span,) = exporter.get_finished_spans()
    assert "secret" not in str(span.to_json())


async def test_cancelled_call_is_no_error(exporter):
    """Cancellation is told as such and does not colour the trace red."""
    with pytest.raises(asyncio.CancelledError), client_call("x", {}):
        raise asyncio.CancelledError

    (span,) = exporter.get_finished_spans()
    assert span.attributes[names.ERROR_TYPE] == "cancelled"
    assert span.status.status_code is StatusCode.UNSET


def test_nested_calls_are_parent_and_child(exporter):
    """The span is current inside the block."""
    with client_call("outer", {}), client_call("inner", {}):
        pass

    inner, outer = exporter.get_finished_spans()
    assert inner.parent.span_id == outer.context.span_id


def test_nothing_is_recorded_when_off():
    """With no provider the block runs and takes attributes, and there is no tracer."""
    assert not providers.is_tracing()
    with client_call("x", {"a": 1}, metric=names.DB_DURATION) as call:
        call.set("b", 2)
    assert call.attributes == {}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("x"), "ValueError"),
        (asyncio.CancelledError(), "cancelled"),
        (EpisodeFault("too-large"), "episode.too-large"),
        (WorldFault("llm", "x"), "world.llm"),
        (asyncio.QueueFull(), "asyncio.queues.QueueFull"),
    ],
)
def test_error_type_has_few_values(error, expected):
    """The class names the error, never its message."""
    assert error_type(error) == expected
