"""Texts of a call are told when the operator opted in, and only then."""

import json

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from consumer.llm.exchange import ChatAnswer, ChatRequest, Finish
from consumer.llm.told_texts import tell_answer, tell_question
from consumer.settings import TelemetrySettings
from consumer.telemetry import names, providers
from consumer.telemetry.calls import client_call
from consumer.telemetry.setup import configure

TEXTS = (names.GEN_AI_SYSTEM_INSTRUCTIONS, names.GEN_AI_INPUT_MESSAGES, names.GEN_AI_OUTPUT_MESSAGES)


def told(*, prompts, user="who?", answer="Ada"):
    """Return the attributes of one call's span."""
    spans = InMemorySpanExporter()
    with configure(TelemetrySettings(prompts=prompts), span_exporters=[spans]), client_call("chat m", {}) as call:
        tell_question(call, ChatRequest("be brief", user))
        tell_answer(call, ChatAnswer(answer, Finish.LENGTH))
    return spans.get_finished_spans()[0].attributes


def test_texts_are_told_when_opted_in():
    """As JSON, in the conventions' form."""
    attributes = told(prompts=True)
    assert [json.loads(attributes[name]) for name in TEXTS] == [
        [{"type": "text", "content": "be brief"}],
        [{"role": "user", "parts": [{"type": "text", "content": "who?"}]}],
        [{"role": "assistant", "parts": [{"type": "text", "content": "Ada"}], "finish_reason": "length"}],
    ]


def test_texts_are_not_told_by_default():
    """Neither question nor answer is anywhere on the span."""
    assert not TelemetrySettings().prompts
    assert dict(told(prompts=False)) == {}


@pytest.mark.parametrize("text", ["x" * 1_000_000, "字" * 100_000, '"' * 100_000])
def test_long_texts_are_cut_and_stay_json(text):
    """A span of megabytes would be refused whole."""
    attributes = told(prompts=True, user=text, answer=text)
    for name in TEXTS[1:]:
        (message,) = json.loads(attributes[name])
        assert message["parts"][0]["content"] == text[:32_000]


def test_opting_in_ends_with_telemetry():
    """The next one who installs providers has to opt in again."""
    told(prompts=True)
    assert not providers.in_use.tells_prompts
