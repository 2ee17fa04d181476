"""Write: many episodes a transaction, each group always by the same worker; verdicts go to the dead letters.

A batch keeps the order the resequencer gave it. Nothing leaves here before it is durable: in the graph, or in the
dead-letter topic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from consumer.errors import AssignmentLost, EpisodeFault
from consumer.model.episode import Discarded, Rejected, Removal
from consumer.model.work import Work
from consumer.pipeline.assignments import Assignments
from consumer.pipeline.retry import Persistence, Unexpected
from consumer.ports import DeadLetterSink, GraphStore, WriteReport
from consumer.telemetry.observed import Outcome

Leave = Callable[[Work[Any], Outcome], None]


class WriteStage:
    """Writes a batch and lets its works leave; holds no state between batches."""

    def __init__(
        self,
        store: GraphStore,
        dead_letters: DeadLetterSink,
        assignments: Assignments,
        persistence: Persistence,
        leave: Leave,
    ) -> None:
        """Store the collaborators; `leave(work, outcome)` is called when a work is durable or discarded."""
        self._store = store
        self._dead_letters = dead_letters
        self._assignments = assignments
        self._persistence = persistence
        self._leave = leave

    async def handle(self, works: Sequence[Work[Any]]) -> None:
        """Return when every work of the batch is durable or discarded."""
        writable: list[Work[Any]] = []
        for work in works:
            if isinstance(work.payload, Discarded) or not self._assignments.is_current(work):
                self._leave(work, "discarded")
            elif isinstance(work.payload, Rejected):
                await self._reject(work, work.payload)
            else:
                writable.append(work)
        if writable:
            await self._write(writable)

    async def _write(self, works: Sequence[Work[Any]]) -> None:
        async def once() -> WriteReport:
            current = [work.payload for work in works if self._assignments.is_current(work)]
            if not current:
                raise AssignmentLost("no work of the batch is ours any more")
            return await self._store.write(current)

        try:
            await self._persistence.call("write", once)
        except AssignmentLost:
            for work in works:
                self._leave(work, "discarded")
        except (EpisodeFault, Unexpected) as fault:
            if len(works) == 1:
                await self._reject(works[0], _verdict(works[0], fault))
                return
            for work in works:
                await self._write([work])
        else:
            for work in works:
                self._leave(work, "removed" if isinstance(work.payload, Removal) else "written")

    async def _reject(self, work: Work[Any], verdict: Rejected) -> None:
        await self._persistence.call("dead letter", lambda: self._dead_letters.send(work.record, verdict, work.trace))
        self._leave(work.with_payload(verdict), "rejected")


def _verdict(work: Work[Any], fault: EpisodeFault | Unexpected) -> Rejected:
    if isinstance(fault, EpisodeFault):
        return Rejected(work.payload.group_id, fault.reason, fault.detail, "write")
    return Rejected(work.payload.group_id, "unexpected", str(fault), "write", fault.attempts, "unexpected")
