"""`episodes neighbours`, `path` and `timeline`: questions about an entity, as of any time."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.output import note, print_json, print_line, print_table
from consumer.cli.question_options import (
    AnyTime,
    AsJson,
    AsOf,
    EntityType,
    Group,
    KnownAt,
    Name,
    Relation,
    Side,
    WhichSide,
    ask,
    direction,
    instant,
)
from consumer.cli.question_output import (
    FACT_HEADINGS,
    GAP,
    bar,
    cells_for,
    day_text,
    fact_row,
    lane_name,
    lane_rows,
    path_text,
    span_of,
    tell,
)

if TYPE_CHECKING:
    from consumer.search.question_models import Timeline


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("neighbours", epilog="Example: episodes neighbours alice Bob --depth 2 --as-of 2024-05-01")(neighbours)
    app.command("path", epilog='Example: episodes path alice Bob "Acme Inc." --max-depth 3')(path)
    app.command(
        "timeline",
        epilog='Example: episodes timeline offices "Vice President" --relation HOLDS_OFFICE --direction in',
    )(timeline)


def neighbours(
    group: Group,
    name: Name,
    *,
    depth: Annotated[int, typer.Option(min=1, max=5, help="So many relations away.")] = 1,
    relation: Relation = None,
    entity_type: EntityType = None,
    side: WhichSide = Side.BOTH,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    any_time: AnyTime = False,
    width: Annotated[
        int, typer.Option(min=1, max=1_000, help="Facts of one entity, those that began last first.")
    ] = 100,
    limit: Annotated[int, typer.Option(min=1, max=5_000, help="Facts in all.")] = 500,
    as_json: AsJson = False,
) -> None:
    """List the facts around an entity that are true now, or at another time, with the entities they lead to.

    What was left out is told on standard error. Exit code 0 also when it has no facts, 1 for a name nobody has.
    """
    from consumer.search.question_json import as_json as plain  # noqa: PLC0415
    from consumer.search.question_models import NeighbourQuestion  # noqa: PLC0415 - heavy

    question = NeighbourQuestion(
        group,
        name,
        depth,
        instant("--as-of", as_of),
        instant("--known-at", known_at),
        any_time,
        tuple(relation or ()),
        tuple(entity_type or ()),
        direction(side),
        width,
        limit,
    )
    found = ask(lambda questions: questions.neighbours(question))
    if as_json:
        print_json(plain(found))
        return
    if found.facts:
        print_table(FACT_HEADINGS, [fact_row(fact) for fact in found.facts])
    else:
        note(f"{found.center.name!r} has no such facts")
    tell(found.notes)


def path(
    group: Group,
    source: Annotated[str, typer.Argument(metavar="FROM", help="Any name of the one entity, or its uuid.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="Of the other.")],
    *,
    max_depth: Annotated[int, typer.Option(min=1, max=5, help="Relations on a path at most.")] = 4,
    count: Annotated[int, typer.Option(min=1, max=50, help="The shortest so many.")] = 3,
    relation: Relation = None,
    entity_type: EntityType = None,
    side: WhichSide = Side.BOTH,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    any_time: AnyTime = False,
    as_json: AsJson = False,
) -> None:
    """Show how two entities are connected: the shortest paths over facts that are true now, or at another time.

    All facts of a path are true at one instant, with --all too: then at whichever. The same question has the same
    answer. Exit code 0 also when there is no path, 1 for a name nobody has.
    """
    from consumer.search.question_json import as_json as plain  # noqa: PLC0415
    from consumer.search.question_models import PathQuestion  # noqa: PLC0415 - heavy

    question = PathQuestion(
        group,
        source,
        target,
        max_depth,
        count,
        instant("--as-of", as_of),
        instant("--known-at", known_at),
        any_time,
        tuple(relation or ()),
        tuple(entity_type or ()),
        direction(side),
    )
    found = ask(lambda questions: questions.paths(question))
    if as_json:
        print_json(plain(found))
        return
    for each in found.paths:
        until = day_text(each.holds.end) or "open"
        print_line(f"{path_text(each)}  ({day_text(each.holds.start) or 'unknown'} to {until})")
        for step in each.steps:
            for fact in step.facts:
                print_line(f"  {fact.sentence} ({day_text(fact.valid_at)} to {day_text(fact.invalid_at) or 'open'})")
    if not found.paths:
        note(f"no path of at most {max_depth} relations leads from {found.source.name!r} to {found.target.name!r}")
    tell(found.notes)


def timeline(
    group: Group,
    name: Name,
    *,
    relation: Relation = None,
    side: WhichSide = Side.BOTH,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    since: Annotated[str | None, typer.Option(help="What is true then or later.")] = None,
    until: Annotated[str | None, typer.Option(help="What is true before then.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=5_000, help="Facts at most.")] = 200,
    offset: Annotated[int, typer.Option(min=0, help="After the first so many.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Show what was true of an entity when, relation by relation: "who held this office when".

    Gaps (nothing is true) and overlaps (more than one is) are marked; on a terminal each fact has a bar. With --as-of
    only what is true then, or the gap. Exit code 0 also when there is nothing, 1 for a name nobody has.
    """
    from consumer.search.question_json import as_json as plain  # noqa: PLC0415
    from consumer.search.question_models import TimelineQuestion  # noqa: PLC0415 - heavy

    question = TimelineQuestion(
        group,
        name,
        tuple(relation or ()),
        direction(side),
        instant("--as-of", as_of),
        instant("--known-at", known_at),
        instant("--since", since),
        instant("--until", until),
        limit,
        offset,
    )
    found = ask(lambda questions: questions.timeline(question))
    if as_json:
        print_json(plain(found))
        return
    if found.lanes:
        _print_lanes(found)
    else:
        note(f"{found.entity.name!r} has no such facts")
    tell(found.notes)


def _print_lanes(found: Timeline) -> None:
    from consumer.clock import SystemClock  # noqa: PLC0415

    rows = [(lane, *row) for lane in found.lanes for row in lane_rows(lane, found.entity.uuid)]
    headings = ["relation", "with", "since", "until", ""]
    shown = [[lane_name(lane), who, day_text(held.start), day_text(held.end), mark] for lane, who, held, mark in rows]
    if sys.stdout.isatty():
        whole = span_of([held for _, _, held, _ in rows], SystemClock().now())
        cells = cells_for(shutil.get_terminal_size().columns, [headings, *shown])
        headings.append(f"{day_text(whole.start)[:10]} to {day_text(whole.end)[:10]}"[: max(cells, 10)])
        for row, (_, _, held, mark) in zip(shown, rows, strict=True):
            row.append("" if mark == GAP else bar(held, whole, cells))
    print_table(headings, shown)
