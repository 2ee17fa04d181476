"""Runs `episodes` with a wall clock that another process can set: its offset, in seconds, stands in a file.

    python pod_runner.py OFFSET_FILE run

What the operating system would do to a process when somebody sets the clock: `time.time` and the product's own clock
jump, the monotonic clock does not.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import consumer.clock

_OFFSET = Path(sys.argv[1])
_REAL = time.time


def offset_s() -> float:
    """Return how far the clock is off now; 0 while nobody has set it."""
    try:
        return float(_OFFSET.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0.0


def main() -> None:
    """Patch the clocks and run the command."""
    time.time = lambda: _REAL() + offset_s()
    consumer.clock.SystemClock.now = lambda _: datetime.now(UTC) + timedelta(seconds=offset_s())
    from consumer.cli.main import run

    sys.argv = ["episodes", *sys.argv[2:]]
    run()


if __name__ == "__main__":
    main()
