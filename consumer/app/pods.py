"""What running pods say of themselves: their /statz, asked over HTTP, side by side and within a second."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import aiohttp

MAX_STATE_BYTES = 262_144
"""More than a pod ever tells: whatever answers with more is no pod."""


@dataclass(frozen=True, slots=True)
class PodState:
    """What a pod told at `address`; when it did not, `is_reachable` is false and `why` says so."""

    address: str
    is_reachable: bool
    state: dict[str, Any] = field(default_factory=dict)
    why: str = ""


async def pod_states(addresses: Sequence[str], timeout_s: float) -> list[PodState]:
    """Return what each pod tells, in the order of the addresses; one that is silent holds up none."""
    if not addresses:
        return []
    limits = aiohttp.ClientTimeout(total=timeout_s)
    async with aiohttp.ClientSession(timeout=limits, auto_decompress=False) as session, asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(_state(session, address), name=f"ask {address}") for address in addresses]
    return [task.result() for task in asked]


async def _state(session: aiohttp.ClientSession, address: str) -> PodState:
    try:
        async with session.get(f"{address.rstrip('/')}/statz", allow_redirects=False) as answer:
            if answer.status != HTTPStatus.OK:
                return _silent(address, f"HTTP status {answer.status}")
            state = json.loads(await _body(answer))
    except TimeoutError:
        return _silent(address, "no answer in time")
    except aiohttp.ClientConnectorError:
        return _silent(address, "cannot be reached")
    except (aiohttp.ClientError, OSError) as error:
        return _silent(address, type(error).__name__)
    except ValueError as error:
        return _silent(address, f"no state: {type(error).__name__}")
    return (
        PodState(address, is_reachable=True, state=state) if isinstance(state, dict) else _silent(address, "no state")
    )


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    """Return the body.

    Raises:
        ValueError: it is longer than a state.
    """
    body = bytearray()
    async for part in answer.content.iter_any():
        body += part
        if len(body) > MAX_STATE_BYTES:
            raise ValueError(f"more than {MAX_STATE_BYTES} bytes")
    return bytes(body)


def _silent(address: str, why: str) -> PodState:
    return PodState(address, is_reachable=False, why=why)
