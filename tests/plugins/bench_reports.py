"""A report with everything a report can have, as a scenario with four runs would write it; seeded."""

import math
import random
from datetime import UTC, datetime

from consumer.bench.results import Baseline, Better, Case, Distribution, Figure, Report, Series, Stack

BOUNDS = tuple(round(0.001 * 1.25**n, 6) for n in range(48))
STACKS = (
    (
        "extract;consumer.pipeline.supervisor:Pipeline._extract_next;consumer.llm.batching:Batching.complete;"
        "openai.resources.chat:create;aiohttp.client:ClientSession._request 214"
    ),
    (
        "extract;consumer.pipeline.supervisor:Pipeline._extract_next;consumer.extract.openai:Answer.parsed;"
        "json.decoder:JSONDecoder.raw_decode 131"
    ),
    "extract;consumer.pipeline.supervisor:Pipeline._extract_next;consumer.extract.mapping:mapped 84",
    (
        "write;consumer.pipeline.supervisor:Pipeline._write_next;consumer.graph.store:Store.write;"
        "consumer.graph.plan:planned;consumer.resolve.keys:key 96"
    ),
    "write;consumer.pipeline.supervisor:Pipeline._write_next;consumer.graph.store:Store.write;neo4j.io:Bolt.run 151",
    "embed;consumer.pipeline.supervisor:Pipeline._embed_next;consumer.embed.openai:Embedding.embed;numpy:frombuffer 60",
    "loop;asyncio.base_events:BaseEventLoop._run_once 44",
)


def distribution(rng, name, median, sigma=0.5, count=4_000):
    """A log-normal distribution in fine buckets."""
    counts = [0] * (len(BOUNDS) + 1)
    for _ in range(count):
        value = rng.lognormvariate(math.log(median), sigma)
        counts[next((n for n, bound in enumerate(BOUNDS) if value <= bound), len(BOUNDS))] += 1
    return Distribution(name=name, unit="s", bounds=BOUNDS, counts=tuple(counts))


def series(rng, name, unit, mean, *, spread, seconds=600):
    """A wandering series, one value a second."""
    values, now = [], mean
    for _ in range(seconds):
        now += rng.gauss(0, spread) + (mean - now) * 0.1
        values.append(max(0.0, now))
    return Series(name=name, unit=unit, at_s=tuple(float(n) for n in range(seconds)), values=tuple(values))


def runs(rng, value, count=5, spread=0.04):
    """The runs of a figure about `value`."""
    return tuple(value * (1 + rng.uniform(-spread, spread)) for _ in range(count))


def example(seed=1, factor=1.0, count=5):
    """A report of three cases; `factor` makes the second one slower."""
    rng = random.Random(seed)

    def figure(name, unit, value, better=Better.LOWER):
        return Figure(name=name, unit=unit, better=better, runs=runs(rng, value, count))

    ingest = Case(
        scenario="ingest",
        variant="chat, flat out",
        settings={"groups": "20", "model": "lognormal", "pods": "1", "partitions": "4"},
        figures=(
            figure("episodes/s", "1/s", 118.0, Better.HIGHER),
            figure("p50", "s", 0.21),
            figure("p95", "s", 0.74),
            figure("p99", "s", 2.35),
            figure("LLM calls an episode", "calls", 0.14),
            figure("memory of the pods, most", "MB", 212.0),
            Figure(name="duplicate entities", unit="1", runs=(0.0,) * count),
            figure("episodes", "1", 71_000, Better.NEITHER),
        ),
        series=(
            series(rng, "written", "1/s", 118, spread=6),
            *(
                series(rng, f"{stage}: in use", "%", share, spread=2)
                for stage, share in (("extract", 96), ("embed", 41), ("write", 63))
            ),
            *(
                series(rng, f"{stage}: queued", "1", depth, spread=4)
                for stage, depth in (("extract", 210), ("embed", 3), ("write", 12))
            ),
            series(rng, "memory of the pods", "MB", 205, spread=1),
            series(rng, "memory of neo4j", "MB", 1_180, spread=4),
        ),
        distributions=(distribution(rng, "from produce to written", 0.21, 0.6),),
        stacks=(
            Stack(name="what ran, by stage", lines=STACKS),
            Stack(
                name="write: CPU of the event loop", lines=tuple(line for line in STACKS if line.startswith("write"))
            ),
        ),
        baselines=(
            Baseline(name="usual", figures={"p50": 0.5, "p95": 1.2, "p99": 2.0}),
            Baseline(name="graphiti-core", figures={"episodes/s": 3.0, "LLM calls an episode": 14.0}),
        ),
        notes=(
            (
                "extract is the bottleneck: its 80 workers had works in hand for 96% of the time, and 210 works waited "
                "in front of it, 1.8 s each."
            ),
            "Seconds are from the moment an episode was due until a reader of its own finds it in the graph.",
        ),
    )
    search = Case(
        scenario="search",
        variant="hybrid, 20,000 facts",
        figures=(
            figure("p50", "s", 0.011 * factor),
            figure("p95", "s", 0.021 * factor),
            figure("p99", "s", 0.034 * factor),
            figure("searches/s", "1/s", 310.0, Better.HIGHER),
        ),
        distributions=(distribution(rng, "search", 0.011 * factor, 0.35),),
        baselines=(Baseline(name="usual", figures={"p50": 0.15, "p95": 0.3, "p99": 0.5}),),
    )
    nodes = Case(
        scenario="graph",
        variant="node creation",
        figures=(figure("p50", "s", 0.0101), figure("p95", "s", 0.019)),
        baselines=(Baseline(name="usual", figures={"p50": 0.01, "p95": 0.03}),),
    )
    return Report(
        made_at=datetime(2026, 11, 27, 9, 30, tzinfo=UTC),
        command="episodes bench all --repeat 5 --profile --out results.json",
        version="0.1.0",
        machine={"processor": "2 cores of an EPYC 9B14", "memory": "16 GB", "python": "3.11.9", "neo4j": "2026.01"},
        cases=(ingest, search, nodes),
    )
