"""What a real run tells: every metric of the catalogue, bounded labels, exemplars that lead to its traces."""

import pytest
from opentelemetry.trace import format_trace_id
from plugins.end_to_end import drained
from plugins.measured_run import measured

from consumer.app.build import open_search
from consumer.app.questions import open_questions
from consumer.errors import UserError
from consumer.search import Leg, SearchRequest
from consumer.search.context import search_context
from consumer.search.question_models import NeighbourQuestion, TimelineQuestion
from consumer.telemetry import names
from consumer.telemetry.catalogue import METRICS

DOWN = "nothing may be down"
ELSEWHERE = {
    names.UNREAD_LOST: "retention must have removed records",
    names.LOOP_STALL: "something must hold the loop",
    names.BREAKER_OPENED: DOWN,
    names.RETRIES: DOWN,
    names.LLM_FALLBACKS: DOWN,
    names.CACHE_FAULTS: DOWN,
    names.LLM_HEDGES: "an answer must be late",
    names.LLM_HEDGES_WON: "an answer must be late",
    names.LLM_PARTS_LOST: "the model must leave an answer out",
    names.LLM_UNPRICED: "a model must have no price",
    names.ONTOLOGY_MAPPED: "an ontology must be registered",
    names.ONTOLOGY_DEVIATIONS: "an ontology must be registered",
    names.HTTP_DURATION: "of `episodes serve`",
    names.HTTP_ACTIVE: "of `episodes serve`",
    names.MCP_DURATION: "of `episodes mcp`",
}
"""What does not happen in a pod that does well, and why."""


async def ask_everything(settings, group, name):
    """Ask each kind of question once, and one that is refused."""
    async with open_search(settings) as search, open_questions(settings) as questions:
        # By words alone: how long the database takes for vectors is another test's matter.
        request = SearchRequest(query=name, group_ids=(group,), legs=(Leg.FULL_TEXT,))
        await search.search(request)
        assert (await search.search(request)).is_cached
        assert (await search_context(search, request, 200)).text
        await questions.neighbours(NeighbourQuestion(group, name))
        await questions.timeline(TimelineQuestion(group, name))
        with pytest.raises(UserError):
            await questions.entity(group, "nobody of that name")


async def test_every_metric_is_told_by_a_run(make_log):
    """Each of the catalogue, with the labels that it may have, but for those of what did not happen."""
    async with measured(make_log) as pod:
        events = await pod.publish(11, 40, 3)
        await pod.log.publish_raw([(b"a", b"no JSON", ())])
        await drained(pod.log)
        group = events[0]["group_id"]
        entities, _ = await pod.log.graph(group)
        await ask_everything(pod.log.settings, group, entities[0]["name"])
        while_it_ran = pod.families()
        await pod.stop()  # a stop drains, which is told too; a pod without partitions tells no lag
        told = pod.families()
    silent = {
        metric.name
        for metric in METRICS.values()
        for family in [metric.prometheus_family]
        if not any(found[family].samples for found in (while_it_ran, told) if family in found)
    }
    assert silent - set(ELSEWHERE) == set()
    for metric in METRICS.values():
        family = told.get(metric.prometheus_family)
        for sample in family.samples if family else ():
            assert set(sample.labels) - {"le"} <= set(metric.prometheus_labels), sample

    def values(metric, label):
        return {s.labels[label] for s in told[METRICS[metric].prometheus_family].samples}

    assert values(names.QUESTION_DURATION, "episodes_outcome") == {"found", "cached", "refused"}
    assert values(names.QUESTION_DURATION, "episodes_question") == {
        "search",
        "context",
        "neighbours",
        "timeline",
        "entity",
    }
    assert values(names.DEAD_LETTERS, "episodes_reason") == {"invalid-json"}
    assert values(names.STAGE_BUSY, "episodes_stage") == {"intake", "extract", "embed", "write"}
    assert values(names.MEMORY_PART, "episodes_memory_holder") >= {"in_flight", "chat", "vector"}
    limits = [s.value for s in told["episodes_llm_limit"].samples if s.labels["episodes_llm_limited"] == "requests"]
    assert limits
    assert max(limits) <= 1_000_000  # as set, or less as the server tells


async def test_no_tenant_and_no_text_adds_a_series(make_log):
    """Twelve times as many groups, and no series for any of them; no group's name is in any label."""
    async with measured(make_log) as pod:
        events = await pod.publish(12, 40, 3)
        before = pod.series()
        events += await pod.publish(13, 120, 36)
        after = pod.series()
    groups = {event["group_id"] for event in events}
    assert len(groups) > 30
    # What had not happened yet may have since (a vector found in the cache): a few, and not one a group.
    new = {(name, tuple(pair for pair in labels if pair[0] != "le")) for name, labels in after - before}
    assert len(new) < 10
    assert not [labels for _, labels in after if {value for _, value in labels} & groups]
    assert len(after) < 2_500


async def test_groups_are_told_when_asked_for_and_no_more_than_asked_for(make_log):
    """The first two by name, the rest as `other`."""
    async with measured(make_log, telemetry={"group_labels": 2}) as pod:
        events = await pod.publish(14, 30, 6)
        told = {s.labels["episodes_group"] for s in pod.families()["episodes_llm_episode_tokens"].samples}
    assert "other" in told
    assert len(told) == 3
    assert told - {"other"} <= {event["group_id"] for event in events}


async def test_exemplars_lead_to_the_traces_of_the_run(make_log):
    """A bucket of the delay, of a stage and of a model call names a trace that was recorded."""
    async with measured(make_log) as pod:
        await pod.publish(15, 20, 2)
        told = pod.families()
        traces = {format_trace_id(span.context.trace_id) for span in pod.ring.spans()}
    for family in (
        "episodes_delay_seconds",
        "episodes_stage_duration_seconds",
        "gen_ai_client_operation_duration_seconds",
    ):
        named = {s.exemplar.labels["trace_id"] for s in told[family].samples if s.exemplar}
        assert named, family
        assert named <= traces


async def test_utilisation_and_held_memory_are_of_this_run(make_log):
    """Busy time is that of calls; what is held is what is in flight and in the caches, and below its bound."""
    async with measured(make_log) as pod:
        await pod.publish(16, 40, 3)
        told = pod.families()
        view = {stage.name: stage for stage in pod.runtime.pipeline.view()}

    def value(family, **labels):
        return sum(
            s.value for s in told[family].samples if labels.items() <= s.labels.items() and "bucket" not in s.name
        )

    for name, stage in view.items():
        busy = value("episodes_stage_busy_seconds", episodes_stage=name)
        assert 0 < busy <= stage.busy_s
        assert value("episodes_stage_workers", episodes_stage=name) == stage.workers
    assert value("episodes_memory_bytes") == value("episodes_memory_part_bytes")
    assert 0 < value("episodes_memory_bytes") < value("episodes_memory_limit_bytes")
