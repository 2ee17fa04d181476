"""What a running pod has done, by operation: counts, failures, durations, rates; read from its /statz and /metrics."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from consumer.app.pods import pod_states
from consumer.errors import UserError
from consumer.telemetry.quantile import quantile

MAX_METRICS_BYTES = 16_000_000
"""More than a pod ever tells."""

_KINDS = {
    "episodes_delay": "end to end",
    "episodes_stage_duration": "stage",
    "episodes_stage_queue_wait": "wait for stage",
    "gen_ai_client_operation_duration": "model",
    "db_client_operation_duration": "neo4j",
    "messaging_client_operation_duration": "kafka",
    "episodes_question_duration": "question",
    "http_server_request_duration": "api",
    "mcp_server_operation_duration": "tool",
}
_NO_NAME = {
    "error_type",
    "le",
    "db_system_name",
    "db_namespace",
    "messaging_system",
    "gen_ai_provider_name",
    "gen_ai_response_model",
    "http_response_status_code",
    "mcp_method_name",
}
"""Labels that do not tell operations apart."""
_UNIT = "_seconds"


@dataclass(frozen=True, slots=True)
class Operation:
    """What was measured of one operation since the pod started; percentiles are even within a histogram's bucket."""

    operation: str
    count: int
    failed: int
    per_s: float
    mean_s: float
    p50_s: float | None
    p95_s: float | None
    p99_s: float | None

    @property
    def success_share(self) -> float:
        """The share that did not fail, 0 to 1."""
        return 1 - self.failed / self.count if self.count else 1.0


@dataclass(frozen=True, slots=True)
class PodFigures:
    """A pod's state in a few figures, and its operations, the most time-consuming first."""

    address: str
    version: str
    state: str
    uptime_s: float
    outcomes: dict[str, int]
    episodes_per_s: float
    operations: list[Operation] = field(default_factory=list)
    why_no_operations: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        told = asdict(self)
        for row, operation in zip(told["operations"], self.operations, strict=True):
            row["success_share"] = operation.success_share
        return told


async def pod_figures(address: str, timeout_s: float = 10.0) -> PodFigures:
    """Return what the pod at `address` (`http://host:port`) has done.

    Raises:
        UserError: nothing answers there, or something that is no pod.
    """
    async with asyncio.TaskGroup() as tasks:
        state = tasks.create_task(pod_states([address], timeout_s), name="ask for the state")
        metrics = tasks.create_task(_metrics(address, timeout_s), name="ask for metrics")
    (told,) = state.result()
    if not told.is_reachable:
        raise UserError(f"no pod at {address}: {told.why}; `episodes run --health-port` sets the port of a pod")
    uptime_s = float(told.state.get("uptime_s") or 0.0)
    outcomes = {str(name): int(count) for name, count in (told.state.get("outcomes") or {}).items()}
    text, why = metrics.result()
    return PodFigures(
        address=address,
        version=str(told.state.get("version", "")),
        state=str(told.state.get("state", "")),
        uptime_s=uptime_s,
        outcomes=outcomes,
        episodes_per_s=round(sum(outcomes.values()) / uptime_s, 3) if uptime_s else 0.0,
        operations=operations(text, uptime_s),
        why_no_operations=why,
    )


def operations(exposition: str, uptime_s: float) -> list[Operation]:
    """Return each operation that an exposition has durations of, the one that took most time altogether first."""
    found: dict[str, _Durations] = defaultdict(_Durations)
    for family in text_string_to_metric_families(exposition):
        if family.type == "histogram" and family.name.endswith(_UNIT):
            for sample in family.samples:
                found[_name(family.name, sample.labels)].add(
                    sample.name[len(family.name) :], sample.labels, sample.value
                )
    told = [(one.seconds, one.operation(name, uptime_s)) for name, one in found.items() if one.count]
    return [operation for _, operation in sorted(told, key=lambda each: -each[0])]


class _Durations:
    """The histograms of one operation, summed over what does not tell operations apart."""

    def __init__(self) -> None:
        self.count = self.failed = self.seconds = 0.0
        self._upto: defaultdict[float, float] = defaultdict(float)

    def add(self, part: str, labels: Mapping[str, str], value: float) -> None:
        if part == "_sum":
            self.seconds += value
        elif part == "_count":
            self.count += value
            self.failed += value if labels.get("error_type") else 0
        elif part == "_bucket":
            self._upto[float(labels["le"])] += value

    def operation(self, name: str, uptime_s: float) -> Operation:
        bounds = sorted(bound for bound in self._upto if not math.isinf(bound))
        sums = [self._upto[bound] for bound in bounds]
        counts = [upto - before for upto, before in zip([*sums, self.count], [0.0, *sums], strict=True)]
        p50, p95, p99 = (quantile(bounds, counts, share) for share in (0.5, 0.95, 0.99))
        return Operation(
            operation=name,
            count=int(self.count),
            failed=int(self.failed),
            per_s=round(self.count / uptime_s, 3) if uptime_s else 0.0,
            mean_s=self.seconds / self.count,
            p50_s=p50,
            p95_s=p95,
            p99_s=p99,
        )


def _name(family: str, labels: Mapping[str, str]) -> str:
    """Return how an operation is called: its kind, and what its labels say."""
    plain = family.removesuffix(_UNIT)
    return " ".join([_KINDS.get(plain, plain.replace("_", " ")), *_values(labels)])


def _values(labels: Mapping[str, str]) -> Iterable[str]:
    return dict.fromkeys(value for label, value in labels.items() if label not in _NO_NAME and value)


async def _metrics(address: str, timeout_s: float) -> tuple[str, str]:
    """Return the text of /metrics, or why there is none."""
    limits = aiohttp.ClientTimeout(total=timeout_s)
    try:
        async with (
            aiohttp.ClientSession(timeout=limits) as session,
            session.get(f"{address.rstrip('/')}/metrics", allow_redirects=False) as answer,
        ):
            if answer.status != HTTPStatus.OK:
                return "", f"/metrics answers with HTTP status {answer.status}"
            body = bytearray()
            async for part in answer.content.iter_any():
                body += part
                if len(body) > MAX_METRICS_BYTES:
                    return "", "/metrics tells more than a pod would"
            return body.decode(errors="replace"), ""
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        return "", f"/metrics: {type(error).__name__}"
