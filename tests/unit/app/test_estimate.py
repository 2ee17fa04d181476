"""What a replay will take: counted as a pod would count it."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.app.estimate import CACHEABLE_TOKENS, Estimator
from consumer.app.estimate_result import Assumptions
from consumer.extract.forecast import Forecaster
from consumer.llm.exchange import Usage
from consumer.llm.prices import KNOWN, cost_usd
from consumer.model.token_estimate import estimated_tokens
from consumer.ontology import Ontologies
from consumer.settings import (
    EmbeddingSettings,
    LlmSettings,
    OntologySettings,
    PipelineSettings,
    Price,
    Settings,
    Tier,
    TierSettings,
)
from consumer.testing.episodes import episode_of, record_of
from consumer.testing.generate import generate

LINE = {"group_id": "g", "source": "text", "content": "Ada works at Acme since 2020."}
FACT = {"subject": "Ada", "relation": "WORKS_AT", "object": "Acme", "fact": "Ada works at Acme."}


def line(number, **fields):
    """One event that no other is."""
    return {**LINE, "event_id": str(number), **fields}


def estimate(events, ontologies=None, assumptions=None, pipeline=None, embedding=None, **llm):
    """The estimate of `events` with settings of the model."""
    settings = Settings().model_copy(
        update={
            "llm": LlmSettings(**llm),
            "pipeline": pipeline or PipelineSettings(context_episodes=0),
            "embedding": embedding or EmbeddingSettings(),
        }
    )
    estimator = Estimator(settings, ontologies, assumptions)
    for offset, event in enumerate(events):
        estimator.add(record_of(event, offset))
    return estimator.result()


def test_small_episodes_share_calls_and_each_call_pays_the_prefix_once():
    """Twenty in calls of eight are three calls."""
    found = estimate(line(n) for n in range(20))
    one = Forecaster(PipelineSettings()).of(episode_of(line(1)))
    (use,) = found.models
    assert (found.episodes, found.calls, use.model) == (20, 3, "gpt-4.1-mini")
    least = 3 * one.prefix_tokens + 20 * one.section_tokens
    assert least <= use.usage.input_tokens <= least + 20 * 10
    assert use.usage.output_tokens == 20 * one.output_tokens


def test_calls_are_bounded_in_tokens_too_and_a_large_episode_has_calls_of_its_own():
    """Two that do not fit together are two calls; nine chunks are nine."""
    found = estimate([line(1, content="word " * 1_000), line(2, content="word " * 1_400)], batch_tokens=2_000)
    assert (found.calls, found.chunks) == (2, 0)
    found = estimate([line(1, content="word " * 14_000)], pipeline=PipelineSettings(chunk_tokens=2_000))
    assert (found.calls, found.chunks) == (9, 9)


def test_s1_each_record_is_counted_once_and_what_needs_no_model_is_told():
    """Given facts, a switch, an event that comes again, a removal, and one that the pod would reject."""
    events = [
        line(1),
        line(1),
        line(2, facts=[FACT]),
        line(3, extract=False),
        {"type": "episode.removed", "group_id": "h", "event_id": "1"},
        {**LINE, "group_id": "not a group!"},
    ]
    found = estimate(events)
    assert (found.records, found.episodes, found.removals, found.calls) == (6, 4, 1, 1)
    assert found.without_call == {"given": 1, "not to be extracted": 1, "repeated": 1}
    assert found.rejected == {"invalid-event": 1}
    assert found.groups == 2


def test_mapped_records_cost_no_call_and_their_texts_are_counted_exactly(tmp_path):
    """The embedding tokens of what a mapping finds and of given facts are known, not assumed."""
    (tmp_path / "offices.json").write_text(
        json.dumps(
            {
                "name": "offices",
                "entity_types": {"Person": {}, "Company": {}},
                "relation_types": {"WORKS_AT": {}},
                "mappings": [
                    {
                        "name": "jobs",
                        "when": "kind == 'job'",
                        "facts": [{"subject": "person", "relation": "WORKS_AT", "object": "firm"}],
                    }
                ],
            }
        )
    )
    ontologies = Ontologies.load(OntologySettings(dir=tmp_path))
    record = line(1, source="json", ontology="offices", content={"kind": "job", "person": "Ada", "firm": "Acme"})
    lines = [record, line(2, facts=[FACT]), line(3, ontology="unheard-of")]
    found = estimate(lines, ontologies, embedding=EmbeddingSettings(embeds_episodes=False))
    assert found.without_call == {"given": 1, "mapped": 1}
    assert found.rejected == {"unknown-ontology": 1}
    given = estimated_tokens("Ada") + estimated_tokens("Acme") + estimated_tokens("Ada works at Acme.")
    assert given < found.embedding_tokens <= 2 * given + 4
    assert estimate(lines, ontologies).embedding_tokens > found.embedding_tokens
    assert found.calls == 0


def test_an_episode_over_its_budget_is_told_as_what_it_will_be():
    """A dead letter, and no part of the price."""
    found = estimate([line(1, content="word " * 40_000), line(2)], max_episode_tokens=10_000)
    assert found.rejected == {"over-budget": 1}
    assert found.calls == 1


def test_context_is_part_of_the_prompt():
    """The last episodes of the group go with each."""
    alone = estimate(line(n) for n in range(10))
    told = estimate((line(n) for n in range(10)), pipeline=PipelineSettings(context_episodes=4))
    shown = (1 + 2 + 3 + 4 * 7) * estimated_tokens(LINE["content"])
    assert told.models[0].usage.input_tokens >= alone.models[0].usage.input_tokens + shown
    assert told.models[0].usage.output_tokens == alone.models[0].usage.output_tokens


def test_the_price_is_by_the_table_and_unknown_is_not_zero():
    """Chat and embeddings together; without a price of either there is no sum."""
    found = estimate(line(n) for n in range(20))
    usage = found.models[0].usage
    assert found.models[0].usd == pytest.approx(cost_usd(KNOWN["gpt-4.1-mini"], usage))
    assert found.usd == pytest.approx(found.models[0].usd + found.embedding_tokens * 0.02 / 1e6)
    unknown = estimate([line(1)], model="mystery")
    assert (unknown.models[0].usd, unknown.usd, unknown.cached_usd, unknown.days) == (None, None, None, None)
    assert unknown.embedding_usd is not None


def test_a_prefix_that_is_cached_makes_it_cheaper():
    """In all calls but the first, when it is as long as providers cache."""
    found = estimate(line(n) for n in range(80))
    (use,) = found.models
    prefix = Forecaster(PipelineSettings()).of(episode_of(line(1))).prefix_tokens
    expected = prefix * (found.calls - 1) if prefix >= CACHEABLE_TOKENS else 0
    assert use.cacheable_tokens == expected
    assert use.cached_usd == pytest.approx(cost_usd(KNOWN["gpt-4.1-mini"], replace(use.usage, cached_tokens=expected)))


@pytest.mark.parametrize(
    ("settings", "seconds", "bottleneck"),
    [
        ({}, 1 * 3.0, "latency and concurrency"),
        ({"requests_per_min": 2}, 4 * 60.0, "llm.requests_per_min"),
        ({"requests_per_min": 600}, 1 * 3.0, "latency and concurrency"),
    ],
)
def test_the_time_is_that_of_the_narrowest_place(settings, seconds, bottleneck):
    """Ten calls, ten at once: one round; at two a minute the fifth pair begins after four minutes."""
    found = estimate((line(n) for n in range(80)), **settings)
    assert found.calls == 10
    assert (found.seconds, found.bottleneck) == (seconds, bottleneck)


def test_token_limits_hold_up_too():
    """Of chat and of embeddings."""
    found = estimate((line(n) for n in range(80)), tokens_per_min=1_000)
    total = found.models[0].usage.input_tokens + found.models[0].usage.output_tokens
    assert found.bottleneck == "llm.tokens_per_min"
    assert found.seconds == pytest.approx(total / 1_000 * 60, abs=60)
    found = estimate((line(n) for n in range(80)), embedding=EmbeddingSettings(tokens_per_min=10))
    assert found.bottleneck == "embedding.tokens_per_min"


def test_a_day_s_budget_says_how_many_days():
    """Ten cents at three cents a day."""
    prices = {"gpt-4.1-mini": Price(input=1.0)}
    found = estimate((line(n) for n in range(80)), prices=prices, daily_budget_usd=1.0)
    assert found.days == 1
    again = estimate((line(n) for n in range(80)), prices=prices, daily_budget_usd=found.usd / 2.5)
    assert again.days == 3


def test_with_tiers_each_text_is_priced_at_its_model():
    """A simple line goes to the fast model, one of many sentences to the accurate one."""
    tiers = {Tier.FAST: TierSettings(model="gpt-4.1-nano"), Tier.ACCURATE: TierSettings(model="gpt-4.1")}
    found = estimate([line(1), line(2, content="Ada met Bob. " * 60)], tiers=tiers)
    assert [use.model for use in found.models] == ["gpt-4.1", "gpt-4.1-nano"]


def test_assumptions_are_told_and_change_what_they_say():
    """Twice the answer, twice the output and what is embedded of it; the JSON names what was assumed."""
    alone = EmbeddingSettings(embeds_episodes=False)
    usual = estimate([line(1)], embedding=alone)
    longer = estimate([line(1)], assumptions=Assumptions(1.0, 14.0), embedding=alone)
    assert longer.models[0].usage.output_tokens == pytest.approx(2 * usual.models[0].usage.output_tokens, abs=1)
    assert longer.embedding_tokens == pytest.approx(2 * usual.embedding_tokens, abs=1)
    told = longer.as_dict()
    assert told["assumptions"] == {
        "latency_ms": 1_000,
        "answer": "14 LLM tokens for each of the content",
        "embedded_tokens_per_answer_token": 0.14,
    }
    assert json.loads(json.dumps(told)) == told
    assert usual.as_dict()["assumptions"]["answer"].startswith("7 LLM tokens for each of the content's first 100")


def test_the_result_may_be_asked_for_on_the_way():
    """Asking changes nothing."""
    settings = Settings()
    estimator = Estimator(settings)
    for offset in range(11):
        estimator.add(record_of(line(offset), offset))
        assert estimator.result() == estimator.result()
    assert estimator.result().calls == 2


@settings(deadline=None)
@given(st.integers(0, 1_000), st.integers(1, 12), st.integers(50, 3_000))
def test_s2_no_smaller_batch_takes_fewer_calls_and_nothing_is_lost(seed, episodes, tokens):
    """Answers and sections are the same however they are shared; only prefixes are saved."""
    events = generate(seed, 40, 2)
    alone = estimate(events, batch_episodes=1)
    shared = estimate(events, batch_episodes=episodes, batch_tokens=tokens)
    assert shared.calls <= alone.calls == alone.episodes - sum(alone.without_call.values())
    assert shared.calls >= alone.calls / episodes
    assert shared.models[0].usage.output_tokens == alone.models[0].usage.output_tokens
    assert shared.embedding_tokens == alone.embedding_tokens
    prefix = Forecaster(PipelineSettings()).of(episode_of(line(1))).prefix_tokens
    difference = alone.models[0].usage.input_tokens - shared.models[0].usage.input_tokens
    assert difference == pytest.approx(prefix * (alone.calls - shared.calls), abs=6 * 40)


def test_nothing_is_estimated_as_nothing():
    """An empty topic has a price: none."""
    found = estimate([])
    assert (found.calls, found.usd, found.seconds, found.models) == (0, 0.0, 0.0, ())
    assert cost_usd(KNOWN["gpt-4.1-mini"], Usage()) == 0
