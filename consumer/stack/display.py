"""Who is told what happens while a stack starts; `console_display` shows it to people."""

from __future__ import annotations

from typing import Protocol


class Display(Protocol):
    """Told what happens while a stack starts; `LocalStack` takes one."""

    def fetched(self, done_bytes: int, total_bytes: int) -> None:
        """Take the bytes of jars that are there and that there will be; called from other threads, one at a time."""
        ...

    def announce(self, text: str) -> None:
        """Take what has happened or is being waited for, a few words."""
        ...


class SilentDisplay:
    """Shows nothing."""

    def fetched(self, done_bytes: int, total_bytes: int) -> None:
        """Show nothing."""

    def announce(self, text: str) -> None:
        """Show nothing."""
