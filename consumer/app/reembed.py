"""Moving groups to another embedding model: what it will cost, and doing it at the embedder's pace.

All groups are made ready first, which takes as long as the model takes, and then all are changed, which takes minutes:
so the time in which neither the pods with the old model nor those with the new one can write every group is short.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from consumer.clock import Clock, SystemClock
from consumer.embed.local import MODEL as LOCAL_MODEL
from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.graph import (
    Database,
    GroupModel,
    Place,
    Reembedding,
    Switched,
    apply_schema,
    embedding_models,
    groups_to_move,
)
from consumer.model.episode import Vector
from consumer.model.token_estimate import estimated_tokens
from consumer.ports import Embedder
from consumer.settings import EmbeddingSettings, Engine, Settings

T = TypeVar("T")
logger = logging.getLogger(__name__)

LOCAL = "local"
PAGE = 2_000
"""Vectors that are read, embedded and staged before the next are asked for."""
SAMPLE = 500
ROUNDS = 50
"""Attempts to change a group that is being written: each finds only what came since the one before."""
ROOM = 3
"""A group may grow meanwhile to so many times its vectors; beyond, two are at it who undo each other's work."""
TRIES, LONGEST_WAIT_S = 10, 30.0
CALL_S = 0.5
"""Assumed of a call to an endpoint, for the estimate."""
LOCAL_TEXTS_A_S = 20
"""Assumed of the local engine (docs/decisions/0005-local-engines.md)."""


def target_settings(settings: Settings, model: str | None, dimension: int | None) -> Settings:
    """Return `settings` with the embedder to move to: as they are, or `model` at their endpoint, or the local one.

    Raises:
        UserError: the local model has one dimension.
    """
    embedding = settings.embedding
    is_local = model in {LOCAL, LOCAL_MODEL} or (model is None and settings.engine(settings.embedder) is Engine.LOCAL)
    if is_local:
        if dimension is not None:
            raise UserError("the local model has one dimension: leave --dimension out", exit_code=2)
        return settings.model_copy(update={"embedder": Engine.LOCAL})
    if model is not None and model != embedding.model:
        embedding = embedding.model_copy(update={"model": model, "dimension": dimension})
    elif dimension is not None:
        embedding = embedding.model_copy(update={"dimension": dimension})
    return settings.model_copy(update={"embedder": Engine.OPENAI, "embedding": embedding})


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """A group to move: the model it has, its vectors, and what making them anew takes, estimated."""

    group_id: str
    model: str
    dimension: int
    vectors: int
    tokens: int
    calls: int


@dataclass(frozen=True, slots=True)
class MovePlan:
    """What is to be moved to `to`. `already` are there; `without` have no vectors of ours."""

    to: GroupModel
    groups: tuple[GroupPlan, ...] = ()
    already: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(slots=True)
class Moved:
    """What was done. `unusable` are texts that the new model gave no vector of: they have none now."""

    groups: list[str] = field(default_factory=list)
    vectors: int = 0
    unusable: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


async def plan(
    database: Database, embedder: Embedder, settings: EmbeddingSettings, group_ids: Sequence[str] | None
) -> MovePlan:
    """Return what moving these groups, or all (None), to the embedder's model takes; changes nothing.

    Raises:
        WorldFault: the database is down.
    """
    to = GroupModel(embedder.model, embedder.dimension)
    if group_ids is None:
        known, asked = await groups_to_move(database, to.model), None
    else:
        asked = list(dict.fromkeys(group_ids))
        known = await embedding_models(database, asked)
    moving = {name: group for name, group in known.items() if group.model != to.model or group.is_switching}
    plans = [await _group_plan(database, name, group, to, settings) for name, group in moving.items()]
    return MovePlan(
        to,
        tuple(plans),
        already=tuple(name for name in asked or () if name in known and name not in moving),
        without=tuple(name for name in asked or () if name not in known),
        seconds=_seconds(plans, settings, is_local=to.model.startswith(f"{LOCAL_MODEL}/")),
    )


async def _group_plan(
    database: Database, group_id: str, group: GroupModel, to: GroupModel, settings: EmbeddingSettings
) -> GroupPlan:
    held = await Reembedding(database, group_id, to).holding(SAMPLE)
    shown = sum(len(text) for text in held.sample)
    ratio = sum(estimated_tokens(text) for text in held.sample) / shown if shown else 0.0
    tokens = math.ceil(held.chars * ratio)
    calls = max(math.ceil(held.vectors / settings.batch_size), math.ceil(tokens / settings.max_request_tokens))
    return GroupPlan(group_id, group.model, group.dimension, held.vectors, tokens, calls)


def _seconds(plans: Iterable[GroupPlan], settings: EmbeddingSettings, *, is_local: bool) -> float:
    """Return how long the calls take: by the limits that are set, and by what a call is assumed to take."""
    found = list(plans)
    tokens, calls = sum(each.tokens for each in found), sum(each.calls for each in found)
    if is_local:
        return sum(each.vectors for each in found) / LOCAL_TEXTS_A_S
    by_requests = calls / settings.requests_per_min * 60 if settings.requests_per_min else 0.0
    by_tokens = tokens / settings.tokens_per_min * 60 if settings.tokens_per_min else 0.0
    return max(by_requests, by_tokens, calls * CALL_S)


class Mover:
    """Carries a plan out. `on_progress(group_id, staged)` is told of each page."""

    def __init__(
        self,
        database: Database,
        embedder: Embedder,
        on_progress: Callable[[str, int], None] = lambda _group_id, _staged: None,
        clock: Clock | None = None,
        *,
        applies_schema: bool = True,
    ) -> None:
        """Take the database and the embedder of the new model; both stay open. `applies_schema`: as a pod does."""
        self._database = database
        self._embedder = embedder
        self._on_progress = on_progress
        self._clock = clock or SystemClock()
        self._applies_schema = applies_schema
        self._unusable: set[str] = set()

    async def move(self, planned: MovePlan) -> Moved:
        """Return when every group of the plan holds vectors of the new model alone; safe to repeat at any point.

        Raises:
            UserError: a group is being removed, or written faster than it can be embedded.
            WorldFault: the database or the model stayed down for some minutes; the same call again goes on.
        """
        since = self._clock.monotonic()
        done = Moved()
        done.problems += await self._schema(None)
        moves = {each.group_id: Reembedding(self._database, each.group_id, planned.to) for each in planned.groups}
        most = {each.group_id: ROOM * each.vectors + PAGE * ROUNDS for each in planned.groups}
        for group_id, each in moves.items():
            done.vectors += await self._stage(group_id, each, most[group_id])
        for group_id, each in moves.items():
            done.vectors += await self._switch(group_id, each, most[group_id])
            done.groups.append(group_id)
        if any(each.dimension != planned.to.dimension for each in planned.groups):
            done.problems += await self._schema(planned.to.dimension)
        done.unusable = len(self._unusable)
        done.seconds = self._clock.monotonic() - since
        return done

    async def _schema(self, dimension: int | None) -> list[str]:
        """Apply the schema, unless somebody else keeps it; return what is wrong with it."""
        return (await apply_schema(self._database, dimension, dry_run=not self._applies_schema)).problems

    async def _stage(self, group_id: str, move: Reembedding, most: int) -> int:
        """Make new vectors until none is missing; return how many.

        Raises:
            UserError: more than `most` were made: somebody takes them away again.
        """
        await self._patiently(move.finish)
        staged = 0
        while places := await self._patiently(partial(move.unstaged, PAGE)):
            vectors = await self._vectors(places)
            await self._patiently(partial(move.stage, places, vectors))
            staged += len(places)
            if staged > most:
                raise UserError(
                    f"group {group_id!r}: {staged} vectors were made and some are missing still: does somebody move it "
                    "to another model at the same time?"
                )
            self._on_progress(group_id, staged)
        return staged

    async def _switch(self, group_id: str, move: Reembedding, most: int) -> int:
        staged = 0
        for _ in range(ROUNDS):
            outcome = await self._patiently(move.switch)
            if outcome is Switched.DONE:
                return staged
            if outcome is Switched.BEING_REMOVED:
                raise UserError(f"group {group_id!r} is being removed: run the same command again when that is over")
            staged += await self._stage(group_id, move, most)
        raise UserError(
            f"group {group_id!r} is written faster than it can be embedded: stop its pods, which need the new model "
            "anyway, and run the same command again; what is made already is kept"
        )

    async def _vectors(self, places: Sequence[Place]) -> dict[str, Vector]:
        """Return the vectors of the places' texts; without those that the model gives none of."""
        texts = list(dict.fromkeys(place.text for place in places if place.text and place.text.strip()))
        try:
            return await self._embed(texts)
        except EpisodeFault:
            found: dict[str, Vector] = {}
            for text in texts:
                found |= await self._alone(text)
            return found

    async def _alone(self, text: str) -> dict[str, Vector]:
        try:
            return await self._embed([text])
        except EpisodeFault as fault:
            logger.warning("the new model refuses a text, which has no vector now: %s", fault)
            self._unusable.add(text)
            return {}

    async def _embed(self, texts: list[str]) -> dict[str, Vector]:
        rows = await self._patiently(lambda: self._embedder.embed(texts))
        self._unusable |= {text for text, row in zip(texts, rows, strict=True) if not row.any()}
        return {text: row for text, row in zip(texts, rows, strict=True) if row.any()}

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """Call again while the world is at fault, with growing waits, for some minutes.

        Raises:
            WorldFault: it still is.
        """
        for attempt in range(1, TRIES + 1):
            try:
                return await call()
            except WorldFault as fault:
                if attempt == TRIES:
                    raise
                wait_s = max(fault.retry_after_s or 0.0, min(2.0**attempt, LONGEST_WAIT_S))
                logger.warning("%s; again in %.0f s", fault, wait_s)
                await self._clock.sleep(wait_s)
        raise AssertionError(TRIES)
