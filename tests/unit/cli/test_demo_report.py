"""What a demo shows, from a made-up story: nothing of the graph is taken for markup, and a script gets it all."""

import io
import json
from datetime import UTC, datetime

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from rich.console import Console

from consumer.cli.demo import typical_trace
from consumer.cli.demo_report import as_dict, show
from consumer.cli.demo_story import Story
from consumer.graph import Statistics
from consumer.search import FactHit, Provenance, SearchRequest, SearchResult
from consumer.telemetry.tracing import RingExporter

THEN = datetime(1993, 1, 20, tzinfo=UTC)


@pytest.fixture
def spans():
    """One written episode's spans, as the pipeline records them."""
    ring = RingExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(ring))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("process episodes") as process:
        process.set_attribute("episodes.outcome", "written")
        for name in ("extract", "embed", "write", "commit episodes"):
            with tracer.start_as_current_span(name):
                pass
    with tracer.start_as_current_span("process episodes"), tracer.start_as_current_span("extract"):
        pass
    return ring.spans()


@pytest.fixture
def story(spans):
    """A story with every part."""
    hit = FactHit(
        uuid="f", group_id="g", fact="[bold]Bill[/bold] took office", relation="HOLDS_OFFICE", subject="Bill",
        object="Office", valid_at=THEN, invalid_at=None, score=0.5, ranks={"vector": 1},
        provenance=(Provenance("e", "note", "text [red]x", THEN),),
    )  # fmt: skip
    request = SearchRequest("office", ("g",), as_of=THEN)
    return Story(
        kafka="127.0.0.1:1", neo4j="bolt://127.0.0.1:2", extractor="local", embedder="e5", published=3,
        outcomes={"written": 3}, seconds={"consume": 1.5},
        statistics={"g": Statistics(3, 2, {"Person": 2}, 1, 0, 0, 0)},
        searches=[(request, SearchResult((hit,))), (request, SearchResult(()))],
        trace=typical_trace(spans), digest="abc",
    )  # fmt: skip


def test_a_trace_with_every_stage_is_chosen(spans):
    """The trace shown is of a written episode with all stages, not a fragment."""
    names = [span.name for span in typical_trace(spans)]
    assert names == ["process episodes", "extract", "embed", "write", "commit episodes"]
    assert typical_trace([]) == []


@pytest.mark.parametrize("keep", [True, False])
def test_the_screen_tells_everything(story, keep):
    """Counts, searches with dates and sources, the waterfall, the digest and what to do next."""
    console = Console(file=io.StringIO(), width=120)
    show(story, console, keep=keep)
    text = console.file.getvalue()
    for part in ("3 episodes published; 3 written", "Person 2", "as of 1993-01-20", "[1993-01-20 → now]",
                 "[bold]Bill[/bold] took office", "Bill · HOLDS_OFFICE · Office", "from “note”", "text [red]x",
                 "nothing found", "extract", "digest", "abc", "OPENAI_API_KEY"):  # fmt: skip
        assert part in text
    assert ("episodes down" in text) is keep


def test_a_script_gets_it_as_json(story):
    """`--json` holds counts, hits, trace and digest, instants in RFC 3339."""
    plain = json.loads(json.dumps(as_dict(story)))
    assert plain["searches"][0]["as_of"] == "1993-01-20T00:00:00Z"
    assert plain["searches"][0]["hits"][0]["valid_at"] == "1993-01-20T00:00:00Z"
    assert plain["graph"]["g"]["facts"] == 1
    assert plain["trace"][0]["span"] == "process episodes"
    assert plain["digest"] == "abc"
