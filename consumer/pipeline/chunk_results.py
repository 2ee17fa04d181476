"""What finished chunks said, kept while their episode is in flight, so that a retry does not ask for them again."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from consumer.model.knowledge import Knowledge

_OBJECT_BYTES = 200
"""Roughly what a mention or an assertion takes beside its texts."""


@dataclass(slots=True)
class _Kept:
    """The answers of one episode by chunk, and what they take."""

    answers: dict[int, Knowledge] = field(default_factory=dict)
    taken_bytes: int = 0


class ChunkResults:
    """Answers by episode and chunk, bounded in bytes by estimate.

    M1: never holds more than `max_bytes`; the episodes that were used least recently leave first.
    """

    def __init__(self, max_bytes: int) -> None:
        """Start empty."""
        self._max_bytes = max_bytes
        self._episodes: OrderedDict[str, _Kept] = OrderedDict()
        self.taken_bytes = 0

    def get(self, key: str) -> dict[int, Knowledge]:
        """Return the answers that are kept for an episode, by number of the chunk."""
        kept = self._episodes.get(key)
        if kept is None:
            return {}
        self._episodes.move_to_end(key)
        return dict(kept.answers)

    def keep(self, key: str, number: int, said: Knowledge) -> None:
        """Keep the answer of one chunk."""
        kept = self._episodes.setdefault(key, _Kept())
        self._episodes.move_to_end(key)
        size = _size(said)
        kept.answers[number] = said
        kept.taken_bytes += size
        self.taken_bytes += size
        while self.taken_bytes > self._max_bytes:
            _, dropped = self._episodes.popitem(last=False)
            self.taken_bytes -= dropped.taken_bytes

    def drop(self, key: str) -> None:
        """Forget an episode."""
        kept = self._episodes.pop(key, None)
        if kept is not None:
            self.taken_bytes -= kept.taken_bytes


def _size(said: Knowledge) -> int:
    """Return about how many bytes an answer takes, counting four a character."""
    chars = sum(
        len(m.name) + len(m.summary) + sum(len(key) + len(str(value)) for key, value in m.attributes.items())
        for m in said.mentions
    ) + sum(len(a.subject) + len(a.relation) + len(a.object) + len(a.sentence) for a in said.assertions)
    return 4 * chars + _OBJECT_BYTES * (1 + len(said.mentions) + len(said.assertions))
