"""A TCP proxy on loopback that delays, throttles, swallows, resets, and cuts between an act and its answer.

It stands before the real Kafka, Neo4j or a simulated provider in the fault tests. Own code: toxiproxy would need Go,
which a machine with only Python has not, and it can't cut at a place in the conversation. It knows no protocol, only
bytes: `proxy.cut_before_answer(BOLT_COMMIT)` is all it needs to lose the answer to a commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

from consumer.clock import Clock, SystemClock

HOST = "127.0.0.1"
BOLT_COMMIT = b"\x00\x02\xb0\x12\x00\x00"
"""What the neo4j driver sends to commit: a chunk of two bytes, the structure 0x12 without fields, the end marker."""

_CHUNK_BYTES = 65_536
_PIECES_PER_S = 10
_NO_LINGER = struct.pack("ii", 1, 0)

Dial = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class TcpProxy:
    """Forwards connections to `upstream`, badly when told to; an async context manager, reachable on 127.0.0.1 only.

    T1: holds at most two chunks a direction, and then reads no further: the sender feels it.
    T2: bytes that were held flow on after `restore`, in order; bytes of a connection that was reset never do.
    """

    def __init__(self, upstream: str, *, port: int = 0, clock: Clock | None = None) -> None:
        """Store the target `host:port`; `port` 0 takes a free one. Nothing is started."""
        self.connections = 0
        """Connections that are open now."""
        self.accepted = 0
        """Connections since the start, the refused ones too."""
        self.cuts = 0
        """How often `cut_before_answer` has fired."""
        self._upstream = _split(upstream)
        self._port = port
        self._rules = _Rules(clock or SystemClock())
        self._links: dict[_Link, asyncio.Task[None]] = {}
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        """`127.0.0.1:port`, where to connect to."""
        return f"{HOST}:{self._port}"

    async def __aenter__(self) -> Self:
        """Listen; `address` is valid from now on."""
        self._server = await asyncio.start_server(self._serve, HOST, self._port, limit=_CHUNK_BYTES)
        self._port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Stop listening and reset what is open."""
        if self._server is not None:
            self._server.close()
        self.cut()
        if self._links:
            await asyncio.wait(self._links.values())

    def delay(self, seconds: float) -> None:
        """Hold each chunk for `seconds`, in both directions."""
        self._rules.change(delay_s=seconds)

    def throttle(self, bytes_per_s: float) -> None:
        """Let so many bytes a second through, each direction of each connection."""
        self._rules.change(bytes_per_s=bytes_per_s)

    def blackhole(self) -> None:
        """Accept and read, forward nothing in either direction, on the existing connections too."""
        self._rules.change(is_blackhole=True)

    def refuse(self) -> None:
        """Reset what is open, and new connections at once."""
        self._rules.change(is_refusing=True)
        self.cut()

    def cut(self) -> None:
        """Reset what is open; new connections work."""
        for link in self._links:
            link.reset()

    def cut_before_answer(self, pattern: bytes, times: int = 1) -> None:
        """Forward the next `times` requests that hold `pattern`, swallow the answer and reset that connection."""
        self._rules.change(pattern=pattern, cuts_left=times)

    def restore(self) -> None:
        """Forward faithfully again; what was held flows on."""
        self._rules.change(
            delay_s=0.0, bytes_per_s=0.0, is_blackhole=False, is_refusing=False, pattern=b"", cuts_left=0
        )

    async def retarget(self, upstream: str) -> None:
        """Send new connections to `upstream`, which was restarted there; what is open to the old one is reset."""
        self._upstream = _split(upstream)
        links = dict(self._links)
        self.cut()
        if links:
            await asyncio.wait(links.values())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        if self._rules.is_refusing:
            _abort(writer)
            return
        link = _Link(self._rules, reader, writer)
        task = asyncio.current_task()
        if task is None:  # never: a coroutine that runs has a task
            return
        self._links[link] = task
        self.connections += 1
        try:
            await link.run(self._dial)
        finally:
            self.connections -= 1
            del self._links[link]
            self.cuts += link.was_cut

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(*self._upstream, limit=_CHUNK_BYTES)


class _Rules:
    """What is wrong now, for all connections, and a way to wait until that changes."""

    def __init__(self, clock: Clock) -> None:
        self.delay_s = 0.0
        self.bytes_per_s = 0.0
        self.is_blackhole = False
        self.is_refusing = False
        self.pattern = b""
        self.cuts_left = 0
        self._clock = clock
        self._changed = asyncio.Event()

    def change(self, **rules: float | bool | bytes) -> None:
        """Set rules by name; all who wait look again."""
        for name, value in rules.items():
            setattr(self, name, value)
        self._changed.set()
        self._changed = asyncio.Event()

    @property
    def piece_bytes(self) -> int:
        """Most bytes to send at once, so that a throttled stream trickles instead of coming in bursts."""
        return max(int(self.bytes_per_s / _PIECES_PER_S), 1) if self.bytes_per_s else _CHUNK_BYTES

    async def hold(self, size: int) -> None:
        """Wait until `size` bytes may go on by the rules, which may change meanwhile."""
        began = self._clock.monotonic()
        while True:
            changed = self._changed
            if self.is_blackhole:
                await changed.wait()
                continue
            due_s = self.delay_s + (size / self.bytes_per_s if self.bytes_per_s else 0.0)
            wait_s = began + due_s - self._clock.monotonic()
            if wait_s <= 0:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await changed.wait()


class _ResetError(Exception):
    """This connection ends now, with a reset to both sides."""


@dataclass(eq=False)
class _Link:
    """One connection from a client and the one to the upstream that belongs to it."""

    rules: _Rules
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    was_cut: bool = False

    def __post_init__(self) -> None:
        self._reset = asyncio.Event()
        self._is_swallowing = False
        self._seen = b""

    def reset(self) -> None:
        """End both sides with a reset, whatever is under way."""
        self._reset.set()

    async def run(self, dial: Dial) -> None:
        """Forward until both sides have ended, or one breaks, or `reset`."""
        up_writer: asyncio.StreamWriter | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                watch = tasks.create_task(self._until_reset())
                await self.rules.hold(0)
                up_reader, up_writer = await dial()
                ways = [
                    tasks.create_task(self._forward(self.reader, up_writer, is_request=True)),
                    tasks.create_task(self._forward(up_reader, self.writer, is_request=False)),
                ]
                await asyncio.wait(ways)
                watch.cancel()
        except* (_ResetError, OSError):
            _abort(self.writer)
            if up_writer is not None:
                _abort(up_writer)
        finally:
            for writer in (self.writer, up_writer):
                if writer is not None:
                    writer.close()

    async def _until_reset(self) -> None:
        await self._reset.wait()
        raise _ResetError

    async def _forward(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, is_request: bool) -> None:
        while chunk := await source.read(_CHUNK_BYTES):
            left = memoryview(chunk)
            while left:
                piece = left[: self.rules.piece_bytes]
                await self.rules.hold(len(piece))
                if not is_request and self._is_swallowing:
                    self.was_cut = True
                    raise _ResetError
                target.write(piece)
                if is_request:
                    self._look(bytes(piece))  # before anything can be awaited: the answer comes after
                await target.drain()
                left = left[len(piece) :]
        await self.rules.hold(0)
        if not is_request and self._is_swallowing:
            self.was_cut = True
            raise _ResetError
        if target.can_write_eof():
            target.write_eof()

    def _look(self, piece: bytes) -> None:
        """Begin to swallow when what was requested, the end of the piece before included, holds the pattern."""
        pattern = self.rules.pattern
        if not pattern or self._is_swallowing:
            self._seen = b""
            return
        self._seen += piece
        if pattern in self._seen and self.rules.cuts_left > 0:
            self.rules.cuts_left -= 1
            self._is_swallowing = True
        self._seen = self._seen[-(len(pattern) - 1) :] if len(pattern) > 1 else b""


def _abort(writer: asyncio.StreamWriter) -> None:
    """Close with a reset instead of an orderly end, and without what is still to be sent."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    writer.transport.abort()


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)
