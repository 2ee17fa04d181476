"""How fast the write stage writes, by itself: episodes that are extracted and embedded, into a Neo4j of its own.

At each size of the graph that is asked for, so many episodes are written and measured: rate, CPU of the server and of
the client, what the server says its queries took. Making the episodes is outside of what is measured.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from consumer.bench.server_cpu import cpu_times
from consumer.clock import SystemClock
from consumer.graph import Neo4jGraphStore, QueryTimes, apply_schema, connect, query_times
from consumer.model.episode import Embedded, LogPosition, Removal
from consumer.settings import Neo4jSettings
from consumer.testing.write_load import MODEL, WriteLoad

_PATIENCE_S = 600.0
"""A server that has just started on a busy machine compiles for a while."""

_CHUNK = 2_000
"""Episodes made and held at once."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is written: `episodes` at each of the sizes of the graph `at`, by `writers`, `batch` a transaction."""

    episodes: int = 2_000
    at: tuple[int, ...] = (1_000,)
    groups: int = 20
    dimension: int = 384
    batch: int = 100
    writers: int = 2
    warm_up: int = 4_000
    sums_up: bool = True
    resolves: bool = True
    name: str = "bench"


@dataclass(frozen=True, slots=True)
class WriteFigures:
    """What was measured while a graph of `size` episodes got more. Milliseconds are an episode's."""

    size: int
    episodes: int
    seconds: float
    episodes_per_s: float
    client_cpu_ms: float
    server_cpu_ms: dict[str, float]
    """By kind of thread; empty where the server is not on this machine."""
    query_ms: dict[str, float]

    @property
    def server_cpu_ms_all(self) -> float:
        """All of the server's CPU."""
        return sum(self.server_cpu_ms.values())


@dataclass(frozen=True, slots=True)
class WriteReport:
    """The load, and the figures of each size."""

    load: Load
    sizes: list[WriteFigures] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures by name."""
        return asdict(self)

    def as_json(self) -> str:
        """Return the figures as JSON text."""
        return json.dumps(self.as_dict(), indent=2)


Progress = Callable[[int], None]
"""Told how many episodes the graph has."""


async def measure_write(
    load: Load, uri: str, pid: int | None, on_progress: Progress = lambda _size: None
) -> WriteReport:
    """Write `load` into the database at `uri`, whose process is `pid` if it is on this machine.

    Raises:
        WorldFault: the database is down.
    """
    database = connect(Neo4jSettings(uri=uri, transaction_timeout_s=_PATIENCE_S))
    try:
        await apply_schema(database, load.dimension, model=MODEL)
        store = Neo4jGraphStore(database, sums_up=load.sums_up, resolves_by_rules=load.resolves)
        writing = _Writing(store, load, pid)
        await writing.warm_up()
        report = WriteReport(load)
        episodes, size = WriteLoad(load.groups, load.dimension, name=load.name).episodes(), 0
        for milestone in sorted(load.at):
            while size < milestone:
                some = list(islice(episodes, min(_CHUNK, milestone - size)))
                await writing.write(some)
                size += len(some)
                on_progress(size)
            report.sizes.append(await writing.measured(size, islice(episodes, load.episodes)))
            size += load.episodes
        return report
    finally:
        await database.aclose()


class _Writing:
    """Writes with a store, and measures."""

    def __init__(self, store: Neo4jGraphStore, load: Load, pid: int | None) -> None:
        self._store = store
        self._load = load
        self._pid = pid
        self._clock = SystemClock()

    async def warm_up(self) -> None:
        """Write and remove other groups, so that the server has compiled what it runs."""
        load = WriteLoad(self._load.groups, self._load.dimension, seed=2, name=f"{self._load.name}_warm")
        episodes = load.episodes()
        warming = islice(episodes, self._load.warm_up)
        while some := list(islice(warming, _CHUNK)):
            await self.write(some)
        at = LogPosition(datetime(2090, 1, 1, tzinfo=UTC), 0, 1 << 40)
        await self._store.write([Removal(group_id, None, at) for group_id in load.group_ids])

    async def measured(self, size: int, episodes: Iterator[Embedded]) -> WriteFigures:
        """Write `episodes` and return what it took."""
        queries: QueryTimes = {}
        seconds = client = 0.0
        server: dict[str, float] = defaultdict(float)
        count = 0
        while some := list(islice(episodes, _CHUNK)):
            token = query_times.set(queries)
            before = cpu_times(self._pid) if self._pid else None
            began, cpu = self._clock.monotonic(), time.process_time()
            await self.write(some)
            seconds += self._clock.monotonic() - began
            client += time.process_time() - cpu
            if self._pid and before:
                for kind, spent in cpu_times(self._pid).since(before).items():
                    server[kind] += spent
            query_times.reset(token)
            count += len(some)
        return WriteFigures(
            size=size,
            episodes=count,
            seconds=seconds,
            episodes_per_s=count / seconds,
            client_cpu_ms=1_000 * client / count,
            server_cpu_ms={kind: 1_000 * spent / count for kind, spent in sorted(server.items())},
            query_ms={name: ms / count for name, (_, ms) in sorted(queries.items(), key=lambda item: -item[1][1])},
        )

    async def write(self, episodes: Sequence[Embedded]) -> None:
        """Write episodes, a group always by the same writer, in order."""
        shares: list[list[Embedded]] = [[] for _ in range(self._load.writers)]
        for episode in episodes:
            shares[int(episode.group_id.rpartition("_")[2]) % len(shares)].append(episode)
        async with asyncio.TaskGroup() as tasks:
            for number, share in enumerate(shares):
                tasks.create_task(self._write_share(share), name=f"writer {number}")

    async def _write_share(self, episodes: Sequence[Embedded]) -> None:
        for start in range(0, len(episodes), self._load.batch):
            await self._store.write(episodes[start : start + self._load.batch])
