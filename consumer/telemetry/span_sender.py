"""The SDK's OTLP exporter of spans with our own encoder in front; it comes with an HTTP client, so import it late."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

from consumer.telemetry.otlp_encoding import encoded


class SpanSender(OTLPSpanExporter):
    """Sends as the SDK's exporter does: its address, headers, retries and deadline."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send `spans`; those that are not encoded here go the SDK's way."""
        body = None if self._shutdown else encoded(spans)
        if body is None:
            return super().export(spans)
        return SpanExportResult.SUCCESS if self._client.export(body).success else SpanExportResult.FAILURE
