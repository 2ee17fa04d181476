"""`episodes bench retrieval`: whether search finds the episodes that answer a question, on question sets."""

from __future__ import annotations

import asyncio
import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consumer.cli.output import is_interactive, note, print_json, print_line, print_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from consumer.bench.retrieval import Progress, RetrievalReport
    from consumer.bench.retrieval_metrics import Quality

EPILOG = "Example: episodes bench retrieval my-questions/ --compare"
_TELL_EVERY = 50
_MAX_PARTS = 40


def register(bench: typer.Typer) -> None:
    """Add the command to `bench`."""
    bench.command("retrieval", epilog=EPILOG)(retrieval)


def retrieval(
    folders: Annotated[list[Path], typer.Argument(help="Folders with events (*.jsonl, .gz too) and qa.jsonl.")],
    *,
    category: Annotated[
        list[str] | None, typer.Option(help="Only questions of this category; repeat it for several.")
    ] = None,
    sample: Annotated[int | None, typer.Option(help="Questions of each group at most.", min=1)] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Ask by other fusions and by single legs too, beside the default.")
    ] = False,
    parts: Annotated[bool, typer.Option("--parts", help="Tell the figures of each group too.")] = False,
    keep: Annotated[
        str | None,
        typer.Option(help="Prefix of the groups, which are then kept: a later run with it asks without writing anew."),
    ] = None,
    results: Annotated[
        Path | None, typer.Option(help="Folder for the ranked event ids of each question, a file a set and variant.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the figures as JSON to this file too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure whether search finds the episodes that answer questions: recall, reciprocal rank, nDCG.

    Each set goes through the stages of a pod into Neo4j, with the configured extractor and embedder, into groups of
    its own that are removed at the end. Baselines stand beside the figures where the set is a known one. Every other
    question, by a hash, is held out: choose settings by the others.
    """
    from consumer.bench.retrieval_sets import load_question_set  # noqa: PLC0415 - heavy
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415 - heavy

    configure_command_logging()
    prefix = keep or f"bench-{uuid.uuid4().hex[:8]}-"
    reports: list[RetrievalReport] = []
    for folder in folders:
        wanted = load_question_set(folder, category or ()).renamed(prefix)
        if sample is not None:
            wanted = wanted.sampled(sample)
        report = asyncio.run(_measured(wanted, compares=compare, keeps=keep is not None))
        reports.append(report)
        if results is not None:
            _write_results(report, results)
        if not as_json:
            _tell(report, prefix, has_parts=parts)
    figures = {report.name: report.as_dict() for report in reports}
    if out is not None:
        out.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json(figures)


async def _measured(wanted: Any, *, compares: bool, keeps: bool) -> RetrievalReport:
    from consumer.bench.retrieval import DEFAULT, Variant, comparisons, measure_retrieval  # noqa: PLC0415 - heavy
    from consumer.search import Ranking  # noqa: PLC0415 - heavy
    from consumer.settings import Settings  # noqa: PLC0415 - heavy

    variants = {DEFAULT: Variant()} | (comparisons(Ranking()) if compares else {})
    return await measure_retrieval(wanted, Settings(), variants, _progress(wanted.name), keeps=keeps)


def _progress(name: str) -> Progress:
    """Return what tells a person who watches how far it is."""

    def tell(what: str, done: int, count: int) -> None:
        if is_interactive() and (what == "episodes" or done % _TELL_EVERY == 0):
            note(f"{name}: {done} of {count} {what}")

    return tell


def _tell(report: RetrievalReport, prefix: str, *, has_parts: bool) -> None:
    from consumer.bench.retrieval import DEFAULT  # noqa: PLC0415 - heavy
    from consumer.bench.retrieval_metrics import NAMES  # noqa: PLC0415 - heavy

    count = len(report.answers[DEFAULT])
    print_line(f"{report.name}: {report.events} events, {report.dead_letters} refused, {count} questions")
    rows = [_row(f"ours, {name}", report.figures(name), f"{report.milliseconds(name):.0f}") for name in report.answers]
    rows.insert(1, _row("ours, held-out half", report.figures(held_out=True), ""))
    if has_parts:
        groups = list(report.parts().items())[:_MAX_PARTS]
        rows += [_row(f"ours, {group.removeprefix(prefix)} ({n})", part, "") for group, (n, part) in groups]
    rows += [
        [name, *(f"{figures[one]:.3f}" if one in figures else "–" for one in NAMES), ""]
        for name, figures in report.baselines.items()
    ]
    print_table(["ranker", *NAMES, "median ms"], rows)
    for name, (ours, best) in report.not_beaten().items():
        print_line(f"{name}: {ours:.3f} is not above the best baseline, {best:.3f}")


def _row(label: str, figures: Quality, spent: str) -> list[str]:
    return [label, *(f"{value:.3f}" for value in figures.as_dict().values()), spent]


def _write_results(report: RetrievalReport, folder: Path) -> None:
    """Write what each question got, one file a variant, in the form that scoring scripts read."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, answers in report.answers.items():
        lines: list[Mapping[str, Any]] = [
            {"qid": one.question.qid, "ranked_event_ids": list(one.ranked)} for one in answers
        ]
        path = folder / f"{report.name}-{name.replace(' ', '-')}.jsonl"
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
