"""How many LLM tokens a request will use, before it is sent: an estimate that each answer corrects. Pure."""

from __future__ import annotations

BYTES_PER_TOKEN = 4
"""Of English text; other scripts have more bytes a character and fewer characters a token."""
_WEIGHT = 0.1
_LOWEST, _HIGHEST = 0.25, 8.0


class TokenCount:
    """A quarter of the bytes, times what calls so far used of that: answers included, so it begins above one.

    E1: never below 1; never above eight times the quarter, whatever a server claims to have used.
    """

    def __init__(self) -> None:
        """Begin at one and a half times a quarter of the bytes."""
        self._factor = 1.5

    def estimate(self, text_bytes: int) -> int:
        """Return the tokens to expect of a request with so many bytes of text, its answer included."""
        return max(1, round(text_bytes / BYTES_PER_TOKEN * self._factor))

    def learn(self, text_bytes: int, tokens: int) -> None:
        """Take a call's real use into account."""
        seen = tokens / max(1.0, text_bytes / BYTES_PER_TOKEN)
        self._factor += _WEIGHT * (min(max(seen, _LOWEST), _HIGHEST) - self._factor)
