"""A trace drawn as text shows who called whom, when, for how long."""

import pytest

from consumer.errors import WorldFault
from consumer.telemetry.calls import client_call
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


def test_no_spans_draw_nothing():
    """An empty trace has no lines."""
    assert draw([]) == []
