"""Write: many episodes a transaction, each group always by the same worker; verdicts go to the dead letters.

A batch keeps the order the resequencer gave it. Nothing leaves here before it is durable: in the graph, or in the
dead-letter topic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from consumer.errors import AssignmentLost, WorldFault
from consumer.model.episode import Discarded, Embedded, Rejected, Removal
from consumer.model.work import Work
from consumer.pipeline.assignments import Assignments
from consumer.pipeline.retry import Persistence
from consumer.pipeline.verdicts import GivenUp
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
        rejected: list[Work[Any]] = []
        for work in works:
            if isinstance(work.payload, Discarded) or not self._assignments.is_wanted(work):
                self._leave(work, "discarded")
            else:
                (rejected if isinstance(work.payload, Rejected) else writable).append(work)
        # Written first: a rejection may halt intake, and then nothing goes on.
        if writable:
            await self._write(writable)
        for work in rejected:
            await self._reject(work, work.payload)

    async def _write(self, works: Sequence[Work[Any]]) -> None:
        sent: list[Work[Any]] = []

        async def once() -> WriteReport:
            sent[:] = [work for work in works if self._assignments.is_wanted(work)]
            return await self._store.write([work.payload for work in sent])

        try:
            report = await self._persistence.call(
                "write",
                "neo4j-write",
                once,
                is_wanted=lambda: any(self._assignments.is_wanted(work) for work in works),
                is_divisible=len(works) > 1,
            )
        except AssignmentLost:
            for work in works:
                self._leave(work, "discarded")
        except WorldFault:  # the batch is too large for the database as it is now
            middle = len(works) // 2
            await self.handle(works[:middle])
            await self.handle(works[middle:])
        except GivenUp as failure:
            if len(works) == 1:
                await self._reject(works[0], failure.verdict(works[0].payload.group_id, "write"))
                return
            for work in works:
                await self.handle([work])
        else:
            done = {id(work) for work in sent}
            for work in works:
                self._leave(work, _outcome(work.payload, report) if id(work) in done else "discarded")

    async def _reject(self, work: Work[Any], verdict: Rejected) -> None:
        try:
            await self._persistence.call(
                "dead letter",
                "kafka-produce",
                lambda: self._dead_letters.send(work.record, verdict, work.trace),
                is_wanted=lambda: self._assignments.is_wanted(work),
                is_lone_possible=False,
            )
        except AssignmentLost:
            self._leave(work, "discarded")
        else:
            self._leave(work.with_payload(verdict), "rejected")


def _outcome(payload: Embedded | Removal, report: WriteReport) -> Outcome:
    if isinstance(payload, Removal):
        return "removed"
    return "present" if payload.episode.position in report.present else "written"
