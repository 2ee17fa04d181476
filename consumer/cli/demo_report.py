"""What a demo shows at its end: the graph in numbers, three searches, one trace, the digest, what to do next."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from consumer.cli.demo_story import Story
from consumer.cli.search import hit_as_dict
from consumer.model.instants import iso
from consumer.search import FactHit, SearchRequest, SearchResult
from consumer.telemetry.waterfall import draw, rows

EXCERPT_CHARS = 60
FACT_CHARS = 160
TYPES_SHOWN = 6


def show(story: Story, console: Console, *, keep: bool) -> None:
    """Print the story of a demo for a person."""
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(story.outcomes.items()))
    console.print(f"\n[bold]{story.published} episodes published; {outcomes}[/bold]", highlight=False)
    console.print(f"extractor {story.extractor}, embedder {story.embedder}", highlight=False)
    console.print(_graph_table(story))
    for request, result in story.searches:
        _show_search(console, request, result)
    _show_trace(console, story)
    console.print(f"\n[bold]digest[/bold] of the whole graph: {story.digest}", highlight=False, soft_wrap=True)
    console.print("  the same after any replay, at any concurrency; `episodes digest` prints it", soft_wrap=True)
    took = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in story.seconds.items())
    console.print(f"\ntook {sum(story.seconds.values()):.1f} s: {took}", highlight=False, soft_wrap=True)
    _show_next(console, story, keep=keep)


def as_dict(story: Story) -> dict[str, Any]:
    """Return the story for a script."""
    return {
        "extractor": story.extractor,
        "embedder": story.embedder,
        "published": story.published,
        "outcomes": story.outcomes,
        "seconds": {step: round(seconds, 3) for step, seconds in story.seconds.items()},
        "graph": {group: asdict(counts) for group, counts in story.statistics.items()},
        "searches": [
            {
                "query": request.query,
                "group": request.group_ids[0],
                "as_of": iso(request.as_of) if request.as_of else None,
                "hits": [hit_as_dict(hit) for hit in result.hits],
            }
            for request, result in story.searches
        ],
        "trace": [
            {"span": row.name, "depth": row.depth, "start_ms": row.start_s * 1000, "ms": row.duration_s * 1000}
            for row in rows(story.trace)
        ],
        "digest": story.digest,
    }


def _graph_table(story: Story) -> Table:
    table = Table(title="the graph", title_justify="left")
    table.add_column("group")
    for heading in ("episodes", "entities", "facts", "no longer true"):
        table.add_column(heading, justify="right")
    table.add_column("entity types")
    for group, counts in story.statistics.items():
        kinds = sorted(counts.entities_by_type.items(), key=lambda kind: (-kind[1], kind[0]))
        more = f" +{len(kinds) - TYPES_SHOWN} more" if len(kinds) > TYPES_SHOWN else ""
        table.add_row(
            group,
            str(counts.episodes),
            str(counts.entities),
            str(counts.facts),
            str(counts.invalidated_facts),
            Text(", ".join(f"{name} {count}" for name, count in kinds[:TYPES_SHOWN]) + more),
        )
    return table


def _show_search(console: Console, request: SearchRequest, result: SearchResult) -> None:
    when = f" as of {request.as_of:%Y-%m-%d}" if request.as_of else ""
    console.print(f"\n[bold]search[/bold] “{request.query}” in {request.group_ids[0]}{when}", highlight=False)
    if not result.hits:
        console.print("  nothing found")
    for hit in result.hits:
        _show_hit(console, hit)


def _show_hit(console: Console, hit: FactHit) -> None:
    since = f"{hit.valid_at:%Y-%m-%d}" if hit.valid_at else "?"
    until = f"{hit.invalid_at:%Y-%m-%d}" if hit.invalid_at else "now"
    # Text, not markup: what comes from the graph is data. No wrapping: a line cut by the terminal reads better.
    line = Text(f"  {' '.join(hit.fact.split())[:FACT_CHARS]} ")
    line.append(f"[{since} → {until}]", style="cyan")
    console.print(line, soft_wrap=True)
    console.print(Text(f"      {hit.subject} · {hit.relation} · {hit.object}", style="dim"), soft_wrap=True)
    for episode in hit.provenance[:2]:
        excerpt = " ".join(episode.excerpt.split())[:EXCERPT_CHARS]
        told = f"      from “{episode.name}”, {episode.reference_time:%Y-%m-%d}: {excerpt}…"
        console.print(Text(told, style="dim"), soft_wrap=True)


def _show_trace(console: Console, story: Story) -> None:
    if not story.trace:
        return
    console.print("\n[bold]one episode's trace[/bold] (· waiting in a queue, █ at work)", highlight=False)
    width = max(20, min(60, console.width - 55))
    for line in draw(story.trace, width):
        console.print(Text(f"  {line}"), soft_wrap=True)


def _show_next(console: Console, story: Story, *, keep: bool) -> None:
    console.print("\n[bold]next[/bold]")
    if keep:
        lines = [
            f"Kafka {story.kafka} and Neo4j {story.neo4j} are running; `episodes down` stops them",
            "  episodes status                     where they are, and what to export",
            "  episodes search 'Scarecrow' --group demo-oz",
            "  episodes publish notes.md --group me && episodes run --until-drained",
        ]
    else:
        lines = ["  episodes demo --keep                keep it running, publish your own, search"]
    lines += [
        "  OPENAI_API_KEY=… episodes demo      the models instead of the local engines (OPENAI_BASE_URL for your own)",
        "  docker compose up                   Kafka, Neo4j, Jaeger and a consumer in containers",
    ]
    for line in lines:
        console.print(Text(line), soft_wrap=True)
