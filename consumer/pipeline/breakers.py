"""The breakers of all dependencies: waits for admission, counts, and tells a person what is down.

Reading and writing the graph have a breaker each: a database that went read-only answers every read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from consumer.clock import Clock
from consumer.errors import AssignmentLost, WorldFault
from consumer.pipeline.breaker import Breaker, Limits, State

logger = logging.getLogger(__name__)

Dependency: TypeAlias = Literal["llm", "embeddings", "neo4j-read", "neo4j-write", "kafka-produce"]
DEPENDENCIES: tuple[Dependency, ...] = ("llm", "embeddings", "neo4j-read", "neo4j-write", "kafka-produce")

TELL_EVERY_S = 60.0
"""One line a minute for each dependency that fails."""

LOOK_EVERY_S = 0.1
"""How often a waiting call looks whether it may go, or is wanted no longer."""


@dataclass(frozen=True, slots=True)
class BreakerView:
    """One breaker at an instant: `since_s` seconds out of the closed state (0 when closed), failures in a row."""

    dependency: str
    state: State
    since_s: float
    failures: int
    last_error: str


@dataclass(slots=True)
class _Board:
    """What is kept of one dependency beside its breaker."""

    breaker: Breaker
    successes: int = 0
    last_error: str = ""
    told_at: float = float("-inf")
    untold: int = 0


class Breakers:
    """One breaker a dependency, shared by all callers.

    A1: while a breaker is open, `open` names it; the source keeps its partitions paused.
    """

    def __init__(
        self, limits: Limits, clock: Clock, on_open: Callable[[Dependency], None] = lambda _dependency: None
    ) -> None:
        """Start with all closed; `on_open(dependency)` is told of each outage."""
        self._clock = clock
        self._on_open = on_open
        self._boards: dict[Dependency, _Board] = {name: _Board(Breaker(limits)) for name in DEPENDENCIES}

    @property
    def open(self) -> list[Dependency]:
        """The dependencies that are down: their breaker is open or probing."""
        return [name for name, board in self._boards.items() if board.breaker.state is not State.CLOSED]

    @property
    def waiting(self) -> list[Dependency]:
        """The dependencies whose calls wait now: those that are down, and those that asked us to come back later."""
        now = self._clock.monotonic()
        return [name for name, board in self._boards.items() if board.breaker.is_waiting(now)]

    def view(self) -> list[BreakerView]:
        """Return each breaker as it is now."""
        now = self._clock.monotonic()
        return [
            BreakerView(
                dependency=name,
                state=board.breaker.state,
                since_s=0.0 if board.breaker.state is State.CLOSED else max(0.0, now - board.breaker.since),
                failures=board.breaker.failures,
                last_error=board.last_error,
            )
            for name, board in self._boards.items()
        ]

    def successes(self, dependency: Dependency) -> int:
        """Return how many calls of `dependency` were answered so far."""
        return self._boards[dependency].successes

    async def admitted(self, dependency: Dependency, is_wanted: Callable[[], bool]) -> int:
        """Wait until a call may go; return its number when it is the probe, else 0.

        Raises:
            AssignmentLost: the call is wanted no longer.
        """
        breaker = self._boards[dependency].breaker
        while True:
            if not is_wanted():
                raise AssignmentLost(f"no longer wanted while waiting for {dependency}")
            wait_s = breaker.admit(self._clock.monotonic())
            if wait_s <= 0:
                return breaker.probe
            await self._clock.sleep(min(wait_s, LOOK_EVERY_S))

    def succeeded(self, dependency: Dependency) -> None:
        """Note an answer."""
        board = self._boards[dependency]
        board.successes += 1
        if board.breaker.succeeded():
            self._tell_closed(dependency, board)

    def failed(self, dependency: Dependency, fault: WorldFault, *, probe: int) -> None:
        """Note `fault`: throttling only slows the callers down, anything else counts towards an outage."""
        board = self._boards[dependency]
        now = self._clock.monotonic()
        board.last_error = str(fault)
        board.untold += 1
        if fault.is_throttling:
            if board.breaker.throttled(now, fault.retry_after_s, probe=probe):
                self._tell_closed(dependency, board)
            self._tell(dependency, board, now, "is throttling us")
        elif board.breaker.failed(now, fault.retry_after_s, probe=probe):
            self._on_open(dependency)
            board.told_at = float("-inf")
            self._tell(dependency, board, now, "is down: intake pauses, probing")
        elif board.breaker.state is State.CLOSED:
            self._tell(dependency, board, now, "failed, trying again")
        else:
            self._tell(dependency, board, now, f"is down for {now - board.breaker.since:.0f} s, probing")

    def abandoned(self, dependency: Dependency, *, probe: int) -> None:
        """Note that a call ended without an answer or a fault of its dependency."""
        self._boards[dependency].breaker.abandoned(probe=probe)

    def _tell(self, dependency: Dependency, board: _Board, now: float, what: str) -> None:
        if now - board.told_at < TELL_EVERY_S:
            return
        logger.warning("%s %s (failures=%d): %s", dependency, what, board.untold, board.last_error)
        board.told_at = now
        board.untold = 0

    def _tell_closed(self, dependency: Dependency, board: _Board) -> None:
        down_s = self._clock.monotonic() - board.breaker.since
        logger.warning("%s answers again after %.1f s: going on", dependency, down_s)
        board.told_at = float("-inf")
        board.untold = 0
