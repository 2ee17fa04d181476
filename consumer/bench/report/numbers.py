"""How a report writes numbers, and where the ticks of an axis are. Pure."""

from __future__ import annotations

import math

_DIGITS = 3
_MINUTES_FROM_S = 120
_MANY = 10
_NEARLY = 1.1
_NO_WIDTH = 1e-9
_STEPS = (1, 2, 2.5, 5, 10)


def number(value: float) -> str:
    """Return `value` with three significant digits and thousands separated: `0.0213`, `1.50`, `12,300`."""
    if value == 0:
        return "0"
    if abs(value) >= 10 ** (_DIGITS - 1):
        return f"{value:,.0f}"
    decimals = _DIGITS - 1 - math.floor(math.log10(abs(value)))
    told = f"{value:.{min(decimals, 9)}f}"
    whole = told.rstrip("0").rstrip(".") if float(told) == round(float(told)) else told
    return whole or "0"


def quantity(value: float, unit: str) -> str:
    """Return `value` with its unit, seconds in what is easiest to read: `21.3 ms`, `103/s`, `97.2 %`, `12 calls`."""
    if unit == "s":
        return _duration(value)
    if unit == "1":
        return number(value)
    if unit.startswith("1/"):
        return f"{number(value)}{unit[1:]}"
    return f"{number(value)} {unit}"


def times(ratio: float) -> str:
    """Return how many times better something is: `14 × better`, `1.2 × worse`, `equal`."""
    if ratio == 0 or math.isinf(ratio):
        return "∞ × better" if ratio else "∞ × worse"
    size = max(ratio, 1 / ratio)
    told = f"{size:,.0f}" if size >= _MANY else f"{size:.2f}" if size < _NEARLY else f"{size:.1f}"
    if told == "1.00":
        return "equal"
    return f"{told} × {'better' if ratio > 1 else 'worse'}"


def linear_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return about `count` round numbers from at or under `low` to at or above `high`."""
    if high - low <= _NO_WIDTH * max(1.0, abs(low), abs(high)):
        high = low + (abs(low) if abs(low) > _NO_WIDTH else 1.0)
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * each for each in _STEPS if power * each >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [each * step for each in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Return powers of ten within the range, with 2 and 5 between them where there are few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = [10.0**power for power in powers]
    if len([tick for tick in found if low <= tick <= high]) < 4:  # noqa: PLR2004 - an axis with less tells nothing
        found = [10.0**power * step for power in powers for step in (1, 2, 5)]
    return [tick for tick in found if low * 0.999 <= tick <= high * 1.001]


def _duration(seconds: float) -> str:
    size = abs(seconds)
    if size >= _MINUTES_FROM_S:
        return f"{number(seconds / 60)} min"
    if size >= 1 or size == 0:
        return f"{number(seconds)} s"
    return f"{number(seconds * 1_000)} ms" if size >= 0.001 else f"{number(seconds * 1_000_000)} µs"  # noqa: PLR2004
