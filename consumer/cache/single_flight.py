"""Single flight: of all who want a missing value at the same time, one fetches it and the others wait for that.

In this process only; across pods a value may be fetched once a pod.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """One fetch a key at a time.

    F1: a key is never in two fetches at once. F2: a failed fetch fails all who wait for it, and the next caller
    tries again. F3: a cancelled fetch fails nobody: one of those who wait takes over. F4: a cancelled waiter
    disturbs no fetch.
    """

    def __init__(self) -> None:
        """Begin with nothing in flight."""
        self._flights: dict[str, asyncio.Future[T]] = {}

    async def fetch(
        self, keys: Sequence[str], load: Callable[[Sequence[str]], Awaitable[Mapping[str, T]]]
    ) -> dict[str, T]:
        """Return the value of each key; `load` is called for those that nobody is fetching, all at once.

        `load` must return a value for every key it is given; what it raises is raised here.
        """
        results: dict[str, T] = {}
        wanted = list(dict.fromkeys(keys))
        while wanted:
            others = {key: self._flights[key] for key in wanted if key in self._flights}
            mine = [key for key in wanted if key not in others]
            if mine:
                results.update(await self._lead(mine, load))
            wanted = []
            for key, flight in others.items():
                await asyncio.wait([flight])
                if flight.cancelled():
                    wanted.append(key)
                else:
                    results[key] = flight.result()
        return results

    async def _lead(
        self, keys: Sequence[str], load: Callable[[Sequence[str]], Awaitable[Mapping[str, T]]]
    ) -> dict[str, T]:
        loop = asyncio.get_running_loop()
        flights = {key: loop.create_future() for key in keys}
        self._flights.update(flights)
        try:
            loaded = await load(keys)
            for key, flight in flights.items():
                flight.set_result(loaded[key])
        except Exception as error:
            for flight in flights.values():
                if not flight.done():
                    flight.set_exception(error)
                    flight.exception()  # told to nobody is no reason to complain
            raise
        finally:
            for key, flight in flights.items():
                del self._flights[key]
                flight.cancel()  # without effect on what is done
        return {key: loaded[key] for key in keys}
