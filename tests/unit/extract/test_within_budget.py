"""An episode that would cost too much is refused before a call; all others are read as ever."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.app.build import build_extractor
from consumer.errors import EpisodeFault, UserError
from consumer.extract.forecast import NOTHING, Forecaster
from consumer.extract.shortened import Shortener
from consumer.extract.within_budget import WithinBudget, over_budget, within_budget
from consumer.pipeline.decode import REASONS
from consumer.settings import LlmSettings, PipelineSettings, Price, Settings
from consumer.testing.episodes import episode_of
from consumer.testing.fake_models import FakeExtractor

LINE = "Ada works at Acme since 2020. "
FORECASTER = Forecaster(PipelineSettings())


def episode(content=LINE, **fields):
    """An episode of one group."""
    return episode_of({"group_id": "g", "source": "text", "content": content, **fields})


def tokens_of(one):
    """What `one` is expected to take, alone."""
    usage = FORECASTER.of(one).alone
    return usage.input_tokens + usage.output_tokens


async def test_an_episode_over_its_budget_costs_no_call():
    """The reason is one that a dead letter may have, and the detail names the setting to raise."""
    engine, one = FakeExtractor(), episode(LINE * 1_000)
    held = WithinBudget(engine, LlmSettings(max_episode_tokens=tokens_of(one) - 1), FORECASTER)
    with pytest.raises(EpisodeFault, match=r"over-budget: about [\d,]+ LLM tokens, at most llm\.max_episode_tokens"):
        await held.extract(one)
    assert engine.calls == []
    assert "over-budget" in REASONS


async def test_with_a_higher_limit_the_same_episode_is_read():
    """So a replay of the dead letter succeeds once the limit is raised."""
    engine, one = FakeExtractor(), episode(LINE * 1_000)
    async with contextlib.aclosing(
        WithinBudget(engine, LlmSettings(max_episode_tokens=tokens_of(one)), FORECASTER)
    ) as held:
        assert (await held.extract(one)).mentions
        assert held.name == engine.name
    assert engine.is_closed


async def test_a_budget_in_money_goes_by_the_models_price():
    """The same episode is too dear for one model and fine for another."""
    one = episode(LINE * 1_000)
    for model, is_read in (("gpt-5-pro", False), ("gpt-5-nano", True)):
        held = WithinBudget(FakeExtractor(), LlmSettings(model=model, max_episode_usd=0.05), FORECASTER)
        if is_read:
            await held.extract(one)
        else:
            with pytest.raises(EpisodeFault, match=r"about \d+\.\d+ USD, at most llm\.max_episode_usd = 0\.05"):
                await held.extract(one)


def test_money_without_a_price_is_refused_at_the_start():
    """The message says what to set."""
    with pytest.raises(UserError, match=r"price of mystery is unknown.*EPISODES_LLM__PRICES"):
        WithinBudget(FakeExtractor(), LlmSettings(model="mystery", max_episode_usd=1.0), FORECASTER)
    prices = {"mystery": Price(input=1.0)}
    WithinBudget(FakeExtractor(), LlmSettings(model="mystery", max_episode_usd=1.0, prices=prices), FORECASTER)


def test_without_budgets_nothing_stands_in_between():
    """Nothing is forecast for nobody."""
    engine = FakeExtractor()
    assert within_budget(engine, LlmSettings(), FORECASTER) is engine


async def test_the_pod_is_built_with_it():
    """Of the settings of the environment; no address is needed to refuse."""
    settings = Settings(openai_api_key="k", openai_base_url="http://127.0.0.1:9/v1", extractor="openai")
    settings = settings.model_copy(update={"llm": LlmSettings(max_episode_tokens=100)})
    async with contextlib.aclosing(build_extractor(settings)) as extractor:
        with pytest.raises(EpisodeFault, match="over-budget"):
            await extractor.extract(episode())


def test_what_costs_no_call_is_forecast_as_nothing():
    """Given facts alone, an episode that is not to be extracted, a blank one."""
    given_fact = {"subject": "Ada", "relation": "WORKS_AT", "object": "Acme"}
    assert FORECASTER.of(episode(facts=[given_fact])) == NOTHING
    assert FORECASTER.of(episode(extract=False)) == NOTHING
    assert FORECASTER.of(episode(" \n")) == NOTHING
    assert FORECASTER.of(episode(facts=[given_fact], extract=True)) != NOTHING


@given(st.integers(1, 4_000), st.integers(100, 3_000))
def test_a_longer_episode_never_takes_less_and_each_chunk_pays_the_prefix(lines, chunk_tokens):
    """Monotone in the content, and as many parts as the content has chunks' worth of tokens."""
    forecaster = Forecaster(PipelineSettings(chunk_tokens=chunk_tokens))
    shorter, longer = forecaster.of(episode(LINE * lines)), forecaster.of(episode(LINE * (lines + 1)))
    assert shorter.alone.input_tokens <= longer.alone.input_tokens
    assert shorter.output_tokens <= longer.output_tokens
    assert (longer.parts - 1) * chunk_tokens < longer.content_tokens <= longer.parts * chunk_tokens
    assert longer.alone.input_tokens == longer.parts * longer.prefix_tokens + longer.section_tokens


def test_what_is_cut_off_is_in_no_forecast():
    """A truncated content takes what is asked about, in one part; a budget looks at that."""
    cut = LlmSettings(truncate_tokens=500)
    forecaster = Forecaster(PipelineSettings(), shorten=Shortener(cut).of)
    long = episode(LINE * 2_000)
    whole, left = FORECASTER.of(long), forecaster.of(long)
    assert whole.parts > 1
    assert left.parts == 1
    assert left.content_tokens <= 500 < whole.content_tokens
    assert over_budget(left, LlmSettings(max_episode_tokens=10_000), None) == ""
    assert over_budget(whole, LlmSettings(max_episode_tokens=10_000), None)
