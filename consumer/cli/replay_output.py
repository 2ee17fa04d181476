"""How a replay is told: what it would do, what it did, and where two namespaces differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from consumer.cli.estimate import duration_text, estimate_rows, explain_estimate
from consumer.cli.output import bytes_text, note, print_line, print_table
from consumer.model.instants import from_millis, iso

if TYPE_CHECKING:
    from consumer.app.replay import Report, Survey, Tally
    from consumer.app.replay_verify import Compared
    from consumer.model.replay import Order, Stretch

_TOLD_ALREADY = frozenset({"read", "rejected"})
"""Rows of an estimate that the survey itself has."""
_OF_PODS = frozenset({"price", "time"})


def print_survey(order: Order, stretches: Mapping[int, Stretch], found: Survey) -> None:
    """Print a row for each question that a person has before a replay."""
    tally = found.tally
    rows = [
        ("from", f"{order.source}, {_stretches(stretches)}"),
        ("to", _target(order)),
        ("records", _counts(tally)),
        ("left out", _reasons(tally.left_out)),
        ("groups", f"{len(tally.groups):,}"),
        ("size", bytes_text(tally.bytes)),
        ("logged", _logged(tally)),
        ("pace", _pace(order, found.paced_s)),
    ]
    rows += [
        (f"pods: {what}" if what in _OF_PODS else what, text)
        for what, text in estimate_rows(found.estimate)
        if what not in _TOLD_ALREADY
    ]
    print_table(("", "replay"), rows)
    explain_estimate(found.estimate)


def survey_json(run_id: str, order: Order, stretches: Mapping[int, Stretch], found: Survey) -> dict[str, Any]:
    """Return what a replay would do for a script."""
    return {
        "run_id": run_id,
        "dry_run": True,
        **order_json(order, stretches),
        **tally_json(found.tally),
        "paced_seconds": round(found.paced_s, 3),
        "estimate": found.estimate.as_dict(),
    }


def order_json(order: Order, stretches: Mapping[int, Stretch]) -> dict[str, Any]:
    """Return what was ordered for a script."""
    return {
        "source": order.source,
        "target": order.target,
        "group_prefix": order.prefix,
        "groups": list(order.groups),
        "speed": order.speed,
        "offsets": {str(number): [each.begin, each.at, each.end] for number, each in sorted(stretches.items())},
    }


def tally_json(tally: Tally) -> dict[str, Any]:
    """Return counts for a script."""
    return {
        "records": tally.records,
        "bytes": tally.bytes,
        "episodes": tally.episodes,
        "removals": tally.removals,
        "invalid": dict(sorted(tally.invalid.items())),
        "left_out": dict(sorted(tally.left_out.items())),
        "group_count": len(tally.groups),
        "first_logged_at": None if tally.first_ms is None else iso(from_millis(tally.first_ms)),
        "last_logged_at": None if tally.last_ms is None else iso(from_millis(tally.last_ms)),
    }


def report_json(run_id: str, order: Order, stretches: Mapping[int, Stretch], report: Report) -> dict[str, Any]:
    """Return what a replay did for a script."""
    return {
        "run_id": run_id,
        "dry_run": False,
        **order_json(order, stretches),
        **tally_json(report.tally),
        "copies": report.copies,
        "is_done": report.is_done,
        "seconds": round(report.seconds, 3),
        "rate": round(report.rate, 1),
        "late_seconds": round(report.late_s, 3),
        "failure": report.failure or None,
    }


def print_report(run_id: str, order: Order, report: Report) -> None:
    """Say what was published, and what to do next."""
    note(
        f"replayed {_counts(report.tally)} to {_target(order)} in {report.seconds:.1f} s, {report.rate:,.0f} /s"
        if report.is_done
        else f"{report.copies:,} records are in {order.target} by this process, in {report.seconds:.1f} s"
    )
    if report.tally.left_out:
        note(f"left out: {_reasons(report.tally.left_out)}")
    if order.speed is not None:
        note(f"at most {report.late_s:.2f} s behind the pace")
    if report.failure:
        note(f"error: {report.failure}")
    if not report.is_done:
        note(f"not finished; go on with `episodes replay resume {run_id}`")


def print_compared(found: Sequence[Compared]) -> None:
    """Print a row for each pair of groups, and what differs beneath."""
    rows = [
        (
            each.one,
            each.other,
            "equal" if each.is_equal else "DIFFERENT",
            *(_both(each, kind) for kind in ("episode", "entity", "fact")),
            each.digests[0][:16] if each.is_equal else f"{each.digests[0][:16]} {each.digests[1][:16]}",
        )
        for each in found
    ]
    print_table(("group", "compared with", "", "episodes", "entities", "facts", "digest"), rows)
    for pair in found:
        for each in pair.differences:
            if each.properties:
                print_line(f"{pair.one}, {pair.other}: {each.kind} {each.name}: {', '.join(each.properties)} differ")
            else:
                print_line(f"only in {each.side}: {each.kind} {each.name}")
        if pair.more:
            print_line(f"{pair.one}, {pair.other}: {pair.more:,} more differences")
    different = sum(not each.is_equal for each in found)
    note(f"{len(found):,} groups compared, {different:,} different")


def _both(pair: Compared, kind: str) -> str:
    one, other = (counts.get(kind, 0) for counts in pair.counts)
    return f"{one:,}" if one == other else f"{one:,} / {other:,}"


def _target(order: Order) -> str:
    return f"{order.target}, groups under {order.prefix}" if order.prefix else order.target


def _counts(tally: Tally) -> str:
    parts = [f"{tally.episodes:,} episodes", f"{tally.removals:,} removals"]
    if tally.invalid:
        parts.append(f"{tally.invalid.total():,} invalid: {_reasons(tally.invalid)}")
    return f"{tally.records:,} records ({', '.join(parts)})"


def _reasons(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items())) or "0"


def _stretches(stretches: Mapping[int, Stretch]) -> str:
    some = [
        f"{number}:{each.begin}-{each.end - 1}" for number, each in sorted(stretches.items()) if each.end > each.begin
    ]
    return f"offsets {', '.join(some)}" if some else "nothing"


def _logged(tally: Tally) -> str:
    if tally.first_ms is None or tally.last_ms is None:
        return "-"
    return f"{iso(from_millis(tally.first_ms))} to {iso(from_millis(tally.last_ms))}"


def _pace(order: Order, paced_s: float) -> str:
    if order.speed is None:
        return "flat out"
    return f"{order.speed:g} x the recorded speed: {duration_text(paced_s)}"
