"""The parts of a Grafana dashboard, so that a board is a list of what it shows.

In queries `@` stands for what the board's variables choose: the job, and pods of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

CHOSEN = 'job=~"$job",instance=~"$pod"'
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
COLUMNS = 24
RED, ORANGE, GREEN, BLUE = "red", "orange", "green", "blue"


@dataclass(frozen=True)
class Query:
    """A query and what its series are called."""

    expr: str
    legend: str = ""
    has_exemplars: bool = False


@dataclass(frozen=True)
class Panel:
    """One panel. `description` says what is normal and what is not; `steps` are (from, colour), the first from None."""

    title: str
    description: str
    unit: str
    queries: Sequence[Query]
    kind: str = "timeseries"
    width: int = 8
    height: int = 8
    most: float | None = None
    steps: Sequence[tuple[float | None, str]] = ()
    is_stacked: bool = False
    mappings: Sequence[tuple[str, str, str]] = ()
    """(value, text, colour)."""


@dataclass(frozen=True)
class Row:
    """A heading with its panels."""

    title: str
    panels: Sequence[Panel]


def quantiles(metric: str, by: str = "", shares: Iterable[float] = (0.5, 0.95, 0.99)) -> list[Query]:
    """Return queries for percentiles of a histogram, of each value of the label `by` where one is named."""
    labels = f"le, {by}" if by else "le"
    name = f"{{{{{by}}}}} " if by else ""
    return [
        Query(
            f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket{{@}}[$__rate_interval])))",
            f"{name}p{share * 100:g}",
            has_exemplars=share == max(shares),
        )
        for share in sorted(shares)
    ]


def rate(metric: str, by: str = "", where: str = "") -> Query:
    """Return the query for how often something happens a second, by a label where one is named."""
    chosen = f"@,{where}" if where else "@"
    labels = f" by ({by})" if by else ""
    return Query(f"sum{labels} (rate({metric}{{{chosen}}}[$__rate_interval]))", f"{{{{{by}}}}}" if by else "all")


def board(uid: str, title: str, description: str, rows: Sequence[Row]) -> dict[str, Any]:
    """Return the dashboard as Grafana reads it."""
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["episodes"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "timepicker": {},
        "annotations": {"list": []},
        "links": [
            {
                "title": "Episodes",
                "type": "dashboards",
                "tags": ["episodes"],
                "asDropdown": False,
                "includeVars": True,
                "keepTime": True,
            }
        ],
        "templating": {"list": _variables()},
        "panels": list(_placed(rows)),
    }


def _variables() -> list[dict[str, Any]]:
    """Return which Prometheus, which job, which pods."""
    chosen = {"datasource": DATASOURCE, "type": "query", "refresh": 2, "sort": 1, "multi": True, "includeAll": True}
    every = {"current": {"text": ["All"], "value": ["$__all"]}}
    return [
        {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "current": {}},
        {"name": "job", "label": "Job", "query": "label_values(target_info, job)", **chosen, **every},
        {
            "name": "pod",
            "label": "Pod",
            "query": 'label_values(target_info{job=~"$job"}, instance)',
            **chosen,
            **every,
        },
    ]


def _placed(rows: Sequence[Row]) -> Iterable[dict[str, Any]]:
    """Yield rows and panels, each in its place: from left to right, and on where a line is full."""
    number, y = 1, 0
    for row in rows:
        yield {
            "id": number,
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "gridPos": {"h": 1, "w": COLUMNS, "x": 0, "y": y},
            "panels": [],
        }
        number, y, x, tallest = number + 1, y + 1, 0, 0
        for panel in row.panels:
            if x + panel.width > COLUMNS:
                x, y, tallest = 0, y + tallest, 0
            yield _panel(panel, number, x, y)
            number, x, tallest = number + 1, x + panel.width, max(tallest, panel.height)
        y += tallest


def _panel(panel: Panel, number: int, x: int, y: int) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0}
    if panel.most is not None:
        defaults["max"] = panel.most
    if panel.steps:
        defaults["thresholds"] = {
            "mode": "absolute",
            "steps": [{"value": value, "color": color} for value, color in panel.steps],
        }
        defaults["color"] = {"mode": "thresholds"}
    if panel.mappings:
        options = {value: {"text": text, "color": color} for value, text, color in panel.mappings}
        defaults["mappings"] = [{"type": "value", "options": options}]
    if panel.kind == "timeseries":
        defaults["custom"] = {
            "fillOpacity": 20 if panel.is_stacked else 5,
            "showPoints": "never",
            "stacking": {"mode": "normal" if panel.is_stacked else "none"},
        }
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": DATASOURCE,
        "gridPos": {"h": panel.height, "w": panel.width, "x": x, "y": y},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": _options(panel.kind),
        "targets": [
            _target(query, panel.kind, letter) for query, letter in zip(panel.queries, "ABCDEFGH", strict=False)
        ],
    }


def _options(kind: str) -> dict[str, Any]:
    if kind == "timeseries":
        return {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    if kind == "state-timeline":
        return {"showValue": "never", "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True}}
    return {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "value",
        "graphMode": "area",
        "textMode": "auto",
    }


def _target(query: Query, kind: str, letter: str) -> dict[str, Any]:
    return {
        "refId": letter,
        "datasource": DATASOURCE,
        "expr": query.expr.replace("@", CHOSEN),
        "legendFormat": query.legend or "__auto",
        "exemplar": query.has_exemplars and kind == "timeseries",
        "range": True,
        "instant": False,
    }
