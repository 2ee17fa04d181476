"""Embedders by the name that groups record: for a search over groups whose vectors come from several models."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import TracebackType
from typing import Self

from consumer.embed.local import DIMENSION, MODEL
from consumer.errors import UserError
from consumer.ports import Embedder
from consumer.settings import Engine, Settings

logger = logging.getLogger(__name__)


def settings_for(settings: Settings, model: str) -> Settings | None:
    """Return `settings` with `model` (name and dimension, as a group records them) as their embedder's, or None.

    The name decides the engine; other models than the local one are asked at the endpoint of the settings.
    """
    name, _, dimension = model.rpartition("/")
    if not name or not dimension.isdecimal():
        return None
    is_local = name == MODEL and int(dimension) == DIMENSION
    chosen = settings.embedding.model_copy(update={"model": name, "dimension": int(dimension)})
    return settings.model_copy(
        update={"embedder": Engine.LOCAL} if is_local else {"embedder": Engine.OPENAI, "embedding": chosen}
    )


class EmbeddersByModel:
    """Builds the embedder of a model at its first use and closes it at the end; the given one stays its owner's."""

    def __init__(self, settings: Settings, embedder: Embedder, build: Callable[[Settings], Embedder]) -> None:
        """Take the embedder of the settings, which serves its own model, and who builds others."""
        self._settings = settings
        self._build = build
        self._known: dict[str, Embedder | None] = {embedder.model: embedder}
        self._own: list[Embedder] = []

    async def __aenter__(self) -> Self:
        """Nothing is built yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what was built here."""
        for embedder in self._own:
            await embedder.aclose()

    def of(self, model: str) -> Embedder | None:
        """Return the embedder whose model this is, or None when it cannot be had; that is told once."""
        if model not in self._known:
            self._known[model] = self._built(model)
        return self._known[model]

    def _built(self, model: str) -> Embedder | None:
        chosen = settings_for(self._settings, model)
        try:
            embedder = self._build(chosen) if chosen is not None else None
        except UserError as error:
            logger.warning("groups with vectors of %s are searched by words only: %s", model, error)
            return None
        if embedder is None or embedder.model != model:
            logger.warning("groups with vectors of %s are searched by words only: no embedder has that name", model)
        if embedder is not None:
            self._own.append(embedder)
        return embedder if embedder is not None and embedder.model == model else None
