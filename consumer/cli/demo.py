"""`episodes demo`: the main job on real services, from nothing to a searched graph."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.demo_story import Story
from consumer.cli.output import print_json

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from rich.console import Console

    from consumer.ports import Embedder, Extractor
    from consumer.settings import Settings

EPILOG = "Example: episodes demo --keep"

QUESTIONS = (
    ("president of the United States", "demo-offices", datetime(1996, 7, 1, tzinfo=UTC)),
    ("Where does Dorothy live?", "demo-oz", None),
    ("龙猫是谁导演的", "demo-film", None),
)
"""What the demo asks: query, group, and the instant it is asked for (None: now)."""

GROUPS = ("demo-offices", "demo-chat", "demo-oz", "demo-film")
STAGES = {"process", "extract", "embed", "write", "commit"}
"""What the trace that is shown has a span of."""
EXTRACTED_S = 0.001
"""An extract span shorter than this only passed given facts on."""


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("demo", epilog=EPILOG)(demo)


def demo(
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave Kafka, Neo4j and the graph running for you.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """Run the main job end to end: real Kafka, real Neo4j, real episodes, a graph to search.

    The first run fetches the services (220 MB, once). Publishes the episodes that come with the package, consumes
    them, then shows the graph, three searches and one trace. Leaves nothing running unless --keep. With
    OPENAI_API_KEY it asks the models, without it the local extractor and embedder.
    """
    from rich.console import Console  # noqa: PLC0415 - drawn for people only

    from consumer.cli.demo_report import as_dict, show  # noqa: PLC0415 - heavy
    from consumer.settings import Settings  # noqa: PLC0415
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()
    console = Console(stderr=as_json)
    story = asyncio.run(_demo(Settings(), console, keep=keep))
    if as_json:
        print_json(as_dict(story))
    else:
        show(story, console, keep=keep)


async def _demo(settings: Settings, console: Console, *, keep: bool) -> Story:
    """Do everything in order and return what was done."""
    from consumer.app.build import build_embedder, build_extractor  # noqa: PLC0415 - heavy
    from consumer.clock import SystemClock  # noqa: PLC0415
    from consumer.stack.owner import cancel_at_sigterm  # noqa: PLC0415

    cancel_at_sigterm()
    clock, story = SystemClock(), Story()
    started = clock.monotonic()

    def lap(step: str) -> None:
        nonlocal started
        now = clock.monotonic()
        story.seconds[step], started = now - started, now

    async with AsyncExitStack() as closing:
        extractor, embedder = build_extractor(settings), build_embedder(settings)
        closing.push_async_callback(extractor.aclose)
        closing.push_async_callback(embedder.aclose)
        story.extractor, story.embedder = extractor.name, embedder.model
        async with asyncio.TaskGroup() as tasks:
            # Models load while the services start: both take seconds, on different cores.
            tasks.create_task(_warm_up(settings, extractor, embedder), name="warm-up")
            story.kafka, story.neo4j = await closing.enter_async_context(_services(settings, console, keep=keep))
        lap("start services and models")
        settings = _at(settings, story)
        await _consume(settings, story, console, extractor, embedder)
        lap("publish and consume")
        await _look(settings, story, embedder)
        lap("look at the graph")
    lap("stop")
    return story


async def _warm_up(settings: Settings, extractor: Extractor, embedder: Embedder) -> None:
    """Load local models; a provider's needs no loading, and a call to it costs money."""
    from consumer.ports import prepare  # noqa: PLC0415 - heavy
    from consumer.settings import Engine  # noqa: PLC0415 - heavy

    await prepare(extractor)
    if settings.engine(settings.embedder) is Engine.LOCAL:
        await embedder.embed(["warm"])


@asynccontextmanager
async def _services(settings: Settings, console: Console, *, keep: bool) -> AsyncIterator[tuple[str, str]]:
    """Have Kafka and Neo4j up: of this demo alone, or with `keep` those of `episodes up`."""
    from consumer.stack import LocalStack, StackOptions  # noqa: PLC0415 - heavy
    from consumer.stack.console_display import ConsoleDisplay  # noqa: PLC0415
    from consumer.stack.owner import find  # noqa: PLC0415
    from consumer.stack.places import data_dir  # noqa: PLC0415
    from consumer.stack.programs import Programs  # noqa: PLC0415
    from consumer.stack.supervisor import start_detached  # noqa: PLC0415

    with ConsoleDisplay(console) as display:
        if keep:
            state = find(data_dir(settings.stack))
            if state is None or not state.is_ready:
                options = StackOptions(settings=settings.stack)
                await asyncio.to_thread(Programs(settings.stack, display).have, options.services)
                display.announce("starting Kafka and Neo4j")
                state = await asyncio.to_thread(start_detached, options)
            display.close()
            yield str(state.kafka_bootstrap), str(state.neo4j_uri)
            return
        options = StackOptions(ephemeral=True, settings=settings.stack)
        async with LocalStack(options, display=display) as stack:
            display.close()
            yield stack.kafka_bootstrap, stack.neo4j_uri


def _at(settings: Settings, story: Story) -> Settings:
    """Return the settings with the demo's services and nothing of the user's own topic or database."""
    return settings.model_copy(
        update={
            "kafka": settings.kafka.model_copy(
                update={"bootstrap_servers": story.kafka, "security_protocol": "PLAINTEXT"}
            ),
            "neo4j": settings.neo4j.model_copy(update={"uri": story.neo4j, "password": None, "database": None}),
        }
    )


async def _consume(
    settings: Settings, story: Story, console: Console, extractor: Extractor, embedder: Embedder
) -> None:
    """Publish the shipped episodes and consume the topic until it is drained; keep one trace."""
    from consumer import inputs  # noqa: PLC0415 - heavy
    from consumer.app.runtime import open_runtime  # noqa: PLC0415
    from consumer.app.stopping import run_until_stopped  # noqa: PLC0415
    from consumer.cli.drafts import EventDefaults  # noqa: PLC0415
    from consumer.cli.inputs import Format, find_inputs  # noqa: PLC0415
    from consumer.cli.live import watching  # noqa: PLC0415
    from consumer.cli.publishing import Job, send  # noqa: PLC0415
    from consumer.telemetry.setup import configure  # noqa: PLC0415
    from consumer.telemetry.tracing import RingExporter  # noqa: PLC0415

    ring = RingExporter()
    job = Job(
        inputs=find_inputs([str(path) for path in inputs.paths()], Format.JSONL),
        defaults=EventDefaults(limits=settings.pipeline),
        skip_bad=False,
        per_second=None,
        create_topic=True,
    )
    with configure(settings.telemetry, endpoint=settings.otlp_endpoint, span_exporters=[ring]):
        story.published = (await send(job, settings.kafka)).events
        async with open_runtime(settings, extractor=extractor, embedder=embedder) as runtime:
            async with watching(runtime.view, console):
                await run_until_stopped(runtime, until_drained=True, deadline_s=settings.stop_deadline_s)
            story.outcomes = runtime.view().outcomes
    story.trace = typical_trace(ring.spans())


async def _look(settings: Settings, story: Story, embedder: Embedder) -> None:
    """Count, search and digest what is in the graph now."""
    from consumer.app.build import open_search  # noqa: PLC0415 - heavy
    from consumer.graph import connect, digest, statistics  # noqa: PLC0415
    from consumer.search import SearchRequest  # noqa: PLC0415

    async with aclosing(connect(settings.neo4j)) as database:
        for group in GROUPS:
            story.statistics[group] = await statistics(database, group)
        story.digest = await digest(database)
    async with open_search(settings, embedder) as search:
        for query, group, as_of in QUESTIONS:
            request = SearchRequest(query=query, group_ids=(group,), limit=3, as_of=as_of)
            story.searches.append((request, await search.facts(request)))


def typical_trace(spans: Sequence[ReadableSpan]) -> list[ReadableSpan]:
    """Return the spans of one written episode's trace: of those with all stages, the one of middle extraction time.

    Episodes that brought their facts are left out where others are: nothing was extracted of them.
    """
    from consumer.telemetry.waterfall import rows, traces  # noqa: PLC0415 - heavy

    def extracting_s(members: Sequence[ReadableSpan]) -> float:
        return max(row.duration_s for row in rows(members) if row.name == "extract")

    whole = [
        members
        for members in traces(spans).values()
        if {span.name.split(" ")[0] for span in members} >= STAGES
        and any((span.attributes or {}).get("episodes.outcome") == "written" for span in members)
    ]
    told = sorted((each for each in whole if extracting_s(each) > EXTRACTED_S), key=extracting_s) or whole
    return told[len(told) // 2] if told else []
