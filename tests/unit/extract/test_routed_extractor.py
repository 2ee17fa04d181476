"""Each episode is put to the tier its text asks for, and the trace says which and why."""

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from consumer.app.build_models import chat_models
from consumer.extract.openai import OpenAiExtractor
from consumer.settings import LlmSettings, Settings, TelemetrySettings
from consumer.telemetry import names
from consumer.telemetry.setup import configure
from consumer.testing.episodes import episode_of
from consumer.testing.simulator import Simulator

TIERS = {"fast": {"model": "small"}, "accurate": {"model": "large"}}


@pytest.mark.parametrize(
    ("content", "model", "reason"),
    [
        ("Ana works at Acme.", "small", "simple"),
        ("Ana works at Acme because Bo does.", "middle", "reasoning"),
        ("| name | works at |\n|---|---|\n| Ana | Acme |\n| Bo | Acme |", "large", "table"),
    ],
)
async def test_an_episode_is_put_to_its_tier_and_the_span_says_why(content, model, reason):
    """Through cache, batches, limits and hedges, over real HTTP."""
    spans = InMemorySpanExporter()
    llm = LlmSettings.model_validate({"model": "middle", "tiers": TIERS})
    with configure(TelemetrySettings(), span_exporters=[spans], metric_readers=[]):
        async with Simulator() as simulator:
            extractor = OpenAiExtractor(chat_models(Settings(llm=llm, openai_base_url=simulator.base_url), "k"), llm)
            await extractor.prepare()
            await extractor.extract(episode_of({"group_id": "g", "content": content}))
            await extractor.aclose()
    (span,) = [span for span in spans.get_finished_spans() if span.name.startswith("chat ")]
    assert span.name == f"chat {model}"
    assert span.attributes[names.LLM_TIER_REASON] == reason
