"""What a shared level of the cache tells of itself, whatever it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LevelStats:
    """One shared level: where it is (no credentials), what it holds of ours, and its bound in bytes (None: none)."""

    level: str
    place: str
    entries: int
    used_bytes: int
    max_bytes: int | None
    by_kind: dict[str, int]
    """Entries by kind: chat, vector."""
    note: str = ""
    """What the operator should know, e.g. that the server has no bound."""


class SharedLevel(Protocol):
    """What `episodes cache` asks of a level; values go through aiocache's `BaseCache`."""

    NAME: str

    @property
    def place(self) -> str:
        """Folder or address, without credentials."""
        ...

    async def stats(self) -> LevelStats:
        """Return what the level holds; raises what its client raises."""
        ...

    async def drop_all(self) -> int:
        """Remove all of our entries, of any version, and return how many there were."""
        ...

    async def close(self) -> None:
        """Let connections, files and threads go."""
        ...
