"""Cases out of what the other benchmarks measure, so that one report holds them all. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from consumer.bench.cases import figure
from consumer.bench.ceiling import CeilingReport
from consumer.bench.communities import Measured
from consumer.bench.extract import PARTS, GoldenReport
from consumer.bench.results import Baseline, Better, Case
from consumer.bench.retrieval import RetrievalReport
from consumer.bench.search import SearchReport
from consumer.bench.usual import USUAL
from consumer.bench.write import WriteReport

_SEARCHES = {"hybrid": "hybrid search", "vector": "semantic search", "hybrid, reranked": "search with reranking"}
_SMALL, _MIDDLE = 1_000, 10_000


def throughput_case(found: CeilingReport) -> Case:
    """Return how near extraction came to its ceiling."""
    load = found.load
    return Case(
        scenario="throughput",
        variant=f"{load.concurrency} calls at once, {load.batch_episodes} episodes a call",
        settings={"latency, ms": f"{load.latency_ms:g}", "latency": load.latency},
        figures=(
            figure("share of the ceiling", "%", 100 * found.share, Better.HIGHER),
            figure("episodes/s", "1/s", found.episodes_per_s, Better.HIGHER),
            figure("ceiling", "1/s", found.ceiling_per_s, Better.NEITHER),
            figure("LLM calls an episode", "calls", found.calls / max(1, found.episodes)),
            figure("prompt characters an episode", "1", found.prompt_chars_per_episode),
            figure("CPU of the client an episode", "ms", found.client_cpu_ms_per_episode),
        ),
    )


def write_cases(found: WriteReport) -> list[Case]:
    """Return a case of each size of the graph."""
    return [
        Case(
            scenario="write",
            variant=f"{size.size} episodes in the graph",
            settings={"batch": str(found.load.batch), "writers": str(found.load.writers)},
            figures=(
                figure("episodes/s", "1/s", size.episodes_per_s, Better.HIGHER),
                figure("CPU of the client an episode", "ms", size.client_cpu_ms),
                figure("CPU of the server an episode", "ms", size.server_cpu_ms_all),
            ),
        )
        for size in found.sizes
    ]


def search_cases(found: SearchReport) -> list[Case]:
    """Return a case of each way of searching, with how many clients at once."""
    cases = []
    for each in found.latencies:
        usual = _SEARCHES.get(each.name) if each.clients == 1 else None
        clients = "" if each.clients == 1 else f", {each.clients} clients at once"
        cases.append(
            Case(
                scenario="search",
                variant=f"{each.name}, {found.facts} facts{clients}",
                settings={"searches": str(each.searches), "dimension": str(found.dimension)},
                figures=(
                    figure("p50", "s", each.p50 / 1_000),
                    figure("p95", "s", each.p95 / 1_000),
                    figure("p99", "s", each.p99 / 1_000),
                    figure("min", "s", each.least / 1_000),
                ),
                baselines=(Baseline(name="usual", figures=dict(USUAL[usual])),) if usual else (),
            )
        )
    if found.recall is not None:
        recall = figure("recall@10 of the index", "%", 100 * found.recall, Better.HIGHER)
        cases.append(Case(scenario="search", variant=f"recall, {found.facts} facts", figures=(recall,)))
    return cases


def community_cases(found: Sequence[Measured]) -> list[Case]:
    """Return a case of each size: the whole build where there was one, else the dividing alone."""
    cases = []
    for each in found:
        whole_s = sum(each.build_s.values()) or each.divide_s
        usual = _usual_communities(each.entities)
        what = "built" if each.build_s else "divided"
        figures = [
            figure("p50", "s", whole_s),
            figure("dividing", "s", each.divide_s),
            figure("after 100 new facts", "s", sum(each.incremental_build_s.values()) or each.incremental_s),
            figure("modularity", "1", each.modularity, Better.HIGHER),
            figure("communities", "1", each.communities, Better.NEITHER),
        ]
        if each.build_s:
            figures.append(figure("of an unchanged group", "s", each.unchanged_s))
        cases.append(
            Case(
                scenario="communities",
                variant=f"{each.entities} entities, {each.facts} facts, {what}",
                figures=tuple(figures),
                baselines=(Baseline(name="usual", figures=dict(USUAL[usual])),),
            )
        )
    return cases


def _usual_communities(entities: int) -> str:
    if entities < _SMALL:
        return "communities, under 1,000 nodes"
    return "communities, 10,000 nodes" if entities <= _MIDDLE else "communities, over 10,000 nodes"


def extract_case(found: GoldenReport) -> Case:
    """Return how right the extractor was on golden cases."""
    figures = [
        figure(f"{part}: {field}, {name}", "%", 100 * value, Better.HIGHER)
        for part in PARTS
        for field, tally in found.part(part).items()
        for name, value in (("precision", tally.precision), ("recall", tally.recall))
        if value is not None
    ]
    cases = max(1, len(found.scores))
    figures.append(figure("LLM calls a case", "calls", found.usage.calls / cases))
    figures.append(figure("seconds a case", "s", found.seconds / cases))
    return Case(scenario="extract", variant=found.extractor, figures=tuple(figures))


def retrieval_cases(found: RetrievalReport) -> list[Case]:
    """Return a case of each way of asking, the field's figures beside the default."""
    return [
        Case(
            scenario="retrieval",
            variant=f"{found.name}, {variant}",
            figures=(
                *(figure(name, "1", value, Better.HIGHER) for name, value in found.figures(variant).as_dict().items()),
                figure("a question, median", "s", found.milliseconds(variant) / 1_000),
            ),
            baselines=tuple(Baseline(name=name, figures=dict(figures)) for name, figures in found.baselines.items()),
        )
        for variant in found.answers
    ]
