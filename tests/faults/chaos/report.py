"""What a seed's run came to, as a JSON line, and what all of them came to, as a table."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field


@dataclass
class Outcome:
    """One seed: what is wrong (nothing, when it passed) and what was measured."""

    seed: int
    problems: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    records: int = 0
    written: int = 0
    removed: int = 0
    dead_letters: dict[str, int] = field(default_factory=dict)
    doubled_letters: int = 0
    rejected_then_written: int = 0
    without_vector: int = 0
    llm_calls: int = 0
    llm_prompts: int = 0
    drains_s: list[float] = field(default_factory=list)
    recoveries_s: dict[str, list[float]] = field(default_factory=dict)
    restarts: list[str] = field(default_factory=list)
    cuts: dict[str, int] = field(default_factory=dict)
    catch_up_s: float = 0.0
    seconds: float = 0.0
    logs: list[str] = field(default_factory=list)

    @property
    def has_passed(self) -> bool:
        """Whether nothing was wrong."""
        return not self.problems

    def line(self) -> str:
        """Return it as one line of JSON."""
        values = {name: value for name, value in asdict(self).items() if name != "logs"}
        return json.dumps({"passed": self.has_passed, **values}, default=str, ensure_ascii=False)


def failure(outcome: Outcome, schedule: str) -> str:
    """Return what somebody needs who looks for the reason."""
    parts = [
        f"CHAOS FAILED, seed {outcome.seed}",
        *(f"  - {problem}" for problem in outcome.problems[:25]),
        "schedule:",
        schedule,
        "last lines of the pods:",
        *(f"  {line}" for line in outcome.logs),
        f"repeat with: make chaos SEED={outcome.seed}",
    ]
    return "\n".join(parts)


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return the table over all seeds."""
    kinds = Counter(kind for outcome in outcomes for kind in outcome.faults)
    letters: Counter[str] = Counter()
    for outcome in outcomes:
        letters.update(outcome.dead_letters)
    failed = [outcome.seed for outcome in outcomes if not outcome.has_passed]
    recoveries: dict[str, list[float]] = {}
    for outcome in outcomes:
        for kind, seconds in outcome.recoveries_s.items():
            recoveries.setdefault(kind, []).extend(seconds)
    calls, prompts = sum(o.llm_calls for o in outcomes), sum(o.llm_prompts for o in outcomes)
    rows = [
        (
            "seeds passed",
            f"{len(outcomes) - len(failed)} of {len(outcomes)}" + (f", failed: {failed}" if failed else ""),
        ),
        ("wall time", f"{sum(o.seconds for o in outcomes) / 60:.1f} min"),
        ("faults", f"{kinds.total()} of {len(kinds)} kinds"),
        ("records", f"{sum(o.records for o in outcomes)}, written {sum(o.written for o in outcomes)}"),
        ("dead letters", _counts(letters) or "none"),
        ("dead letters doubled", str(sum(o.doubled_letters for o in outcomes))),
        ("dead-lettered and written", str(sum(o.rejected_then_written for o in outcomes))),
        ("LLM calls", f"{calls}, of these asked before: {calls - prompts}"),
        ("SIGTERM to exit", _spread([s for o in outcomes for s in o.drains_s])),
        ("caught up after the last fault", _spread([o.catch_up_s for o in outcomes])),
        ("pods that ended by themselves", str(sum(len(o.restarts) for o in outcomes))),
    ]
    table = [f"  {name:<32} {value}" for name, value in rows]
    table += [f"  {'recovery after ' + kind:<38} {_spread(seconds)}" for kind, seconds in sorted(recoveries.items())]
    table += [f"  {kind:<38} {count}" for kind, count in sorted(kinds.items())]
    return "\n".join(["", "chaos:", *table])


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counter.most_common())


def _spread(seconds: Sequence[float]) -> str:
    if not seconds:
        return "none"
    return f"median {statistics.median(seconds):.1f} s, longest {max(seconds):.1f} s, of {len(seconds)}"
