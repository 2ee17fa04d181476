"""How answers about the graph are shown to people: dates, facts as rows, stretches of time as bars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from consumer.cli.output import note

if TYPE_CHECKING:
    from consumer.search.question_models import FactEdge, Interval, Lane, Path

_SHORT, _LONG = 8, 40
_RULE = 3
"""What a column of a table takes beside its cells: a line and a space on both sides."""

GAP, OVERLAP = "gap", "overlap"

FACT_HEADINGS = ("subject", "relation", "object", "true since", "until", "fact")


def tell(notes: Iterable[str]) -> None:
    """Print notes on standard error, a line each."""
    for each in notes:
        note(f"note: {each}")


def day_text(instant: datetime | None) -> str:
    """Return an instant as a date, with the time of day where there is one; empty for none."""
    if instant is None:
        return ""
    day = f"{instant.year:04d}-{instant.month:02d}-{instant.day:02d}"
    has_time = (instant.hour, instant.minute, instant.second) != (0, 0, 0)
    return f"{day} {instant:%H:%M}" if has_time else day


def fact_row(fact: FactEdge) -> tuple[str, ...]:
    """Return a fact under `FACT_HEADINGS`."""
    dates = day_text(fact.valid_at), day_text(fact.invalid_at)
    return fact.subject, fact.relation, fact.object, *dates, fact.sentence


def path_text(path: Path) -> str:
    """Return a path in one line, each relation with an arrow from its subject to its object."""
    text = path.entities[0].name
    for start, end, step in zip(path.entities, path.entities[1:], path.steps, strict=False):
        forward = sorted({fact.relation for fact in step.facts if fact.subject_uuid == start.uuid})
        back = sorted({fact.relation for fact in step.facts if fact.subject_uuid != start.uuid})
        arrows = [f"-[{'|'.join(forward)}]->"] if forward else []
        arrows += [f"<-[{'|'.join(back)}]-"] if back else []
        text += f" {' '.join(arrows)} {end.name}"
    return text


def lane_name(lane: Lane) -> str:
    """Return the relation of a lane; an arrow before it where the entity is its object."""
    return lane.relation if lane.direction.has_out else f"<- {lane.relation}"


def lane_rows(lane: Lane, entity_uuid: str) -> list[tuple[str, Interval, str]]:
    """Return the facts and gaps of a lane by start: who is at the other end, when, and the mark."""
    from consumer.search.intervals import Interval  # noqa: PLC0415 - heavy

    def crosses(fact: FactEdge) -> bool:
        held = Interval(fact.valid_at, fact.invalid_at)
        return any(max(held.low, each.interval.low) < min(held.high, each.interval.high) for each in lane.overlaps)

    found = [
        (
            fact.object if fact.subject_uuid == entity_uuid else fact.subject,
            Interval(fact.valid_at, fact.invalid_at),
            OVERLAP if crosses(fact) else "",
        )
        for fact in lane.facts
    ]
    shown = [held for _, held, _ in found]
    first = min((held.low for held in shown), default=None)
    last = max((held.high for held in shown), default=None)
    found += [
        ("", gap, GAP)
        for gap in lane.gaps
        if first is None or last is None or not lane.facts or first <= gap.low <= last
    ]
    return sorted(found, key=lambda row: (row[1].low, row[1].high))


def bar(held: Interval, whole: Interval, cells: int) -> str:
    """Return when `held` holds within `whole`, which has both ends: a cell at least, so that nothing is invisible.

    `<` at the left end: since when is not known. `>` at the right: no end is known.
    """
    low, high = whole.low, whole.high
    length = (high - low).total_seconds() or 1.0

    def cell(instant: datetime) -> int:
        return min(cells, max(0, round((min(max(instant, low), high) - low).total_seconds() / length * cells)))

    first = min(cell(held.low), cells - 1)
    last = max(cell(held.high), first + 1)
    drawn = ["█"] * (last - first)
    if held.start is None:
        drawn[0] = "<"
    if held.end is None:
        drawn[-1] = ">"
    return "·" * first + "".join(drawn) + "·" * (cells - last)


def cells_for(columns: int, rows: Sequence[Sequence[str]]) -> int:
    """Return how long bars are beside the other cells of `rows`, in a table on a terminal so wide."""
    from rich.cells import cell_len  # noqa: PLC0415 - drawn for people only

    beside = sum(max(cell_len(cell) for cell in column) + _RULE for column in zip(*rows, strict=True))
    return max(_SHORT, min(_LONG, columns - beside - _RULE - 1))


def span_of(intervals: Sequence[Interval], now: datetime) -> Interval:
    """Return the stretch that the bars are drawn in: from the first instant that is known to the last, or to `now`."""
    from consumer.search.intervals import Interval  # noqa: PLC0415 - heavy

    known = [instant for each in intervals for instant in each if instant is not None]
    is_open = any(each.end is None for each in intervals)
    low = min(known, default=now)
    return Interval(low, max([*known, now] if is_open else known, default=now))
