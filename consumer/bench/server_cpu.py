"""The CPU of another process on this machine, by kind of thread: of a Neo4j, what compiles, collects, merges, works."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

_KINDS = (
    ("compiler", re.compile(r"^C[12] Compiler|^Sweeper")),
    ("memory", re.compile(r"^VM Thread|^GC Thread|^G1 |^VM Periodic|^GC ")),
    ("index merges", re.compile(r"Lucene Merge|lucene", re.IGNORECASE)),
    ("background index", re.compile(r"^neo4j\.Fulltext|^neo4j\.Index|FulltextInd")),
    ("queries", re.compile(r"bolt|^neo4j\.Bolt|^neo4j\.Cypher", re.IGNORECASE)),
    ("storage", re.compile(r"checkpoint|^neo4j\.Storage|FlushAt|PageCache|^neo4j\.Page", re.IGNORECASE)),
)
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def java_process(group: int) -> int | None:
    """Return the id of the Java process in the process group `group`, None where there is none or no /proc."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            name = (folder / "comm").read_text(encoding="utf-8").strip()
        except OSError:
            continue
        if name == "java" and int(fields[2]) == group:
            return int(folder.name)
    return None


@dataclass(frozen=True, slots=True)
class CpuTimes:
    """The seconds of CPU that a process had used at one moment: in all, and by thread with its kind."""

    whole: float
    threads: dict[int, tuple[str, float]]

    def since(self, before: CpuTimes) -> dict[str, float]:
        """Return what was used by kind since `before`; of threads that have ended: `ended`, most of them merges."""
        spent: dict[str, float] = defaultdict(float)
        for thread, (kind, seconds) in self.threads.items():
            _, earlier = before.threads.get(thread, (kind, 0.0))
            spent[kind] += seconds - earlier
        spent["ended"] = self.whole - before.whole - sum(spent.values())
        return dict(spent)


def cpu_times(pid: int) -> CpuTimes:
    """Return what the process has used up to now."""
    threads: dict[int, tuple[str, float]] = {}
    for folder in Path(f"/proc/{pid}/task").iterdir():
        try:
            name, seconds = _seconds(folder / "stat")
        except OSError:  # ended meanwhile
            continue
        kind = next((kind for kind, pattern in _KINDS if pattern.search(name)), "other")
        threads[int(folder.name)] = (kind, seconds)
    return CpuTimes(_seconds(Path(f"/proc/{pid}/stat"))[1], threads)


def _seconds(stat: Path) -> tuple[str, float]:
    head, _, tail = stat.read_text(encoding="utf-8").rpartition(")")
    fields = tail.split()
    return head.partition("(")[2], (int(fields[11]) + int(fields[12])) / _TICKS
