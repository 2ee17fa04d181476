"""Labels of the spans of calls made inside."""

import asyncio

from consumer.telemetry.calls import client_call
from consumer.telemetry.labels import labelled


async def test_a_call_made_inside_says_the_label_in_tasks_too(exporter):
    """Labels add up inwards, hold for tasks begun inside, and end with the block; the call's own word counts."""

    async def call(name):
        with client_call(name, {"own": "call"}):
            await asyncio.sleep(0)

    with labelled({"a": "outer", "own": "label"}):
        with labelled({"b": True}):
            task = asyncio.create_task(call("task"))
        await call("outer")
    await call("outside")
    await task
    told = {span.name: dict(span.attributes) for span in exporter.get_finished_spans()}
    assert told == {
        "task": {"a": "outer", "b": True, "own": "call"},
        "outer": {"a": "outer", "own": "call"},
        "outside": {"own": "call"},
    }
