"""`episodes snapshot` and `episodes diff`: all that was true in a group at an instant, and what changed between two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.output import note, print_json, print_table
from consumer.cli.question_options import AsJson, AsOf, Group, KnownAt, Relation, ask, instant
from consumer.cli.question_output import FACT_HEADINGS, day_text, fact_row, tell

if TYPE_CHECKING:
    from consumer.search.question_models import Change, SnapshotPage, SnapshotQuestion
    from consumer.search.questions import GraphQuestions

Limit = Annotated[int, typer.Option(min=1, max=5_000, help="Facts on a page.")]
Cursor = Annotated[str | None, typer.Option(help="Where the page before told to go on.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("snapshot", epilog="Example: episodes snapshot alice --as-of 2024-05-01 --whole --json")(snapshot)
    app.command("diff", epilog="Example: episodes diff alice --from 2024-05-01 --to 2024-06-01")(diff)


def snapshot(
    group: Group,
    *,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    relation: Relation = None,
    limit: Limit = 1_000,
    cursor: Cursor = None,
    whole: Annotated[bool, typer.Option("--whole", help="All pages, one after the other.")] = False,
    as_json: AsJson = False,
) -> None:
    """List all facts of a group that are true now, or at another time, in one and the same order, page by page.

    With --json a page is one document; with --whole and --json a line each. Exit code 0 also when there are none.
    """
    from consumer.search.question_models import SnapshotQuestion  # noqa: PLC0415 - heavy

    question = SnapshotQuestion(
        group, instant("--as-of", as_of), instant("--known-at", known_at), tuple(relation or ()), limit, cursor
    )
    if whole:
        ask(lambda questions: _all_pages(questions, question, as_json=as_json))
        return
    found = ask(lambda questions: questions.snapshot(question))
    if as_json:
        from consumer.search.question_json import as_json as plain  # noqa: PLC0415

        print_json(plain(found))
        return
    if found.facts:
        print_table(FACT_HEADINGS, [fact_row(fact) for fact in found.facts])
    elif not found.next_cursor:
        note(f"group {group!r} has no such facts")
    tell(found.notes)
    if found.next_cursor:
        note(f"--cursor {found.next_cursor}")


async def _all_pages(questions: GraphQuestions, question: SnapshotQuestion, *, as_json: bool) -> None:
    """Print page after page; say so when the group was written meanwhile."""
    first: SnapshotPage | None = None
    count = 0
    async for page in questions.snapshot_pages(question):
        if first is not None and page.version != first.version:
            note("note: the group was written meanwhile: the pages are not of one state")
        first = page
        count += len(page.facts)
        _print_page(page, as_json=as_json)
    note(f"{count:,} facts")


def _print_page(page: SnapshotPage, *, as_json: bool) -> None:
    import json  # noqa: PLC0415

    from consumer.cli.output import print_line  # noqa: PLC0415
    from consumer.search.question_json import as_json as plain  # noqa: PLC0415

    if as_json:
        for fact in page.facts:
            print_line(json.dumps(plain(fact), ensure_ascii=False))
    elif page.facts:
        print_table(FACT_HEADINGS, [fact_row(fact) for fact in page.facts])


def diff(
    group: Group,
    *,
    start: Annotated[str, typer.Option("--from", help="The first instant: 2024-05-01 or 2024-05-01T12:00:00Z.")],
    end: Annotated[str, typer.Option("--to", help="The second.")],
    of_the_log: Annotated[
        bool, typer.Option("--log", help="Compare what the log had told by the two, instead of what was true.")
    ] = False,
    as_of: Annotated[str | None, typer.Option(help="With --log: only what was held true then.")] = None,
    known_at: Annotated[str | None, typer.Option(help="Without --log: as the log had told it by then.")] = None,
    relation: Relation = None,
    limit: Limit = 1_000,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """List the facts of a group that are different at the second instant from at the first.

    Of the world: began, ended, passed (both, in between). With --log: learned, closed (its end became known),
    corrected (other dates), withdrawn. Exit code 0 also when nothing is different.
    """
    from consumer.errors import UserError  # noqa: PLC0415
    from consumer.search.question_json import as_json as plain  # noqa: PLC0415
    from consumer.search.question_models import Axis, DiffQuestion  # noqa: PLC0415 - heavy

    if of_the_log and known_at is not None:
        raise UserError("--known-at is for differences in the world: with --log the two instants say it", exit_code=2)
    if as_of is not None and not of_the_log:
        raise UserError("--as-of is for differences of the log: add --log", exit_code=2)
    first, second = instant("--from", start), instant("--to", end)
    assert first is not None  # noqa: S101 - both are required
    assert second is not None  # noqa: S101 - both are required
    question = DiffQuestion(
        group,
        first,
        second,
        Axis.LOG if of_the_log else Axis.VALID,
        instant("--as-of", as_of),
        instant("--known-at", known_at),
        tuple(relation or ()),
        limit,
        cursor,
    )
    found = ask(lambda questions: questions.diff(question))
    if as_json:
        print_json(plain(found))
        return
    if found.changes:
        print_table(("change", *FACT_HEADINGS[:-1], "before", "fact"), [_change_row(each) for each in found.changes])
    else:
        note("nothing is different")
    tell(found.notes)
    if found.next_cursor:
        note(f"--cursor {found.next_cursor}")


def _change_row(change: Change) -> tuple[str, ...]:
    *cells, sentence = fact_row(change.fact)
    before = change.before
    was = "" if before is None else f"{day_text(before.valid_at)} to {day_text(before.invalid_at) or 'open'}"
    return change.kind.value, *cells, was, sentence
