"""The catalogue of metrics: whole, bounded, and named as Prometheus will have it."""

import re

import pytest
from opentelemetry.exporter.prometheus._mapping import map_unit, sanitize_full_name

from consumer.cli.marked_page import written_into
from consumer.telemetry import names
from consumer.telemetry.catalogue import METRICS, SECTIONS
from consumer.telemetry.catalogue import page as catalogue_page
from consumer.telemetry.catalogue.labels import LABELS
from consumer.telemetry.catalogue.page import BEGIN, END, markdown, records

UNBOUNDED = {names.MESSAGING_OFFSET, names.MESSAGING_KEY, names.OUTCOME_DETAIL, names.REQUEST_ID}


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS.keys())
def test_each_metric_has_unit_meaning_and_advice(metric):
    """A sentence that says what it is, and words on what to do."""
    assert metric.unit
    assert metric.description.endswith(".")
    assert len(metric.advice) > 10
    assert not metric.advice.endswith(".")


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS.keys())
def test_no_label_can_be_multiplied_by_tenants_or_texts(metric):
    """Each label is explained, none is an offset, a key or a text."""
    assert not set(metric.labels) & UNBOUNDED
    assert set(metric.labels) <= set(LABELS)
    assert len(set(metric.labels)) == len(metric.labels)


def test_each_name_is_in_the_catalogue_once():
    """What `names` calls a metric is known, and no two metrics are one."""
    told = [metric.name for section in SECTIONS.values() for metric in section]
    assert len(told) == len(set(told)) == len(METRICS)
    constants = {value for name, value in vars(names).items() if name.isupper() and isinstance(value, str)}
    assert set(METRICS) <= constants
    assert len({metric.prometheus_name for metric in METRICS.values()}) == len(METRICS)


def test_no_label_is_explained_that_no_metric_has():
    """What is explained is used."""
    assert set(LABELS) == {label for metric in METRICS.values() for label in metric.labels}


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS.keys())
def test_names_follow_the_rule_of_opentelemetry(metric):
    """The same name as OpenTelemetry's own exporter gives: dots are underscores, units go to the end."""
    name, unit = sanitize_full_name(metric.name), map_unit(metric.unit)
    expected = name if not unit or metric.unit == "1" or name.endswith(f"_{unit}") else f"{name}_{unit}"
    assert metric.prometheus_family == expected
    assert re.fullmatch(r"[a-z_]+", metric.prometheus_name)


@pytest.mark.parametrize("metric", [m for m in METRICS.values() if m.kind == "histogram"], ids=lambda m: m.name)
def test_buckets_rise(metric):
    """Bounds are in order; the end-to-end delay is fine up to ten minutes and reaches a week."""
    assert list(metric.buckets) == sorted(set(metric.buckets))
    if metric.name == names.DELAY:
        assert {2, 60, 300, 600} <= set(metric.buckets)
        assert metric.buckets[-1] == 604_800


def test_the_page_has_a_row_for_each_metric():
    """Both names, and nothing that would break the table."""
    text = markdown()
    for metric in METRICS.values():
        (row,) = [
            line for line in text.splitlines() if line.startswith(f"| `{metric.name}` `{metric.prometheus_name}` |")
        ]
        assert len(re.findall(r"(?<!\\)\|", row)) == 5
    assert {record["name"] for record in records()} == set(METRICS)


def test_only_what_is_between_the_marks_is_written_anew():
    """What stands around stays, and doing it twice changes nothing."""
    page = f"before\n{BEGIN}\nleft-over\n{END}\nafter\n"
    once = written_into(page, catalogue_page)
    assert once.startswith("before\n")
    assert once.endswith("after\n")
    assert "left-over" not in once
    assert written_into(once, catalogue_page) == once


@pytest.mark.parametrize("page", ["", BEGIN, END, f"{END}{BEGIN}"])
def test_a_page_without_marks_is_refused(page):
    """Rather than being written over."""
    with pytest.raises(ValueError, match="not there"):
        written_into(page, catalogue_page)
