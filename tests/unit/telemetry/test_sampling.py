"""A share of the traces leaves; of the rest those that tell of an error or were slow, and memory stays bounded."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, StatusCode, TraceFlags

from consumer.settings import TelemetrySettings
from consumer.telemetry import names
from consumer.telemetry.calls import client_call
from consumer.telemetry.sampling import KeepTelling, RecordAll
from consumer.telemetry.setup import configure


def remote(trace_id=7, *, is_sampled):
    """Return the context of a producer's span."""
    flags = TraceFlags(TraceFlags.SAMPLED if is_sampled else TraceFlags.DEFAULT)
    return trace.set_span_in_context(NonRecordingSpan(SpanContext(trace_id, 8, True, flags)), Context())


class Traced:
    """A tracer behind `KeepTelling`, and what left it."""

    def __init__(self, inner=ALWAYS_OFF, **options):
        self.exporter = InMemorySpanExporter()
        self.keeping = KeepTelling([SimpleSpanProcessor(self.exporter)], **{"errors": True, "slow_s": None, **options})
        provider = TracerProvider(RecordAll(inner), shutdown_on_exit=False)
        provider.add_span_processor(self.keeping)
        self.tracer = provider.get_tracer("test")

    def start(self, name="root", parent=None, **options):
        context = Context() if parent is None else trace.set_span_in_context(parent, Context())
        return self.tracer.start_span(name, context=context, **options)

    @property
    def left(self):
        return [span.name for span in self.exporter.get_finished_spans()]


def exported(settings, *, producer=None, fails=False):
    """Return the names of the spans that leave when a root with one call ends."""
    spans = InMemorySpanExporter()
    with configure(settings, span_exporters=[spans]):
        from consumer.telemetry import providers

        root = providers.tracer().start_span("root", context=producer or Context())
        with trace.use_span(root), client_call("call", {}):
            pass
        if fails:
            root.set_status(StatusCode.ERROR)
        root.end()
    return {span.name for span in spans.get_finished_spans()}


def test_share_is_that_of_the_settings():
    """None of the traces that begin here, or all."""
    assert exported(TelemetrySettings(sample_ratio=0.0)) == set()
    assert exported(TelemetrySettings(sample_ratio=1.0)) == {"root", "call"}


def test_producers_decision_counts():
    """What a producer began leaves as the producer decided, whatever the share."""
    assert exported(TelemetrySettings(sample_ratio=0.0), producer=remote(is_sampled=True)) == {"root", "call"}
    assert exported(TelemetrySettings(sample_ratio=1.0), producer=remote(is_sampled=False)) == set()


@pytest.mark.parametrize("producer", [None, remote(is_sampled=False)])
def test_traces_with_an_error_leave_whatever_the_share(producer):
    """The whole of it that happened here; with the setting off, nothing."""
    settings = TelemetrySettings(sample_ratio=0.0)
    assert exported(settings, producer=producer, fails=True) == {"root", "call"}
    off = TelemetrySettings(sample_ratio=0.0, keep_errors=False)
    assert exported(off, producer=producer, fails=True) == set()


def test_environment_picks_where_the_settings_do_not(monkeypatch):
    """Without a ratio OTEL_TRACES_SAMPLER counts, and errors leave all the same."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    assert exported(TelemetrySettings()) == set()
    assert exported(TelemetrySettings(), fails=True) == {"root", "call"}
    assert exported(TelemetrySettings(sample_ratio=1.0)) == {"root", "call"}


def test_slow_trace_leaves():
    """A root that took that long takes all its spans with it; a faster one does not."""
    traced = Traced(slow_s=2.0)
    now = time.time_ns()
    for name, seconds in (("fast", 1.9), ("slow", 2.0)):
        root = traced.start(name, start_time=now)
        traced.start(f"{name}-child", root).end()
        root.end(now + int(seconds * 1e9))
    assert traced.left == ["slow-child", "slow"]


def test_nothing_is_held_of_a_trace_that_was_picked():
    """K3: its spans leave at once."""
    traced = Traced(TraceIdRatioBased(1.0))
    root = traced.start()
    traced.start("child", root).end()
    assert traced.left == ["child"]
    assert traced.keeping.held == 0


def test_what_ends_after_its_root_goes_where_the_root_went():
    """A call that was under way when its episode was given up makes no orphan, and misses no kept trace."""
    traced = Traced()
    for name, is_error in (("good", False), ("bad", True)):
        root = traced.start(name)
        open_child = traced.start(f"{name}-child", root)
        if is_error:
            root.set_status(StatusCode.ERROR)
        root.end()
        open_child.end()
        traced.start(f"{name}-late", root).end()
    assert traced.left == ["bad", "bad-child", "bad-late"]


def test_parts_of_one_trace_are_judged_singly():
    """A producer that publishes a thousand episodes in one trace gets the one that failed."""
    traced = Traced()
    roots = [traced.tracer.start_span(f"process {n}", context=remote(99, is_sampled=False)) for n in range(3)]
    for n, root in enumerate(roots):
        traced.start(f"extract {n}", root).end()
    roots[1].set_status(StatusCode.ERROR)
    for root in roots:
        root.end()
    assert traced.left == ["extract 1", "process 1"]


def test_mark_is_on_the_root_alone():
    """Who counts traces by the share can leave those out that are beyond it."""
    traced = Traced()
    root = traced.start()
    traced.start("child", root).end()
    root.set_status(StatusCode.ERROR)
    root.end()
    child, root = traced.exporter.get_finished_spans()
    assert root.attributes[names.SAMPLING] == "tail"
    assert names.SAMPLING not in child.attributes


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["open", "child", "fail", "close"]), st.integers(0, 5)), max_size=120))
def test_held_spans_are_bounded_and_parts_stay_whole(steps):
    """K1, K2: whatever opens and ends in whatever order, few are held, and no clean part leaves."""
    traced = Traced(max_spans=6)
    roots, children, failed = {}, {}, set()
    for step, place in steps:
        if step == "open" and place not in roots:
            roots[place] = traced.start(f"root {place} {len(traced.left)}")
            children[place] = 0
        elif step == "child" and place in roots:
            traced.start("child", roots[place]).end()
            children[place] += 1
        elif step == "fail" and place in roots:
            roots[place].set_status(StatusCode.ERROR)
            failed.add(roots[place].get_span_context().span_id)
        elif step == "close" and place in roots:
            roots.pop(place).end()
        assert traced.keeping.held <= 6
    for root in roots.values():
        root.end()
    assert traced.keeping.held == 0
    spans = traced.exporter.get_finished_spans()
    left = {span.context.span_id for span in spans if span.parent is None}
    assert left <= failed
    assert {span.parent.span_id for span in spans if span.parent is not None} <= left, "an orphan"


def test_shutdown_forgets_what_is_held():
    """What never ended is not sent, and not kept."""
    traced = Traced()
    root = traced.start()
    traced.start("child", root).end()
    assert traced.keeping.held == 1
    traced.keeping.shutdown()
    assert traced.keeping.held == 0
    assert traced.left == []
