"""A trace drawn as text shows who called whom, when, for how long."""

import pytest

from consumer.errors import WorldFault
from consumer.telemetry import names
from consumer.telemetry.calls import client_call
from consumer.telemetry.told_span import ToldEvent, ToldSpan
from consumer.telemetry.waterfall import draw, rows, traces


def test_children_stand_under_their_parent(exporter):
    """Depth follows the parent, order the start; a failed call is marked."""
    with client_call("process", {}):
        with client_call("extract", {}), client_call("chat", {}):
            pass
        with pytest.raises(WorldFault), client_call("write", {}):
            raise WorldFault("neo4j", "down")
    (spans,) = traces(exporter.get_finished_spans()).values()

    assert [(row.name, row.depth, row.is_error) for row in rows(spans)] == [
        ("process", 0, False),
        ("extract", 1, False),
        ("chat", 2, False),
        ("write", 1, True),
    ]
    lines = draw(spans, width=20)
    assert len(lines) == 4
    assert lines[2].startswith("    chat")
    assert lines[3].endswith("ms !")
    assert all("█" in line for line in lines)


def test_notes_tell_outcome_company_tokens_and_events():
    """What a person wants to know of a span stands beside it, and what happened with its moment."""
    process = ToldSpan("process t", "t", "a", "", 0, 2_000_000_000, "consumer", attributes={names.OUTCOME: "written"})
    extract = ToldSpan(
        "extract",
        "t",
        "b",
        "a",
        0,
        1_000_000_000,
        attributes={names.QUEUE_WAIT: 0.25, names.BATCH_SIZE: 1},
        events=(ToldEvent("retry", 500_000_000),),
    )
    chat = ToldSpan(
        "chat m",
        "t",
        "c",
        "b",
        0,
        900_000_000,
        "client",
        attributes={names.GEN_AI_INPUT_TOKENS: 10, names.GEN_AI_OUTPUT_TOKENS: 3},
        links=(("u", "d"),),
    )
    failed = ToldSpan(
        "embed",
        "t",
        "e",
        "a",
        1_000_000_000,
        2_000_000_000,
        is_error=True,
        attributes={names.BATCH_SIZE: 4, names.ERROR_TYPE: "episode.refused"},
    )
    found = rows([failed, chat, extract, process])
    assert [(row.name, row.depth, row.note) for row in found] == [
        ("process t", 0, "written"),
        ("extract", 1, ""),
        ("chat m", 2, "for 2 episodes, 10 → 3 LLM tokens"),
        ("embed", 1, "one of 4 in the batch, episode.refused"),
    ]
    assert found[1].events == (("retry", 0.5),)
    assert draw([process, extract], with_notes=True)[1].endswith("retry at 500 ms")


def test_no_spans_draw_nothing():
    """An empty trace has no lines."""
    assert draw([]) == []
