"""What a run asked of models: calls and tokens, read from the product's own metrics.

An engine that calls no model has no calls; one whose provider reports no tokens has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader

from consumer.telemetry import names, providers


@dataclass(frozen=True, slots=True)
class Usage:
    """Calls of chat models, those that failed among them, and LLM tokens as the provider counted them."""

    calls: int = 0
    failed_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the numbers by name."""
        return asdict(self)


class UsageMeter:
    """Reads the metrics of a run."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._reader = InMemoryMetricReader()
        self.provider = MeterProvider([self._reader], shutdown_on_exit=False)

    def usage(self) -> Usage:
        """Return what was asked for so far."""
        calls = self._points(names.GEN_AI_DURATION)
        tokens = self._points(names.GEN_AI_TOKENS)
        return Usage(
            calls=sum(point.count for point in calls),
            failed_calls=sum(point.count for point in calls if names.ERROR_TYPE in (point.attributes or {})),
            input_tokens=_tokens(tokens, "input"),
            output_tokens=_tokens(tokens, "output"),
        )

    def _points(self, name: str) -> list[HistogramDataPoint]:
        data = self._reader.get_metrics_data()
        return [
            point
            for resource in (data.resource_metrics if data is not None else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
            if isinstance(point, HistogramDataPoint)
            and (point.attributes or {}).get(names.GEN_AI_OPERATION, "chat") == "chat"
        ]


@contextmanager
def metered() -> Iterator[UsageMeter]:
    """Count model calls while inside; metrics go nowhere else meanwhile."""
    meter = UsageMeter()
    providers.install(None, meter.provider)
    try:
        yield meter
    finally:
        providers.install(None, None)
        meter.provider.shutdown()


def _tokens(points: list[HistogramDataPoint], kind: str) -> int:
    return int(sum(point.sum for point in points if (point.attributes or {}).get(names.GEN_AI_TOKEN_TYPE) == kind))
