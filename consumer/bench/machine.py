"""What a report says of the machine it was measured on: nothing that names the machine or its owner."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from pathlib import Path

import psutil

import consumer
from consumer.bench.results import Case, Report
from consumer.settings import StackSettings


def machine(stack: StackSettings, *, is_own: bool = True) -> dict[str, str]:
    """Return processor, cores, memory, system, Python and, where the services are ours, their versions."""
    facts = {
        "processor": _processor(),
        "cores": str(psutil.cpu_count() or 0),
        "memory": f"{psutil.virtual_memory().total / 1e9:.0f} GB",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
    }
    if is_own:
        facts |= {"Neo4j": stack.neo4j_version, "Kafka": stack.kafka_version}
    return facts


def report(command: str, cases: tuple[Case, ...], facts: dict[str, str]) -> Report:
    """Return the report of what was measured by now."""
    return Report(made_at=datetime.now(UTC), command=command, version=consumer.__version__, machine=facts, cases=cases)


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return " ".join(value.split())
    except OSError:
        pass
    return platform.processor() or "unknown"
