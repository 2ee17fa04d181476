"""What a person sees while a stack starts: a bar and a spinner on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_STEP_PERCENT = 20


class ConsoleDisplay:
    """Shows progress on `console` (standard error by default) while it is open."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        self._wait = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        self._percent = -_STEP_PERCENT

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take the bar and the spinner away; a later `announce` brings the spinner back."""
        for shown in (self._bar, self._wait):
            if shown.live.is_started:
                shown.stop()

    def fetched(self, done_bytes: int, total_bytes: int) -> None:
        """Move the bar, or print a line for each fifth of the way."""
        if self._console.is_terminal:
            if not self._bar.tasks:
                self._bar.add_task("fetching Kafka and Neo4j, once")
                self._bar.start()
            self._bar.update(self._bar.tasks[0].id, completed=done_bytes, total=total_bytes or None)
            return
        percent = 100 * done_bytes // total_bytes if total_bytes else 0
        if percent >= self._percent + _STEP_PERCENT:
            self._percent = percent - percent % _STEP_PERCENT
            self._console.print(f"fetching jars: {done_bytes / 1e6:.0f} of {total_bytes / 1e6:.0f} MB", soft_wrap=True)

    def announce(self, text: str) -> None:
        """Show `text` with a spinner, or print it as a line."""
        if not self._console.is_terminal:
            self._console.print(text, soft_wrap=True, highlight=False, markup=False)
            return
        if self._bar.live.is_started:
            self._bar.stop()
        if not self._wait.tasks:
            self._wait.add_task(text)
        self._wait.start()
        self._wait.update(self._wait.tasks[0].id, description=text)
