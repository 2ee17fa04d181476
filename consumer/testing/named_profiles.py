"""The simulated provider's behaviours that have a name, so that two measurements mean the same by it."""

from __future__ import annotations

from dataclasses import fields, replace
from enum import StrEnum

from consumer.testing.simulator_profile import Profile

LATENCY_MS = 200.0
EMBEDDING_LATENCY_MS = 50.0

_REQUESTS_PER_MIN = 600


class Behaviour(StrEnum):
    """How a simulated provider behaves; each answers a chat in 200 ms and an embedding in 50 ms, in the middle."""

    FIXED = "fixed"
    LOGNORMAL = "lognormal"
    HEAVY = "heavy"
    RATE_LIMITED = "rate-limited"
    FAULTY = "faulty"


_BASE = Profile(latency_ms=LATENCY_MS, embedding_latency_ms=EMBEDDING_LATENCY_MS)

PROFILES: dict[Behaviour, Profile] = {
    Behaviour.FIXED: _BASE,
    Behaviour.LOGNORMAL: replace(_BASE, latency="lognormal"),
    Behaviour.HEAVY: replace(_BASE, latency="heavy"),
    Behaviour.RATE_LIMITED: replace(_BASE, latency="lognormal", requests_per_min=_REQUESTS_PER_MIN),
    # Each of these passes when the call is made again, so that the right graph is the same as without them.
    Behaviour.FAULTY: replace(
        _BASE,
        latency="heavy",
        rate_429=0.02,
        rate_500=0.02,
        rate_reset=0.01,
        rate_garbage=0.01,
        rate_truncated=0.01,
        rate_bad_json=0.01,
        rate_fences=0.02,
        rate_missing_part=0.01,
        retry_after_s=0.5,
    ),
}


def options_of(profile: Profile) -> list[str]:
    """Return the options that make a simulator process behave like `profile`."""
    return [
        part
        for field in fields(Profile)
        for part in (f"--{field.name.replace('_', '-')}", str(getattr(profile, field.name)))
    ]
