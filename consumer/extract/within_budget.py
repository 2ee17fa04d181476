"""An extractor that refuses an episode which would cost too much, before any call is made for it."""

from __future__ import annotations

from consumer.errors import EpisodeFault, UserError
from consumer.extract.forecast import Forecast, Forecaster
from consumer.llm.prices import PriceTable, cost_usd
from consumer.model.episode import Episode
from consumer.model.knowledge import Knowledge
from consumer.ports import Extractor, prepare
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
        self._settings = settings
        self._price = PriceTable(settings.prices).of(settings.model)
        if settings.max_episode_usd is not None and self._price is None:
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
        why = over_budget(self._forecaster.of(episode), self._settings, self._price)
        if why:
            raise EpisodeFault("over-budget", why)
        return await self._extractor.extract(episode)

    async def prepare(self) -> None:
        """Let the engine load what it needs, if it has anything to load."""
        await prepare(self._extractor)

    async def aclose(self) -> None:
        """Close the engine."""
        await self._extractor.aclose()


def over_budget(forecast: Forecast, settings: LlmSettings, price: Price | None) -> str:
    """Return why an episode so forecast is over a budget of `settings`, empty when it is not."""
    usage = forecast.alone
    tokens = usage.input_tokens + usage.output_tokens
    if settings.max_episode_tokens is not None and tokens > settings.max_episode_tokens:
        return f"about {tokens:,} LLM tokens, at most llm.max_episode_tokens = {settings.max_episode_tokens:,}"
    usd = 0.0 if price is None else cost_usd(price, usage)
    if settings.max_episode_usd is not None and usd > settings.max_episode_usd:
        return f"about {usd:.4f} USD, at most llm.max_episode_usd = {settings.max_episode_usd:g}"
    return ""


def within_budget(extractor: Extractor, settings: LlmSettings, forecaster: Forecaster) -> Extractor:
    """Return `extractor`, held to the budgets of an episode if there are any.

    Raises:
        UserError: see `WithinBudget`.
    """
    if settings.max_episode_tokens is None and settings.max_episode_usd is None:
        return extractor
    return WithinBudget(extractor, settings, forecaster)
