"""Parts of drawings as SVG: axes with their ticks, marks of percentiles, lines with their range. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from consumer.bench.report.numbers import linear_ticks, log_ticks, quantity
from consumer.bench.results import Distribution
from consumer.telemetry.quantile import quantile

WIDTH, HEIGHT = 420, 236
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 12, 40
COLOURS = 7
PERCENTILES = (0.5, 0.95, 0.99)

_NUMBER_ROOM = 38
_MARK_ROOM = 26
_LEAST_RATIO = 3
"""Values that are nearer to each other than this fit on a plain axis."""

Scale = Callable[[float], float]
Bin = tuple[float, float, float, float]
"""Moment, mean, least and most of a stretch of a series."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Where values are on the drawing, which of them are told and how, and what they are."""

    place: Scale
    ticks: Sequence[float]
    labels: Sequence[str]
    name: str = ""


def linear(low: float, high: float, begin: float, end: float) -> Scale:
    """Return the scale that has `low` at `begin` and `high` at `end`."""
    return lambda value: begin + (end - begin) * (value - low) / (high - low)


def value_axis(edges: Sequence[float], unit: str, name: str) -> Axis:
    """Return an axis for values from the first edge to the last: logarithmic where they are far apart."""
    low, high = edges[0], edges[-1]
    if low > 0 and high / low > _LEAST_RATIO:
        ratio, width = math.log(high / low), WIDTH - LEFT - RIGHT
        ticks = log_ticks(low, high)
        scale: Scale = lambda value: LEFT + width * math.log(max(value, low) / low) / ratio  # noqa: E731 - a scale
    else:
        ticks = [tick for tick in linear_ticks(low, high, 5) if low <= tick <= high]
        scale = linear(low, high, LEFT, WIDTH - RIGHT)
    return Axis(scale, ticks, [quantity(tick, unit) for tick in ticks], name)


def upright_axis(ticks: Sequence[float], unit: str, name: str = "") -> Axis:
    """Return the axis at the left, from the first tick to the last."""
    scale = linear(ticks[0], ticks[-1], HEIGHT - BOTTOM, TOP)
    return Axis(scale, ticks, [quantity(tick, unit) for tick in ticks], name)


def axes(across: Axis, up: Axis) -> str:
    """Return both axes with a line at each tick of the upright one; labels that have no room are left out."""
    bottom = HEIGHT - BOTTOM
    lines = [
        f'<path class="grid" d="M{LEFT} {up.place(tick):.1f}H{WIDTH - RIGHT}"/>'
        f'<text class="tick end" x="{LEFT - 6}" y="{up.place(tick) + 4:.1f}">{escape(label)}</text>'
        for tick, label in zip(up.ticks, up.labels, strict=True)
    ]
    last = -math.inf
    for tick, label in zip(across.ticks, across.labels, strict=True):
        place = across.place(tick)
        lines.append(f'<path class="axis" d="M{place:.1f} {bottom}v4"/>')
        if place - last > _NUMBER_ROOM:
            lines.append(f'<text class="tick" x="{place:.1f}" y="{bottom + 16}">{escape(label)}</text>')
            last = place
    lines.append(f'<path class="axis" d="M{LEFT} {bottom}H{WIDTH - RIGHT}"/>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    lines.append(f'<text class="name" x="{middle:.0f}" y="{HEIGHT - 6}">{escape(across.name)}</text>')
    if up.name:
        lines.append(f'<text class="name side" x="{LEFT + 4}" y="{TOP + 8}">{escape(up.name)}</text>')
    return "".join(lines)


def marks(distribution: Distribution, across: Scale) -> str:
    """Return dashed lines at the percentiles, their names on rows of their own where they are near each other."""
    found, last, row = [], -math.inf, 0
    for share in PERCENTILES:
        value = quantile(distribution.bounds, distribution.counts, share)
        if value is None:
            continue
        place = across(value)
        row = row + 1 if place - last < _MARK_ROOM else 0
        last = place
        is_right = place > WIDTH - RIGHT - _MARK_ROOM
        found.append(f'<path class="mark" d="M{place:.1f} {TOP}V{HEIGHT - BOTTOM}"/>')
        found.append(
            f'<text class="tick of {"end" if is_right else "start"}" x="{place + (-3 if is_right else 3):.1f}" '
            f'y="{TOP + 8 + 13 * row}">p{100 * share:g}</text>'
        )
    return "".join(found)


def line(bins: Sequence[Bin], across: Scale, up: Scale, place: int) -> str:
    """Return the means of `bins` as a line of the `place`-th colour, with a band from least to most; one as a dot."""
    if not bins:
        return ""
    colour = place % COLOURS
    if len(bins) == 1:
        at, mean, _, _ = bins[0]
        return f'<circle class="dot f{colour}" cx="{across(at):.1f}" cy="{up(mean):.1f}" r="3"/>'
    band = ""
    if any(low != most for _, _, low, most in bins):
        upper = "L".join(f"{across(at):.1f} {up(most):.1f}" for at, _, _, most in bins)
        lower = "L".join(f"{across(at):.1f} {up(low):.1f}" for at, _, low, _ in reversed(bins))
        band = f'<path class="range f{colour}" d="M{upper}L{lower}Z"/>'
    means = "L".join(f"{across(at):.1f} {up(mean):.1f}" for at, mean, _, _ in bins)
    return f'{band}<path class="line l{colour}" d="M{means}"/>'
