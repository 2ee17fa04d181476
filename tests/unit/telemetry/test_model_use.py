"""Totals of model calls are kept while nobody listens: /statz has them."""

from consumer.llm.exchange import Usage
from consumer.llm.metered import Meter
from consumer.llm.prices import PriceTable
from consumer.settings import Price
from consumer.telemetry.model_use import model_use


def test_every_call_adds_to_the_totals():
    """By operation; a call without a price counts apart and costs nothing."""
    before = model_use().get("operation-of-this-test", {})
    assert before == {}
    priced = Meter("m", "operation-of-this-test", PriceTable({"m": Price(input=1.0, output=2.0)}))
    priced.add(Usage(1_000_000, 500_000, 200_000))
    Meter("unknown-model", "operation-of-this-test", PriceTable({})).add(Usage(10, 5))
    told = model_use()["operation-of-this-test"]
    assert (told["calls"], told["unpriced_calls"]) == (2, 1)
    assert told["input_tokens"] == 1_000_010
    assert told["cost_usd"] > 0.5
