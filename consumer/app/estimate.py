"""What a replay or a publish will take: calls, LLM tokens, price and time, before anything is sent. Pure.

Records are read as a pod would read them and their prompts are assembled; no model, no graph and no cache is asked, so
what the graph has or a cache knows is counted as if it were new. What nobody can know before, how long answers are, is
an assumption that the result names.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from consumer.app.estimate_result import Assumptions, Estimate, ModelUse
from consumer.errors import EpisodeFault
from consumer.extract.forecast import NOTHING, Forecast, Forecaster
from consumer.extract.mapping import mapped
from consumer.extract.shortened import Shortener
from consumer.extract.within_budget import over_budget
from consumer.llm.exchange import Usage
from consumer.llm.prices import PriceTable, cost_usd
from consumer.llm.routing import Task, choose
from consumer.model.episode import Episode, Rejected, Removal
from consumer.model.knowledge import Knowledge
from consumer.model.token_estimate import estimated_tokens
from consumer.model.work import Record
from consumer.ontology import Ontologies
from consumer.pipeline.context import ContextMemory
from consumer.pipeline.decode import decode
from consumer.settings import LlmSettings, Settings

CACHEABLE_TOKENS = 1_024
"""The shortest prefix that OpenAI caches; shorter ones are taken to cost their full price each time."""
_HEADING_TOKENS = 6
"""Of an episode's key in a question about several."""
_MINUTE_S = 60.0


@dataclass(slots=True)
class _Asked:
    """Calls so far to one model with one prefix, and the one that is being filled."""

    prefix_tokens: int
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    waiting: list[int] = field(default_factory=list)

    def flush(self) -> None:
        """Make the call that is being filled."""
        if self.waiting:
            self.calls += 1
            self.input_tokens += self.prefix_tokens + sum(self.waiting) + _HEADING_TOKENS * len(self.waiting)
            self.waiting.clear()

    def add(self, forecast: Forecast, settings: LlmSettings) -> None:
        """Put an episode into a call, with others as long as they are small."""
        self.output_tokens += forecast.output_tokens
        if forecast.parts > 1 or forecast.section_tokens > settings.batch_tokens:
            self.calls += forecast.parts
            self.input_tokens += forecast.alone.input_tokens
            return
        is_full = len(self.waiting) >= settings.batch_episodes
        if is_full or sum(self.waiting) + forecast.section_tokens > settings.batch_tokens:
            self.flush()
        self.waiting.append(forecast.section_tokens)


class Estimator:
    """Adds up records; `result` may be asked at any time.

    S1: each record is counted once: as an episode, a removal, or rejected; an event that comes again under its id is
        `repeated` and costs nothing.
    S2: calls are full: a backlog is assumed, and episodes share calls in the order in which they come.
    """

    def __init__(
        self, settings: Settings, ontologies: Ontologies | None = None, assumptions: Assumptions | None = None
    ) -> None:
        """Take the settings of the pods that will read."""
        self._settings = settings
        self._assumptions = assumptions or Assumptions()
        self._ontologies = ontologies or Ontologies()
        self._prices = PriceTable(settings.llm.prices)
        self._price = self._prices.of(settings.llm.model)
        self._forecaster = Forecaster(
            settings.pipeline,
            self._ontologies,
            output_ratio=self._assumptions.output_ratio,
            shorten=Shortener(settings.llm).of,
        )
        pipeline = settings.pipeline
        self._context = ContextMemory(pipeline.context_episodes, pipeline.context_span, pipeline.context_chars)
        self._asked: dict[tuple[str, int], _Asked] = {}
        self._seen: set[str] = set()
        self._groups: set[str] = set()
        self._counts: Counter[str] = Counter()
        self._without_call: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._embedded = 0.0

    @property
    def records(self) -> int:
        """Records so far."""
        return self._counts["records"]

    def add(self, record: Record) -> None:
        """Take one record into account, as a pod that reads them in this order would."""
        self._counts["records"] += 1
        self._counts["bytes"] += len(record.value or b"")
        found = decode(record, self._settings.pipeline)
        if isinstance(found, Rejected):
            self._rejected[found.reason] += 1
            return
        self._groups.add(found.group_id)
        if isinstance(found, Removal):
            self._counts["removals"] += 1
            self._context.remove(record.topic_partition, found.group_id, found.event_id)
            return
        context = self._context.before(record.topic_partition, record.offset, found.group_id)
        self._context.add(record.topic_partition, record.offset, found)
        try:
            self._episode(replace(found, context=context))
        except EpisodeFault as fault:
            self._rejected[fault.reason] += 1

    def result(self) -> Estimate:
        """Return the estimate of all records so far."""
        models = tuple(self._models())
        embedding = self._settings.embedding.model
        price = self._prices.of(embedding)
        tokens = round(self._embedded)
        seconds, bottleneck = self._time(models, tokens)
        return Estimate(
            records=self._counts["records"],
            bytes=self._counts["bytes"],
            groups=len(self._groups),
            episodes=self._counts["episodes"],
            removals=self._counts["removals"],
            without_call=dict(sorted(self._without_call.items())),
            rejected=dict(sorted(self._rejected.items())),
            chunks=self._counts["chunks"],
            models=models,
            embedding_model=embedding,
            embedding_tokens=tokens,
            embedding_usd=None if price is None else cost_usd(price, Usage(tokens)),
            seconds=seconds,
            bottleneck=bottleneck,
            assumptions=self._assumptions,
            daily_budget_usd=self._settings.llm.daily_budget_usd,
        )

    def _episode(self, episode: Episode) -> None:
        """Count one episode.

        Raises:
            EpisodeFault: the pod would reject it, before any call.
        """
        ontology = self._ontologies.of(episode)
        forecast = self._forecaster.of(episode)
        by_mapping = None if ontology is None or forecast == NOTHING else mapped(ontology, episode)
        if by_mapping is None and over_budget(forecast, self._settings.llm, self._price):
            raise EpisodeFault("over-budget")
        self._counts["episodes"] += 1
        if episode.uuid in self._seen:
            self._without_call["repeated"] += 1
            return
        self._seen.add(episode.uuid)
        self._embedded += _text_tokens(episode.given)
        if self._settings.embedding.embeds_episodes:
            self._embedded += min(estimated_tokens(episode.content), self._settings.embedding.max_text_tokens)
        if forecast == NOTHING:
            self._without_call["given" if episode.given.assertions else "not to be extracted"] += 1
            return
        if by_mapping is not None:
            self._without_call["mapped"] += 1
            self._embedded += _text_tokens(by_mapping.knowledge)
            return
        self._embedded += forecast.output_tokens * self._assumptions.embedded_share
        if forecast.parts > 1:
            self._counts["chunks"] += forecast.parts
        key = (self._model_of(episode, forecast), forecast.prefix_tokens)
        asked = self._asked.setdefault(key, _Asked(forecast.prefix_tokens))
        asked.add(forecast, self._settings.llm)

    def _model_of(self, episode: Episode, forecast: Forecast) -> str:
        llm = self._settings.llm
        if not llm.tiers:
            return llm.model
        tier = choose(Task.EXTRACT, episode.content, forecast.content_tokens, llm.routing)
        own = llm.tiers.get(tier)
        return llm.model if own is None or own.model is None else own.model

    def _models(self) -> Iterator[ModelUse]:
        """Yield the use of each model, the open calls made; the estimator can go on afterwards."""
        for model in sorted({model for model, _ in self._asked}):
            calls, usage, cacheable = 0, Usage(), 0
            for (name, _), so_far in self._asked.items():
                if name != model:
                    continue
                asked = replace(so_far, waiting=list(so_far.waiting))
                asked.flush()
                calls += asked.calls
                usage = Usage(usage.input_tokens + asked.input_tokens, usage.output_tokens + asked.output_tokens)
                if asked.prefix_tokens >= CACHEABLE_TOKENS:
                    cacheable += asked.prefix_tokens * (asked.calls - 1)
            price = self._prices.of(model)
            yield ModelUse(
                model,
                calls,
                usage,
                cacheable,
                None if price is None else cost_usd(price, usage),
                None if price is None else cost_usd(price, replace(usage, cached_tokens=cacheable)),
            )

    def _time(self, models: tuple[ModelUse, ...], embedding_tokens: int) -> tuple[float, str]:
        """Return seconds, and which limit makes them: what takes longest, for all work side by side."""
        settings = self._settings
        calls = sum(each.calls for each in models)
        tokens = sum(each.usage.input_tokens + each.usage.output_tokens for each in models)
        needed = {
            "latency and concurrency": math.ceil(calls / settings.concurrency) * self._assumptions.latency_s,
            "llm.requests_per_min": _at_rate(calls, settings.llm.requests_per_min),
            "llm.tokens_per_min": _at_rate(tokens, settings.llm.tokens_per_min),
            "embedding.tokens_per_min": _at_rate(embedding_tokens, settings.embedding.tokens_per_min),
        }
        bottleneck = max(needed, key=lambda name: needed[name])
        return needed[bottleneck], bottleneck


def _at_rate(amount: int, per_min: int | None) -> float:
    """Return the seconds that `amount` takes at so many a minute; the first minute's are there at once."""
    if per_min is None:
        return 0.0
    return max(0, math.ceil(amount / per_min) - 1) * _MINUTE_S


def _text_tokens(knowledge: Knowledge) -> int:
    """Return the LLM tokens of what is embedded of `knowledge`: its names and sentences, each once."""
    texts = {mention.name for mention in knowledge.mentions} | {one.sentence for one in knowledge.assertions}
    return sum(map(estimated_tokens, texts))
