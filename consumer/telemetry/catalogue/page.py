"""The part of docs/operations.md that explains metrics, made of the catalogue."""

from __future__ import annotations

from typing import Any

from consumer.telemetry.catalogue import METRICS, SECTIONS, Metric
from consumer.telemetry.catalogue.labels import LABELS

BEGIN = "<!-- metrics: written by `episodes schema metrics --write docs/operations.md` -->"
END = "<!-- /metrics -->"

_KINDS = {"histogram": "histogram", "counter": "counter", "total": "counter", "gauge": "gauge", "level": "gauge"}


def markdown() -> str:
    """Return a table for each section, and one of labels."""
    parts = []
    for heading, metrics in SECTIONS.items():
        parts += [f"### {heading}", "", "| metric | kind, unit, labels | means | what to do |", "|---|---|---|---|"]
        parts += [_row(metric) for metric in metrics]
        parts.append("")
    parts += ["### Labels", "", "| label | values |", "|---|---|"]
    used = {label for metric in METRICS.values() for label in metric.labels}
    parts += [f"| `{label.replace('.', '_')}` | {LABELS[label]} |" for label in LABELS if label in used]
    return "\n".join(parts) + "\n"


def records() -> list[dict[str, Any]]:
    """Return the catalogue for scripts."""
    return [
        {
            "name": metric.name,
            "prometheus": metric.prometheus_name,
            "kind": _KINDS[metric.kind],
            "unit": metric.unit,
            "labels": list(metric.prometheus_labels),
            "buckets": list(metric.buckets) if metric.kind == "histogram" else [],
            "means": metric.description,
            "what_to_do": metric.advice,
            "section": section,
        }
        for section, metrics in SECTIONS.items()
        for metric in metrics
    ]


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.prometheus_labels)
    what = f"{_KINDS[metric.kind]}, {metric.unit}" + (f"; {labels}" if labels else "")
    means = metric.description.rstrip(".")
    means = means[0].lower() + means[1:] if means[1:2].islower() else means
    return f"| `{metric.name}` `{metric.prometheus_name}` | {what} | {means} | {metric.advice} |"
