"""Does beforehand what would hold up the first call, for models that have something to do."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Prepares(Protocol):
    """A model, or a wrapper of one, that loads packages or opens a client before its first call."""

    async def prepare(self) -> None:
        """Be ready for the first call; makes none itself. May be left out, or called again."""
        ...


async def prepare(model: object) -> None:
    """Prepare `model`, if there is anything to prepare."""
    if isinstance(model, Prepares):
        await model.prepare()
