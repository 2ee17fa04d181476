"""Profiles of what a scenario measures: flame graphs by stage, and the sentence that names the bottleneck.

Of pods (processes of their own), which must run with `VARIABLES`: `pods_profiled_beside` a measurement.
Of what runs on this event loop: `profiled`. `with_findings` puts either into a case.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp

from consumer.bench.results import Better, Case, Figure, Stack
from consumer.clock import Clock, SystemClock
from consumer.errors import UserError
from consumer.health.profile_page import MOST_S, PATH
from consumer.profiling.bottleneck import bottleneck
from consumer.profiling.profile import Profile, lines
from consumer.profiling.sampler import Depth, Sampler
from consumer.settings import Settings

VARIABLES = {"EPISODES_HEALTH__PROFILING": "true"}
"""What a pod's environment must hold to be profiled."""

_PATIENCE_S = 30.0
_WHOLE = "(Profiled was the whole scenario, its preparations included.)"
_FEWEST_LOOKS = 10


@dataclass(frozen=True, slots=True)
class Findings:
    """What a profile puts into a case; `profile` is all of it, for whoever wants more."""

    profile: Profile
    stacks: tuple[Stack, ...]
    notes: tuple[str, ...]
    figures: tuple[Figure, ...]


class Profiling:
    """Filled when the block that is profiled has ended."""

    def __init__(self) -> None:
        """Begin with nothing found."""
        self._found: list[Findings] | None = None

    def found(self, findings: list[Findings]) -> None:
        """Keep what was found."""
        self._found = findings

    @property
    def findings(self) -> list[Findings]:
        """What was found, one of each process; only after the block."""
        if self._found is None:
            raise RuntimeError("ask for findings after the block")
        return self._found


@contextmanager
def profiled(depths: Callable[[], Iterable[Depth]] | None = None, clock: Clock | None = None) -> Iterator[Profiling]:
    """Profile this event loop while the block runs; `depths` (such as `pipeline.view`) tells of the stages' queues."""
    profiling = Profiling()
    with Sampler(depths, clock=clock) as sampler:
        yield profiling
    profiling.found([findings_of(sampler.profile())])


@asynccontextmanager
async def pods_profiled_beside(
    addresses: Sequence[str], seconds: float, after_s: float = 0
) -> AsyncIterator[Profiling]:
    """Profile pods beside the block, for `seconds` (60 at most) from `after_s` on; the block's end waits for it.

    Raises:
        UserError: one does not answer, or does not allow it.
    """
    profiling = Profiling()

    async def ask_later() -> list[Findings]:
        await SystemClock().sleep(after_s)
        return await profiled_pods(addresses, seconds)

    async with asyncio.TaskGroup() as tasks:
        asking = tasks.create_task(ask_later(), name="profile pods")
        yield profiling
    profiling.found(asking.result())


async def profiled_pods(addresses: Sequence[str], seconds: float) -> list[Findings]:
    """Return what each pod did in the next `seconds` (60 at most), asked at once of all (`http://host:port`).

    Raises:
        UserError: one does not answer, or does not allow it.
    """
    limits = aiohttp.ClientTimeout(total=seconds + _PATIENCE_S)
    async with aiohttp.ClientSession(timeout=limits) as session, asyncio.TaskGroup() as tasks:
        asked = [
            tasks.create_task(_ask(session, address, min(seconds, MOST_S)), name=f"profile {address}")
            for address in addresses
        ]
    many = len(asked) > 1
    return [findings_of(task.result(), f"pod {n}" if many else "") for n, task in enumerate(asked, 1)]


def findings_of(profile: Profile, whose: str = "") -> Findings:
    """Return what a report tells of `profile`: a flame graph of what ran, by stage, and one of each stage's waits."""
    prefix = f"{whose}, " if whose else ""
    stacks = [Stack(name=f"{prefix}what ran, by stage", lines=tuple(profile.collapsed()))]
    stacks.extend(
        Stack(name=f"{prefix}{stage}: CPU of the event loop", lines=tuple(lines(found)))
        for stage, found in profile.running.items()
        if stage in profile.workers and sum(found.values()) >= _FEWEST_LOOKS
    )
    stacks.extend(
        Stack(name=f"{prefix}{stage}: what its workers were at, waiting included", lines=tuple(lines(found)))
        for stage, found in profile.waiting.items()
        if sum(found.values()) >= _FEWEST_LOOKS
    )
    sentence = bottleneck(profile).sentence
    figures = [
        Figure(name=f"{prefix}event loop: busy", unit="%", better=Better.NEITHER, runs=(100 * profile.loop_busy,)),
        *(
            Figure(name=f"{prefix}{use.stage}: works in hand", unit="%", better=Better.NEITHER, runs=(100 * use.busy,))
            for use in profile.uses()
            if use.workers
        ),
    ]
    return Findings(
        profile,
        tuple(stack for stack in stacks if stack.lines),
        (f"{whose}: {sentence}" if whose else sentence,),
        tuple(figures),
    )


def with_findings(case: Case, findings: Sequence[Findings]) -> Case:
    """Return `case` with the flame graphs, sentences and figures of profiles."""
    return case.model_copy(
        update={
            "stacks": (*case.stacks, *(stack for one in findings for stack in one.stacks)),
            "notes": (*(note for one in findings for note in one.notes), *case.notes),
            "figures": (*case.figures, *(figure for one in findings for figure in one.figures)),
        }
    )


def profiling_allowed(settings: Settings) -> Settings:
    """Return settings whose pods can be profiled."""
    return settings.model_copy(update={"health": settings.health.model_copy(update={"profiling": True})})


async def profiled_cases(measuring: Awaitable[list[Case]]) -> list[Case]:
    """Return what `measuring` does, with a profile of all of it, preparations included, in the first case."""
    with profiled() as profiling:
        cases = await measuring
    if not cases:
        return cases
    (findings,) = profiling.findings
    told = replace(findings, notes=tuple(f"{note} {_WHOLE}" for note in findings.notes))
    return [with_findings(cases[0], [told]), *cases[1:]]


async def _ask(session: aiohttp.ClientSession, address: str, seconds: float) -> Profile:
    query = {"seconds": f"{seconds:g}", "format": "json"}
    try:
        async with session.get(f"{address.rstrip('/')}{PATH}", params=query) as answer:
            told: dict[str, Any] = await answer.json()
            if not answer.ok:
                raise UserError(f"{address} is not profiled: {told.get('why', f'HTTP status {answer.status}')}")
            return Profile.from_dict({name: value for name, value in told.items() if name != "bottleneck"})
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise UserError(f"{address} is not profiled: {type(error).__name__} {error}".strip()) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{address} is not profiled: what it answers is no profile") from error
