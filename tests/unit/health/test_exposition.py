"""What Prometheus reads: every metric under its name there, in a registry of its own."""

import threading

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.trace import format_span_id, format_trace_id
from prometheus_client import REGISTRY
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families

from consumer.health.exposition import Exposition, accepts_openmetrics
from consumer.pipeline.flow_control import AdmissionBudget
from consumer.settings import TelemetrySettings
from consumer.telemetry import held_memory, names
from consumer.telemetry.calls import client_call, count, level, measure
from consumer.telemetry.catalogue import METRICS
from consumer.telemetry.metrics import OF_THE_PROCESS
from consumer.telemetry.observed import PipelineTelemetry
from consumer.telemetry.pools import PoolUse, watch
from consumer.telemetry.setup import configure
from consumer.telemetry.tracing import RingExporter


class Pool:
    """A pool with one connection in use."""

    name = "neo4j"

    def use(self):
        return PoolUse(1, 2, 50)


@pytest.fixture
def exposition():
    """Metrics of the process, and each metric of ours measured once."""
    shown = Exposition()
    pool, budget = Pool(), AdmissionBudget(10, 1_000, 0.5)
    with configure(TelemetrySettings(), metric_readers=[shown.reader]):
        for metric in METRICS.values():
            if metric.kind == "histogram":
                measure(metric.name, 45.0, {})
            elif metric.kind == "counter":
                count(metric.name, {}, 1)
            elif metric.kind == "level":
                level(metric.name, 2.0, {})
        gauges = {
            (metric.name, *("x" for _ in metric.labels)): 2.0
            for metric in METRICS.values()
            if metric.is_read and metric.name not in OF_THE_PROCESS
        }
        held_memory.watch(budget)
        watch(pool)
        PipelineTelemetry().observe_gauges(lambda: gauges)
        yield shown


def families(exposition):
    """Parse the text as Prometheus's own client does."""
    return {family.name: family for family in text_string_to_metric_families(exposition.text().decode())}


def test_each_metric_is_there_under_its_kind(exposition):
    """Dots become underscores, units go to the end."""
    found = families(exposition)
    for metric in METRICS.values():
        family = found[metric.prometheus_family]
        assert family.type == {"level": "gauge", "total": "counter"}.get(metric.kind, metric.kind), metric.name
        assert {sample.name for sample in family.samples} == set(metric.prometheus_series)
        assert family.documentation == metric.description


def test_the_catalogue_and_the_process_are_all_there_is(exposition):
    """No other family: beside ours who tells it, and Prometheus's metrics of the process."""
    others = set(families(exposition)) - {metric.prometheus_family for metric in METRICS.values()}
    assert {name for name in others if not name.startswith("process_")} == {"target_info"}


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


def test_both_forms_tell_the_same(exposition):
    """OpenMetrics has every sample that the plain form has."""
    exposition.text()

    def samples(found):
        return {
            (sample.name, tuple(sorted(sample.labels.items())), sample.value)
            for family in found
            for sample in family.samples
            if not family.name.startswith(("process_", "target"))
        }

    plain = samples(text_string_to_metric_families(exposition.text().decode()))
    assert plain == samples(openmetrics_families(exposition.openmetrics().decode()))


def exemplars(exposition, family_name):
    """The exemplars of a family, by the bound of their bucket."""
    found = {family.name: family for family in openmetrics_families(exposition.openmetrics().decode())}
    return {s.labels["le"]: s.exemplar for s in found[family_name].samples if s.name.endswith("_bucket") and s.exemplar}


def test_an_exemplar_leads_to_the_trace_of_a_measurement():
    """The call's own span, in the bucket of its duration; the value lies in that bucket."""
    shown, ring = Exposition(), RingExporter()
    with configure(TelemetrySettings(), metric_readers=[shown.reader], span_exporters=[ring]):
        with client_call("query", {}, metric=names.DB_DURATION):
            pass
        (span,) = ring.spans()
        found = exemplars(shown, "db_client_operation_duration_seconds")
    ((bound, exemplar),) = found.items()
    assert exemplar.labels == {
        "trace_id": format_trace_id(span.context.trace_id),
        "span_id": format_span_id(span.context.span_id),
    }
    assert exemplar.value <= float(bound)


def test_without_traces_there_are_no_exemplars(exposition):
    """And the form is the same."""
    assert exemplars(exposition, "episodes_stage_duration_seconds") == {}


def test_a_trace_that_is_not_sampled_is_no_exemplar(monkeypatch):
    """It would lead nowhere."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    shown = Exposition()
    with configure(
        TelemetrySettings(keep_errors=False), metric_readers=[shown.reader], span_exporters=[RingExporter()]
    ):
        with client_call("query", {}, metric=names.DB_DURATION):
            pass
        assert exemplars(shown, "db_client_operation_duration_seconds") == {}


def test_metrics_of_a_host_application_keep_their_names():
    """They may be in the same provider; nothing of the catalogue fits them."""
    shown = Exposition()
    provider = MeterProvider(metric_readers=[shown.reader])
    meter = provider.get_meter("host")
    meter.create_counter("host.things").add(3, {"kind-of": "x", "n": 2})
    meter.create_up_down_counter("host.level").add(-1)
    found = families(shown)
    provider.shutdown()
    (sample,) = found["host_things"].samples
    assert (sample.labels, sample.value) == ({"kind_of": "x", "n": "2"}, 3.0)
    assert found["host_level"].type == "gauge"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", False),
        ("text/plain;version=0.0.4", False),
        ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", True),
    ],
)
def test_the_scraper_says_which_form_it_reads(accept, expected):
    """As Prometheus does."""
    assert accepts_openmetrics(accept) is expected
