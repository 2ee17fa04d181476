"""`episodes bench communities`: how long communities take, by size."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.output import is_interactive, note, print_json, print_table

if TYPE_CHECKING:
    from consumer.bench.communities import Measured
    from consumer.settings import Settings

EPILOG = "Example: episodes bench communities --entities 10000 --facts 50000 --build"


def register(bench: typer.Typer) -> None:
    """Add the command to `bench`."""
    bench.command("communities", epilog=EPILOG)(communities)


def communities(
    *,
    entities: Annotated[list[int] | None, typer.Option(min=2, help="Entities; again for another size.")] = None,
    facts: Annotated[
        list[int] | None, typer.Option(min=1, help="Facts, one for each size; five an entity when left out.")
    ] = None,
    build: Annotated[
        bool, typer.Option("--build", help="Measure whole builds too, in the Neo4j of the settings; they are removed.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Write the figures as JSON to this file too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure dividing into communities, alone and as a whole build: first, unchanged, and after 100 new facts.

    The graph has planted circles; modularity tells how good a division is. Vectors are made by hash, so that no model
    is timed.
    """
    from consumer.errors import UserError  # noqa: PLC0415 - heavy
    from consumer.settings import Settings  # noqa: PLC0415
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()
    sizes = entities or [1_000, 10_000]
    if facts and len(facts) != len(sizes):
        raise UserError("give --facts as often as --entities", exit_code=2)
    pairs = list(zip(sizes, facts or [5 * size for size in sizes], strict=True))
    found = asyncio.run(_measured(Settings(), pairs, build=build))
    whole = [each.as_dict() for each in found]
    if out is not None:
        out.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json(whole)
        return
    _tell(found)


async def _measured(settings: Settings, pairs: list[tuple[int, int]], *, build: bool) -> list[Measured]:
    import uuid  # noqa: PLC0415 - for a group nobody else has

    from consumer.bench.communities import measure_algorithm, measure_build  # noqa: PLC0415 - heavy

    found = []
    for entities, facts in pairs:
        measured = await asyncio.to_thread(measure_algorithm, entities, facts, settings.communities)
        if build:
            group_id = f"bench-communities-{uuid.uuid4().hex[:12]}"
            measured = await measure_build(measured, settings, group_id, _progress)
        found.append(measured)
    return found


def _progress(text: str) -> None:
    if is_interactive():
        note(text)


def _tell(found: list[Measured]) -> None:
    rows = [
        ("facts", [f"{each.facts}" for each in found]),
        ("communities", [f"{each.communities}" for each in found]),
        ("divided, s", [f"{each.divide_s:.2f}" for each in found]),
        ("  of our CPU, s", [f"{each.divide_cpu_s:.2f}" for each in found]),
        ("twice the same, in another order", ["yes" if each.is_same else "NO" for each in found]),
        ("modularity (of the planted circles)", [f"{e.modularity:.4f} ({e.planted_modularity:.4f})" for e in found]),
        ("100 new facts, s", [f"{each.incremental_s:.2f}" for each in found]),
        ("entities divided anew", [f"{each.incremental_share:.0%}" for each in found]),
        (
            "modularity then (of a full one)",
            [f"{e.incremental_modularity:.4f} ({e.full_modularity_then:.4f})" for e in found],
        ),
    ]
    if any(each.build_s for each in found):
        steps = list(found[0].build_s)
        rows += [("whole build, s", [f"{sum(each.build_s.values()):.2f}" for each in found])]
        rows += [(f"  {step}", [f"{each.build_s.get(step, 0):.2f}" for each in found]) for step in steps]
        rows += [
            ("  our CPU in all of it", [f"{each.build_cpu_s:.2f}" for each in found]),
            ("build of an unchanged group, s", [f"{each.unchanged_s:.3f}" for each in found]),
            ("build after 100 new facts, s", [f"{sum(each.incremental_build_s.values()):.2f}" for each in found]),
        ]
    print_table(["figure", *(f"{each.entities} entities" for each in found)], [[name, *cells] for name, cells in rows])
