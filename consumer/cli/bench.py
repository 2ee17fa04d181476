"""`episodes bench`: measures parts of the product and prints what docs/benchmarks.md tells."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consumer.cli import (
    bench_ceiling,
    bench_communities,
    bench_ingest,
    bench_peers,
    bench_report,
    bench_retrieval,
    bench_run,
    bench_search,
    bench_shortening,
    bench_telemetry,
    bench_write,
)
from consumer.cli.bench_shortening import tell_progress
from consumer.cli.output import note, print_json, print_line, print_table

if TYPE_CHECKING:
    from consumer.bench.extract import GoldenReport
    from consumer.bench.public_sets import SetReport
    from consumer.bench.tally import Tally
    from consumer.testing.golden_case import GoldenSet

EPILOG = "Example: episodes bench extract --tag date --failures"
_TAG_FIELDS = ("entity", "fact", "valid_at")


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    bench = typer.Typer(help="Measure parts of the product.", no_args_is_help=True, rich_markup_mode=None)
    bench.callback()(_bench)
    bench.command("extract", epilog=EPILOG)(extract)
    bench_ceiling.register(bench)
    bench_communities.register(bench)
    bench_ingest.register(bench)
    bench_peers.register(bench)
    bench_report.register(bench)
    bench_retrieval.register(bench)
    bench_run.register(bench)
    bench_search.register(bench)
    bench_telemetry.register(bench)
    bench_write.register(bench)
    app.add_typer(bench, name="bench")


def _bench() -> None:
    """Measure parts of the product."""


def extract(
    *,
    cases: Annotated[Path, typer.Option(help="Folder of golden cases (*.jsonl).")] = Path("tests/golden"),
    tag: Annotated[str | None, typer.Option(help="Only the cases that bear this tag, e.g. date or ja.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of the public sets us-offices and kdconv; not measured when left out.")
    ] = None,
    limit: Annotated[int, typer.Option(help="Episodes of each public set at most.", min=1)] = 1_000_000,
    shortened: Annotated[
        bool,
        typer.Option(
            "--shortened",
            help="Tell instead what compressed and truncated texts cost in recall: the cases are asked seven times.",
        ),
    ] = False,
    failures: Annotated[
        bool, typer.Option("--failures", help="Tell what was not right, case by case, of the cases not held out.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Write the whole report as JSON to this file too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole report as JSON.")] = False,
) -> None:
    """Measure how right the configured extractor is on golden cases: precision and recall, field by field.

    The extractor is that of the settings: local, or any OpenAI-compatible endpoint (OPENAI_API_KEY,
    OPENAI_BASE_URL, EPISODES_LLM__MODEL). A paid model is asked some 220 short questions, several a call where
    calls are batched.
    """
    from consumer.errors import UserError  # noqa: PLC0415 - heavy
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415 - heavy
    from consumer.testing.golden_case import load_golden  # noqa: PLC0415 - heavy

    configure_command_logging()
    golden = load_golden(cases).tagged(tag)
    if not golden.cases:
        raise UserError(f"no case in {cases} bears the tag {tag}")
    if shortened:
        bench_shortening.tell(golden, data, limit, out=out, as_json=as_json)
        return
    report, sets = asyncio.run(_measured(golden, data, limit))
    whole = {**report.as_dict(), "sets": {one.name: _set_dict(one) for one in sets}}
    if out is not None:
        out.write_text(json.dumps(whole, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json(whole)
        return
    _tell(report, sets, shows_failures=failures)


async def _measured(golden: GoldenSet, data: Path | None, limit: int) -> tuple[GoldenReport, list[SetReport]]:
    from consumer.app.build import build_extractor  # noqa: PLC0415 - heavy
    from consumer.bench.asking import Asking  # noqa: PLC0415 - heavy
    from consumer.bench.extract import run_golden  # noqa: PLC0415 - heavy
    from consumer.bench.public_sets import SETS, run_set  # noqa: PLC0415 - heavy
    from consumer.clock import SystemClock  # noqa: PLC0415 - heavy
    from consumer.settings import Settings  # noqa: PLC0415 - heavy

    settings = Settings()
    async with aclosing(build_extractor(settings)) as extractor:
        asking = Asking(extractor, SystemClock(), settings.concurrency, tell_progress)
        report = await run_golden(asking, golden)
        sets = [] if data is None else [await run_set(name, data, asking, limit) for name in SETS]
    return report, sets


def _tell(report: GoldenReport, sets: list[SetReport], *, shows_failures: bool) -> None:
    from consumer.bench.extract import PARTS  # noqa: PLC0415 - heavy
    from consumer.bench.golden import FIELDS  # noqa: PLC0415 - heavy

    usage, held_out = report.usage, sum(one.case.is_held_out for one in report.scores)
    print_line(f"{report.extractor}: {len(report.scores)} cases, {held_out} of them held out, {report.seconds:.1f} s")
    if usage.calls:
        per_case = usage.calls / len(report.scores)
        print_line(
            f"{usage.calls} calls ({per_case:.2f} a case, {usage.failed_calls} failed), "
            f"{usage.input_tokens} tokens in, {usage.output_tokens} out"
        )
    parts = [(part, report.part(part)) for part in PARTS]
    headings = ["field", *(f"{part} {what}" for part in PARTS for what in ("P", "R", "F1"))]
    print_table(headings, [[name, *(cell for _, part in parts for cell in _cells(part.get(name)))] for name in FIELDS])
    headings = ["tag", "cases", *(f"{name} {what}" for name in _TAG_FIELDS for what in ("P", "R")), "forbidden"]
    print_table(headings, [_tag_row(report, tag, tallies) for tag, tallies in report.tags().items()])
    for one in sets:
        _tell_set(one)
    for event_id, fault in report.faults.items():
        note(f"{event_id}: no answer: {fault}")
    if shows_failures:
        for score in report.scores:
            if score.problems and not score.case.is_held_out:
                print_line(f"{score.case.id}: {'; '.join(score.problems)}")


def _tag_row(report: GoldenReport, tag: str, tallies: dict[str, Tally]) -> list[str]:
    cells = [cell for name in _TAG_FIELDS for cell in _cells(tallies.get(name))[:2]]
    forbidden = tallies["forbidden"]
    return [tag, str(report.cases_of(tag)), *cells, f"{forbidden.wrong}/{forbidden.right + forbidden.wrong}"]


def _tell_set(one: SetReport) -> None:
    if one.tallies is None:
        print_line(f"{one.name}: skipped, {one.skipped}")
        return
    for name, tally in one.tallies.items():
        precision, recall, f1 = _cells(tally)
        print_line(f"{one.name}, {one.episodes} episodes, {name}: P {precision}, R {recall}, F1 {f1}")


def _cells(tally: Tally | None) -> list[str]:
    ratios = (None, None, None) if tally is None else (tally.precision, tally.recall, tally.f1)
    return ["–" if ratio is None else f"{ratio:.2f}" for ratio in ratios]


def _set_dict(one: SetReport) -> dict[str, Any]:
    if one.tallies is None:
        return {"skipped": one.skipped}
    return {
        "episodes": one.episodes,
        **{name: {"right": t.right, "wrong": t.wrong, "missed": t.missed} for name, t in one.tallies.items()},
    }
