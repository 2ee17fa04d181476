"""A whole question: one span and one measurement, by kind and by how it ended."""

import asyncio

import pytest

from consumer.errors import UserError, WorldFault
from consumer.telemetry import names
from consumer.telemetry.calls import client_call
from consumer.telemetry.questions import CACHED, NOTHING, asked


@asked("search", lambda answer: answer)
async def answered(answer):
    """A question that ends as it is told."""
    if isinstance(answer, BaseException):
        raise answer
    with client_call("query", {}):
        return answer


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (NOTHING, NOTHING),
        (CACHED, CACHED),
        (UserError("out of bounds"), "refused"),
        (WorldFault("neo4j", "gone"), "failed"),
        (RuntimeError("a bug"), "failed"),
        (asyncio.CancelledError(), "cancelled"),
    ],
    ids=repr,
)
async def test_each_end_is_told(exporter, points, answer, outcome):
    """The answer, or the exception, leaves as it came."""
    if isinstance(answer, BaseException):
        with pytest.raises(type(answer)):
            await answered(answer)
    else:
        assert await answered(answer) == answer
    (point,) = points(names.QUESTION_DURATION)
    assert dict(point.attributes) == {names.QUESTION: "search", names.OUTCOME: outcome}
    question = exporter.get_finished_spans()[-1]
    assert question.name == "ask search"
    assert question.attributes[names.OUTCOME] == outcome


async def test_what_is_called_inside_is_a_child_of_the_question(exporter):
    """So that a slow search shows which query took the time."""
    await answered(NOTHING)
    query, question = exporter.get_finished_spans()
    assert query.parent.span_id == question.context.span_id
    assert question.parent is None


async def test_nothing_is_recorded_while_nobody_listens():
    """And the answer is the same."""
    assert await answered("found") == "found"
    assert answered.__name__ == "answered"
