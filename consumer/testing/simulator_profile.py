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
    HANG = "hang"
    RESET = "reset"
    GARBAGE = "garbage"
    WRONG_SCHEMA = "wrong-schema"
    EMPTY_CHOICES = "empty-choices"
    WRONG_DIMENSION = "wrong-dimension"
    NAN_VECTOR = "nan-vector"
    WRONG_COUNT = "wrong-count"
    ZERO_VECTOR = "zero-vector"
    MISSING_PART = "missing-part"
    DOUBLED_PART = "doubled-part"
    WRONG_KEY = "wrong-key"
    MIXED_PARTS = "mixed-parts"
    OTHER_ANSWER = "other-answer"
    BARE_LIST = "bare-list"
    TOOL_CALL = "tool-call"


_WORLD = {
    Fault.THROTTLED: "rate_429",
    Fault.SERVER_ERROR: "rate_500",
    Fault.TIMEOUT: "rate_timeout",
}
_CHAT = {
    Fault.BAD_JSON: "rate_bad_json",
    Fault.REFUSAL: "rate_refusal",
    Fault.TRUNCATED: "rate_truncated",
    Fault.FENCES: "rate_fences",
}
_WIRE = {
    Fault.HANG: "rate_hang",
    Fault.RESET: "rate_reset",
    Fault.GARBAGE: "rate_garbage",
    Fault.WRONG_SCHEMA: "rate_wrong_schema",
}
_PARTS = {
    Fault.MISSING_PART: "rate_missing_part",
    Fault.DOUBLED_PART: "rate_doubled_part",
    Fault.WRONG_KEY: "rate_wrong_key",
    Fault.MIXED_PARTS: "rate_mixed_parts",
    Fault.OTHER_ANSWER: "rate_other_answer",
    Fault.BARE_LIST: "rate_bare_list",
    Fault.TOOL_CALL: "rate_tool_call",
}
_EMBEDDINGS = {
    Fault.WRONG_DIMENSION: "rate_wrong_dimension",
    Fault.NAN_VECTOR: "rate_nan_vector",
    Fault.WRONG_COUNT: "rate_wrong_count",
}
_RATES: dict[str, dict[Fault, str]] = {
    "chat": {**_WORLD, **_CHAT, **_WIRE, Fault.EMPTY_CHOICES: "rate_empty_choices", **_PARTS},
    "embeddings": {**_WORLD, **_WIRE, **_EMBEDDINGS},
}
"""Which rate draws which fault of which kind of call, in the order of drawing."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Latency in milliseconds and rates from 0 to 1 of calls that go wrong.

    `latency`: `fixed`; `lognormal` with median `latency_ms`; `heavy`: one call in fifty takes ten times as long.
    `requests_per_min` 0 is no limit; `window_s` is how long its minute is, so that a test need not
    wait for one. Embedding calls wait `embedding_latency_ms`.

    Both kinds of call: 429; 500; timeout (no byte); hang (half an answer, then nothing, for at most `hang_s`); reset
    after half an answer; garbage (200 with a page of HTML, or with bytes that are no JSON); wrong schema (for chat,
    the model's words are JSON of another shape; for embeddings, the body is). Chat: bad JSON, refusal, truncated,
    fences, no choices; of the parts for several episodes the first missing, doubled with other words, or under a wrong
    key, each under its neighbour's key, all under keys of another question, as a bare list, or as a tool call.
    Embeddings: vectors one number too long, not-a-number, one vector too few. A text has a zero vector at every asking
    or at none, so that a run with faults can be compared with one without.
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
    rate_hang: float = 0.0
    rate_reset: float = 0.0
    rate_garbage: float = 0.0
    rate_wrong_schema: float = 0.0
    rate_empty_choices: float = 0.0
    rate_wrong_dimension: float = 0.0
    rate_nan_vector: float = 0.0
    rate_wrong_count: float = 0.0
    rate_zero_vector: float = 0.0
    rate_missing_part: float = 0.0
    rate_doubled_part: float = 0.0
    rate_wrong_key: float = 0.0
    rate_mixed_parts: float = 0.0
    rate_other_answer: float = 0.0
    rate_bare_list: float = 0.0
    rate_tool_call: float = 0.0
    hang_s: float = 120.0
    retry_after_s: float = 1.0
    requests_per_min: int = 0
    window_s: float = 60.0
    dimension: int = 1_024
    seed: int = 0

    def decide(self, kind: Literal["chat", "embeddings"], asked: str, times_before: int) -> Decision:
        """Return latency and fault of a call that was made `times_before` times before."""
        rng = _rng(self.seed, kind, asked, times_before)
        base_ms = self.latency_ms if kind == "chat" else self.embedding_latency_ms
        return Decision(self._latency_s(base_ms, rng), self._fault(kind, rng), rng.random() < 0.5)  # noqa: PLR2004 - a coin

    def _latency_s(self, base_ms: float, rng: random.Random) -> float:
        match self.latency:
            case "lognormal":
                base_ms *= math.exp(rng.gauss(0.0, 0.5))
            case "heavy":
                base_ms *= 10.0 if rng.random() < 0.02 else rng.uniform(0.8, 1.2)  # noqa: PLR2004 - one in fifty
            case _:
                pass
        return base_ms / 1_000.0

    def has_zero_vector(self, text: str) -> bool:
        """Return whether `text` is one of those without a vector, at every asking."""
        return self.rate_zero_vector > 0 and _rng(self.seed, "zero", text).random() < self.rate_zero_vector

    def _fault(self, kind: str, rng: random.Random) -> Fault:
        drawn = rng.random()
        for fault, rate in _RATES[kind].items():
            drawn -= getattr(self, rate)
            if drawn < 0:
                return fault
        return Fault.NONE


def _rng(seed: int, kind: str, asked: str, times_before: int = 0) -> random.Random:
    digest = hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()
    return random.Random(f"{seed}:{kind}:{digest}:{times_before}")


@dataclass(frozen=True, slots=True)
class Decision:
    """Seconds until the call is answered, what goes wrong with it, and a coin for faults of two forms."""

    latency_s: float
    fault: Fault
    coin: bool = False


class RateWindow:
    """Counts requests a minute. W1: never lets more than the limit begin within `window_s`. Clock-free."""

    def __init__(self, requests_per_min: int, window_s: float = 60.0) -> None:
        """Take the limit; 0 is none."""
        self.limit = requests_per_min
        self._window_s = window_s
        self._begun: list[float] = []

    def admit(self, now: float) -> float | None:
        """Return None when the request may begin at monotonic `now`, else seconds until it may."""
        self._begun = [begun for begun in self._begun if now - begun < self._window_s]
        if self.limit and len(self._begun) >= self.limit:
            return self._window_s - (now - self._begun[0])
        self._begun.append(now)
        return None

    @property
    def remaining(self) -> int:
        """Requests that may still begin in this minute; a large number without a limit."""
        return max(self.limit - len(self._begun), 0) if self.limit else 10_000

    def reset_s(self, now: float) -> float:
        """Return seconds until the whole limit is there again, as `x-ratelimit-reset-requests` means it."""
        return max(0.0, self._window_s - (now - self._begun[-1])) if self._begun and self.limit else 0.0
