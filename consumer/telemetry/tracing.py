"""Where spans go: an OTLP/HTTP collector when an address is set, a ring in memory when a command wants to draw them.

Builds providers, installs nothing: `consumer.telemetry.setup` does.
"""

from __future__ import annotations

import threading
import uuid
from collections import deque
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult

from consumer.settings import TelemetrySettings
from consumer.telemetry.sampling import KeepTelling, RecordAll, share_sampler

_DISTRIBUTION = "episodes"
_QUEUE_SPANS = 8_192
_BATCH_SPANS = 512
_BATCH_DELAY_MS = 1_000.0
_MAX_LINKS = 1_024
"""A transaction is linked to all its episodes; the SDK's own limit is 128."""


class RingExporter(SpanExporter):
    """Keeps the last `capacity` ended spans in memory, for a command that draws them.

    R1: never holds more than `capacity`. R2: `spans` may be called from any thread.
    """

    def __init__(self, capacity: int = 4_096) -> None:
        self._spans: deque[ReadableSpan] = deque(maxlen=capacity)
        self._lock = threading.Lock()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Keep `spans`, dropping the oldest when full."""
        with self._lock:
            self._spans.extend(spans)
        return SpanExportResult.SUCCESS

    def spans(self) -> list[ReadableSpan]:
        """Return what is held, in the order the spans ended."""
        with self._lock:
            return list(self._spans)

    def shutdown(self) -> None:
        """Keep what is held: it is drawn after the end."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's interface
        """Return True: nothing waits."""
        return True


def resource(settings: TelemetrySettings) -> Resource:
    """Return who reports: service name, version and a random instance id; OTEL_RESOURCE_ATTRIBUTES adds to it."""
    try:
        product_version = version(_DISTRIBUTION)
    except PackageNotFoundError:
        product_version = "unknown"
    return Resource.create(
        {
            SERVICE_NAME: settings.service_name,
            SERVICE_VERSION: product_version,
            SERVICE_INSTANCE_ID: str(uuid.uuid4()),
        }
    )


def tracer_provider(
    settings: TelemetrySettings, who: Resource, endpoint: str | None, exporters: Sequence[SpanExporter] = ()
) -> TracerProvider | None:
    """Return a provider that batches to `endpoint` (OTLP/HTTP base address) and feeds `exporters` at once, or None.

    Which traces leave: `consumer.telemetry.sampling`; OTEL_TRACES_SAMPLER picks where the settings have no ratio.
    """
    if endpoint is None and not exporters:
        return None
    leaving: list[SpanProcessor] = [SimpleSpanProcessor(exporter) for exporter in exporters]
    if endpoint is not None:
        leaving.append(_batches(settings, endpoint))
    share = None if settings.sample_ratio is None else share_sampler(settings.sample_ratio)
    provider = TracerProvider(share, who, shutdown_on_exit=False, span_limits=SpanLimits(max_links=_MAX_LINKS))
    if settings.keep_errors or settings.keep_slow_s is not None:
        provider.sampler = RecordAll(provider.sampler)
        leaving = [KeepTelling(leaving, errors=settings.keep_errors, slow_s=settings.keep_slow_s)]
    for processor in leaving:
        provider.add_span_processor(processor)
    return provider


def _batches(settings: TelemetrySettings, endpoint: str) -> SpanProcessor:
    """Return a processor that sends spans to `endpoint` in batches, on a thread of its own."""
    # Imported here: the exporter brings an HTTP client that a command without a collector need not load.
    from consumer.telemetry.span_sender import SpanSender  # noqa: PLC0415

    return BatchSpanProcessor(
        SpanSender(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=settings.export_timeout_s),
        max_queue_size=_QUEUE_SPANS,
        max_export_batch_size=_BATCH_SPANS,
        schedule_delay_millis=_BATCH_DELAY_MS,
        export_timeout_millis=settings.export_timeout_s * 1_000,
    )
