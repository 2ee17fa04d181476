"""The tracer and the instruments in use: what `configure` installed, else OpenTelemetry's global ones, else nothing.

One holder for the process, because spans are opened in many packages and each must cost next to nothing while
nobody listens. `is_tracing` and `is_metering` are what the hot path asks first.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from opentelemetry import metrics, trace
from opentelemetry.metrics import Counter, Histogram, Meter, MeterProvider
from opentelemetry.trace import Tracer, TracerProvider

from consumer.telemetry import names


@dataclass(slots=True)
class _Installed:
    """What is in use now; instruments are made once for each meter."""

    tracer: Tracer | None = None
    meter: Meter | None = None
    histograms: dict[str, Histogram] = field(default_factory=dict)
    counters: dict[str, Counter] = field(default_factory=dict)


_installed = _Installed()


def install(tracer_provider: TracerProvider | None, meter_provider: MeterProvider | None) -> None:
    """Make these providers the ones in use; None turns spans or metrics off."""
    _installed.tracer = (
        None if tracer_provider is None else tracer_provider.get_tracer(names.SCOPE, schema_url=names.SCHEMA_URL)
    )
    _installed.meter = (
        None if meter_provider is None else meter_provider.get_meter(names.SCOPE, schema_url=names.SCHEMA_URL)
    )
    _installed.histograms.clear()
    _installed.counters.clear()


def adopt_global() -> None:
    """Take over providers that the host application or auto-instrumentation set globally, if there are any."""
    tracer_provider = trace.get_tracer_provider()
    meter_provider = metrics.get_meter_provider()
    # The API's own placeholders are proxies: they record nothing until somebody sets a real provider.
    install(
        None if isinstance(tracer_provider, trace.ProxyTracerProvider) else tracer_provider,
        None if type(meter_provider).__name__.startswith("_Proxy") else meter_provider,
    )


def is_tracing() -> bool:
    """Whether a span would be recorded."""
    return _installed.tracer is not None


def is_metering() -> bool:
    """Whether a measurement would be kept."""
    return _installed.meter is not None


def tracer() -> Tracer | None:
    """Return the tracer in use, or None."""
    return _installed.tracer


def meter() -> Meter | None:
    """Return the meter in use, or None."""
    return _installed.meter


def histogram(name: str) -> Histogram | None:
    """Return the histogram of `names.METRICS[name]`, or None when nobody listens."""
    if _installed.meter is None:
        return None
    found = _installed.histograms.get(name)
    if found is None:
        metric = names.METRICS[name]
        found = _installed.meter.create_histogram(metric.name, metric.unit, metric.description)
        _installed.histograms[name] = found
    return found


def counter(name: str) -> Counter | None:
    """Return the counter of `names.METRICS[name]`, or None when nobody listens."""
    if _installed.meter is None:
        return None
    found = _installed.counters.get(name)
    if found is None:
        metric = names.METRICS[name]
        found = _installed.meter.create_counter(metric.name, metric.unit, metric.description)
        _installed.counters[name] = found
    return found
