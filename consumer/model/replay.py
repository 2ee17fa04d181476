"""What a replay is: which records of which topic go where, under which names, and how far it has come. Plain data.

An order is told once and kept with the offsets of its run, so that going on needs the run's id alone.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from consumer.model.work import Record

RUN_ID = "episodes.replay.run_id"
"""Header of a replayed record: which run it belongs to."""
ORIGIN = "episodes.replay.origin"
"""Header of a replayed record: topic/partition/offset of the record that it repeats."""
ANY = "*?["
"""What makes a pattern of a group; no group holds one of these."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to replay: `source` to `target`, each group under `prefix`; instants in milliseconds, `until_ms` exclusive.

    `groups` are names or patterns, of the source; empty: all. `speed` is a multiple of the recorded one, None flat out;
    no wait is longer than `max_gap_s` recorded seconds.
    """

    source: str
    target: str
    prefix: str = ""
    groups: tuple[str, ...] = ()
    since_ms: int | None = None
    until_ms: int | None = None
    speed: float | None = None
    max_gap_s: float | None = None

    def leaves_out(self, record: Record) -> str | None:
        """Return why `record` is no part of it, None when it is."""
        if self.since_ms is not None and record.timestamp_ms < self.since_ms:
            return "too early"
        if self.until_ms is not None and record.timestamp_ms >= self.until_ms:
            return "too late"
        if self.groups and not self._names(record):
            return "of other groups"
        if self.source == self.target and any(name == RUN_ID for name, _ in record.headers):
            return "copies made by a replay"
        return None

    def _names(self, record: Record) -> bool:
        """Whether `groups` takes the record's key."""
        group = (record.key or b"").decode(errors="replace")
        return any(
            fnmatchcase(group, wanted) if any(char in wanted for char in ANY) else group == wanted
            for wanted in self.groups
        )


@dataclass(frozen=True, slots=True)
class Stretch:
    """Offsets of one partition, `end` exclusive: of them all before `at` are done."""

    begin: int
    at: int
    end: int

    @property
    def is_done(self) -> bool:
        """Whether nothing of it is left."""
        return self.at >= self.end

    def moved(self, at: int) -> Stretch:
        """Return it with all before `at` done."""
        return replace(self, at=at)


def order_text(order: Order, stretch: Stretch) -> str:
    """Return what is kept with a partition's offset: the order, and where the stretch begins and ends."""
    said = {name: value for name, value in asdict(order).items() if value is not None and value != ()}
    return json.dumps({"begin": stretch.begin, "end": stretch.end, **said}, separators=(",", ":"), ensure_ascii=False)


def read_order(text: str, at: int) -> tuple[Order, Stretch]:
    """Return what `order_text` wrote; `at` is the offset it was kept with.

    Raises:
        ValueError: it did not write that.
    """
    try:
        said: dict[str, Any] = json.loads(text)
        stretch = Stretch(said.pop("begin"), at, said.pop("end"))
        return Order(**(said | {"groups": tuple(said.get("groups", ()))})), stretch
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not the order of a replay: {text[:100]!r}") from error
