"""`episodes bench extract --shortened`: what compressed and truncated texts cost in recall."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from consumer.cli.output import is_interactive, note, print_json, print_table

if TYPE_CHECKING:
    from consumer.bench.shortening import ShorteningRow
    from consumer.testing.golden_case import GoldenSet


def tell(golden: GoldenSet, data: Path | None, limit: int, *, out: Path | None, as_json: bool) -> None:
    """Measure the configured extractor with each way of leaving out, and tell it as a table or as JSON."""
    rows = asyncio.run(_measured(golden, data, limit))
    whole = {"shortened": [row.as_dict() for row in rows]}
    if out is not None:
        out.write_text(json.dumps(whole, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json(whole)
        return
    sets = list(rows[0].sets)
    headings = ["read", "real tokens", "tokens", "entity R", "fact P", "fact R", "long tokens", "long fact R"]
    print_table([*headings, *(f"{name} R" for name in sets)], [_cells(row, sets) for row in rows])


def tell_progress(done: int, count: int) -> None:
    """Tell how far it is, to a person who watches: every tenth."""
    if is_interactive() and (done == count or done % max(count // 10, 1) == 0):
        note(f"{done} of {count} episodes")


async def _measured(golden: GoldenSet, data: Path | None, limit: int) -> list[ShorteningRow]:
    from consumer.app.build import build_extractor  # noqa: PLC0415 - heavy
    from consumer.bench.asking import Asking  # noqa: PLC0415 - heavy
    from consumer.bench.shortening import run_shortening  # noqa: PLC0415 - heavy
    from consumer.clock import SystemClock  # noqa: PLC0415 - heavy
    from consumer.settings import Compression, Settings  # noqa: PLC0415 - heavy

    settings = Settings()
    whole = settings.llm.model_copy(update={"truncate_tokens": None, "compression": Compression.NONE})
    async with aclosing(build_extractor(settings.model_copy(update={"llm": whole}))) as extractor:
        asking = Asking(extractor, SystemClock(), settings.concurrency, tell_progress)
        return await run_shortening(asking, golden, data, limit)


def _cells(row: ShorteningRow, sets: list[str]) -> list[str]:
    counts = [f"{row.real_tokens:,}", f"{row.tokens:,}"]
    ratios = [row.entity.recall, row.fact.precision, row.fact.recall]
    found = [row.sets[name].recall if name in row.sets else None for name in sets]
    long = [f"{row.long_tokens:,}", _ratio(row.long_fact.recall)]
    return [row.way, *counts, *map(_ratio, ratios), *long, *map(_ratio, found)]


def _ratio(ratio: float | None) -> str:
    return "–" if ratio is None else f"{ratio:.2f}"
