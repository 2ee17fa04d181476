"""What a scrape gets: all metrics as text, in the form that was asked for.

Prometheus's own text form by default; OpenMetrics, which alone can hold exemplars, for a scraper that accepts it. A
registry of its own, so that a host application's metrics stay its own; memory, CPU time and open files of the process
are added.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import Metric as Family
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

from consumer.health.scrape import ScrapeReader

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
"""What `text` returns: the format that every Prometheus understands."""
OPENMETRICS_TYPE = CONTENT_TYPE_LATEST
"""What `openmetrics` returns."""


class Exposition:
    """Hand `reader` to `consumer.telemetry.setup.configure`; `text` is then what was measured until now."""

    def __init__(self) -> None:
        """Make the registry; nothing is measured before `reader` is handed on."""
        self._registry = CollectorRegistry()
        self._lock = threading.Lock()
        self.reader = ScrapeReader()
        self._registry.register(_Families(self.reader))
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """Return all metrics. Takes milliseconds: call it in a thread, from any one."""
        # One at a time: the reader collects into one buffer.
        with self._lock:
            return generate_latest(self._registry)

    def openmetrics(self) -> bytes:
        """Return all metrics in the form that holds exemplars; else as `text`."""
        with self._lock:
            text: bytes = generate_openmetrics(self._registry)  # type: ignore[no-untyped-call] # it has no types
            return text


def accepts_openmetrics(accept: str) -> bool:
    """Whether a scraper with this header `Accept` reads OpenMetrics, as Prometheus does."""
    return "application/openmetrics-text" in accept


class _Families(Collector):
    """What the registry asks at each scrape."""

    def __init__(self, reader: ScrapeReader) -> None:
        self._reader = reader

    def collect(self) -> Iterable[Family]:
        """Return what was measured."""
        return list(self._reader.families())

    def describe(self) -> Iterable[Family]:
        """Return nothing: nothing is collected only to be registered."""
        return []
