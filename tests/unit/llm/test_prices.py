"""Which price a model has, and what a call costs by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.llm.exchange import Usage
from consumer.llm.prices import AS_OF, KNOWN, PriceTable, cost_usd
from consumer.settings import LlmSettings, Price, Settings

counts = st.integers(0, 10**7)


@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("gpt-4.1-mini", "gpt-4.1-mini"),
        ("gpt-4.1-mini-2025-04-14", "gpt-4.1-mini"),
        ("GPT-4.1-Mini", "gpt-4.1-mini"),
        ("azure/gpt-4.1", "gpt-4.1"),
        ("openrouter/openai/gpt-4o-2024-08-06", "gpt-4o"),
        ("gpt-4o-2024-05-13", "gpt-4o-2024-05-13"),
    ],
)
def test_p2_a_known_model_has_its_price_dated_prefixed_or_in_capitals(model, known):
    """The dearer first version of gpt-4o is told from the later ones."""
    assert PriceTable().of(model) == KNOWN[known]


@pytest.mark.parametrize("model", ["gpt-4.1-mini-audio", "gpt-5-mega", "gpt-5.9", "llama3", "o3-x", ""])
def test_p2_what_is_only_alike_has_no_price(model):
    """Unknown is better than wrong."""
    assert PriceTable().of(model) is None


def test_p1_own_prices_count_before_known_ones_and_the_exact_before_the_pattern():
    """A contract's price replaces the list's, for the names that it fits."""
    own = {"gpt*": Price(input=1), "gpt-4.1*": Price(input=2), "gpt-4.1-mini": Price(input=3), "my/??": Price(input=4)}
    table = PriceTable(own)
    assert [table.of(name).input for name in ("gpt-9", "gpt-4.1-nano", "azure/GPT-4.1-mini", "my/7b")] == [1, 2, 3, 4]


def test_the_deployment_or_the_answering_model_may_have_the_price():
    """An Azure deployment's own name is priced by what the server says it is, unless the settings name it."""
    assert PriceTable().of("team-chat", "gpt-4.1-2025-04-14") == KNOWN["gpt-4.1"]
    own = {"team-chat": Price(input=7)}
    assert PriceTable(own).of("team-chat", "gpt-4.1-2025-04-14").input == 7
    assert PriceTable({"gpt-4.1*": Price(input=8)}).of("team-chat", "gpt-4.1-2025-04-14").input == 8


def test_a_price_of_nothing_is_a_price():
    """A server of one's own can be told to be free."""
    assert cost_usd(PriceTable({"llama*": Price(input=0)}).of("llama3"), Usage(10**6, 10**6)) == 0.0


def test_prices_come_from_the_environment(monkeypatch):
    """As JSON, with the fields of the table."""
    monkeypatch.setenv("EPISODES_LLM__PRICES", '{"m*": {"input": 0.5, "cached_input": 0.1, "output": 2}}')
    assert Settings().llm.prices == {"m*": Price(input=0.5, cached_input=0.1, output=2.0)}
    with pytest.raises(ValueError):
        LlmSettings(prices={"m": {"input": -1}})


def test_a_call_costs_what_the_list_says():
    """A million of each kind of gpt-4.1's tokens, half of the prompt cached: 1.00 + 0.25 + 8.00 USD."""
    assert cost_usd(KNOWN["gpt-4.1"], Usage(10**6, 10**6, 500_000)) == pytest.approx(9.25)
    assert cost_usd(KNOWN["gpt-5-pro"], Usage(10**6, 0, 500_000)) == pytest.approx(15.0)


@given(counts, counts, counts, st.sampled_from(sorted(KNOWN)))
def test_a_cost_is_never_negative_and_caching_never_makes_it_dearer(given_in, given_out, cached, model):
    """Whatever a server claims to have cached."""
    price = KNOWN[model]
    without = cost_usd(price, Usage(given_in, given_out))
    assert 0 <= cost_usd(price, Usage(given_in, given_out, cached)) <= without + 1e-9


def test_known_prices_are_dated_and_cached_input_is_not_dearer():
    """A table without a date is not to be trusted."""
    assert AS_OF >= "2026-11"
    assert all(price.cached_input is None or price.cached_input <= price.input for price in KNOWN.values())
