"""Whose time a sample is: the stage of a task or, where no task says it, of the modules on the stack. Pure.

The pipeline names its tasks (`extract-3`, `write-0`); what runs outside of them (a client's callbacks, threads) is told
by the outermost frame of a module that belongs to a stage.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

OTHER = "other"
STAGES = ("intake", "extract", "embed", "sequence", "write")
"""Stages with workers of their own, in pipeline order."""

_WORKER = re.compile(r"(extract|embed|sequence|write)-\d+")
_TASKS = (
    (re.compile(r"intake"), "intake"),
    (re.compile(r"(extract|embed|sequence|write)-.+"), ""),
    (re.compile(r"chat-.+"), "extract"),
    (re.compile(r"poll|commit|fence|log-ends"), "kafka"),
)
_MODULES = {
    "consumer.kafka": "kafka",
    "aiokafka": "kafka",
    "consumer.extract": "extract",
    "consumer.llm": "extract",
    "consumer.embed": "embed",
    "consumer.graph": "write",
    "neo4j": "write",
    "consumer.search": "search",
    "consumer.communities": "communities",
    "consumer.health": "telemetry",
    "consumer.telemetry": "telemetry",
    "opentelemetry": "telemetry",
    "prometheus_client": "telemetry",
    "consumer.testing": "bench",
    "consumer.bench": "bench",
    "openai": "http",
    "aiohttp": "http",
    "asyncio": "loop",
    "selectors": "loop",
}
_IDLE = {
    ("selectors", "select"),
    ("threading", "wait"),
    ("threading", "_wait_for_tstate_lock"),
    ("threading", "join"),
    ("concurrent.futures.thread", "_worker"),
    ("queue", "get"),
    ("socket", "accept"),
    ("subprocess", "wait"),
    ("subprocess", "_try_wait"),
    ("asyncio.unix_events", "_do_waitpid"),
}
_ROOTS = {
    ("asyncio.events", "Handle._run"),
    ("asyncio.base_events", "BaseEventLoop.run_forever"),
    ("threading", "Thread.run"),
    ("concurrent.futures.thread", "_WorkItem.run"),
}
_QUEUES = "consumer.pipeline.queue"


@dataclass(frozen=True, slots=True, order=True)
class Frame:
    """A function on a stack: module and qualified name."""

    module: str
    function: str

    def __str__(self) -> str:
        """Return `module:function`, fit for a line of collapsed stacks."""
        return f"{self.module}:{self.function}".replace(";", ",").replace("\n", " ")


def is_worker(task: str) -> bool:
    """Whether a task of this name takes works from a stage's inbox."""
    return task == "intake" or _WORKER.fullmatch(task) is not None


def stage_of_task(task: str) -> str | None:
    """Return the stage that a task of this name works for, None where the name does not tell."""
    for pattern, stage in _TASKS:
        if pattern.fullmatch(task):
            return stage or task.partition("-")[0]
    return None


def stage_of_stack(stack: Sequence[Frame]) -> str:
    """Return the stage of the outermost frame that belongs to one; `stack` begins with the outermost."""
    inner = (frame for frame in stack if not frame.module.startswith(("asyncio", "selectors")))
    for frame in (*inner, *stack):
        parts = frame.module.split(".")
        for length in (2, 1):
            stage = _MODULES.get(".".join(parts[:length]))
            if stage is not None:
                return stage
    return OTHER


def is_idle(innermost: Frame) -> bool:
    """Whether a thread whose innermost function this is waits for something to do."""
    return (innermost.module, innermost.function.rpartition(".")[2]) in _IDLE


def without_roots(stack: Sequence[Frame]) -> tuple[Frame, ...]:
    """Return `stack` (outermost first) without what lies under every callback: the loop or thread that runs it."""
    for place in range(len(stack) - 1, -1, -1):
        if (stack[place].module, stack[place].function) in _ROOTS:
            return tuple(stack[place + 1 :]) or (stack[place],)
    return tuple(stack)


def waits_for_work(stack: Sequence[Frame]) -> bool:
    """Whether a worker with this chain of coroutines waits for its inbox to have something."""
    return any(frame.module == _QUEUES and frame.function.rpartition(".")[2] in {"get", "get_batch"} for frame in stack)


def waits_for_room(stack: Sequence[Frame]) -> bool:
    """Whether a worker with this chain of coroutines waits for room in the queue that it hands on to."""
    return any(frame.module == _QUEUES and frame.function.rpartition(".")[2] == "put" for frame in stack)
