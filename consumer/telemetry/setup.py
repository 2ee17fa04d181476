"""Turns telemetry on for the process and, under a deadline, off again.

Nothing leaves the process unless an endpoint is set, and importing this module changes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter

from consumer.settings import TelemetrySettings
from consumer.telemetry import group_labels, metrics, providers, tracing
from consumer.telemetry.process_gauges import observe_process


class Telemetry:
    """The installed providers; leaving the `with` block sends what waits and turns them off.

    Invariant T1: `shutdown` returns within its deadline even when the collector is dead or hangs.
    """

    def __init__(self, tracer: TracerProvider | None, meter: MeterProvider | None, deadline_s: float) -> None:
        self._tracer = tracer
        self._meter = meter
        self._deadline_s = deadline_s

    def __enter__(self) -> Self:
        """Return itself: it is on already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Shut down within the configured deadline."""
        self.shutdown()

    def shutdown(self, deadline_s: float | None = None) -> bool:
        """Send what waits and turn telemetry off; return whether that was done within `deadline_s` seconds.

        Blocks for that long at most (in an event loop: `asyncio.to_thread`). What is not sent by then is lost.
        """
        providers.install(None, None)
        # A flush says True even when nothing was sent, and blocks for the exporter's own timeout: only a thread
        # that we stop waiting for keeps the deadline. It is a daemon, so it holds up no exit either.
        sending = threading.Thread(target=self._shut_all, name="telemetry-shutdown", daemon=True)
        sending.start()
        sending.join(self._deadline_s if deadline_s is None else deadline_s)
        return not sending.is_alive()

    def _shut_all(self) -> None:
        """Shut both providers down, spans first."""
        if self._tracer is not None:
            self._tracer.shutdown()
        if self._meter is not None:
            self._meter.shutdown()


def configure(
    settings: TelemetrySettings,
    *,
    endpoint: str | None = None,
    span_exporters: Sequence[SpanExporter] = (),
    metric_readers: Sequence[MetricReader] = (),
) -> Telemetry:
    """Install spans and metrics for the process: to the collector when there is one, and to what is passed in.

    `endpoint` (OTLP/HTTP base address) goes before `settings.otlp_endpoint`. With neither, and nothing passed in,
    providers that the host application set globally are used, else telemetry stays off and costs nothing.
    """
    address = endpoint or settings.otlp_endpoint
    who = tracing.resource(settings)
    tracer = tracing.tracer_provider(settings, who, address, span_exporters)
    meter = metrics.meter_provider(settings, who, address, metric_readers)
    if tracer is None and meter is None:
        providers.adopt_global(tells_prompts=settings.prompts)
    else:
        providers.install(tracer, meter, tells_prompts=settings.prompts)
    group_labels.install(settings.group_labels)
    if (reading := providers.meter()) is not None:
        observe_process(reading)
    return Telemetry(tracer, meter, settings.export_timeout_s)
