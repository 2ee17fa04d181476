"""How `episodes top` looks: one pod in detail, several as rows with their sum; 80 columns are enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from consumer.app.pod_view import Breaker, PodView, Rates, summed, summed_rates
from consumer.cli.output import bytes_text

_GOOD, _BAD, _DIM = "green", "bold red", "dim"
_STATES = {"running": _GOOD, "halted": _BAD, "starting": "yellow", "stopping": "yellow"}
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400
_THOUSAND = 1_000
_FULL = 0.9
_COLUMNS = {"state": 8, "lag": 6, "parts": 5, "ep/s": 5, "flight": 6, "oldest": 6, "calls/s": 7, "$/h": 7}
"""Of several pods: what is told of each beside its name, and how wide; the name has the rest."""


@dataclass(frozen=True, slots=True)
class Frame:
    """All pods at one poll, with how fast each went since the one before."""

    views: tuple[PodView, ...]
    rates: tuple[Rates, ...]

    @property
    def total(self) -> PodView:
        """All that answered, as one."""
        return summed(self.views)

    @property
    def total_rates(self) -> Rates:
        """Their rates, as one."""
        return summed_rates(self.views, self.rates)

    def as_json(self) -> dict[str, Any]:
        """Return it for scripts."""
        pods = [_json(view, rates) for view, rates in zip(self.views, self.rates, strict=True)]
        return {"pods": pods, "sum": _json(self.total, self.total_rates)}


def drawn(frame: Frame) -> RenderableType:
    """Return the frame as it is shown."""
    view, rates = frame.total, frame.total_rates
    parts: list[RenderableType] = []
    if len(frame.views) == 1 and frame.views[0].is_reachable:
        view, rates = frame.views[0], frame.rates[0]
        parts.append(_head(view))
    else:
        parts.append(_pods(frame))
    if view.is_reachable:
        parts += [_stages(view, rates), *_summary(view, rates)]
    parts += [note for each in frame.views for note in _notes(each)]
    return Group(*parts)


def _head(view: PodView) -> Text:
    head = Text(_clean(view.address), style="bold")
    head.append(f"  {_clean(view.state)}", style=_STATES.get(view.state, ""))
    head.append(f"  version {_clean(view.version)}, up for {duration(view.uptime_s)}", style=_DIM)
    return head


def _pods(frame: Frame) -> Table:
    """Return a row for each pod, and their sum."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, expand=True)
    table.add_column("pod", no_wrap=True, overflow="ellipsis", ratio=1)
    for heading, width in _COLUMNS.items():
        table.add_column(heading, justify="left" if heading == "state" else "right", no_wrap=True, min_width=width)
    for view, rates in zip(frame.views, frame.rates, strict=True):
        table.add_row(*_pod_cells(view, rates))
    if len(frame.views) > 1:
        table.add_section()
        table.add_row(*_pod_cells(frame.total, frame.total_rates), style="bold")
    return table


def _pod_cells(view: PodView, rates: Rates) -> list[Text]:
    name = Text(_clean(view.address.removeprefix("http://").removesuffix("/")))
    if not view.is_reachable:
        return [name, Text("silent", style=_BAD), *(Text("–", style=_DIM) for _ in range(7))]
    return [
        name,
        Text(_clean(view.state), style=_STATES.get(view.state, "")),
        Text("?" if view.lag is None else amount(view.lag)),
        Text(str(view.partitions)),
        Text(amount(rates.episodes_per_s)),
        Text(amount(view.in_flight)),
        Text(duration(view.oldest_age_s)),
        Text(amount(rates.calls_per_s)),
        Text(money(rates.usd_per_hour)),
    ]


def _stages(view: PodView, rates: Rates) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("stage", no_wrap=True)
    for heading in ("done", "per s", "inside", "waiting", "busy"):
        table.add_column(heading, justify="right", no_wrap=True)
    for stage in view.stages:
        busy = rates.utilisation.get(stage.name, 0.0)
        table.add_row(
            Text(_clean(stage.name)),
            amount(stage.done),
            amount(rates.stage_per_s.get(stage.name, 0.0)),
            amount(stage.in_flight),
            amount(stage.queued),
            Text(f"{busy:.0%}", style="yellow" if busy >= _FULL else ""),
        )
    return table


def _summary(view: PodView, rates: Rates) -> list[Text]:
    lag = "lag not known yet" if view.lag is None else f"lag {amount(view.lag)}"
    paused = f", {view.paused_partitions} paused" if view.paused_partitions else ""
    outcomes = " ".join(f"{_clean(name)}={amount(count)}" for name, count in sorted(view.outcomes.items()))
    unpriced = f" ({amount(view.unpriced_calls)} calls without a price)" if view.unpriced_calls else ""
    tokens = f"{amount(view.input_tokens)} in, {amount(view.output_tokens)} out"
    memory = f"memory {bytes_text(view.rss_bytes)}, " if view.rss_bytes else ""
    retries = f", {amount(view.retries)} calls tried again" if view.retries else ""
    return [
        Text(f"log      {lag} on {view.partitions} partitions{paused}"),
        Text(
            f"flight   {amount(view.in_flight)} of {amount(view.budget_items)}, {bytes_text(view.in_flight_bytes)}, "
            f"oldest {duration(view.oldest_age_s)}"
        ),
        Text(f"outcomes {outcomes or 'none yet'}{retries}"),
        Text(
            f"models   {amount(view.model_calls)} calls, {amount(rates.calls_per_s)}/s; LLM tokens {tokens}, "
            f"{amount(rates.tokens_per_s)}/s"
        ),
        Text(f"money    {money(view.cost_usd)} since the start, {money(rates.usd_per_hour)} an hour{unpriced}"),
        Text(f"holds    {memory}{bytes_text(view.held_bytes)} of it episodes and caches"),
        Text(f"rates over {duration(rates.over_s)}", style=_DIM),
    ]


def _notes(view: PodView) -> list[Text]:
    """Return what is wrong with a pod, a line each."""
    name = _clean(view.address.removeprefix("http://"))
    if not view.is_reachable:
        return [Text(f"{name}: {_clean(view.why)}", style=_BAD)]
    notes = [Text(f"{name}: halted: {_clean(view.halted)}", style=_BAD)] if view.halted else []
    return notes + [Text(f"{name}: {_told(breaker)}", style=_BAD) for breaker in view.breakers]


def _told(breaker: Breaker) -> str:
    error = f": {_clean(breaker.last_error)}" if breaker.last_error else ""
    return f"{_clean(breaker.dependency)} {_clean(breaker.state)} for {duration(breaker.since_s)}{error}"


def _json(view: PodView, rates: Rates) -> dict[str, Any]:
    told = asdict(view) | {"finished": view.finished, "rates": asdict(rates)}
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in told.items()}


def amount(value: float) -> str:
    """Return a count or a rate in at most six characters."""
    for unit in ("", "k", "M", "G"):
        if abs(value) < _THOUSAND or unit == "G":
            break
        value /= _THOUSAND
    digits = f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"  # noqa: PLR2004 - 3 digits
    return f"{digits}{unit}"


def money(usd: float) -> str:
    """Return USD; small sums with as many places as say something."""
    return f"${usd:.2f}" if usd >= 1 or usd == 0 else f"${usd:.2g}" if usd >= 0.001 else "<$0.001"  # noqa: PLR2004


def duration(seconds: float) -> str:
    """Return a duration in its two largest units at most."""
    if seconds < _MINUTE_S:
        return f"{seconds:.1f}s" if seconds < 10 else f"{seconds:.0f}s"  # noqa: PLR2004 - one place below ten
    if seconds < _HOUR_S:
        return f"{seconds // _MINUTE_S:.0f}m{seconds % _MINUTE_S:02.0f}s"
    if seconds < _DAY_S:
        return f"{seconds // _HOUR_S:.0f}h{seconds % _HOUR_S // _MINUTE_S:02.0f}m"
    return f"{seconds // _DAY_S:.0f}d{seconds % _DAY_S // _HOUR_S:02.0f}h"


def _clean(text: str) -> str:
    """Return what a pod told without line breaks and without what a terminal would obey."""
    return " ".join("".join(letter for letter in text if letter.isprintable() or letter.isspace()).split())
