"""What the texts of `episodes replay` mean: stretches of offsets, names that a run or a prefix may have."""

from __future__ import annotations

import re
from collections.abc import Sequence

from consumer.errors import UserError

_OFFSETS = re.compile(r"(\d+):(\d+)(?:(-)(\d*))?")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")


def parse_offsets(texts: Sequence[str]) -> dict[int, tuple[int, int | None]] | None:
    """Return first and last offset by partition (None: to the end); None when nothing is given.

    Raises:
        UserError: one of them is no stretch, or two are of one partition.
    """
    found: dict[int, tuple[int, int | None]] = {}
    for text in texts:
        match = _OFFSETS.fullmatch(text)
        if match is None:
            raise UserError(f"--offsets {text!r}: write it like 0:41, 0:41-90 or 0:41-", exit_code=2)
        partition, first = int(match[1]), int(match[2])
        last = first if match[3] is None else int(match[4]) if match[4] else None
        if last is not None and last < first:
            raise UserError(f"--offsets {text!r}: the last offset is before the first", exit_code=2)
        if partition in found:
            raise UserError(f"--offsets {text!r}: one stretch a partition, and this is a second", exit_code=2)
        found[partition] = (first, last)
    return found or None


def checked_name(option: str, text: str) -> str:
    """Return `text` if it can be part of a group's name, and so a run's id too.

    Raises:
        UserError: it can't.
    """
    if not _NAME.fullmatch(text):
        raise UserError(f"{option} {text!r}: 1 to 100 ASCII letters, digits, - and _", exit_code=2)
    return text
