"""How `episodes search` tells what it found: tables for people, plain values for scripts."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from consumer.cli.output import note, print_line, print_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from consumer.search import FactHit, LegReport, Provenance, SearchResult


def tell(result: SearchResult) -> None:
    """Print the hits of each kind that was found, then how they were found where that was asked for."""
    if result.hits:
        print_table(("fact", "true since", "until", "from", "score"), [_fact(hit) for hit in result.hits])
    if result.entities:
        rows = [(hit.name, ", ".join(hit.types), hit.summary, f"{hit.score:.3f}") for hit in result.entities]
        print_table(("entity", "types", "summary", "score"), rows)
    if result.episodes:
        rows = [(hit.name, day(hit.reference_time), hit.excerpt, f"{hit.score:.3f}") for hit in result.episodes]
        print_table(("episode", "at", "content", "score"), rows)
    if result.communities:
        print_table(
            ("community", "summary", "score"), [(h.name, h.summary, f"{h.score:.3f}") for h in result.communities]
        )
    if not (result.hits or result.entities or result.episodes or result.communities):
        note("nothing found")
    if result.legs:
        _tell_legs(result.legs)
    if result.next_offset is not None:
        note(f"more with --offset {result.next_offset}")


def _tell_legs(legs: Iterable[LegReport]) -> None:
    rows = [(leg.leg, leg.kind, leg.method, str(leg.found), f"{leg.milliseconds:.1f}") for leg in legs]
    print_table(("leg", "kind", "method", "found", "ms"), rows)
    for leg in legs:
        if leg.plan:
            print_line(f"{leg.leg} of {leg.kind}: {leg.plan.get('query', '')}")
            _tell_operator(leg.plan["root"], 1)


def _tell_operator(operator: Mapping[str, Any], depth: int) -> None:
    print_line("  " * depth + f"{operator['name']}  {' '.join(str(operator['details']).split())[:120]}")
    for child in operator["children"]:
        _tell_operator(child, depth + 1)


def _fact(hit: FactHit) -> tuple[str, str, str, str, str]:
    """Return a hit as a row: the fact, its dates, its episodes."""
    return hit.fact, day(hit.valid_at), day(hit.invalid_at), _sources(hit.provenance), f"{hit.score:.3f}"


def _sources(provenance: Iterable[Provenance]) -> str:
    return "; ".join(f"{each.name} ({day(each.reference_time)})" for each in provenance)


def day(instant: datetime | None) -> str:
    """Return an instant as a date, with the time of day where there is one; empty for none."""
    if instant is None:
        return ""
    text = instant.strftime("%Y-%m-%d")
    return text if (instant.hour, instant.minute, instant.second) == (0, 0, 0) else f"{text} {instant:%H:%M}"


def hit_as_dict(hit: Any) -> dict[str, object]:
    """Return a hit of any kind for a script, instants in RFC 3339."""
    from consumer.model.instants import iso  # noqa: PLC0415

    plain = asdict(hit)
    for name in ("valid_at", "invalid_at", "reference_time"):
        if name in plain:
            plain[name] = None if plain[name] is None else iso(plain[name])
    for episode in plain.get("provenance", ()):
        episode["reference_time"] = iso(episode["reference_time"])
    return plain


def result_as_dict(query: str, result: SearchResult) -> dict[str, object]:
    """Return a result for a script."""
    found: dict[str, object] = {"query": query, "hits": [hit_as_dict(hit) for hit in result.hits]}
    for name in ("entities", "episodes", "communities"):
        if hits := getattr(result, name):
            found[name] = [hit_as_dict(hit) for hit in hits]
    found["next_offset"] = result.next_offset
    if result.legs:
        found["legs"] = [asdict(leg) for leg in result.legs]
    return found
