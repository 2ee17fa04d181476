"""One trace an episode, from the producer's span to the commit, as a Jaeger that people use has it."""

import asyncio
import json
import uuid
from collections import defaultdict
from contextlib import asynccontextmanager

import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind
from plugins.end_to_end import drained, pods, until
from typer.testing import CliRunner

from consumer.cli.main import build
from consumer.kafka.producer import Publisher
from consumer.settings import TelemetrySettings
from consumer.telemetry import names
from consumer.telemetry.calls import client_call
from consumer.telemetry.setup import configure
from consumer.testing.generate import generate
from consumer.testing.simulator_profile import Profile

STAGES = (names.INTAKE, names.EXTRACT, names.EMBED, names.WRITE)
pytestmark = pytest.mark.timeout(1_200)


class Traced:
    """A log whose episodes are traced, and what the store has of them."""

    def __init__(self, log, store, service):
        self.log = log
        self.store = store
        self.service = service
        self.ids: list[str] = []

    async def publish(self, events):
        """Publish each event as an application does, in a trace of its own, and remember that."""
        async with Publisher(self.log.settings.kafka) as publisher:
            for event in events:
                is_good = isinstance(event, dict)
                group = event["group_id"] if is_good else "bad"
                self.log.groups.add(group)
                with client_call("request", {}, kind=SpanKind.SERVER):
                    await publisher.send(group, json.dumps(event).encode() if is_good else event)
                    self.ids.append(f"{trace.get_current_span().get_span_context().trace_id:032x}")

    async def traces(self, process_spans=1):
        """The whole trace of each episode, once the store has them."""

        async def all_there():
            found = [await self.store.trace(trace_id) for trace_id in self.ids]
            whole = [sum(s.name == names.process(self.log.topic) for s in spans) >= process_spans for spans in found]
            return found if all(whole) else None

        await until(all_there, 30)
        return [await self.store.trace(trace_id) for trace_id in self.ids]


@pytest.fixture
async def traced(make_log, trace_store):
    """Make logs whose pods send their traces to the store; what waits is sent when the block ends."""

    @asynccontextmanager
    async def make(telemetry=None, **sections):
        service = f"episodes-{uuid.uuid4().hex[:8]}"
        settings = TelemetrySettings(service_name=service, otlp_metrics=False, **(telemetry or {}))
        log = await make_log(telemetry=settings, **sections)
        installed = configure(settings, endpoint=trace_store.otlp)
        try:
            yield Traced(log, trace_store, service)
        finally:
            await asyncio.to_thread(installed.shutdown, 20)

    return make


def named(spans, *prefixes):
    """The spans whose name begins with one of the words."""
    return [span for span in spans if span.name.split(" ")[0] in prefixes]


def assert_no_orphan(spans):
    """There is one root, the application's, then the producer's span, and below it all that happened to the episode."""
    known = {span.span_id: span for span in spans}
    (root,) = [span for span in spans if span.parent_id not in known]
    assert (root.name, root.parent_id) == ("request", "")
    sent = [span for span in spans if span.parent_id == root.span_id]
    assert [span.name.split(" ")[0] for span in sent] == ["send"]
    assert {known[span.parent_id].span_id for span in named(spans, "process")} == {sent[0].span_id}


def assert_adds_up(spans):
    """Waits, stages and the commit are the whole of the episode's time: within 5 %, or a few turns of the loop."""
    (process,) = named(spans, "process")
    own = [span for span in spans if span.parent_id == process.span_id and span.name in STAGES]
    parts = sum(span.seconds + span.attributes[names.QUEUE_WAIT] for span in own)
    parts += sum(span.seconds for span in named(spans, "commit"))
    assert parts == pytest.approx(process.seconds, rel=0.05, abs=0.03), [
        (span.name, span.seconds, span.attributes.get(names.QUEUE_WAIT)) for span in spans
    ]


async def test_batched_calls_are_linked_to_all_their_episodes(traced, simulator):
    """Each episode has all stages; calls are the child of one and linked to the others, and found from these."""
    simulator.profile = Profile(latency_ms=300, embedding_latency_ms=50, dimension=64)
    events = generate(seed=3, n=12, groups=3)
    async with traced(pipeline={"concurrency": 2}, llm={"batch_linger_ms": 200}) as episodes:
        await episodes.publish(events)
        async with pods(episodes.log, 1):
            await drained(episodes.log)
    traces = await episodes.traces()

    for spans in traces:
        assert_no_orphan(spans)
        assert_adds_up(spans)
        (process,) = named(spans, "process")
        assert process.kind == "consumer"
        assert process.attributes[names.OUTCOME] == "written"
        children = {span.name.split(" ")[0] for span in spans if span.parent_id == process.span_id}
        assert children == {*STAGES, "commit"}
    calls = [span for spans in traces for span in named(spans, "chat")]
    assert any(span.links for span in calls), "nothing was batched"
    for stage, word in ((names.EXTRACT, "chat"), (names.EMBED, "embeddings"), (names.WRITE, "neo4j")):
        assert_told_once(traces, stage, word)
    for call in calls:
        assert call.attributes[names.GEN_AI_REQUEST_MODEL] == episodes.log.settings.llm.model
        assert call.attributes[names.GEN_AI_INPUT_TOKENS] > 0
        assert call.attributes[names.GEN_AI_OUTPUT_TOKENS] > 0
        assert names.GEN_AI_INPUT_MESSAGES not in call.attributes, "nobody opted in"
        assert call.seconds >= 0.25


def assert_told_once(traces, stage, word):
    """Every episode's stage holds a call of that kind, or is linked with one in another episode's trace."""
    stages = {span.span_id: span for spans in traces for span in named(spans, stage)}
    calls = [span for spans in traces for span in named(spans, word)]
    told = defaultdict(set)
    for call in calls:
        for span_id in {call.parent_id, *(span_id for _, span_id in call.links)} & set(stages):
            told[span_id].add(call.span_id)
    assert set(told) == set(stages), f"{stage} without a {word} call"
    for span_id, stage_span in stages.items():
        ways = {linked_id for _, linked_id in stage_span.links}
        children = {call.span_id for call in calls if call.parent_id == span_id}
        firsts = {call.parent_id for call in calls if call.span_id in told[span_id]}
        assert children or ways & (told[span_id] | firsts), f"from this {stage} no way to its {word} call"


async def test_retry_and_outage_are_events_of_the_episode(traced, simulator):
    """The model fails for a while: each try is a call with an error, retries and the breaker are told in the stage."""
    simulator.profile = Profile(rate_500=1.0, dimension=64)
    pipeline = {"breaker_failures": 2, "breaker_probe_s": 0.3, "retry_initial_s": 0.1}
    async with traced(pipeline=pipeline, llm={"batch_episodes": 1}) as episodes:
        await episodes.publish(generate(seed=5, n=1, groups=1))
        async with pods(episodes.log, 1) as (runtime,):
            await until(lambda: bool(runtime.pipeline.breakers.open), 30)
            simulator.profile = Profile(dimension=64)
            await drained(episodes.log)
    (spans,) = await episodes.traces()

    assert_no_orphan(spans)
    assert_adds_up(spans)
    (extract,) = named(spans, names.EXTRACT)
    chats = named(spans, "chat")
    assert {span.parent_id for span in chats} == {extract.span_id}
    assert len([span for span in chats if span.is_error]) == len(chats) - 1 >= 2
    assert not extract.is_error, "it went well in the end"
    retries = [event for event in extract.events if event.name == names.RETRY]
    assert [event.attributes[names.ATTEMPT] for event in retries] == list(range(1, len(chats)))
    assert retries[0].attributes[names.ERROR_TYPE] == "world.llm"
    (opened,) = [event for event in extract.events if event.name == names.BREAKER_OPEN]
    assert opened.attributes[names.DEPENDENCY] == "llm"
    waited = [event for event in extract.events if event.name == names.BREAKER_WAIT]
    assert sum(event.attributes[names.WAIT] for event in waited) >= 0.2


async def test_dead_letter_is_an_error_where_it_arose(traced):
    """Process and intake are marked, the send of the dead letter is in the trace, and the neighbour is untouched."""
    events = generate(seed=6, n=1, groups=1)
    async with traced() as episodes:
        await episodes.publish([b"{bad", *events])
        async with pods(episodes.log, 1):
            await drained(episodes.log)
    bad, good = await episodes.traces()

    for spans in (bad, good):
        assert_no_orphan(spans)
        assert_adds_up(spans)
    assert {span.name for span in bad if span.is_error} == {names.process(episodes.log.topic), names.INTAKE}
    (process,) = named(bad, "process")
    assert process.attributes[names.OUTCOME] == "rejected"
    assert process.attributes[names.ERROR_TYPE] == "episode.invalid-json"
    (letter,) = [span for span in spans_below(bad, process) if span.name.startswith("send ")]
    assert (letter.parent_id, letter.kind) == (process.span_id, "producer")
    assert not letter.links
    assert not [span for span in good if span.is_error]


def spans_below(spans, parent):
    """The children of a span."""
    return [span for span in spans if span.parent_id == parent.span_id]


async def test_large_episode_has_a_call_for_each_chunk(traced, simulator):
    """All calls of a chunked episode are children of its one extraction."""
    simulator.profile = Profile(latency_ms=50, dimension=64)
    content = " ".join(f"Ada Lovelace read book number {number} at Acme Corporation." for number in range(120))
    event = {"group_id": f"large-{uuid.uuid4().hex[:8]}", "content": content, "source": "text"}
    async with traced(pipeline={"chunk_tokens": 200}, llm={"batch_episodes": 1}) as episodes:
        await episodes.publish([event])
        async with pods(episodes.log, 1):
            await drained(episodes.log)
    (spans,) = await episodes.traces()

    assert_no_orphan(spans)
    assert_adds_up(spans)
    (extract,) = named(spans, names.EXTRACT)
    chats = named(spans, "chat")
    assert len(chats) >= 3
    assert {span.parent_id for span in chats} == {extract.span_id}


async def test_rebalance_leaves_no_orphan_and_both_tries_in_one_trace(traced, simulator):
    """A second pod comes while calls are under way: what is read again stands beside its first, discarded try."""
    simulator.profile = Profile(latency_ms=1_500, dimension=64)
    events = generate(seed=9, n=24, groups=8)
    kafka = {"drain_deadline_s": 0.1}
    async with traced(pipeline={"concurrency": 1}, llm={"batch_episodes": 1}, kafka=kafka) as episodes:
        await episodes.publish(events)
        async with pods(episodes.log, 1) as (first,):
            await until(lambda: first.pipeline.outcomes["written"] >= 1, 60)
            async with pods(episodes.log, 1):
                await until(lambda: first.pipeline.outcomes["discarded"] >= 1, 60)
                simulator.profile = Profile(dimension=64)
                await drained(episodes.log)
    traces = await episodes.traces()

    again = 0
    for spans in traces:
        assert_no_orphan(spans)
        tries = sorted(named(spans, "process"), key=lambda span: span.began_ns)
        outcomes = [span.attributes[names.OUTCOME] for span in tries]
        # A write under way may end after its partition has gone: it is read again, and there already.
        assert set(outcomes[:-1]) <= {"discarded", "written"}
        assert outcomes[-1] in {"written", "present"}
        assert outcomes.count("written") <= 1
        assert len(named(spans, "commit")) == 1
        again += len(tries) > 1
    assert again, "nothing was read again"


async def test_prompts_are_told_when_opted_in(traced, simulator):
    """With `telemetry.prompts` the call's span holds what was asked and answered."""
    simulator.profile = Profile(dimension=64)
    events = generate(seed=4, n=1, groups=1)
    async with traced(telemetry={"prompts": True}) as episodes:
        await episodes.publish(events)
        async with pods(episodes.log, 1):
            await drained(episodes.log)
    (spans,) = await episodes.traces()
    (chat,) = named(spans, "chat")
    (asked,) = json.loads(chat.attributes[names.GEN_AI_INPUT_MESSAGES])
    assert events[0]["content"] in asked["parts"][0]["content"]
    (answered,) = json.loads(chat.attributes[names.GEN_AI_OUTPUT_MESSAGES])
    assert answered["role"] == "assistant"
    assert json.loads(chat.attributes[names.GEN_AI_SYSTEM_INSTRUCTIONS])[0]["content"]


async def test_of_a_share_of_none_only_errors_leave(traced, simulator):
    """Nothing is sampled, but the dead letter's trace is there whole; whoever wrote well left nothing."""
    simulator.profile = Profile(dimension=64)
    events = generate(seed=8, n=3, groups=1)
    async with traced(telemetry={"sample_ratio": 0.0}) as episodes:
        records = [(b"bad", b"{bad", ()), *((e["group_id"].encode(), json.dumps(e).encode(), ()) for e in events)]
        episodes.log.groups |= {event["group_id"] for event in events}
        await episodes.log.publish_raw(records)
        async with pods(episodes.log, 1):
            await drained(episodes.log)

    async def told():
        return await episodes.store.latest(episodes.service)

    await until(told, 20)
    (spans,) = await told()
    assert {span.name.split(" ")[0] for span in spans} >= {"process", names.INTAKE, names.WRITE, "send", "commit"}
    (process,) = named(spans, "process")
    assert process.parent_id == ""
    assert process.attributes[names.OUTCOME] == "rejected"
    assert process.attributes[names.SAMPLING] == "tail"


async def test_every_fetch_is_linked_to_producers(traced, simulator):
    """The fetch that brought an episode is found by its link to the producer's span."""
    simulator.profile = Profile(dimension=64)
    async with traced() as episodes:
        await episodes.publish(generate(seed=2, n=5, groups=2))
        async with pods(episodes.log, 1):
            await drained(episodes.log)
    senders = {span.span_id for spans in await episodes.traces() for span in named(spans, "send")}
    fetches = [span for spans in await episodes.store.latest(episodes.service) for span in named(spans, "poll")]
    assert {span_id for span in fetches for _, span_id in span.links} == senders
    assert sum(span.attributes[names.MESSAGING_BATCH_COUNT] for span in fetches) == 5


async def test_command_draws_what_jaeger_has(traced, simulator, tmp_path):
    """`episodes trace`: each span a line, and a picture with a bar for each."""
    simulator.profile = Profile(dimension=64)
    async with traced() as episodes:
        await episodes.publish(generate(seed=12, n=1, groups=1))
        async with pods(episodes.log, 1):
            await drained(episodes.log)
    (spans,) = await episodes.traces()
    if not episodes.store.page:
        pytest.skip("no Jaeger is built: make jaeger")
    arguments = ["trace", episodes.ids[0], "--jaeger", episodes.store.page, "--svg", str(tmp_path / "trace.svg")]
    result = await asyncio.to_thread(CliRunner().invoke, build(), arguments)
    assert result.exit_code == 0, result.output
    drawn = [line.split("  ")[0] or line.strip().split("  ")[0] for line in result.output.splitlines()[1:]]
    assert sorted(line.strip() for line in drawn if line.strip() in {span.name for span in spans}) == sorted(
        span.name for span in spans
    )
    picture = (tmp_path / "trace.svg").read_text(encoding="utf-8")
    assert picture.count('rx="2"><title>') == len(spans)
