"""Large values and the event loop: decoding never holds it for long."""

import asyncio
import gc
import json
import threading
import time

import pytest
from cpu_time import slowness

from consumer.model.work import Record, Timings, TopicPartition, Work
from consumer.pipeline import intake
from consumer.pipeline.decode import decode
from consumer.pipeline.supervisor import Pipeline
from consumer.settings import PipelineSettings
from consumer.telemetry.observed import PipelineTelemetry
from consumer.testing.fake_models import FakeEmbedder, FakeExtractor
from consumer.testing.fake_sinks import FakeDeadLetterSink
from consumer.testing.fake_store import FakeGraphStore

HELD_S = 0.05
"""The promise, on a machine as quick as those that pods run on."""
START = b'{"group_id":"g","source":"json","content":['
FACT = {"subject": {"name": "Ada", "attributes": {f"a{n}": n for n in range(60)}}, "relation": "R", "object": "Bob"}
LARGE = {
    "text": json.dumps({"group_id": "g", "content": "Ada works at Acme. " * 20_000, "event_id": "e"}).encode(),
    "empty lists": START + b"[]," * 320_000 + b"1]}",
    "objects up to the limit": START + b'{"a":1},' * 24_000 + b"1]}",
    "short strings": START + b'"a",' * 240_000 + b"1]}",
    "brackets in strings": START + b'"[",' * 190_000 + b"1]}",
    "escapes": b'{"group_id":"g","content":"' + b"\\\\[" * 320_000 + b'"}',
    "only brackets": b"[" * 990_000,
    "only quotes": b'"[' * 490_000,
    "white space": b" " * 990_000,
    "unknown fields": b'{"group_id":"g"' + b"".join(b',"k%d":1' % n for n in range(80_000)) + b"}",
    "facts": json.dumps({"group_id": "g", "facts": [FACT] * 900}).encode(),
    "too many facts": json.dumps({"group_id": "g", "facts": [FACT] * 1_100}).encode(),
}


@pytest.mark.parametrize("kind", LARGE)
async def test_decoding_a_megabyte_does_not_hold_the_loop(kind):
    """The longest time the loop is held while two such values are decoded is that of 50 ms on a usual machine."""
    assert await held_s(kind) < HELD_S * slowness()


@pytest.mark.slow
@pytest.mark.parametrize("kind", LARGE)
async def test_decoding_a_megabyte_holds_the_loop_for_less_than_50_ms(kind):
    """The promise itself, whatever the machine."""
    assert await held_s(kind) < HELD_S


async def test_a_large_value_is_decoded_off_the_loop_and_a_small_one_on_it(monkeypatch):
    """By the thread: a thread for each small value would cost more than it."""
    on_loop = []

    def told(record, settings):
        on_loop.append(threading.current_thread() is threading.main_thread())
        return decode(record, settings)

    monkeypatch.setattr(intake, "decode", told)
    small = json.dumps({"group_id": "g", "content": "Ada works at Acme."}).encode()
    await opened().intake._decoded([work(small, 0), work(LARGE["text"], 1), work(small, 2)])
    assert on_loop == [True, False, True]


async def test_many_small_values_are_decoded_in_turns(monkeypatch):
    """Between two turns of the loop no more is decoded than the bound, counted in bytes and records."""
    turns, costs = 0, {}

    def told(record, settings):
        costs[turns] = costs.get(turns, 0) + record.size + intake.RECORD_COST_BYTES
        return decode(record, settings)

    async def count():
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    monkeypatch.setattr(intake, "decode", told)
    value = json.dumps({"group_id": "g", "content": "Ada works at Acme. " * 1_000}).encode()
    counting = asyncio.ensure_future(count())
    await asyncio.sleep(0)
    await opened().intake._decoded([work(value, offset) for offset in range(200)])
    counting.cancel()
    assert max(costs.values()) <= intake.YIELD_EVERY_BYTES
    assert len(costs) > 10


def work(value, offset):
    """A record as it was fetched."""
    return Work(Record("t", 0, offset, 1, b"g", value), 1, "", None, Timings(0.0, 0.0))


def opened():
    """A pipeline with a partition."""
    pipeline = Pipeline(
        extractor=FakeExtractor(),
        embedder=FakeEmbedder(),
        store=FakeGraphStore(),
        dead_letters=FakeDeadLetterSink(),
        settings=PipelineSettings(),
        telemetry=PipelineTelemetry("test"),
    )
    pipeline.assign({TopicPartition("t", 0): 0})
    return pipeline


async def held_s(kind):
    """Decode two values of a kind, three times; return how long the loop was held at most, in the best of them."""
    pipeline = opened()
    works = [work(LARGE[kind], offset) for offset in range(2)]
    gc.collect()
    gc.freeze()  # what other tests left is no garbage of a pod
    try:
        longest = min([await longest_hold(pipeline.intake._decoded(works)) for _ in range(3)])
    finally:
        gc.unfreeze()
    print(f"held_ms={longest * 1000:.0f}")
    return longest


async def longest_hold(work):
    """Return the longest time in which a task that wants to run every millisecond could not.

    In seconds of this process's CPU: what other processes take from it is not its doing.
    """
    longest = 0.0

    async def watch():
        nonlocal longest
        while True:
            began = time.process_time()
            await asyncio.sleep(0.001)
            longest = max(longest, time.process_time() - began)

    watching = asyncio.ensure_future(watch())
    await asyncio.sleep(0)
    await work
    await asyncio.sleep(0.002)
    watching.cancel()
    return longest
