"""Every metric of the product: kind, unit, meaning, what to do about it, labels and bounds of its buckets.

The only place that says so: instruments, /metrics, docs/operations.md (`episodes schema metrics`), dashboards and
alerts are made of it or held to it by tests. Labels are those that neither a tenant nor a text can multiply.
"""

from __future__ import annotations

from consumer.telemetry.catalogue import doors, log, models, pipeline, process
from consumer.telemetry.catalogue.metric import Metric

SECTIONS: dict[str, tuple[Metric, ...]] = {
    "Episodes and stages": pipeline.METRICS,
    "The log": log.METRICS,
    "Models": models.METRICS,
    "Graph, caches and the process": process.METRICS,
    "Questions": doors.METRICS,
}
"""All metrics by the heading under which they are explained."""

METRICS: dict[str, Metric] = {metric.name: metric for section in SECTIONS.values() for metric in section}
"""All metrics by name."""

__all__ = ["METRICS", "SECTIONS", "Metric"]
