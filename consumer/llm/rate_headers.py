"""What a server tells of its limits with each answer: `x-ratelimit-*`. Pure; servers that tell nothing are fine.

Source: OpenAI's guide "Rate limits", section "Rate limits in headers"; Groq, Azure, vLLM gateways and LiteLLM send the
same names.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}


@dataclass(frozen=True, slots=True)
class Told:
    """A limit as the server sees it: most in a window, what is left of it, seconds until all of it is back."""

    limit: int | None = None
    remaining: int | None = None
    reset_s: float | None = None


def told_limits(headers: Mapping[str, str]) -> tuple[Told, Told]:
    """Return what `headers` (of any case-insensitive mapping) tell of requests and of tokens."""
    return _told(headers, "requests"), _told(headers, "tokens")


def _told(headers: Mapping[str, str], what: str) -> Told:
    return Told(
        _whole(headers.get(f"x-ratelimit-limit-{what}")),
        _whole(headers.get(f"x-ratelimit-remaining-{what}")),
        seconds_of(headers.get(f"x-ratelimit-reset-{what}")),
    )


def seconds_of(text: str | None) -> float | None:
    """Return the seconds of `6m0s`, `120ms`, `1.5s` or a bare number of seconds; None for anything else."""
    if not text:
        return None
    parts = _PART.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        return sum(float(number) * _SECONDS[unit] for number, unit in parts)
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _whole(text: str | None) -> int | None:
    """Return a count of zero or more; some gateways send -1 for no limit."""
    try:
        number = int(text or "")
    except ValueError:
        return None
    return number if number >= 0 else None
