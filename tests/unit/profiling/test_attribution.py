"""Whose time a sample is."""

import pytest

from consumer.profiling.attribution import (
    OTHER,
    Frame,
    is_idle,
    is_worker,
    stage_of_stack,
    stage_of_task,
    waits_for_room,
    waits_for_work,
    without_roots,
)

LOOP = (Frame("asyncio.runners", "run"), Frame("asyncio.base_events", "BaseEventLoop.run_forever"))
HANDLE = Frame("asyncio.events", "Handle._run")
QUEUE = "consumer.pipeline.queue"


@pytest.mark.parametrize(
    ("task", "stage"),
    [
        ("extract-7", "extract"),
        ("extract-chunks-1", "extract"),
        ("chat-batch", "extract"),
        ("embed-0", "embed"),
        ("write-1", "write"),
        ("sequence-0", "sequence"),
        ("intake", "intake"),
        ("poll", "kafka"),
        ("Task-12", None),
        ("live-view", None),
    ],
)
def test_a_tasks_name_tells_its_stage(task, stage):
    """The names that the pipeline and the clients give, and no others."""
    assert stage_of_task(task) == stage


def test_workers_are_those_with_an_inbox():
    """Neither the group that holds them nor what they start."""
    assert [
        name for name in ("extract-0", "extract", "extract-chunks-0", "write-12", "intake", "poll") if is_worker(name)
    ] == [
        "extract-0",
        "write-12",
        "intake",
    ]


def test_without_a_task_the_outermost_frame_of_a_stage_decides():
    """A driver's callback is its client's stage; the loop counts only where nothing else is on the stack."""
    assert stage_of_stack([HANDLE, Frame("neo4j._async.io._common", "read"), Frame("json", "loads")]) == "write"
    assert stage_of_stack([Frame("consumer.llm.chat", "ask"), Frame("consumer.graph.store", "write")]) == "extract"
    assert stage_of_stack([Frame("asyncio.base_events", "BaseEventLoop._run_once")]) == "loop"
    assert stage_of_stack([Frame("json", "loads")]) == OTHER


def test_idle_threads_are_known_by_where_they_wait():
    """A loop in its selector, a pool's worker without work; a thread that parses is not idle."""
    assert is_idle(Frame("selectors", "EpollSelector.select"))
    assert is_idle(Frame("concurrent.futures.thread", "_worker"))
    assert not is_idle(Frame("json.decoder", "JSONDecoder.decode"))


def test_what_lies_under_every_callback_is_left_out():
    """Down to the innermost loop; a stack that is nothing else keeps its last frame."""
    own = Frame("consumer.pipeline.supervisor", "Pipeline._extract_next")
    assert without_roots([*LOOP, HANDLE, own]) == (own,)
    assert without_roots([*LOOP, HANDLE]) == (HANDLE,)
    assert without_roots([own]) == (own,)


def test_a_worker_waits_for_work_or_for_room():
    """Told by what it awaits of a queue; elsewhere it is at work."""
    step = Frame("consumer.pipeline.supervisor", "Pipeline._extract_next")
    assert waits_for_work([step, Frame(QUEUE, "BoundedQueue.get")])
    assert waits_for_work([step, Frame(QUEUE, "BoundedQueue.get_batch")])
    assert waits_for_room([step, Frame(QUEUE, "BoundedQueue.put")])
    assert not waits_for_work([step, Frame("consumer.llm.chat", "get")])
    assert not waits_for_room([step, Frame(QUEUE, "BoundedQueue.get")])


def test_a_frame_is_fit_for_a_collapsed_line():
    """No semicolon and no line break, whatever a name holds."""
    assert str(Frame("a;b", "f\n")) == "a,b:f "
