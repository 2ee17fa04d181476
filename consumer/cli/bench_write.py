"""`episodes bench write`: how fast the write stage writes, by itself, by the size of the graph."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.output import is_interactive, note, print_json, print_line, print_table

if TYPE_CHECKING:
    from consumer.bench.write import Load, WriteFigures, WriteReport
    from consumer.settings import StackSettings

EPILOG = "Example: episodes bench write --preload 1000 --preload 200000 --episodes 6000 --dimension 384"
_QUERIES_TOLD = 8


def register(bench: typer.Typer) -> None:
    """Add the command to `bench`."""
    bench.command("write", epilog=EPILOG)(write)


def write(
    *,
    episodes: Annotated[int, typer.Option(help="Episodes to measure, at each size of the graph.", min=1)] = 6_000,
    preload: Annotated[
        list[int] | None,
        typer.Option(help="Episodes in the graph when measuring begins; again for another size.", min=0),
    ] = None,
    groups: Annotated[int, typer.Option(help="Groups that the episodes are of.", min=1)] = 20,
    dimension: Annotated[int, typer.Option(help="Numbers in a vector.", min=2)] = 384,
    batch: Annotated[int, typer.Option(help="Episodes a transaction.", min=1)] = 100,
    writers: Annotated[int, typer.Option(help="Transactions at once; a group has one writer.", min=1)] = 2,
    warm_up: Annotated[int, typer.Option(help="Episodes written and removed first.", min=0)] = 6_000,
    sums_up: Annotated[bool, typer.Option(help="Whether summaries hold current facts.")] = True,
    resolves: Annotated[bool, typer.Option(help="Whether names are resolved by rules.")] = True,
    neo4j: Annotated[
        str | None, typer.Option(help="An empty Neo4j to use, which keeps what is written; one of its own else.")
    ] = None,
    name: Annotated[str, typer.Option(help="How the ids of the groups begin.")] = "bench",
    heap_mb: Annotated[int, typer.Option(help="Heap of its own Neo4j, in MB.", min=256)] = 2_048,
    page_cache_mb: Annotated[int, typer.Option(help="Page cache of its own Neo4j, in MB.", min=64)] = 2_048,
    out: Annotated[Path | None, typer.Option(help="Write the figures as JSON to this file too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure the write stage alone: episodes of six mentions and four facts, extracted and embedded, into Neo4j.

    Starts a Neo4j of its own in a temporary folder, and removes it. Its CPU is read where the system tells
    (Linux). Names follow Zipf's law, so that each group has hubs; vectors are of no model.
    """
    from consumer.bench.write import Load  # noqa: PLC0415 - heavy
    from consumer.settings import Settings  # noqa: PLC0415
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()
    load = Load(
        episodes=episodes,
        at=tuple(preload or [1_000]),
        groups=groups,
        dimension=dimension,
        batch=batch,
        writers=writers,
        warm_up=warm_up,
        sums_up=sums_up,
        resolves=resolves,
        name=name,
    )
    stack = Settings().stack.model_copy(update={"neo4j_heap_mb": heap_mb, "neo4j_page_cache_mb": page_cache_mb})
    report = asyncio.run(_measured(load, neo4j, stack))
    if out is not None:
        out.write_text(report.as_json() + "\n", encoding="utf-8")
    if as_json:
        print_json(report.as_dict())
    else:
        _tell(report)


async def _measured(load: Load, uri: str | None, settings: StackSettings) -> WriteReport:
    from consumer.bench.server_cpu import java_process  # noqa: PLC0415 - heavy
    from consumer.bench.write import measure_write  # noqa: PLC0415 - heavy
    from consumer.stack import LocalStack, Service, StackOptions  # noqa: PLC0415 - heavy

    if uri is not None:
        return await measure_write(load, uri, None, _progress)
    options = StackOptions(ephemeral=True, services=frozenset({Service.NEO4J}), settings=settings)
    async with LocalStack(options) as stack:
        return await measure_write(load, stack.neo4j_uri, java_process(stack.pids[Service.NEO4J]), _progress)


def _progress(size: int) -> None:
    if is_interactive():
        note(f"{size} episodes in the graph")


def _tell(report: WriteReport) -> None:
    sizes = report.sizes
    print_table(
        ["figure, an episode", *(f"at {size.size}" for size in sizes)],
        [
            ["episodes/s", *(f"{size.episodes_per_s:.1f}" for size in sizes)],
            ["CPU of the client, ms", *(f"{size.client_cpu_ms:.2f}" for size in sizes)],
            ["CPU of the server, ms", *(f"{size.server_cpu_ms_all:.2f}" for size in sizes)],
            *(
                [f"  {kind}", *(f"{size.server_cpu_ms.get(kind, 0.0):.2f}" for size in sizes)]
                for kind in sorted({kind for size in sizes for kind in size.server_cpu_ms})
            ),
        ],
    )
    print_line("The longest queries, by what the server says they took (waiting included):")
    names = _longest(sizes)
    print_table(
        ["query, ms an episode", *(f"at {size.size}" for size in sizes)],
        [[name, *(f"{size.query_ms.get(name, 0.0):.2f}" for size in sizes)] for name in names],
    )


def _longest(sizes: list[WriteFigures]) -> list[str]:
    took = {name: max(size.query_ms.get(name, 0.0) for size in sizes) for size in sizes for name in size.query_ms}
    return sorted(took, key=lambda name: -took[name])[:_QUERIES_TOLD]
