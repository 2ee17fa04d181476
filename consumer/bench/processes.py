"""What processes of this machine use: CPU and memory, each with its children."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

import psutil


def cpu_seconds(pids: Iterable[int], *, alone: bool = False) -> float:
    """Return the seconds of CPU that the processes and their living children have used; one that is gone counts 0.

    `alone`: without the children.
    """
    total = 0.0
    for process in _family(pids, alone=alone):
        with suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def rss_mb(pids: Iterable[int]) -> float:
    """Return the resident memory of the processes and their children, in MB."""
    total = 0
    for process in _family(pids):
        with suppress(psutil.Error):
            total += process.memory_info().rss
    return total / 1e6


def cpu_by_name(processes: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """Return the seconds of CPU used up to now, by the name of what they are."""
    return {name: cpu_seconds(pids) for name, pids in processes.items() if pids}


def _family(pids: Iterable[int], *, alone: bool = False) -> list[psutil.Process]:
    found = []
    for pid in pids:
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            found += [process, *([] if alone else process.children(recursive=True))]
    return found
