"""The register of faults: a name, what it changes, how long it lasts, how to begin it.

`begin` returns the way to undo it. Faults that change the same thing never overlap (see `schedule`).
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faults.chaos import kafka_faults, model_faults, neo4j_faults, pod_faults, producer_faults

if TYPE_CHECKING:
    from faults.chaos.stage import Stage

Undo = Callable[[], Awaitable[None]]
Begin = Callable[["Stage", random.Random, float], Awaitable[Undo]]


@dataclass(frozen=True)
class Kind:
    """One kind of fault.

    Attributes:
        changes: what two of them must not change at once.
        seconds: shortest and longest duration.
        begin: makes it happen; returns how to undo it.
        is_outage: a service is stopped and started again.
        dead_letters: reasons of dead letters that it makes legitimate; all others are a failure.
    """

    changes: str
    seconds: tuple[float, float]
    begin: Begin
    is_outage: bool = False
    dead_letters: frozenset[str] = frozenset()


_UNUSABLE = frozenset({"unusable-answer"})

KINDS: Mapping[str, Kind] = {
    "pod-kill": Kind("pod", (0.5, 2), pod_faults.kill),
    "pods-kill-all": Kind("pod", (0.5, 1), pod_faults.kill_all),
    "pod-sigterm": Kind("pod", (0.5, 2), pod_faults.sigterm),
    "pod-sigstop": Kind("frozen", (8, 10), pod_faults.freeze),
    "scale-up": Kind("scale", (4, 9), pod_faults.scale_up),
    "scale-down": Kind("scale", (4, 9), pod_faults.scale_down),
    "clock-hour": Kind("clock", (3, 8), pod_faults.clock_hour),
    "clock-day": Kind("clock", (3, 8), pod_faults.clock_day),
    "kafka-restart": Kind("kafka", (0.5, 2), kafka_faults.restart, is_outage=True),
    "kafka-kill": Kind("kafka", (0.5, 2), kafka_faults.kill, is_outage=True),
    "kafka-delay": Kind("kafka-proxy", (2, 5), kafka_faults.delay),
    "kafka-cut": Kind("kafka-proxy", (0.5, 2), kafka_faults.cut),
    "kafka-blackhole": Kind("kafka-proxy", (3, 8), kafka_faults.blackhole),
    "kafka-refuse": Kind("kafka-proxy", (2, 6), kafka_faults.refuse),
    "kafka-commit-unanswered": Kind("kafka-proxy", (3, 6), kafka_faults.commit_unanswered),
    "topic-partitions-added": Kind("topic", (0.5, 1), kafka_faults.add_partitions),
    "neo4j-restart": Kind("neo4j", (0.5, 2), neo4j_faults.restart, is_outage=True),
    "neo4j-kill": Kind("neo4j", (0.5, 2), neo4j_faults.kill, is_outage=True),
    "neo4j-delay": Kind("neo4j-proxy", (2, 5), neo4j_faults.delay),
    "neo4j-cut": Kind("neo4j-proxy", (0.5, 2), neo4j_faults.cut),
    "neo4j-blackhole": Kind("neo4j-proxy", (3, 8), neo4j_faults.blackhole),
    "neo4j-refuse": Kind("neo4j-proxy", (2, 6), neo4j_faults.refuse),
    "neo4j-throttle": Kind("neo4j-proxy", (2, 5), neo4j_faults.throttle),
    "neo4j-commit-unanswered": Kind("neo4j-proxy", (3, 6), neo4j_faults.commit_unanswered),
    "neo4j-out-of-memory": Kind("neo4j", (3, 6), neo4j_faults.out_of_memory),
    "llm-429": Kind("llm-429", (2, 5), model_faults.profile("llm-429", rate_429=0.6)),
    "llm-500": Kind("llm-500", (2, 5), model_faults.profile("llm-500", rate_500=0.7)),
    "llm-down": Kind("llm-500", (3, 6), model_faults.profile("llm-down", rate_500=1.0)),
    "llm-timeout": Kind("llm-timeout", (2, 5), model_faults.profile("llm-timeout", rate_timeout=0.4)),
    "llm-hang": Kind("llm-hang", (2, 5), model_faults.profile("llm-hang", rate_hang=0.4)),
    "llm-garbage": Kind(
        "llm-garbage", (2, 5), model_faults.profile("llm-garbage", rate_garbage=0.3), dead_letters=_UNUSABLE
    ),
    "llm-bad-json": Kind(
        "llm-bad-json", (2, 5), model_faults.profile("llm-bad-json", rate_bad_json=0.3), dead_letters=_UNUSABLE
    ),
    "llm-truncated": Kind(
        "llm-truncated", (2, 5), model_faults.profile("llm-truncated", rate_truncated=0.3), dead_letters=_UNUSABLE
    ),
    "llm-wrong-schema": Kind(
        "llm-schema", (2, 5), model_faults.profile("llm-wrong-schema", rate_wrong_schema=0.3), dead_letters=_UNUSABLE
    ),
    "llm-empty-choices": Kind(
        "llm-empty", (2, 5), model_faults.profile("llm-empty-choices", rate_empty_choices=0.4), dead_letters=_UNUSABLE
    ),
    "llm-refusal": Kind(
        "llm-refusal",
        (2, 5),
        model_faults.profile("llm-refusal", rate_refusal=0.08),
        dead_letters=frozenset({"refused"}),
    ),
    "llm-cut": Kind("llm-proxy", (1, 3), model_faults.cut),
    "llm-blackhole": Kind("llm-proxy", (3, 7), model_faults.blackhole),
    "embeddings-dimension": Kind("embed", (2, 4), model_faults.profile("embed-dim", rate_wrong_dimension=0.5)),
    "embeddings-nan": Kind("embed", (2, 4), model_faults.profile("embed-nan", rate_nan_vector=0.5)),
    "embeddings-zero": Kind("embed", (2, 4), model_faults.profile("embed-zero", rate_zero_vector=0.5)),
    "embeddings-count": Kind("embed", (2, 4), model_faults.profile("embed-count", rate_wrong_count=0.5)),
    "llm-reset": Kind("llm-reset", (2, 5), model_faults.profile("llm-reset", rate_reset=0.4)),
    "producer-duplicates": Kind("producer", (1, 4), producer_faults.duplicates),
    "producer-out-of-order": Kind("producer", (3, 6), producer_faults.out_of_order),
    "producer-invalid": Kind("producer", (1, 4), producer_faults.invalid),
    "producer-removals": Kind("producer", (1, 4), producer_faults.removals),
}
