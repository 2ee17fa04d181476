"""How many LLM tokens a request will use, before it is sent: an estimate that each answer corrects. Pure."""

from __future__ import annotations

_WEIGHT = 0.1
_LOWEST, _HIGHEST = 0.25, 8.0


class TokenCount:
    """The tokens of a request's texts by the one estimate, times what calls so far used of that: answers included.

    E1: never below 1; never above eight times the estimate, whatever a server claims to have used.
    """

    def __init__(self) -> None:
        """Begin at one and a half times the estimate: the texts and an answer."""
        self._factor = 1.5

    def estimate(self, text_tokens: int) -> int:
        """Return the tokens to expect of a request whose texts have so many by estimate, its answer included."""
        return max(1, round(text_tokens * self._factor))

    def learn(self, text_tokens: int, tokens: int) -> None:
        """Take a call's real use into account."""
        seen = tokens / max(1, text_tokens)
        self._factor += _WEIGHT * (min(max(seen, _LOWEST), _HIGHEST) - self._factor)
