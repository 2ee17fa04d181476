"""docs/operations.md knows each metric, page and field that a pod has."""

import re

import pytest
from opentelemetry.exporter.prometheus._mapping import map_unit, sanitize_full_name
from repository import text

from consumer.health.server import ROUTES
from consumer.telemetry import names

PAGE = text("docs/operations.md")
ROWS = {row.group(1): row.group(0) for row in re.finditer(r"^\| `([a-z_.]+)` `[a-z_]+` \|.*$", PAGE, re.MULTILINE)}


def name_on_the_page_of_prometheus(metric):
    """Return what a scrape calls `metric`, without the suffixes of a histogram's parts."""
    name, unit = sanitize_full_name(metric.name), map_unit(metric.unit)
    with_unit = name if not unit or name.endswith(f"_{unit}") else f"{name}_{unit}"
    return f"{with_unit}_total" if metric.kind == "counter" else with_unit


@pytest.mark.parametrize("metric", names.METRICS.values(), ids=names.METRICS.keys())
def test_each_metric_is_explained_under_both_names(metric):
    """What it means and what to do, for the reader of OTLP and of Prometheus."""
    row = ROWS.get(metric.name)
    assert row, f"{metric.name} has no row in docs/operations.md"
    assert f"`{name_on_the_page_of_prometheus(metric)}`" in row
    assert all(len(cell.strip()) > 3 for cell in row.strip("|").split("|"))


def test_no_row_is_about_a_metric_that_is_gone():
    """The page explains nothing that a pod no longer tells."""
    assert set(ROWS) == set(names.METRICS)


@pytest.mark.parametrize("path", ROUTES)
def test_each_page_of_the_endpoint_is_explained(path):
    """In the table of paths."""
    assert re.search(rf"^\| `{path}` \|", PAGE, re.MULTILINE)
