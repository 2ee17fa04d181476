"""A pod's /statz as numbers that can be added up and compared with those before: for live views of one or all pods.

Pure. A pod of another release may lack fields: what it does not tell is 0 or unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from consumer.app.pods import PodState

_HOUR_S = 3_600.0


@dataclass(frozen=True, slots=True)
class StageLine:
    """A stage: works done, inside and waiting; `busy_s` is the time its `workers` spent in calls so far."""

    name: str
    done: float
    in_flight: float
    queued: float
    workers: float
    busy_s: float

    def __add__(self, other: StageLine) -> StageLine:
        """Return both together."""
        return StageLine(
            self.name,
            self.done + other.done,
            self.in_flight + other.in_flight,
            self.queued + other.queued,
            self.workers + other.workers,
            self.busy_s + other.busy_s,
        )


@dataclass(frozen=True, slots=True)
class Breaker:
    """A dependency that is not as it should be."""

    dependency: str
    state: str
    since_s: float
    last_error: str


@dataclass(frozen=True, slots=True)
class PodView:
    """A pod at an instant, or all of them. `lag` is None while the broker has told no end of the log."""

    address: str
    is_reachable: bool
    why: str = ""
    state: str = ""
    version: str = ""
    uptime_s: float = 0.0
    partitions: int = 0
    paused_partitions: int = 0
    lag: int | None = None
    in_flight: int = 0
    budget_items: int = 0
    in_flight_bytes: int = 0
    oldest_age_s: float = 0.0
    held_bytes: int = 0
    rss_bytes: int = 0
    stages: tuple[StageLine, ...] = ()
    outcomes: Mapping[str, int] = field(default_factory=dict)
    retries: int = 0
    breakers: tuple[Breaker, ...] = ()
    halted: str = ""
    model_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    unpriced_calls: int = 0

    @property
    def finished(self) -> int:
        """Episodes that left since the start; a discarded one is read again, and counts where it leaves for good."""
        return sum(count for outcome, count in self.outcomes.items() if outcome != "discarded")

    @classmethod
    def of(cls, told: PodState) -> PodView:
        """Return what a pod told."""
        if not told.is_reachable:
            return cls(told.address, is_reachable=False, why=told.why)
        state = _Told(told.state)
        flight, models = state.part("in_flight"), state.part("models")
        operations = [models.part(name) for name in models.fields]
        lags = [_Told(each).number("lag") for each in state.items("partitions") if each.get("lag") is not None]
        return cls(
            address=told.address,
            is_reachable=True,
            state=state.text("state"),
            version=state.text("version"),
            uptime_s=state.number("uptime_s"),
            partitions=len(state.items("partitions")),
            paused_partitions=int(state.number("paused_partitions")),
            lag=int(sum(lags)) if lags else None,
            in_flight=int(flight.number("items")),
            budget_items=int(flight.number("budget_items")),
            in_flight_bytes=int(flight.number("bytes")),
            oldest_age_s=flight.number("oldest_age_s"),
            held_bytes=int(state.part("memory").number("held_bytes")),
            rss_bytes=int(state.number("rss_bytes")),
            stages=tuple(_stage(_Told(each)) for each in state.items("stages")),
            outcomes=state.part("outcomes").counts(),
            retries=sum(state.part("retries").counts().values()),
            breakers=tuple(_open(state.part("breakers"))),
            halted=state.text("halted"),
            model_calls=int(sum(each.number("calls") for each in operations)),
            input_tokens=int(sum(each.number("input_tokens") for each in operations)),
            output_tokens=int(sum(each.number("output_tokens") for each in operations)),
            cost_usd=sum(each.number("cost_usd") for each in operations),
            unpriced_calls=int(sum(each.number("unpriced_calls") for each in operations)),
        )


@dataclass(frozen=True, slots=True)
class Rates:
    """How fast things went over the last `over_s` seconds; `utilisation` is the busy share of a stage's workers."""

    over_s: float
    episodes_per_s: float = 0.0
    rejected_per_s: float = 0.0
    calls_per_s: float = 0.0
    tokens_per_s: float = 0.0
    usd_per_hour: float = 0.0
    stage_per_s: Mapping[str, float] = field(default_factory=dict)
    utilisation: Mapping[str, float] = field(default_factory=dict)

    def __add__(self, other: Rates) -> Rates:
        """Return both together; utilisation is not added up but found anew, from the sum of the views."""
        return Rates(
            max(self.over_s, other.over_s),
            self.episodes_per_s + other.episodes_per_s,
            self.rejected_per_s + other.rejected_per_s,
            self.calls_per_s + other.calls_per_s,
            self.tokens_per_s + other.tokens_per_s,
            self.usd_per_hour + other.usd_per_hour,
            {
                name: self.stage_per_s.get(name, 0.0) + other.stage_per_s.get(name, 0.0)
                for name in {**self.stage_per_s, **other.stage_per_s}
            },
        )


def rates(now: PodView, before: PodView | None, seconds: float) -> Rates:
    """Return how fast a pod went in the `seconds` since `before`.

    Without a view before, or when the pod was started anew meanwhile, it is the average since its start.
    """
    if before is None or not before.is_reachable or seconds <= 0 or now.uptime_s < before.uptime_s:
        before, seconds = PodView(now.address, is_reachable=True), now.uptime_s
    if not now.is_reachable or seconds <= 0:
        return Rates(0.0)
    earlier = {stage.name: stage for stage in before.stages}
    done, busy = {}, {}
    for stage in now.stages:
        start = earlier.get(stage.name, StageLine(stage.name, 0, 0, 0, 0, 0))
        done[stage.name] = max(0.0, stage.done - start.done) / seconds
        share = max(0.0, stage.busy_s - start.busy_s) / (seconds * stage.workers) if stage.workers else 0.0
        busy[stage.name] = min(1.0, share)
    tokens = now.input_tokens + now.output_tokens - before.input_tokens - before.output_tokens
    return Rates(
        seconds,
        max(0.0, (now.finished - before.finished) / seconds),
        max(0.0, (now.outcomes.get("rejected", 0) - before.outcomes.get("rejected", 0)) / seconds),
        max(0.0, (now.model_calls - before.model_calls) / seconds),
        max(0.0, tokens / seconds),
        max(0.0, _HOUR_S * (now.cost_usd - before.cost_usd) / seconds),
        done,
        busy,
    )


def summed(views: Sequence[PodView]) -> PodView:
    """Return all pods that answered as one; ages are the greatest, breakers those that any pod has open."""
    heard = [view for view in views if view.is_reachable]
    stages: dict[str, StageLine] = {}
    outcomes: dict[str, int] = {}
    for view in heard:
        for stage in view.stages:
            stages[stage.name] = stages[stage.name] + stage if stage.name in stages else stage
        for outcome, count in view.outcomes.items():
            outcomes[outcome] = outcomes.get(outcome, 0) + count
    lags = [view.lag for view in heard if view.lag is not None]
    return PodView(
        address="all",
        is_reachable=bool(heard),
        state=f"{len(heard)} of {len(views)}",
        partitions=sum(view.partitions for view in heard),
        paused_partitions=sum(view.paused_partitions for view in heard),
        lag=sum(lags) if lags else None,
        in_flight=sum(view.in_flight for view in heard),
        budget_items=sum(view.budget_items for view in heard),
        in_flight_bytes=sum(view.in_flight_bytes for view in heard),
        oldest_age_s=max((view.oldest_age_s for view in heard), default=0.0),
        held_bytes=sum(view.held_bytes for view in heard),
        rss_bytes=sum(view.rss_bytes for view in heard),
        stages=tuple(stages.values()),
        outcomes=outcomes,
        retries=sum(view.retries for view in heard),
        breakers=tuple(breaker for view in heard for breaker in view.breakers),
        model_calls=sum(view.model_calls for view in heard),
        input_tokens=sum(view.input_tokens for view in heard),
        output_tokens=sum(view.output_tokens for view in heard),
        cost_usd=sum(view.cost_usd for view in heard),
        unpriced_calls=sum(view.unpriced_calls for view in heard),
    )


def summed_rates(views: Sequence[PodView], each: Sequence[Rates]) -> Rates:
    """Return the rates of all pods as one; a stage's utilisation is that of all its workers."""
    total = Rates(0.0)
    busy: dict[str, float] = {}
    workers: dict[str, float] = {}
    for view, rate in zip(views, each, strict=True):
        total = total + rate
        for stage in view.stages:
            busy[stage.name] = busy.get(stage.name, 0.0) + rate.utilisation.get(stage.name, 0.0) * stage.workers
            workers[stage.name] = workers.get(stage.name, 0.0) + stage.workers
    shares = {name: busy[name] / workers[name] for name in busy if workers[name]}
    return Rates(
        total.over_s,
        total.episodes_per_s,
        total.rejected_per_s,
        total.calls_per_s,
        total.tokens_per_s,
        total.usd_per_hour,
        total.stage_per_s,
        shares,
    )


class _Told:
    """A JSON object of somebody else's: what is missing or of another kind is empty."""

    def __init__(self, fields: object) -> None:
        self.fields: Mapping[str, Any] = fields if isinstance(fields, Mapping) else {}

    def number(self, name: str) -> float:
        value = self.fields.get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0

    def text(self, name: str) -> str:
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    def part(self, name: str) -> _Told:
        return _Told(self.fields.get(name))

    def items(self, name: str) -> list[Mapping[str, Any]]:
        value = self.fields.get(name)
        return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []

    def counts(self) -> dict[str, int]:
        return {str(name): int(self.number(name)) for name in self.fields}


def _stage(told: _Told) -> StageLine:
    names = ("done", "in_flight", "queued", "workers", "busy_s")
    done, in_flight, queued, workers, busy_s = (told.number(name) for name in names)
    return StageLine(told.text("name"), done, in_flight, queued, workers, busy_s)


def _open(breakers: _Told) -> Iterable[Breaker]:
    for dependency in breakers.fields:
        told = breakers.part(dependency)
        if (state := told.text("state")) not in {"", "closed"}:
            yield Breaker(dependency, state, told.number("since_s"), told.text("last_error"))
