"""An extractor that refuses an episode which would cost too much, before any call is made for it."""

from __future__ import annotations

from consumer.errors import EpisodeFault, UserError
from consumer.extract.forecast import Forecaster
from consumer.llm.prices import PriceTable, cost_usd
from consumer.model.episode import Episode
from consumer.model.knowledge import Knowledge
from consumer.ports import Extractor
from consumer.settings import LlmSettings, Price


class WithinBudget:
    """Implements `ports.Extractor` around one that reads large episodes chunk by chunk, which it owns.

    Looks at the whole episode, so that many small calls are no way around the budget; and at the forecast, not at what
    a cache may know: an episode is over its budget or it is not, whoever asked before.
    """

    def __init__(self, extractor: Extractor, settings: LlmSettings, forecaster: Forecaster) -> None:
        """Take the engine, and the budgets of `settings`: at least one of the two.

        Raises:
            UserError: a budget in USD, and nobody knows what the model costs.
        """
        self._extractor = extractor
        self._forecaster = forecaster
        self._max_tokens = settings.max_episode_tokens
        self._max_usd = settings.max_episode_usd
        price = PriceTable(settings.prices).of(settings.model)
        self._price = price or Price(input=0)
        if self._max_usd is not None and price is None:
            raise UserError(
                f"EPISODES_LLM__MAX_EPISODE_USD is set and the price of {settings.model} is unknown: name it in "
                "EPISODES_LLM__PRICES"
            )

    @property
    def name(self) -> str:
        """That of the engine."""
        return self._extractor.name

    async def extract(self, episode: Episode) -> Knowledge:
        """Return what the engine reads in `episode`.

        Raises:
            EpisodeFault: `over-budget`; see `ports.Extractor.extract`.
            WorldFault: see `ports.Extractor.extract`.
        """
        usage = self._forecaster.of(episode).alone
        tokens, usd = usage.input_tokens + usage.output_tokens, cost_usd(self._price, usage)
        if self._max_tokens is not None and tokens > self._max_tokens:
            raise EpisodeFault(
                "over-budget", f"about {tokens:,} LLM tokens, at most llm.max_episode_tokens = {self._max_tokens:,}"
            )
        if self._max_usd is not None and usd > self._max_usd:
            raise EpisodeFault("over-budget", f"about {usd:.4f} USD, at most llm.max_episode_usd = {self._max_usd:g}")
        return await self._extractor.extract(episode)

    async def prepare(self) -> None:
        """Let the engine load what it needs, if it has anything to load."""
        prepare = getattr(self._extractor, "prepare", None)
        if prepare is not None:
            await prepare()

    async def aclose(self) -> None:
        """Close the engine."""
        await self._extractor.aclose()


def within_budget(extractor: Extractor, settings: LlmSettings, forecaster: Forecaster) -> Extractor:
    """Return `extractor`, held to the budgets of an episode if there are any.

    Raises:
        UserError: see `WithinBudget`.
    """
    if settings.max_episode_tokens is None and settings.max_episode_usd is None:
        return extractor
    return WithinBudget(extractor, settings, forecaster)
