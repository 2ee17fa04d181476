"""What a measurement of ingestion found, as a case: figures, series, the bottleneck in a sentence. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from consumer.bench.arithmetic import distribution, percentile, rate_over_time, slope
from consumer.bench.cases import figure, latency_figures
from consumer.bench.gold_check import GoldCheck
from consumer.bench.ingest import Measured
from consumer.bench.pod_metrics import utilisation
from consumer.bench.results import Baseline, Better, Case, Figure, Series

HOW = (
    "Seconds are from the moment an episode was due to be published until a reader of its own finds it in the graph; "
    "told too long by at most the time between two looks (50 ms under load, 5 ms and a query else)."
)
_BUSY = 0.7
_STRETCHES = 60


def case_of(
    scenario: str,
    variant: str,
    found: Measured,
    gold: GoldCheck | None,
    *,
    settings: Mapping[str, str],
    model_s: float | None = None,
    baseline: Mapping[str, float] | None = None,
) -> Case:
    """Return the case of one run. `model_s`: what the model takes of an episode's time, where it always is the same."""
    latencies = [each.seconds for each in found.sightings]
    notes = [HOW, *_bottleneck(found)]
    if gold is not None and not gold.is_right:
        notes.append(f"The graph is not the right one: {'; '.join(gold.differences)}.")
    if found.missing:
        notes.append(f"{found.missing} episodes never came into the graph.")
    per_item = [seconds * len(found.bulks_s) / max(1, found.seen) for seconds in found.bulks_s]
    told = per_item or latencies
    return Case(
        scenario=scenario,
        variant=variant,
        settings=dict(settings),
        figures=(
            figure("episodes/s", "1/s", found.seen / found.seconds, Better.HIGHER),
            *latency_figures(told),
            *_overhead(latencies, model_s),
            *_model(found),
            *_cpu(found),
            *_stages(found),
            *_memory(found),
            *(gold_figures(gold) if gold is not None else ()),
            figure("never written", "1", found.missing),
            figure("episodes", "1", found.seen, Better.NEITHER),
            figure("measured for", "s", found.seconds, Better.NEITHER),
        ),
        series=(_throughput(found), *found.series),
        distributions=(distribution("from produce to written", told),),
        baselines=(Baseline(name="usual", figures=dict(baseline)),) if baseline else (),
        notes=tuple(notes),
    )


def _overhead(latencies: Sequence[float], model_s: float | None) -> tuple[Figure, ...]:
    if model_s is None or not latencies:
        return ()
    beyond = [each - model_s for each in latencies]
    return tuple(
        figure(f"beyond the models' latency, {name}", "s", percentile(beyond, share))
        for name, share in (("p50", 0.5), ("p95", 0.95))
    )


def _model(found: Measured) -> tuple[Figure, ...]:
    episodes, stats = max(1, found.seen), found.stats
    calls = max(1, stats["chat_calls"])
    return (
        figure("LLM calls an episode", "calls", stats["chat_calls"] / episodes),
        figure("prompt characters an episode", "1", stats["prompt_chars"] / episodes),
        figure("embedding calls an episode", "calls", stats["embedding_calls"] / episodes),
        figure("latency of the model, mean", "s", stats["chat_latency_s"] / calls, Better.NEITHER),
        figure("faults of the model", "1", sum(stats["faults"].values()), Better.NEITHER),
    )


def _cpu(found: Measured) -> tuple[Figure, ...]:
    episodes = max(1, found.seen)
    return tuple(
        figure(f"CPU of {name} an episode", "ms", 1_000 * seconds / episodes)
        for name, seconds in sorted(found.cpu_s.items())
    )


def _stages(found: Measured) -> tuple[Figure, ...]:
    return tuple(
        each
        for stage, times in found.stages.items()
        for each in (
            figure(f"{stage}: in use", "%", 100 * _share(found, stage), Better.NEITHER),
            figure(f"{stage}: wait before it", "s", times.wait_s, Better.NEITHER),
        )
    )


def _share(found: Measured, stage: str) -> float:
    return utilisation(found.stages, found.seconds, found.places)[stage]


def _memory(found: Measured) -> tuple[Figure, ...]:
    if not found.memory_mb:
        return ()
    series = next((each for each in found.series if each.name == "memory of the pods"), None)
    grows = 0.0 if series is None else slope(series.at_s, series.values) * 60
    return (
        figure("memory of the pods, most", "MB", max(found.memory_mb)),
        figure("memory of the pods, growth a minute", "MB", grows, Better.NEITHER),
    )


def gold_figures(gold: GoldCheck) -> tuple[Figure, ...]:
    """Return what is wrong or twice in the graph, and how much there is of it."""
    return (
        figure("duplicate entities", "1", gold.duplicate_entities),
        figure("duplicate facts", "1", gold.duplicate_facts),
        figure("wrong entities", "1", gold.wrong_entities),
        figure("wrong facts", "1", gold.wrong_facts),
        figure("entities", "1", gold.entities, Better.NEITHER),
        figure("facts", "1", gold.facts, Better.NEITHER),
    )


def _throughput(found: Measured) -> Series:
    moments = [at - found.began for at in found.seen_at]
    return rate_over_time("written", moments, found.seconds, width_s=max(1.0, found.seconds / _STRETCHES))


def _bottleneck(found: Measured) -> list[str]:
    """Return which stage holds the others up, in a sentence; nothing where none is busy."""
    shares = {stage: _share(found, stage) for stage in found.stages}
    if not shares:
        return []
    busiest = max(shares, key=lambda stage: shares[stage])
    if shares[busiest] < _BUSY:
        return []
    wait_s = found.stages[busiest].wait_s
    return [
        f"The busiest stage is {busiest}: {shares[busiest]:.0%} of its places in use, {wait_s:.2f} s wait before it."
    ]
