"""The ledger: what was sent, what became of it, and everything that is wrong with that. Pure.

What counts as right, and why it is not stricter:

- An event is *written* when its episode is in the graph with the log time of one of its records, *removed* when a
  removal of it is in the log, *rejected* when it is not in the graph and a dead letter of it exists.
- A dead letter may be there twice, and beside a written episode: it is durable before the offset passes, so a pod that
  dies between the two leaves the record to the next, which asks the model again and may hear something else. Both are
  counted and told, not hidden; the graph has the episode once all the same.
- An invalid record has at least one dead letter, with the one reason that fits.
- A valid record has a dead letter only for a reason that a fault of the schedule makes legitimate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from faults.chaos.producer import Sent

Identity = tuple[str, str]
"""Group and event id."""
Place = tuple[int, int]
"""Partition and offset."""


@dataclass(frozen=True)
class Letter:
    """A dead letter: where its record stands, and why it is one."""

    origin: Place
    reason: str
    detail: str = ""


@dataclass
class Ledger:
    """What became of each record."""

    problems: list[str] = field(default_factory=list)
    written: dict[Identity, Sent] = field(default_factory=dict)
    rejected: set[Identity] = field(default_factory=set)
    removed: set[Identity] = field(default_factory=set)
    reasons: Counter[str] = field(default_factory=Counter)
    doubled_letters: int = 0
    both: int = 0

    def calm(self, sent: Sequence[Sent]) -> list[Sent]:
        """Return the records that an undisturbed pod must be given to get the same graph, in the order of the log."""
        kept = [*self.written.values(), *(record for record in sent if record.removes)]
        return sorted(kept, key=lambda record: record.timestamp_ms)


def close(
    sent: Sequence[Sent],
    log: Mapping[int, Place],
    graph: Mapping[Identity, int],
    letters: Iterable[Letter],
    *,
    allowed: frozenset[str],
    unread: frozenset[Place] = frozenset(),
) -> Ledger:
    """Return the ledger of a seed.

    `log`: place of the record of each timestamp, read back from the topic. `graph`: log time in milliseconds of each
    episode. `allowed`: reasons of dead letters of valid events. `unread`: what stands at or behind the committed
    offsets; it is stuck, which is told elsewhere, and not lost.
    """
    ledger = Ledger(removed={record.removes for record in sent if record.removes})
    at_place = {log[record.timestamp_ms]: record for record in sent if record.timestamp_ms in log}
    if not len(sent) == len(log) == len(at_place):
        ledger.problems.append(f"{len(sent)} records sent, {len(log)} in the log, {len(at_place)} of them ours")
    lettered = _check_letters(ledger, list(letters), at_place, allowed)
    of_event: dict[Identity, dict[int, Sent]] = {}
    for record in sent:
        if record.event:
            of_event.setdefault(record.event, {})[record.timestamp_ms] = record
        if record.reason and log.get(record.timestamp_ms) not in lettered | unread:
            ledger.problems.append(f"an invalid record ({record.reason}) has no dead letter: {record.timestamp_ms}")
    for identity, records in of_event.items():
        unlettered = [at_ms for at_ms in records if log.get(at_ms) not in lettered]
        if identity in graph:
            ledger.both += len(unlettered) < len(records)
            _check_written(ledger, identity, records, graph[identity])
        elif identity in ledger.removed or any(log.get(at_ms) in unread for at_ms in records):
            continue
        elif unlettered:
            ledger.problems.append(f"lost: {identity}, sent at {unlettered}, is neither in the graph nor a dead letter")
        else:
            ledger.rejected.add(identity)
    if strangers := sorted(set(graph) - set(of_event)):
        ledger.problems.append(f"in the graph, but never sent: {strangers[:5]}")
    return ledger


def _check_letters(
    ledger: Ledger, letters: list[Letter], at_place: Mapping[Place, Sent], allowed: frozenset[str]
) -> set[Place]:
    """Compare each dead letter with its record; return the places that have one."""
    seen: dict[Place, str] = {}
    for letter in letters:
        ledger.reasons[letter.reason] += 1
        ledger.doubled_letters += letter.origin in seen
        seen[letter.origin] = letter.reason
        record = at_place.get(letter.origin)
        if record is None:
            ledger.problems.append(f"a dead letter of a record that nobody sent: {letter}")
        elif record.reason is not None and letter.reason != record.reason:
            ledger.problems.append(f"a dead letter with the wrong reason, not {record.reason}: {letter}")
        elif record.reason is None and letter.reason not in allowed:
            ledger.problems.append(f"a dead letter for what is the world's fault: {letter} of {record.event}")
    return set(seen)


def _check_written(ledger: Ledger, identity: Identity, records: Mapping[int, Sent], at_ms: int) -> None:
    """Find the record that an episode of the graph was written from."""
    if identity in ledger.removed:
        ledger.problems.append(f"removed, but in the graph: {identity}")
    elif at_ms not in records:
        ledger.problems.append(f"{identity} is in the graph with a log time of no record of it: {at_ms}")
    else:
        ledger.written[identity] = records[at_ms]
