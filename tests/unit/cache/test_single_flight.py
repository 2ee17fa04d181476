"""Single flight: one fetch a key, and what happens to those who wait."""

import asyncio

import pytest

from consumer.cache import SingleFlight


class Loader:
    """Loads a key as its upper case, when let."""

    def __init__(self):
        self.calls = []
        self.gate = asyncio.Event()

    async def __call__(self, keys):
        self.calls.append(list(keys))
        await self.gate.wait()
        return {key: key.upper() for key in keys}


async def turns():
    """Let the other tasks run."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_f1_a_key_is_fetched_once_at_a_time():
    """F1: three callers, overlapping keys, no key twice; a repeated key in one call counts once."""
    flight, loader = SingleFlight(), Loader()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(flight.fetch(keys, loader)) for keys in (["a", "b", "a"], ["b", "c"], ["a"])]
        await turns()
        loader.gate.set()
    assert loader.calls == [["a", "b"], ["c"]]
    assert [task.result() for task in tasks] == [{"a": "A", "b": "B"}, {"c": "C", "b": "B"}, {"a": "A"}]


async def test_f2_a_failed_fetch_fails_its_waiters_and_is_forgotten():
    """F2: both get the error; the next caller loads again."""
    flight, loader = SingleFlight(), Loader()

    async def fails(_):
        await loader.gate.wait()
        raise RuntimeError("down")

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(outcome(flight.fetch(["a"], fails))) for _ in range(2)]
        await turns()
        loader.gate.set()
    assert [task.result() for task in tasks] == ["down", "down"]
    assert await flight.fetch(["a"], loader) == {"a": "A"}


async def outcome(call):
    """What a call returns, or what its error says."""
    try:
        return await call
    except RuntimeError as error:
        return str(error)


async def test_f3_who_waits_takes_over_from_the_cancelled():
    """F3: the leader is cancelled mid-fetch; the waiter fetches and gets the value."""
    flight, loader = SingleFlight(), Loader()
    async with asyncio.TaskGroup() as group:
        leader = group.create_task(flight.fetch(["a"], loader))
        waiter = group.create_task(flight.fetch(["a"], loader))
        await turns()
        leader.cancel()
        await turns()
        loader.gate.set()
    assert leader.cancelled()
    assert waiter.result() == {"a": "A"}
    assert loader.calls == [["a"], ["a"]]


async def test_f4_a_cancelled_waiter_disturbs_nobody():
    """F4: the fetch goes on for the others."""
    flight, loader = SingleFlight(), Loader()
    async with asyncio.TaskGroup() as group:
        leader = group.create_task(flight.fetch(["a"], loader))
        waiter = group.create_task(flight.fetch(["a"], loader))
        await turns()
        waiter.cancel()
        await turns()
        loader.gate.set()
    assert waiter.cancelled()
    assert leader.result() == {"a": "A"}
    assert loader.calls == [["a"]]


async def test_a_loader_that_forgets_a_key_is_a_bug_that_shows():
    """A missing value is an error for everybody, not a hang."""
    flight = SingleFlight()

    async def forgets(_):
        return {}

    with pytest.raises(KeyError):
        await flight.fetch(["a"], forgets)
    assert await flight.fetch([], forgets) == {}
