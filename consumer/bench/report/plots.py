"""Distributions and series as drawings: inline SVG with a title, a description, and the table behind it. Pure.

Colours and dashes come from the page's stylesheet, so that a drawing follows day and night.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate

from consumer.bench.report.drawing import (
    COLOURS,
    HEIGHT,
    LEFT,
    PERCENTILES,
    RIGHT,
    WIDTH,
    Axis,
    Bin,
    axes,
    line,
    linear,
    marks,
    upright_axis,
    value_axis,
)
from consumer.bench.report.numbers import linear_ticks, number, quantity
from consumer.bench.results import Distribution, Series
from consumer.profiling.flame import script_json
from consumer.telemetry.quantile import quantile

_BINS = 160
_TABLE_ROWS = 40
_LEAST_GAP = 3
_LEAST_TIME_S = 1e-6
_KINDS = {"in use": "utilisation of stages", "queued": "queue in front of stages", "written": "throughput"}


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing with its caption, what it says in words, and the numbers behind it."""

    title: str
    said: str
    svg: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    legend: tuple[str, ...] = ()
    data: str = ""
    """JSON for the reading line, empty where bars tell their values themselves."""

    def html(self, identity: str) -> str:
        """Return it as a figure of a page; `identity` is unique there."""
        legend = "".join(
            f'<li><svg viewBox="0 0 24 8" aria-hidden="true"><path class="line l{n % COLOURS}" d="M0 4H24"/></svg>'
            f"{escape(name)}</li>"
            for n, name in enumerate(self.legend)
        )
        head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in self.headings)
        rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in self.rows)
        return (
            f'<figure class="plot" id="{identity}"><figcaption><strong>{escape(self.title)}</strong>'
            f"<span>{escape(self.said)}</span></figcaption>\n"
            f'<div class="drawing"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-labelledby="{identity}-t {identity}-d">'
            f'<title id="{identity}-t">{escape(self.title)}</title><desc id="{identity}-d">{escape(self.said)}</desc>'
            f"{self.svg}</svg></div>\n"
            + (f'<ul class="legend">{legend}</ul>' if legend else "")
            + f"<details><summary>The numbers</summary><div class='wide'><table><thead><tr>{head}</tr></thead>"
            f"<tbody>{rows}</tbody></table></div></details>"
            + (f'<script type="application/json">{self.data}</script>' if self.data else "")
            + "</figure>\n"
        )


def histogram(distribution: Distribution) -> Plot:
    """Return how many of all values lie in each bucket, on a logarithmic axis where values are far apart."""
    edges, counts = _buckets(distribution)
    total, unit = sum(counts) or 1, distribution.unit
    across = value_axis(edges, unit, _name_of(unit))
    shares = [100 * each / total for each in counts]
    up = upright_axis(linear_ticks(0, max(shares, default=1) or 1, 4), "%", "of all")
    bars = []
    for place, share in enumerate(shares):
        if share:
            left, right = across.place(edges[place]), across.place(edges[place + 1])
            told = f"{quantity(edges[place], unit)} to {quantity(edges[place + 1], unit)}: {share:.1f} %"
            gap = 1 if right - left > _LEAST_GAP else 0
            bars.append(
                f'<rect class="bar" x="{left:.1f}" y="{up.place(share):.1f}" '
                f'width="{max(0.8, right - left - gap):.1f}" height="{max(0.6, up.place(0) - up.place(share)):.1f}">'
                f"<title>{escape(told)} ({counts[place]:,})</title></rect>"
            )
    return Plot(
        f"{distribution.name}, histogram",
        _percentiles_told(distribution),
        axes(across, up) + "".join(bars) + marks(distribution, across.place),
        ("at or under", "values", "share"),
        tuple(
            (quantity(edge, unit), f"{count:,}", f"{share:.2f} %")
            for edge, count, share in zip(edges[1:], counts, shares, strict=True)
        ),
    )


def cdf(distribution: Distribution) -> Plot:
    """Return what share of all values lies at or under each bound."""
    edges, counts = _buckets(distribution)
    total, unit = sum(counts) or 1, distribution.unit
    across = value_axis(edges, unit, _name_of(unit))
    up = upright_axis([0, 25, 50, 75, 100], "%", "at or under")
    sums = [0, *accumulate(counts)]
    points = "L".join(
        f"{across.place(edge):.1f} {up.place(100 * upto / total):.1f}" for edge, upto in zip(edges, sums, strict=True)
    )
    begin, end = across.place(edges[0]), across.place(edges[-1])
    svg = axes(across, up)
    svg += f'<path class="area" d="M{points}L{end:.1f} {up.place(0):.1f}L{begin:.1f} {up.place(0):.1f}Z"/>'
    svg += f'<path class="line l0" d="M{points}"/>{marks(distribution, across.place)}'
    told = [(share, quantile(distribution.bounds, distribution.counts, share)) for share in (*PERCENTILES, 0.999)]
    return Plot(
        f"{distribution.name}, cumulative",
        f"{sum(distribution.counts):,} values; {_beyond(distribution)}",
        svg,
        ("percentile", "value"),
        tuple((f"p{100 * share:g}", quantity(value, unit)) for share, value in told if value is not None),
    )


def over_time(title: str, series: Sequence[Series]) -> Plot:
    """Return series of one unit over the same time, each a line; where there are many values, with their range."""
    unit = series[0].unit
    binned = [_binned(each) for each in series]
    moments = [at for each in series for at in each.at_s] or [0.0]
    begin, until = min(moments), max(moments)
    most = max((most for bins in binned for *_, most in bins), default=1.0)
    least = min((least for bins in binned for _, _, least, _ in bins), default=0.0)
    up = upright_axis(linear_ticks(min(0.0, least), max(0.0, most), 4), unit)
    ticks = [tick for tick in linear_ticks(begin, until, 5) if begin <= tick <= until]
    across = Axis(
        linear(begin, max(until, begin + _LEAST_TIME_S), LEFT, WIDTH - RIGHT),
        ticks,
        [number(tick) for tick in ticks],
        "seconds since the measurement began",
    )
    names = [_kind_and_part(each.name)[1] for each in series]
    said = [
        f"mean {quantity(sum(each.values) / max(1, len(each.values)), unit)}, "
        f"most {quantity(max(each.values, default=0.0), unit)}"
        for each in series
    ]
    data = {
        "plot": [LEFT, WIDTH - RIGHT, begin, until],
        "series": [
            [name, [round(at, 3) for at, *_ in bins], [quantity(mean, unit) for _, mean, *_ in bins]]
            for name, bins in zip(names, binned, strict=True)
        ],
    }
    is_alone = len(series) == 1
    return Plot(
        title,
        said[0] if is_alone else "; ".join(f"{name}: {told}" for name, told in zip(names, said, strict=True)),
        axes(across, up) + "".join(line(bins, across.place, up.place, n) for n, bins in enumerate(binned)),
        ("second", "what", "mean", "least", "most"),
        tuple(
            (number(round(at, 1)), name, *(quantity(value, unit) for value in values))
            for name, each in zip(names, series, strict=True)
            for at, *values in _binned(each, max(1, _TABLE_ROWS // len(series)))
        ),
        () if is_alone else tuple(names),
        script_json(data),
    )


def grouped(series: Sequence[Series]) -> list[tuple[str, list[Series]]]:
    """Return series that belong into one drawing: of one unit and kind (`extract: queued`, `memory of pods`)."""
    found: dict[tuple[str, str], list[Series]] = {}
    for each in series:
        if each.values:
            found.setdefault((_kind_and_part(each.name)[0], each.unit), []).append(each)
    kinds = Counter(kind for kind, _ in found)
    return [
        (_KINDS.get(kind, kind) + (f" ({unit})" if kinds[kind] > 1 else ""), members)
        for (kind, unit), members in found.items()
    ]


def _kind_and_part(name: str) -> tuple[str, str]:
    """Return of what kind a series is, and whose it is; nobody's own where its name does not tell."""
    part, found, kind = name.partition(": ")
    if found:
        return kind, part
    kind, found, part = name.partition(" of ")
    return (kind, part.removeprefix("the ")) if found else (name, name)


def _buckets(distribution: Distribution) -> tuple[list[float], list[int]]:
    """Return edges and counts without the empty buckets at both ends; what is above the last bound gets one too."""
    bounds, counts = list(distribution.bounds), list(distribution.counts)
    if not bounds:
        return [0.0, 1.0], [sum(counts)]
    step = bounds[-1] / bounds[-2] if len(bounds) > 1 and bounds[-2] > 0 else 2.0
    first = bounds[0] / step if bounds[0] > 0 else bounds[0] - 1
    edges = [first, *bounds, bounds[-1] * max(step, 1.2) if bounds[-1] > 0 else bounds[-1] + 1]
    begin = next((place for place, each in enumerate(counts) if each), 0)
    end = next((place for place in range(len(counts) - 1, -1, -1) if counts[place]), len(counts) - 1)
    return edges[begin : end + 2], counts[begin : end + 1]


def _binned(series: Series, bins: int = _BINS) -> list[Bin]:
    """Return moment, mean, least and most of at most `bins` stretches of a series."""
    size = max(1, math.ceil(len(series.values) / bins))
    found = []
    for start in range(0, len(series.values), size):
        values, moments = series.values[start : start + size], series.at_s[start : start + size]
        found.append((sum(moments) / len(moments), sum(values) / len(values), min(values), max(values)))
    return found


def _percentiles_told(distribution: Distribution) -> str:
    told = [
        f"p{100 * share:g} {quantity(value, distribution.unit)}"
        for share in PERCENTILES
        if (value := quantile(distribution.bounds, distribution.counts, share)) is not None
    ]
    return ", ".join(told) or "no values"


def _beyond(distribution: Distribution) -> str:
    over = distribution.counts[-1]
    if not over or not distribution.bounds:
        return "none above the last bound"
    return f"{over:,} above {quantity(distribution.bounds[-1], distribution.unit)}, the last bound"


def _name_of(unit: str) -> str:
    return {"s": "duration", "1": "count", "MB": "megabytes", "%": "per cent"}.get(unit, unit)
