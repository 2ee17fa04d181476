"""The world of a chaos session: services, proxies before them, models. Started once, used by seed after seed."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, Self

from faults.chaos.services import Services

from consumer.testing.simulator import Profile, Simulator, Stats
from consumer.testing.tcp_proxy import TcpProxy

_NOWHERE = "127.0.0.1:1"
_USUAL = Profile(latency_ms=60, latency="lognormal", embedding_latency_ms=10, retry_after_s=1.0)


class Models:
    """The simulator's behaviour: the usual one, changed by all faults that are under way."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._active: dict[str, dict[str, float]] = {}
        self._usual = _USUAL

    def reset(self, seed: int) -> None:
        """Behave as usual, with decisions of this `seed`, and count anew."""
        self._active.clear()
        self._usual = replace(_USUAL, seed=seed)
        self._simulator.stats = Stats()
        self._simulator._asked.clear()
        self._apply()

    def begin(self, name: str, rates: dict[str, float]) -> None:
        """Add the rates of a fault."""
        self._active[name] = rates
        self._apply()

    def end(self, name: str) -> None:
        """Take them away again."""
        self._active.pop(name, None)
        self._apply()

    def calm(self) -> None:
        """End all faults."""
        self._active.clear()
        self._apply()

    def asked(self) -> tuple[int, int]:
        """Return how many chat calls there were, and how many different prompts."""
        distinct = sum(asked.startswith('[{"') for asked in self._simulator._asked)
        return self._simulator.stats.chat_calls, distinct

    def _apply(self) -> None:
        changes: dict[str, Any] = {name: rate for rates in self._active.values() for name, rate in rates.items()}
        self._simulator.profile = replace(self._usual, **changes)


class World:
    """An async context manager; `kafka`, `neo4j` and `llm` are the proxies that pods go through."""

    async def __aenter__(self) -> Self:
        """Start everything."""
        self._opened = AsyncExitStack()
        try:
            self.kafka = await self._opened.enter_async_context(TcpProxy(_NOWHERE))
            self.services = await self._opened.enter_async_context(Services(self.kafka.address))
            await self.kafka.retarget(self.services.kafka_behind_proxy)
            self.neo4j = await self._opened.enter_async_context(TcpProxy(self.services.neo4j_address))
            simulator = await self._opened.enter_async_context(Simulator(_USUAL))
            self.models = Models(simulator)
            self.simulator_url = simulator.base_url
            address = simulator.base_url.removeprefix("http://").removesuffix("/v1")
            self.llm = await self._opened.enter_async_context(TcpProxy(address))
        except BaseException:
            await self._opened.aclose()
            raise
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Stop everything; nothing is left on the disk."""
        await self._opened.aclose()

    @property
    def neo4j_direct(self) -> str:
        """Where the conductor finds the database."""
        return f"bolt://{self.services.neo4j_address}"

    async def restore(self) -> None:
        """Have everything run and behave."""
        for proxy in (self.kafka, self.neo4j, self.llm):
            proxy.restore()
        self.models.calm()
        await self.services.kafka.start()
        await self.services.neo4j.start()
