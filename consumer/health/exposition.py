"""Metrics as Prometheus reads them: a reader for the meter provider, and the text that a scrape gets.

A registry of its own, so that a host application's metrics stay its own; memory, CPU time and open files of the
process are added.
"""

from __future__ import annotations

import threading

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
"""What `text` returns: the format that every Prometheus understands."""


class Exposition:
    """Hand `reader` to `consumer.telemetry.setup.configure`; `text` is then what was measured until now."""

    def __init__(self) -> None:
        """Make the registry; nothing is measured before `reader` is handed on."""
        self._registry = CollectorRegistry()
        self._lock = threading.Lock()
        self.reader = PrometheusMetricReader(scope_info_enabled=False, registry=self._registry)
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """Return all metrics. Takes milliseconds: call it in a thread, from any one."""
        # One at a time: the reader collects into one buffer, and two at once would tell each family twice.
        with self._lock:
            return generate_latest(self._registry)
