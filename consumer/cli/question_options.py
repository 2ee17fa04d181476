"""Options that the commands on the graph share, and what their texts mean."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypeVar

import typer

if TYPE_CHECKING:
    from consumer.search.question_models import Direction
    from consumer.search.questions import GraphQuestions

T = TypeVar("T")


class Side(StrEnum):
    """Which side of a fact the entity is on."""

    OUT = "out"
    IN = "in"
    BOTH = "both"


Group: TypeAlias = Annotated[str, typer.Argument(metavar="GROUP", help="The group (tenant).")]
Name: TypeAlias = Annotated[str, typer.Argument(metavar="NAME", help="Any name of the entity, or its uuid.")]
AsOf: TypeAlias = Annotated[
    str | None, typer.Option("--as-of", help="True then, in the world: 2024-05-01 or 2024-05-01T12:00:00Z. Else now.")
]
KnownAt: TypeAlias = Annotated[
    str | None, typer.Option("--known-at", help="As the log had told it by then: what came later is not counted.")
]
AnyTime: TypeAlias = Annotated[bool, typer.Option("--all", help="Of any time, what is over and what is to come, too.")]
Relation: TypeAlias = Annotated[
    list[str] | None, typer.Option("--relation", help="Only this relation, e.g. WORKS_AT; repeat it for several.")
]
EntityType: TypeAlias = Annotated[
    list[str] | None, typer.Option("--type", help="Only by way of entities of this type; repeat it for several.")
]
WhichSide: TypeAlias = Annotated[
    Side, typer.Option("--direction", help="out: facts lead from subject to object; in: the other way round.")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def direction(side: Side) -> Direction:
    """Return the direction of questions."""
    from consumer.search.question_models import Direction  # noqa: PLC0415 - heavy

    return Direction(side.value)


def instant(option: str, text: str | None) -> datetime | None:
    """Return the instant of an option, None when it is not given.

    Raises:
        UserError: it is none.
    """
    from consumer.cli.times import parse_instant  # noqa: PLC0415

    return None if text is None else parse_instant(option, text, takes_dates=True)


def ask(work: Callable[[GraphQuestions], Awaitable[T]]) -> T:
    """Return what `work` finds out, with a connection of its own."""
    from consumer.app.questions import open_questions  # noqa: PLC0415 - heavy
    from consumer.settings import Settings  # noqa: PLC0415
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()

    async def run() -> T:
        async with open_questions(Settings()) as questions:
            return await work(questions)

    return asyncio.run(run())
