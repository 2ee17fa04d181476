"""How the simulated provider behaves: latency, faults, limits. Plain data and seeded decisions, no I/O.

A decision depends on the seed, on what is asked and on how often it was asked before, not on the order in which
calls arrive: a run at any concurrency meets the same faults.
"""

from __future__ import annotations

import hashlib
import math
import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Fault(StrEnum):
    """What goes wrong with one call."""

    NONE = "none"
    THROTTLED = "throttled"
    SERVER_ERROR = "server-error"
    TIMEOUT = "timeout"
    BAD_JSON = "bad-json"
    REFUSAL = "refusal"
    TRUNCATED = "truncated"
    FENCES = "fences"


@dataclass(frozen=True, slots=True)
class Profile:
    """Latency in milliseconds and rates from 0 to 1 of calls that go wrong.

    `latency`: `fixed`; `lognormal` with median `latency_ms`; `heavy`: one call in fifty takes ten times as long.
    `requests_per_min` 0 is no limit. Embedding calls meet the world's faults only (429, 500, timeout), after
    `embedding_latency_ms`.
    """

    latency_ms: float = 0.0
    latency: Literal["fixed", "lognormal", "heavy"] = "fixed"
    embedding_latency_ms: float = 0.0
    rate_429: float = 0.0
    rate_500: float = 0.0
    rate_timeout: float = 0.0
    rate_bad_json: float = 0.0
    rate_refusal: float = 0.0
    rate_truncated: float = 0.0
    rate_fences: float = 0.0
    retry_after_s: float = 1.0
    requests_per_min: int = 0
    dimension: int = 1_024
    seed: int = 0

    def decide(self, kind: Literal["chat", "embeddings"], asked: str, times_before: int) -> Decision:
        """Return latency and fault of a call that was made `times_before` times before."""
        digest = hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()
        rng = random.Random(f"{self.seed}:{kind}:{digest}:{times_before}")
        base_ms = self.latency_ms if kind == "chat" else self.embedding_latency_ms
        return Decision(self._latency_s(base_ms, rng), self._fault(kind, rng))

    def _latency_s(self, base_ms: float, rng: random.Random) -> float:
        match self.latency:
            case "lognormal":
                base_ms *= math.exp(rng.gauss(0.0, 0.5))
            case "heavy":
                base_ms *= 10.0 if rng.random() < 0.02 else rng.uniform(0.8, 1.2)  # noqa: PLR2004 - one in fifty
            case _:
                pass
        return base_ms / 1_000.0

    def _fault(self, kind: str, rng: random.Random) -> Fault:
        rates = [
            (Fault.THROTTLED, self.rate_429),
            (Fault.SERVER_ERROR, self.rate_500),
            (Fault.TIMEOUT, self.rate_timeout),
        ]
        if kind == "chat":
            rates += [
                (Fault.BAD_JSON, self.rate_bad_json),
                (Fault.REFUSAL, self.rate_refusal),
                (Fault.TRUNCATED, self.rate_truncated),
                (Fault.FENCES, self.rate_fences),
            ]
        drawn = rng.random()
        for fault, rate in rates:
            drawn -= rate
            if drawn < 0:
                return fault
        return Fault.NONE


@dataclass(frozen=True, slots=True)
class Decision:
    """Seconds until the call is answered, and what goes wrong with it."""

    latency_s: float
    fault: Fault


class RateWindow:
    """Counts requests a minute. W1: never lets more than the limit begin within 60 s. Clock-free."""

    def __init__(self, requests_per_min: int) -> None:
        """Take the limit; 0 is none."""
        self.limit = requests_per_min
        self._begun: list[float] = []

    def admit(self, now: float) -> float | None:
        """Return None when the request may begin at monotonic `now`, else seconds until it may."""
        self._begun = [begun for begun in self._begun if now - begun < 60.0]  # noqa: PLR2004 - a minute
        if self.limit and len(self._begun) >= self.limit:
            return 60.0 - (now - self._begun[0])
        self._begun.append(now)
        return None

    @property
    def remaining(self) -> int:
        """Requests that may still begin in this minute; a large number without a limit."""
        return max(self.limit - len(self._begun), 0) if self.limit else 10_000
