"""A call for several callers is in the trace of one, linked to the others, and found from there."""

import asyncio
import json

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NonRecordingSpan, SpanContext

from consumer.llm.batching import BatchedChat
from consumer.llm.exchange import ChatAnswer, ChatRequest
from consumer.settings import LlmSettings, TelemetrySettings
from consumer.telemetry import names
from consumer.telemetry.calls import client_call
from consumer.telemetry.setup import configure
from consumer.testing.fakes import FakeClock


class Lines:
    """Binds by lines; the answer has a value for each."""

    def bind(self, users):
        return "\n".join(users)

    def split(self, text, users):
        return [json.loads(text).get(user) for user in users]


class Told:
    """A model whose calls are told, and which leaves the first caller out of its first answer if it is `forgetful`."""

    name = "told/m"

    def __init__(self, *, forgetful=False):
        self._forgets = forgetful

    async def complete(self, request):
        with client_call("chat m", {}):
            users = request.user.split("\n")
            forgotten, self._forgets = users[:1] if self._forgets else [], False
            return ChatAnswer(json.dumps({user: user.upper() for user in users if user not in forgotten}))

    async def aclose(self):
        pass


@pytest.fixture
def ended():
    """Ended spans by name."""
    spans = InMemorySpanExporter()
    with configure(TelemetrySettings(), span_exporters=[spans]):
        yield lambda name: [span for span in spans.get_finished_spans() if span.name == name]


async def ask(chat, *users, unrecorded=()):
    """Ask for each in a span of its own name, a trace each."""

    async def one(user):
        request = ChatRequest("s", user, is_usable=lambda _text: True, about=(("g", len(user)),))
        if user in unrecorded:
            with trace.use_span(NonRecordingSpan(SpanContext(7, 8, is_remote=True))):
                return await chat.complete(request)
        with client_call(user, {}):
            return await chat.complete(request)

    return await asyncio.gather(*map(one, users))


def batched(model):
    """The wrapper, with a clock on which lingering takes no time."""
    return BatchedChat(model, Lines(), LlmSettings(), 1, clock=FakeClock(skips_sleep=True))


async def test_call_is_linked_with_all_its_callers(ended):
    """It is the child of one; the others are linked both ways; nobody is linked with himself."""
    await ask(batched(Told()), "a", "b", "c")
    (call,) = ended("chat m")
    (a,), (b,), (c,) = ended("a"), ended("b"), ended("c")
    assert call.parent.span_id == a.context.span_id
    assert {link.context.span_id for link in call.links} == {b.context.span_id, c.context.span_id}
    assert a.links == ()
    for other in (b, c):
        assert [link.context.span_id for link in other.links] == [call.context.span_id]


async def test_call_is_in_the_trace_of_one_that_is_recorded(ended):
    """A caller whose trace is not sampled does not take the call out of the others' sight."""
    await ask(batched(Told()), "a", "b", unrecorded=("a",))
    (call,) = ended("chat m")
    (b,) = ended("b")
    assert call.parent.span_id == b.context.span_id
    assert call.links == ()


async def test_chunks_of_one_episode_are_not_linked_with_themselves(ended):
    """Questions that are asked in one span are one caller."""
    chat = batched(Told())
    with client_call("extract", {}):
        await asyncio.gather(
            *(chat.complete(ChatRequest("s", user, is_usable=lambda _text: True, about=(("g", 1),))) for user in "abc")
        )
    (call,), (extract,) = ended("chat m"), ended("extract")
    assert call.parent.span_id == extract.context.span_id
    assert (call.links, extract.links) == ((), ())


async def test_part_that_is_missing_is_an_event_of_its_caller(ended):
    """Who has to be asked for again is told so in its own trace."""
    await ask(batched(Told(forgetful=True)), "a", "b")
    (a,), (b,) = ended("a"), ended("b")
    assert [(event.name, event.attributes[names.ATTEMPT]) for event in a.events] == [(names.PART_LOST, 1)]
    assert b.events == ()
    assert len(ended("chat m")) == 2
