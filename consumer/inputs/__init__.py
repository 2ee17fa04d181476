"""Small real inputs that come with the package, for `episodes demo` and for tests; README.md beside them names sources.

Each file holds one event a line, as a producer would publish it. They are data only: nothing here reads or checks
them.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

NAMES = ("offices.jsonl", "chat.jsonl", "book.jsonl", "dialogue-zh.jsonl")


def paths() -> list[Path]:
    """Return the event files in the order they are meant to be published."""
    folder = Path(str(files(__package__)))
    return [folder / name for name in NAMES]
