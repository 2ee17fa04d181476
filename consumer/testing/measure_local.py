"""Measures the local engines on a file of events: load time, throughput, and how long they hold up the event loop.

    python -m consumer.testing.measure_local EVENTS.jsonl [--limit 200] [--concurrency 10]

EVENTS is JSON Lines (also .gz) of `episode.added` events. One line of text a figure, for docs/decisions.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import itertools
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from consumer.clock import SystemClock
from consumer.embed.local import LocalEmbedder
from consumer.extract.local import LocalExtractor
from consumer.model.episode import Episode
from consumer.model.knowledge import Knowledge
from consumer.testing.episodes import episode_of

_TICK_S = 0.001
_CLOCK = SystemClock()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m consumer.testing.measure_local", description=__doc__)
    parser.add_argument("events", type=Path)
    parser.add_argument("--limit", type=int, default=200, help="events read at most")
    parser.add_argument("--concurrency", type=int, default=10, help="episodes extracted at once")
    options = parser.parse_args(arguments)
    asyncio.run(_measure(_episodes(options.events, options.limit), options.concurrency))


def _episodes(path: Path, limit: int) -> list[Episode]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        return [episode_of(json.loads(line), number) for number, line in enumerate(itertools.islice(lines, limit))]


async def _measure(episodes: Sequence[Episode], concurrency: int) -> None:
    extractor, embedder = LocalExtractor(), LocalEmbedder()
    try:
        started = _CLOCK.monotonic()
        await extractor.extract(replace(episodes[0], source="text", content="The model is loaded."))
        _tell(f"extractor: first answer after {_CLOCK.monotonic() - started:.1f} s")
        async with _stalls("extractor"):
            started = _CLOCK.monotonic()
            knowledge = await _extracted(extractor, episodes, concurrency)
            seconds = _CLOCK.monotonic() - started
        chars = sum(len(episode.content) for episode in episodes)
        facts = sum(len(said.assertions) for said in knowledge)
        names = {mention.name for said in knowledge for mention in said.mentions}
        _tell(f"extractor: {len(episodes)} episodes in {seconds:.2f} s, {len(episodes) / seconds:.1f} a second")
        _tell(f"extractor: {chars / seconds:.0f} characters a second, {len(names)} names, {facts} facts")
        texts = sorted(names) or ["nothing"]
        await embedder.embed(texts[:1])
        async with _stalls("embedder"):
            started = _CLOCK.monotonic()
            await embedder.embed(texts)
            seconds = _CLOCK.monotonic() - started
        _tell(f"embedder: {len(texts)} names, {len(texts) / seconds:.0f} a second")
    finally:
        await extractor.aclose()
        await embedder.aclose()


async def _extracted(extractor: LocalExtractor, episodes: Sequence[Episode], concurrency: int) -> list[Knowledge]:
    waiting, done = iter(episodes), []

    async def take() -> None:
        for episode in waiting:
            said = await extractor.extract(episode)
            done.append(said)

    async with asyncio.TaskGroup() as group:
        for number in range(concurrency):
            group.create_task(take(), name=f"measure-{number}")
    return done


@asynccontextmanager
async def _stalls(what: str) -> AsyncIterator[None]:
    """Watch how late the event loop wakes a task that sleeps a millisecond; print the 99th percentile and the most."""
    late: list[float] = []

    async def watch() -> None:
        while True:
            before = _CLOCK.monotonic()
            await asyncio.sleep(_TICK_S)
            late.append(_CLOCK.monotonic() - before - _TICK_S)

    async with asyncio.TaskGroup() as group:
        watcher = group.create_task(watch(), name="measure-stalls")
        yield
        watcher.cancel()
    ordered = sorted(late) or [0.0]
    p99_ms, most_ms = ordered[int(len(ordered) * 0.99)] * 1_000, ordered[-1] * 1_000
    _tell(f"{what}: event loop held up p99 {p99_ms:.1f} ms, at most {most_ms:.1f} ms")


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
