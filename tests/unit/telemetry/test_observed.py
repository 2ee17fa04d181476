"""One trace an episode: it continues the producer's, holds every stage and the commit, and always ends."""

import time
import timeit
from datetime import timedelta

import pytest
from cpu_time import slowness
from opentelemetry.trace import SpanKind, StatusCode

from consumer.clock import SystemClock
from consumer.errors import WorldFault
from consumer.model.episode import Rejected
from consumer.model.instants import to_millis
from consumer.model.work import Record, Timings, Work
from consumer.settings import TelemetrySettings
from consumer.telemetry import names, providers
from consumer.telemetry.calls import client_call
from consumer.telemetry.observed import PipelineTelemetry
from consumer.telemetry.propagation import within
from consumer.telemetry.setup import configure

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"
CLOCK = SystemClock()


HEADERS = (("traceparent", TRACEPARENT.encode()),)


def record(offset=0, headers=HEADERS, partition=0, timestamp_ms=None):
    """Return a record of seven seconds ago."""
    stamp = to_millis(CLOCK.now() - timedelta(seconds=7)) if timestamp_ms is None else timestamp_ms
    return Record("episodes", partition, offset, stamp, b"alice", b"{}", tuple(headers))


def work(of, trace, waited_s=0.0):
    """Return the record as a work that was handed on so many seconds ago."""
    now = CLOCK.monotonic()
    return Work(of, 1, "alice", "payload", Timings(now - waited_s, now - waited_s), trace)


def by_name(exporter):
    """Return the ended spans by name."""
    return {span.name: span for span in exporter.get_finished_spans()}


def test_trace_continues_the_producers_and_holds_every_stage(exporter, points):
    """Process is the producer's child; stages and commit are children of process; calls nest under their stage."""
    telemetry = PipelineTelemetry("pods")
    one = record(41)
    trace = telemetry.received(one)
    for stage in (names.EXTRACT, names.EMBED, names.WRITE):
        with telemetry.stage(stage, [work(one, trace, waited_s=2.0)]):
            if stage == names.EXTRACT:
                with client_call(names.chat("m"), {}):
                    pass
    telemetry.finished(one, "written")
    assert "process episodes" not in by_name(exporter), "open until the commit"
    telemetry.committed("episodes", 0, 42)

    spans = by_name(exporter)
    process = spans["process episodes"]
    assert {f"{span.context.trace_id:032x}" for span in spans.values()} == {TRACE}
    assert f"{process.parent.span_id:016x}" == PARENT
    assert process.kind is SpanKind.CONSUMER
    assert process.attributes[names.MESSAGING_OFFSET] == 41
    assert process.attributes[names.MESSAGING_PARTITION] == "0"
    assert process.attributes[names.MESSAGING_CONSUMER_GROUP] == "pods"
    assert process.attributes[names.OUTCOME] == "written"
    for child in (names.EXTRACT, names.EMBED, names.WRITE, "commit episodes"):
        assert spans[child].parent.span_id == process.context.span_id
    assert spans[names.EXTRACT].attributes[names.QUEUE_WAIT] == pytest.approx(2.0, abs=0.5)
    assert spans["chat m"].parent.span_id == spans[names.EXTRACT].context.span_id
    assert spans["commit episodes"].kind is SpanKind.CLIENT
    assert spans["commit episodes"].attributes[names.MESSAGING_OFFSET] == 42
    assert spans["commit episodes"].start_time >= spans[names.WRITE].end_time
    (delay,) = points(names.DELAY)
    assert delay.sum == pytest.approx(7, abs=1)
    assert telemetry.open_records == 0


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("traceparent", b"\xff\xfe"),),
        (("traceparent", b"00-0000-1-01"),),
        (("traceparent", b""),),
        (("traceparent", TRACEPARENT.encode()[:-5]), ("tracestate", b"\x00" * 9)),
    ],
)
def test_broken_trace_headers_are_ignored(exporter, headers):
    """A record with a broken or absent traceparent starts a trace of its own."""
    telemetry = PipelineTelemetry()
    one = record(headers=headers)
    trace = telemetry.received(one)
    telemetry.finished(one, "present")
    telemetry.committed("episodes", 0, 1)

    process = by_name(exporter)["process episodes"]
    assert process.parent is None
    assert f"{process.context.trace_id:032x}" in trace["traceparent"]


@pytest.mark.parametrize("keeps_errors", [True, False])
def test_unsampled_producer_leaves_no_spans(exporter, keeps_errors):
    """The producer's decision not to sample holds for the stages and for calls inside them."""
    with configure(TelemetrySettings(keep_errors=keeps_errors), span_exporters=[exporter]):
        telemetry = PipelineTelemetry()
        one = record(headers=(("traceparent", f"00-{TRACE}-{PARENT}-00".encode()),))
        trace = telemetry.received(one)
        with telemetry.stage(names.EXTRACT, [work(one, trace)]), client_call("chat m", {}):
            pass
        telemetry.finished(one, "written")
        telemetry.committed("episodes", 0, 1)

    assert bool(trace) == keeps_errors, "what may be kept in the end has a context"
    assert exporter.get_finished_spans() == ()


def test_dead_letter_of_an_unsampled_producer_is_told(exporter):
    """An error is kept whatever the producer decided, with all that happened here, sends inside included."""
    telemetry = PipelineTelemetry()
    one = record(headers=(("traceparent", f"00-{TRACE}-{PARENT}-00".encode()),))
    trace = telemetry.received(one)
    with telemetry.stage(names.WRITE, [work(one, trace)]), within(trace, is_ours=True), client_call("send x", {}):
        pass
    telemetry.finished(one, "rejected", Rejected("alice", "invalid-json", "", "intake"))
    telemetry.committed("episodes", 0, 1)

    spans = by_name(exporter)
    assert set(spans) == {"send x", names.WRITE, "process episodes", "commit episodes"}
    assert spans["send x"].parent.span_id == spans["process episodes"].context.span_id


def test_batch_has_a_span_for_each_work_and_calls_nest_under_the_first(exporter, points):
    """Each episode's trace shows the batch; the other works' spans link to the first, which holds the call."""
    telemetry = PipelineTelemetry()
    records = [record(offset, headers=()) for offset in range(3)]
    works = [work(each, telemetry.received(each)) for each in records]
    with telemetry.stage(names.WRITE, works), client_call("write neo4j", {}):
        pass

    spans = exporter.get_finished_spans()
    writes = [span for span in spans if span.name == names.WRITE]
    (call,) = [span for span in spans if span.name == "write neo4j"]
    assert len({span.context.trace_id for span in writes}) == 3
    assert {span.attributes[names.BATCH_SIZE] for span in writes} == {3}
    assert call.parent.span_id == writes[0].context.span_id
    assert [len(span.links) for span in writes] == [0, 1, 1]
    assert writes[1].links[0].context.span_id == writes[0].context.span_id
    (duration,) = points(names.STAGE_DURATION)
    assert duration.count == 1, "a batch is one call"
    (counted,) = points(names.STAGE_WORKS)
    assert (counted.value, counted.attributes[names.OUTCOME]) == (3, "ok")


def test_failed_stage_is_marked_and_counted(exporter, points):
    """An exception leaves the stage, colours the span and is counted as failed."""
    telemetry = PipelineTelemetry()
    one = record()
    trace = telemetry.received(one)
    with pytest.raises(WorldFault), telemetry.stage(names.EXTRACT, [work(one, trace)]):
        raise WorldFault("llm", "down")

    (span,) = exporter.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes[names.ERROR_TYPE] == "world.llm"
    assert points(names.STAGE_WORKS)[0].attributes[names.OUTCOME] == "failed"


def test_stage_context_does_not_leak(exporter):
    """After the stage nothing is current: the next record's calls do not join this trace."""
    telemetry = PipelineTelemetry()
    one = record()
    with telemetry.stage(names.WRITE, [work(one, telemetry.received(one))]):
        pass
    with client_call("alone", {}):
        pass
    assert by_name(exporter)["alone"].parent is None


def test_rejected_episode_is_an_error_with_its_reason(exporter):
    """A dead-lettered episode can be found by status and reason."""
    telemetry = PipelineTelemetry()
    one = record()
    telemetry.received(one)
    telemetry.finished(one, "rejected", Rejected("alice", "invalid-json", "said: secret", "intake"))
    telemetry.committed("episodes", 0, 1)

    process = by_name(exporter)["process episodes"]
    assert process.status.status_code is StatusCode.ERROR
    assert process.attributes[names.OUTCOME_DETAIL] == "invalid-json"
    assert process.attributes[names.ERROR_TYPE] == "episode.invalid-json"
    assert "secret" not in process.to_json(), "the detail may quote the episode"


def test_rejection_is_marked_where_it_arose(exporter):
    """Of a batch the work that was rejected, in the span of the stage that did it, and in no later one."""
    telemetry = PipelineTelemetry()
    records = [record(offset, headers=()) for offset in range(2)]
    works = [work(each, telemetry.received(each)) for each in records]
    verdict = Rejected("alice", "refused", "", "embed")
    with telemetry.stage(names.EMBED, works) as told:
        told.done([works[0], works[1].with_payload(verdict)])
    with telemetry.stage(names.WRITE, works):
        telemetry.finished(records[1], "rejected", verdict)

    spans = exporter.get_finished_spans()
    status = {(span.name, span.parent.span_id == works_span(spans, 1)): span.status.status_code for span in spans}
    assert status == {
        (names.EMBED, False): StatusCode.UNSET,
        (names.EMBED, True): StatusCode.ERROR,
        (names.WRITE, False): StatusCode.UNSET,
        (names.WRITE, True): StatusCode.UNSET,
    }


def works_span(spans, place):
    """Return the id of the process span of the work at `place` of a batch; stages' spans are in the works' order."""
    return [span for span in spans if span.name == names.EMBED][place].parent.span_id


def test_setbacks_are_events_on_the_spans_of_all_works(exporter):
    """A retry, an outage and the wait for a breaker are told in each trace of the batch; outside a stage nowhere."""
    telemetry = PipelineTelemetry()
    works = [work(each, telemetry.received(each)) for each in (record(0, headers=()), record(1, headers=()))]
    with telemetry.stage(names.WRITE, works):
        telemetry.try_failed("neo4j-write", WorldFault("neo4j", "down"), 1, 0.5)
        telemetry.outage("neo4j-write")
        telemetry.let_go("neo4j-write", 2.5)
    telemetry.outage("neo4j-write")

    for span in exporter.get_finished_spans():
        assert [(event.name, dict(event.attributes)) for event in span.events] == [
            (
                names.RETRY,
                {
                    names.DEPENDENCY: "neo4j-write",
                    names.ERROR_TYPE: "world.neo4j",
                    names.ATTEMPT: 1,
                    names.WAIT: 0.5,
                },
            ),
            (names.BREAKER_OPEN, {names.DEPENDENCY: "neo4j-write"}),
            (names.BREAKER_WAIT, {names.DEPENDENCY: "neo4j-write", names.WAIT: 2.5}),
        ]


def test_fetch_is_linked_to_the_producers_of_what_was_taken(exporter):
    """One span a fetch, with a link for each record that came with a trace; the next one begins anew."""
    telemetry = PipelineTelemetry("pods")
    began_ns = time.time_ns() - 5_000_000
    telemetry.received(record(0))
    telemetry.received(record(1, headers=()))
    telemetry.polled("episodes", began_ns, 3)
    telemetry.polled("episodes", began_ns, 1)

    first, second = exporter.get_finished_spans()
    assert (first.name, first.kind, first.parent) == ("poll episodes", SpanKind.CLIENT, None)
    assert [f"{link.context.span_id:016x}" for link in first.links] == [PARENT]
    assert first.attributes[names.MESSAGING_BATCH_COUNT] == 3
    assert first.end_time - first.start_time >= 5_000_000
    assert second.links == ()


def test_batch_with_an_unrecorded_first_work_is_told_in_another(exporter):
    """A call for several episodes is in the trace of one that is recorded, and linked to recorded ones only."""
    telemetry = PipelineTelemetry()
    unsampled = (("traceparent", f"00-{TRACE}-{PARENT}-00".encode()),)
    with configure(TelemetrySettings(keep_errors=False), span_exporters=[exporter]):
        records = [record(0, headers=unsampled), record(1, headers=()), record(2, headers=()), record(3, unsampled)]
        works = [work(each, telemetry.received(each)) for each in records]
        with telemetry.stage(names.EMBED, works), client_call("embeddings m", {}):
            pass
        call, one, other = exporter.get_finished_spans()
    assert call.parent.span_id == one.context.span_id
    assert [link.context.span_id for link in call.links] == [other.context.span_id]


def test_commit_ends_only_what_it_covers(exporter):
    """Records at or above the committed offset, and other partitions, stay open."""
    telemetry = PipelineTelemetry()
    for offset in range(4):
        telemetry.received(record(offset))
        telemetry.finished(record(offset), "written")
    telemetry.received(record(0, partition=1))
    telemetry.committed("episodes", 0, 3)

    ended = [span for span in exporter.get_finished_spans() if span.name == "process episodes"]
    assert sorted(span.attributes[names.MESSAGING_OFFSET] for span in ended) == [0, 1, 2]
    assert telemetry.open_records == 2


def test_lost_partition_ends_its_traces_as_discarded(exporter):
    """What another member will read again is closed without a commit; a late finish of it is harmless."""
    telemetry = PipelineTelemetry()
    telemetry.received(record(0))
    telemetry.received(record(1))
    telemetry.finished(record(1), "written")
    telemetry.dropped("episodes", 0)
    telemetry.finished(record(0), "written")
    telemetry.committed("episodes", 0, 2)

    spans = exporter.get_finished_spans()
    assert [span.name for span in spans] == ["process episodes"] * 2
    outcomes = {span.attributes[names.MESSAGING_OFFSET]: span.attributes[names.OUTCOME] for span in spans}
    assert outcomes == {0: "discarded", 1: "written"}
    assert telemetry.open_records == 0


def test_discarded_record_is_closed_at_once(exporter):
    """A discard needs no commit: its trace ends there."""
    telemetry = PipelineTelemetry()
    telemetry.received(record())
    telemetry.finished(record(), "discarded")

    assert by_name(exporter)["process episodes"].attributes[names.OUTCOME] == "discarded"
    assert telemetry.open_records == 0


def test_redelivered_record_closes_its_older_trace(exporter):
    """P2: a record received again never leaks the span of its first delivery."""
    telemetry = PipelineTelemetry()
    telemetry.received(record())
    telemetry.received(record())
    assert telemetry.open_records == 1
    assert len(exporter.get_finished_spans()) == 1


def test_table_never_outgrows_its_bound(exporter):
    """P1: with commits failing for long, the oldest traces are closed early."""
    telemetry = PipelineTelemetry(max_open=10)
    for offset in range(25):
        telemetry.received(record(offset))
    assert telemetry.open_records == 10
    assert len(exporter.get_finished_spans()) == 15


def test_metrics_alone_need_no_spans(metric_reader, points):
    """With a meter and no tracer the delay and the counters are there, and the carrier is empty."""
    with configure(TelemetrySettings(), metric_readers=[metric_reader]):
        telemetry = PipelineTelemetry()
        one = record()
        trace = telemetry.received(one)
        with telemetry.stage(names.EXTRACT, [work(one, trace)]):
            pass
        telemetry.finished(one, "written")
        telemetry.committed("episodes", 0, 1)
    assert trace == {}
    assert points(names.DELAY)[0].count == 1
    assert points(names.FINISHED)[0].attributes[names.OUTCOME] == "written"


def test_off_costs_next_to_nothing_and_keeps_nothing():
    """P3: with no provider a record's whole journey takes microseconds, and no entry stays."""
    assert not providers.is_tracing()
    telemetry = PipelineTelemetry()
    one = record()
    works = [work(one, {})]

    def journey():
        telemetry.received(one)
        for stage in (names.EXTRACT, names.EMBED, names.WRITE):
            with telemetry.stage(stage, works):
                pass
        telemetry.finished(one, "written")
        telemetry.committed("episodes", 0, 1)

    best_s = min(timeit.repeat(journey, number=1_000, repeat=20, timer=time.process_time)) / 1_000
    assert telemetry.open_records == 0
    assert best_s < 50e-6 * slowness(if_traced=4), "measured 3 µs; the bound leaves room for a busy machine"


def test_gauges_are_read_from_one_snapshot(exporter, points, caplog):
    """Bare names and labelled keys both arrive; a key no metric knows is told, once."""
    telemetry = PipelineTelemetry()
    telemetry.observe_gauges(
        lambda: {
            names.IN_FLIGHT: 3,
            (names.QUEUE_DEPTH, names.EXTRACT): 5,
            (names.QUEUE_DEPTH, names.WRITE): 6,
            (names.LAG, "episodes", 2): 40,
            "no.such": 1,
        }
    )
    assert points(names.IN_FLIGHT)[0].value == 3
    assert {p.attributes[names.STAGE]: p.value for p in points(names.QUEUE_DEPTH)} == {"extract": 5, "write": 6}
    (lag,) = points(names.LAG)
    assert dict(lag.attributes) == {names.TOPIC: "episodes", names.PARTITION: "2"}
    assert [r.gauge for r in caplog.records if hasattr(r, "gauge")] == ["no.such"]


def test_gauge_snapshot_survives_the_loop_changing_it(exporter, points):
    """The exporter's thread may meet a dict in change: it tries again."""
    calls = []

    def snapshot():
        calls.append(1)
        if len(calls) % 2:
            raise RuntimeError("dictionary changed size during iteration")
        return {names.PAUSED: 1}

    PipelineTelemetry().observe_gauges(snapshot)
    assert points(names.PAUSED)[0].value == 1
