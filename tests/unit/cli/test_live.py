"""The live view: rates, the table, the line."""

import asyncio
import io

from rich.console import Console

from consumer.app.runtime import RuntimeView
from consumer.cli.live import RateMeter, summary, table, watching
from consumer.pipeline.supervisor import StageView


def view(done=10, **changes):
    fields = {
        "stages": [StageView("extract", done, 3, 7, 700), StageView("write", 2, 1, 0, 0)],
        "lag": 42,
        "partitions": 4,
        "in_flight": 11,
        "in_flight_bytes": 1_100,
        "peak_in_flight": 20,
        "is_paused": False,
        "outcomes": {"written": 2, "rejected": 1},
    } | changes
    return RuntimeView(**fields)


def drawn(renderable):
    console = Console(file=io.StringIO(), width=100)
    console.print(renderable)
    return console.file.getvalue()


def test_rates_are_over_the_last_seconds_only():
    """A stage that was fast long ago and rests now has a rate of nought."""
    meter = RateMeter(over_s=2.0)
    assert meter.rates(0.0, {"extract": 0}) == {"extract": 0.0}
    assert meter.rates(1.0, {"extract": 100}) == {"extract": 100.0}
    for second in range(2, 6):
        rates = meter.rates(float(second), {"extract": 100})
    assert rates == {"extract": 0.0}


def test_the_table_shows_each_stage():
    """Done, in flight, queue and rate of every stage, and lag and outcomes below."""
    text = drawn(table(view(), {"extract": 12.3}))
    row = next(line for line in text.splitlines() if "extract" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["extract", "10", "3", "7", "12"]
    assert "lag 42 on 4 partitions" in text
    assert "rejected=1 written=2" in " ".join(text.split())


def test_a_full_budget_is_told():
    """A paused pod says so: nothing moves for a reason."""
    assert "PAUSED" in summary(view(is_paused=True))
    assert "nothing yet" in summary(view(outcomes={}))


async def test_the_view_ends_with_the_block():
    """Watching leaves no task behind, and does not swallow what the block raises."""
    before = len(asyncio.all_tasks())
    async with watching(view, Console(file=io.StringIO(), force_terminal=True, width=100)):
        await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == before
