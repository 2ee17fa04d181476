"""One worker process and the calls that wait for it. Event-loop side; no model here.

P1: each call gets its own answer, or `WorkerDied`. P2: a cancelled call disturbs no other; its answer is dropped.
P3: the process ends with us: closing its standard input ends it, and a killed parent closes it too.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from typing import Any, cast

from consumer.extract.local_protocol import decode_answer, encode_passage
from consumer.extract.passage import Passage
from consumer.model.knowledge import Knowledge

STOP_DEADLINE_S = 2.0
_COMMAND = (sys.executable, "-m", "consumer.extract.local_worker")


class WorkerDied(Exception):  # noqa: N818 - named for what happened
    """The worker process ended before it answered; the next call starts another."""


class UnreadablePassage(Exception):  # noqa: N818 - named for what is wrong
    """The worker could not read this passage; the message is its exception."""


class WorkerProcess:
    """A worker that starts with the first call, or earlier with `start`, and again after it died."""

    def __init__(self) -> None:
        """Start nothing."""
        self._wire: _Wire | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Start the process, without waiting until its model is loaded (some seconds)."""
        async with self._starting:
            if self._wire is None or self._wire.ended.is_set():
                loop = asyncio.get_running_loop()
                _, wire = await loop.subprocess_exec(_Wire, *_COMMAND, stderr=None)
                self._wire = wire

    async def read(self, passage: Passage) -> Knowledge:
        """Return what the worker reads in `passage`.

        Raises:
            WorkerDied: it ended before it answered.
            UnreadablePassage: it failed on this passage.
        """
        await self.start()
        assert self._wire is not None  # noqa: S101 - start() has set it; for the type checker
        return await self._wire.ask(passage)

    async def aclose(self) -> None:
        """End the process; it has two seconds for what it is at."""
        if self._wire is None:
            return
        wire, self._wire = self._wire, None
        wire.close_input()
        try:
            async with asyncio.timeout(STOP_DEADLINE_S):
                await wire.exited.wait()
        except TimeoutError:
            wire.kill()
            await wire.exited.wait()
        finally:
            wire.kill()


class _Wire(asyncio.SubprocessProtocol):
    """Lines to and from the process, and who waits for which.

    `ended`: it will answer nothing more. `exited`: the process is gone.
    """

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.exited = asyncio.Event()
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[Knowledge | str]] = {}
        self._partial: list[bytes] = []
        self._transport: asyncio.SubprocessTransport | None = None

    async def ask(self, passage: Passage) -> Knowledge:
        number = next(self._numbers)
        future: asyncio.Future[Knowledge | str] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            if self.ended.is_set() or self._transport is None:
                raise WorkerDied("the local extraction worker has ended")
            pipe = cast("asyncio.WriteTransport", self._transport.get_pipe_transport(0))
            pipe.write(encode_passage(number, passage))
            answer = await future
        finally:
            del self._waiting[number]
        if isinstance(answer, str):
            raise UnreadablePassage(answer)
        return answer

    def close_input(self) -> None:
        pipe = self._transport.get_pipe_transport(0) if self._transport is not None else None
        if pipe is not None:
            pipe.close()

    def kill(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.SubprocessTransport", transport)

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        del fd  # standard error is inherited: this is standard output
        *complete, rest = cast("bytes", data).split(b"\n")
        for line in complete:
            self._partial.append(line)
            number, answer = decode_answer(b"".join(self._partial))
            self._partial.clear()
            future = self._waiting.get(number)
            if future is not None and not future.done():
                future.set_result(answer)
        if rest:
            self._partial.append(rest)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        del exc
        if fd == 1:
            self._end()

    def process_exited(self) -> None:
        self._end()
        self.exited.set()

    def _end(self) -> None:
        self.ended.set()
        code: Any = self._transport.get_returncode() if self._transport is not None else None
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(WorkerDied(f"the local extraction worker ended with code {code}"))
