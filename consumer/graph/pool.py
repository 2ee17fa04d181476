"""How the driver's connection pool is used: the driver keeps it to itself, so this is a look inside, and a guarded one.

Should a release keep its pool elsewhere, nothing is told, and `tests/integration/graph/test_pool.py` fails.
"""

from __future__ import annotations

from neo4j import AsyncDriver

from consumer.telemetry.pools import PoolUse


class DriverPool:
    """Implements `telemetry.pools.Pool` for a driver."""

    name = "neo4j"

    def __init__(self, driver: AsyncDriver, limit: int) -> None:
        """Take the driver and how many connections it may have to one server."""
        self._driver = driver
        self._limit = limit

    def use(self) -> PoolUse | None:
        """Return its connections to all servers, by what they do."""
        try:
            found = [one for held in list(self._driver._pool.connections.values()) for one in list(held)]  # noqa: SLF001 - see above
            in_use = sum(bool(one.in_use) for one in found)
        except AttributeError:
            return None
        return PoolUse(in_use, len(found) - in_use, self._limit)
