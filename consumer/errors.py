"""The families of failure: three things can happen to an episode, and one to a command.

Each adapter (kafka, graph, llm) holds one table from its client's exceptions to these families.
Anything that is in no table is a bug: it is retried, then that episode alone is dead-lettered; a burst halts intake.
"""

from __future__ import annotations


class EpisodeFault(Exception):  # noqa: N818 - a family, named for what is at fault
    """Something is wrong with this episode, and would be at every later try.

    Raised when: the value is not JSON or breaks the schema, it is over a limit, the model refuses it or
    answers uselessly after retries. What follows: the record goes to the dead-letter topic with `reason`
    and its group moves on. What the reader can do: mend the producer or the limit, then replay it.
    """

    def __init__(self, reason: str, detail: str = "", attempts: int = 1) -> None:
        """Store the machine-readable `reason` (kebab-case, of `decode.REASONS`), a human `detail`, and the tries."""
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.attempts = attempts


class WorldFault(Exception):  # noqa: N818 - a family, named for what is at fault
    """Something is wrong outside (LLM, embeddings, Neo4j, Kafka): down, throttled, or too slow.

    What follows: the same call again after `retry_after_s` or a backoff, behind the dependency's breaker, which
    pauses intake while it is open; nothing is dead-lettered. What the reader can do: bring the `dependency` back.
    """

    def __init__(
        self,
        dependency: str,
        detail: str,
        retry_after_s: float | None = None,
        *,
        is_throttling: bool = False,
        is_batch_too_large: bool = False,
        origin: WorldFault | None = None,
    ) -> None:
        """Store which `dependency` (llm, embeddings, neo4j, kafka) and how long it asked us to wait, in seconds.

        `is_throttling`: it works, but wants us slower; that is no outage. `is_batch_too_large`: the same works in
        smaller batches may pass. `origin`: one call of several callers failed, and this is the fault that tells of it.
        """
        super().__init__(f"{dependency}: {detail}")
        self.dependency = dependency
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.is_throttling = is_throttling
        self.is_batch_too_large = is_batch_too_large
        self.origin = origin or self

    @property
    def is_shared(self) -> bool:
        """Whether another caller tells of the call that failed."""
        return self.origin is not self

    def shared(self) -> WorldFault:
        """Return the same fault for a caller who is not the one that tells of it."""
        return WorldFault(
            self.dependency, self.detail, self.retry_after_s, is_throttling=self.is_throttling, origin=self.origin
        )


class AssignmentLost(Exception):  # noqa: N818 - a family, named for what happened
    """The partition of this work is no longer ours: another member will read it again.

    What follows: the work is discarded, nothing is committed for it. The reader need do nothing.
    """


class UserError(Exception):
    """A command cannot do what was asked; the message is one line that says what to do.

    The CLI prints it to standard error without a stack trace and exits with `exit_code`.
    """

    def __init__(self, message: str, *, exit_code: int = 1) -> None:
        """Store the one-line `message` and the process exit code (1 failed, 2 wrong usage)."""
        super().__init__(message)
        self.exit_code = exit_code
