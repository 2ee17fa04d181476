"""How many requests and tokens may begin in a minute, decided without a clock.

The limits are those of the settings and those the server tells, the lower one of each. A sliding window holds under
every way in which servers count (fixed minute, sliding minute, bucket that refills): it never lets more begin in any
minute than the limit.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from consumer.llm.rate_headers import Told

WINDOW_S = 60.0
LATE_S = 2.0
"""A request reaches the server at some time between its beginning and its answer: so late at most, as we count it."""


@dataclass(slots=True, eq=False)
class Begun:
    """One request that has begun at monotonic `at`, the LLM tokens it counts for, and whether it counts still.

    `arrived` is the latest instant at which the server can have seen it: its minute is counted from then.
    """

    at: float
    arrived: float
    tokens: int
    is_counted: bool = True


class _Measure:
    """One measure, requests or tokens: its limit, and what others (pods under the same key) have taken of it."""

    def __init__(self, configured: int | None) -> None:
        self.configured = configured
        self.learned: int | None = None
        self.others = 0
        self.others_until = float("-inf")

    @property
    def limit(self) -> int | None:
        """The most in a window, None without one."""
        known = [limit for limit in (self.configured, self.learned) if limit]
        return min(known) if known else None

    def learn(self, told: Told, ours: int, now: float, window_s: float) -> None:
        """Take over the server's limit; what is missing of it and not `ours` is taken by others."""
        if told.limit:
            self.learned = told.limit
        if told.remaining is not None and self.learned:
            self.others = max(0, self.learned - told.remaining - ours)
            self.others_until = now + min(window_s if told.reset_s is None else told.reset_s, window_s)

    def by_others(self, now: float) -> int:
        """Return what others still hold at `now`."""
        return self.others if now < self.others_until else 0


class RateLimit:
    """When the next request may begin. `now` is monotonic seconds and never goes back.

    R1: with limits that stay, no window of `window_s` seconds sees more requests, or more counted tokens, begin than
        its limit. A request of more tokens than the limit counts as the limit, and goes alone.
    R2: after the wait that `wait_s` tells the request may begin, if nothing else began and nothing was learned.
    R3: nothing begins before the instant that a server asked to wait for.
    """

    def __init__(self, requests: int | None = None, tokens: int | None = None, *, window_s: float = WINDOW_S) -> None:
        """Take the configured limits a window, None for those to be learned."""
        self._requests = _Measure(requests)
        self._tokens = _Measure(tokens)
        self._window_s = window_s
        self._begun: deque[Begun] = deque()
        self._sum = 0
        self._not_before = float("-inf")

    @property
    def limits(self) -> tuple[int | None, int | None]:
        """Requests and tokens a window, as known now."""
        return self._requests.limit, self._tokens.limit

    def wait_s(self, now: float, tokens: int) -> float:
        """Return seconds until a request that counts for `tokens` may begin, 0 when it may now."""
        self._forget(now)
        return max(
            0.0,
            self._not_before - now,
            self._wait_for(self._requests, now, len(self._begun), 1, in_tokens=False),
            self._wait_for(self._tokens, now, self._sum, tokens, in_tokens=True),
        )

    def begin(self, now: float, tokens: int) -> Begun:
        """Note that a request begins; tell when it is `answered`, and `correct` its tokens."""
        begun = Begun(now, now + LATE_S, tokens)
        self._begun.append(begun)
        self._sum += tokens
        return begun

    def answered(self, begun: Begun, now: float) -> None:
        """Note that the server has seen the request by `now`."""
        begun.arrived = min(begun.arrived, now)

    def correct(self, begun: Begun, tokens: int) -> None:
        """Count a request for the `tokens` that it used, in place of the estimate: more of them delay what follows."""
        if begun.is_counted:
            self._sum += tokens - begun.tokens
        begun.tokens = tokens

    def learn(self, now: float, requests: Told, tokens: Told) -> None:
        """Take over what the server told with an answer."""
        self._forget(now)
        self._requests.learn(requests, len(self._begun), now, self._window_s)
        self._tokens.learn(tokens, self._sum, now, self._window_s)

    def hold(self, now: float, seconds: float) -> None:
        """Let nothing begin for so long: the server asked for it."""
        self._not_before = max(self._not_before, now + seconds)

    def _wait_for(self, measure: _Measure, now: float, ours: int, wanted: int, *, in_tokens: bool) -> float:
        """Return seconds until `wanted` more fit under the limit of `measure`."""
        limit = measure.limit
        if limit is None:
            return 0.0
        others = measure.by_others(now)
        over = ours + others + min(wanted, limit) - limit
        if over <= 0:
            return 0.0
        # What leaves, in the order in which it does: each of ours at the end of its window, the others' all at once.
        leaving = [(begun.arrived + self._window_s, begun.tokens if in_tokens else 1) for begun in self._begun]
        for at, amount in sorted([*leaving, (measure.others_until, others)]):
            over -= amount
            if over <= 0:
                return at - now
        return self._window_s  # not reached: when all has left, one request fits

    def _forget(self, now: float) -> None:
        while self._begun and self._begun[0].arrived + self._window_s <= now:
            gone = self._begun.popleft()
            gone.is_counted = False
            self._sum -= gone.tokens
