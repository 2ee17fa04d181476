"""Which embedding model each group's vectors come from, as our node of the group records it.

Vectors of two models cannot be compared, even where they have one length. So writing checks the record under the
group's lock (`graph.vectors.check_models`), and who searches asks it before and after.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from consumer.graph.connection import Database


@dataclass(frozen=True, slots=True)
class GroupModel:
    """The model of a group's vectors, e.g. `text-embedding-3-small/1024`.

    `is_switching`: the group is being given vectors of another model right now, and has none that can be compared.
    """

    model: str
    dimension: int
    is_switching: bool = False


@dataclass(frozen=True, slots=True)
class ModelUse:
    """How many groups hold vectors of a model, and the first of them."""

    model: str
    groups: int
    example: str


async def embedding_models(database: Database, group_ids: Iterable[str]) -> dict[str, GroupModel]:
    """Return the model of each group that has vectors of ours.

    Raises:
        WorldFault: the database is down.
    """
    found = await database.fetch("embedding_models", group_ids=sorted(set(group_ids)))
    return {row["group_id"]: GroupModel(row["model"], row["dimension"], row["is_switching"]) for row in found}


async def models_in_use(database: Database) -> list[ModelUse]:
    """Return the models of all groups, sorted.

    Raises:
        WorldFault: the database is down.
    """
    return [ModelUse(**row) for row in await database.fetch("model_counts")]


def told(others: Iterable[ModelUse], model: str) -> str:
    """Return in one sentence that groups hold vectors of other models than `model`, and what follows."""
    held = "; ".join(f"{use.groups} groups (the first is {use.example!r}) of {use.model}" for use in others)
    return (
        f"the graph holds vectors of {held}: a pod that embeds with {model} stops at an episode of such a group; "
        "`episodes reembed` moves groups to another model"
    )
