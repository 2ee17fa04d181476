"""The tracer and the instruments in use: what `configure` installed, else OpenTelemetry's global ones, else nothing.

One holder for the process, because spans are opened in many packages and each must cost next to nothing while
nobody listens. `is_tracing` and `is_metering` are what the hot path asks first.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from opentelemetry import metrics, trace
from opentelemetry.metrics import Meter, MeterProvider
from opentelemetry.metrics import _Gauge as Gauge
from opentelemetry.trace import Tracer, TracerProvider

from consumer.telemetry import names
from consumer.telemetry.bound import BoundCounter, BoundHistogram
from consumer.telemetry.catalogue import METRICS


@dataclass(slots=True)
class _Installed:
    """What is in use now; instruments are made once for each meter.

    `is_on`: somebody listens to spans or metrics; `tells_prompts`: the texts of model calls go on spans.
    """

    is_on: bool = False
    tells_prompts: bool = False
    tracer: Tracer | None = None
    meter: Meter | None = None
    histograms: dict[str, BoundHistogram] = field(default_factory=dict)
    counters: dict[str, BoundCounter] = field(default_factory=dict)
    levels: dict[str, Gauge] = field(default_factory=dict)


in_use = _Installed()
"""Read `in_use.is_on` on the hot path: one attribute instead of two calls. Only this module writes it."""


def install(
    tracer_provider: TracerProvider | None, meter_provider: MeterProvider | None, *, tells_prompts: bool = False
) -> None:
    """Make these providers the ones in use; None turns spans or metrics off."""
    in_use.tells_prompts = tells_prompts and tracer_provider is not None
    in_use.tracer = (
        None if tracer_provider is None else tracer_provider.get_tracer(names.SCOPE, schema_url=names.SCHEMA_URL)
    )
    in_use.meter = (
        None if meter_provider is None else meter_provider.get_meter(names.SCOPE, schema_url=names.SCHEMA_URL)
    )
    in_use.is_on = tracer_provider is not None or meter_provider is not None
    in_use.histograms.clear()
    in_use.counters.clear()
    in_use.levels.clear()


def adopt_global(*, tells_prompts: bool = False) -> None:
    """Take over providers that the host application or auto-instrumentation set globally, if there are any."""
    tracer_provider = trace.get_tracer_provider()
    meter_provider = metrics.get_meter_provider()
    # The API's own placeholders are proxies: they record nothing until somebody sets a real provider.
    install(
        None if isinstance(tracer_provider, trace.ProxyTracerProvider) else tracer_provider,
        None if type(meter_provider).__name__.startswith("_Proxy") else meter_provider,
        tells_prompts=tells_prompts,
    )


def is_tracing() -> bool:
    """Whether a span would be recorded."""
    return in_use.tracer is not None


def is_metering() -> bool:
    """Whether a measurement would be kept."""
    return in_use.meter is not None


def tracer() -> Tracer | None:
    """Return the tracer in use, or None."""
    return in_use.tracer


def meter() -> Meter | None:
    """Return the meter in use, or None."""
    return in_use.meter


def histogram(name: str) -> BoundHistogram | None:
    """Return the histogram of `METRICS[name]`, or None when nobody listens."""
    if in_use.meter is None:
        return None
    found = in_use.histograms.get(name)
    if found is None:
        metric = METRICS[name]
        found = BoundHistogram(in_use.meter.create_histogram(metric.name, metric.unit, metric.description))
        in_use.histograms[name] = found
    return found


def counter(name: str) -> BoundCounter | None:
    """Return the counter of `METRICS[name]`, or None when nobody listens."""
    if in_use.meter is None:
        return None
    found = in_use.counters.get(name)
    if found is None:
        metric = METRICS[name]
        found = BoundCounter(in_use.meter.create_counter(metric.name, metric.unit, metric.description))
        in_use.counters[name] = found
    return found


def level(name: str) -> Gauge | None:
    """Return the gauge of the level `METRICS[name]`, which is set, not read; None when nobody listens."""
    if in_use.meter is None:
        return None
    found = in_use.levels.get(name)
    if found is None:
        metric = METRICS[name]
        found = in_use.meter.create_gauge(metric.name, metric.unit, metric.description)
        in_use.levels[name] = found
    return found
