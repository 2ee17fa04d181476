"""The simulated provider as a process of its own, and what it counts."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from consumer.testing.named_profiles import options_of
from consumer.testing.simulator_profile import Profile


@dataclass(frozen=True, slots=True)
class SimulatedProvider:
    """One that runs: its address, with `/v1`, and its process."""

    base_url: str
    pid: int
    session: aiohttp.ClientSession

    async def stats(self) -> dict[str, Any]:
        """Return what it has counted since `reset`."""
        return await self._ask("GET", "/stats")

    async def reset(self) -> None:
        """Count from nothing again."""
        await self._ask("POST", "/stats/reset")

    async def _ask(self, method: str, path: str) -> dict[str, Any]:
        async with self.session.request(method, self.base_url.removesuffix("/v1") + path) as response:
            answer: dict[str, Any] = await response.json()
            return answer


@asynccontextmanager
async def simulated_provider(profile: Profile) -> AsyncIterator[SimulatedProvider]:
    """Run a provider that behaves like `profile` until the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "consumer.testing.simulator",
        "--json",
        *options_of(profile),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the simulator has no pipes")
    try:
        base_url = str(json.loads(await process.stdout.readline())["base_url"])
        async with aiohttp.ClientSession() as session:
            yield SimulatedProvider(base_url, process.pid, session)
    finally:
        process.stdin.close()
        await process.wait()
