"""What Prometheus reads: every metric under its name there, in a registry of its own."""

import threading

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from consumer.health.exposition import Exposition
from consumer.settings import TelemetrySettings
from consumer.telemetry import names
from consumer.telemetry.calls import count, level, measure
from consumer.telemetry.observed import PipelineTelemetry
from consumer.telemetry.setup import configure


@pytest.fixture
def exposition():
    """Metrics of the process, and each metric of ours measured once."""
    shown = Exposition()
    with configure(TelemetrySettings(), metric_readers=[shown.reader]):
        for metric in names.METRICS.values():
            if metric.kind == "histogram":
                measure(metric.name, 45.0, {})
            elif metric.kind == "counter":
                count(metric.name, {}, 1)
            elif metric.kind == "level":
                level(metric.name, 2.0, {})
        gauges = {
            (metric.name, *("x" for _ in metric.labels)): 2.0
            for metric in names.METRICS.values()
            if metric.kind == "gauge"
        }
        PipelineTelemetry().observe_gauges(lambda: gauges)
        yield shown


def families(exposition):
    """Parse the text as Prometheus's own client does."""
    return {family.name: family for family in text_string_to_metric_families(exposition.text().decode())}


def test_each_metric_is_there_under_its_kind(exposition):
    """Dots become underscores, units go to the end."""
    found = families(exposition)
    for metric in names.METRICS.values():
        stem = metric.name.replace(".", "_")
        match = [family for name, family in found.items() if name in {stem, f"{stem}_seconds"}]
        kind = "gauge" if metric.kind == "level" else metric.kind
        assert [family.type for family in match] == [kind], metric.name


def test_duration_buckets_reach_a_minute(exposition):
    """A model call of 45 s is not lost in the last bucket."""
    family = families(exposition)["episodes_stage_duration_seconds"]
    bounds = {float(sample.labels["le"]) for sample in family.samples if sample.name.endswith("_bucket")}
    assert 60.0 in bounds


def test_memory_of_the_process_is_there(exposition):
    """Prometheus's usual process metrics."""
    assert families(exposition)["process_resident_memory_bytes"].samples[0].value > 1_000_000


def test_the_global_registry_is_left_alone(exposition):
    """A host application's own endpoint does not tell our metrics."""
    assert not [family.name for family in REGISTRY.collect() if family.name.startswith("episodes")]


def test_two_scrapes_at_once_tell_each_metric_once(exposition):
    """No family twice, whoever asks at the same time."""
    texts = []
    threads = [threading.Thread(target=lambda: texts.append(exposition.text())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {text.count(b"# TYPE episodes_lag ") for text in texts} == {1}
