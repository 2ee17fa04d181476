"""`episodes reembed`: give groups vectors of another embedding model, while search goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.output import is_interactive, note, print_json, print_line, print_table
from consumer.errors import UserError

if TYPE_CHECKING:
    from consumer.app.reembed import Moved, MovePlan
    from consumer.graph import Database
    from consumer.ports import Embedder
    from consumer.settings import Settings

EPILOG = "Example: episodes reembed --all --model text-embedding-3-large --dimension 1024 --yes"

TELL_EVERY_S = 5.0
"""How often progress is told where nobody watches."""

TRANSACTION_S = 300.0
"""A large group's vectors are looked through in one transaction; a pod's limit is made for single batches."""

_MINUTE = 60


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("reembed", epilog=EPILOG)(reembed)


def reembed(
    groups: Annotated[list[str] | None, typer.Argument(metavar="GROUP...", help="Groups to move.")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All groups that hold vectors of another model.")] = False,
    model: Annotated[
        str | None,
        typer.Option(help="Model to move to, or `local`; when left out, the one that the settings embed with."),
    ] = None,
    dimension: Annotated[int | None, typer.Option(min=1, help="Length of its vectors; the model's default.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it the command only tells what it takes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print plan and result as JSON.")] = False,
) -> None:
    """Give groups vectors of another embedding model.

    New vectors are made beside the old ones; pods write and people search meanwhile. Then each group changes all at
    once, and pods with the old model stop at its next episode: start them anew with the new one. Killed at any point,
    the same command goes on. Without --yes nothing is changed.
    """
    from consumer.app.reembed import target_settings  # noqa: PLC0415 - heavy
    from consumer.settings import Settings  # noqa: PLC0415
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()
    if bool(groups) == everything:
        raise UserError("name groups, or all with --all", exit_code=2)
    settings = target_settings(Settings(), model, dimension)
    planned, moved = asyncio.run(_run(settings, None if everything else groups, yes=yes, as_json=as_json))
    if as_json:
        print_json({"plan": asdict(planned), "moved": None if moved is None else asdict(moved)})
    elif moved is not None:
        print_line(f"{len(moved.groups)} groups hold vectors of {planned.to.model} now: {moved.vectors} vectors")
    if moved is not None:
        _tell_rest(moved, planned)


async def _run(
    settings: Settings, groups: list[str] | None, *, yes: bool, as_json: bool
) -> tuple[MovePlan, Moved | None]:
    from consumer.app.reembed import Mover, plan  # noqa: PLC0415 - heavy

    async with _opened(settings) as (database, embedder):
        planned = await plan(database, embedder, settings.embedding, groups)
        if not as_json:
            _tell_plan(planned)
        if not yes or not planned.groups:
            if planned.groups:
                note("nothing was changed; --yes does it")
            return planned, None
        with _progress(planned) as tell:
            mover = Mover(database, embedder, tell, applies_schema=settings.neo4j.apply_schema)
            return planned, await mover.move(planned)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[tuple[Database, Embedder]]:
    """Open the graph and the embedder to move to, which keeps to its endpoint's limits."""
    from consumer.app.build import build_embedder  # noqa: PLC0415 - heavy
    from consumer.graph import connect  # noqa: PLC0415

    async with AsyncExitStack() as closing:
        embedder = build_embedder(settings)
        closing.push_async_callback(embedder.aclose)
        neo4j = settings.neo4j.model_copy(update={"transaction_timeout_s": TRANSACTION_S})
        yield await closing.enter_async_context(aclosing(connect(neo4j))), embedder


def _tell_plan(planned: MovePlan) -> None:
    """Show what is moved, and what it takes."""
    if planned.groups:
        print_table(
            ("group", "from", "vectors", "tokens", "calls"),
            [(g.group_id, g.model, str(g.vectors), f"{g.tokens}", str(g.calls)) for g in planned.groups],
        )
        vectors, tokens, calls = (sum(getattr(g, of) for g in planned.groups) for of in ("vectors", "tokens", "calls"))
        print_line(
            f"to {planned.to.model}: {vectors} vectors of {len(planned.groups)} groups, about {tokens} tokens in "
            f"{calls} calls, {_time_text(planned.seconds)}; texts in the cache cost nothing"
        )
    else:
        print_line(f"nothing to move to {planned.to.model}")
    for names, what in ((planned.already, "hold its vectors already"), (planned.without, "hold no vectors of ours")):
        if names:
            note(f"{what}: {', '.join(names)}")


def _tell_rest(moved: Moved, planned: MovePlan) -> None:
    """Say what a person should know or do now."""
    if moved.unusable:
        note(f"{moved.unusable} texts have no vector of the new model, and so none at all")
    for problem in moved.problems:
        note(problem)
    note(f"pods and searches need {_variables(planned.to.model)} from now on")


def _variables(model: str) -> str:
    """Return what the environment of a pod must say to embed with this model."""
    from consumer.embed.local import MODEL  # noqa: PLC0415 - heavy

    name, _, length = model.rpartition("/")
    if name == MODEL:
        return "EPISODES_EMBEDDER=local"
    return f"EPISODES_EMBEDDING__MODEL={name} and EPISODES_EMBEDDING__DIMENSION={length}"


def _time_text(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 2 * _MINUTE else f"{seconds / _MINUTE:.0f} min"


@contextmanager
def _progress(planned: MovePlan) -> Iterator[Callable[[str, int], None]]:
    """Give what is told of each page: a bar where somebody watches, a line now and then elsewhere."""
    total = sum(group.vectors for group in planned.groups)
    done: dict[str, int] = {}
    if is_interactive():
        from rich.console import Console  # noqa: PLC0415 - drawn for people only
        from rich.progress import Progress  # noqa: PLC0415

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("vectors", total=total)

            def show(group_id: str, staged: int) -> None:
                done[group_id] = staged
                bar.update(task, completed=sum(done.values()))

            yield show
        return
    from consumer.clock import SystemClock  # noqa: PLC0415

    clock, told_at = SystemClock(), [float("-inf")]

    def tell(group_id: str, staged: int) -> None:
        done[group_id] = staged
        if clock.monotonic() - told_at[0] >= TELL_EVERY_S:
            told_at[0] = clock.monotonic()
            note(f"{sum(done.values())} of about {total} vectors made, now group {group_id}")

    yield tell
