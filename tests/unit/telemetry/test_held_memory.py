"""One figure for all that is held on purpose: whoever holds says so, whoever is gone is told no more."""

import gc

from consumer.cache.levels import tiered
from consumer.pipeline.flow_control import AdmissionBudget
from consumer.telemetry import held_memory, names
from consumer.telemetry.process_gauges import snapshot


def told(holder):
    """What is held under a name, of this test alone: other tests may have left holders behind."""
    part = held_memory.held().get(holder)
    return (0, 0) if part is None else (part.used, part.limit)


async def test_caches_and_budgets_are_counted_until_they_are_gone():
    """Two of a kind together; the figure is the sum of its parts."""
    gc.collect()
    used, limit = told("kind-of-this-test")
    assert (used, limit) == (0, 0)
    first, second = tiered("kind-of-this-test", 10_000), tiered("kind-of-this-test", 5_000)
    await first.set("a", b"x" * 1_000)
    await second.set("b", b"y" * 500)
    used, limit = told("kind-of-this-test")
    assert 1_500 < used < 3_000
    assert limit == 15_000
    before = told("in_flight")
    budget = AdmissionBudget(10, 1_000, 0.5)
    budget.admit(300)
    assert told("in_flight") == (before[0] + 300, before[1] + 1_000)
    values = snapshot()
    assert values[names.MEMORY] == sum(value for key, value in values.items() if key[0] == names.MEMORY_PART)
    assert values[names.MEMORY_LIMIT] > values[names.MEMORY]
    del first, second
    gc.collect()
    assert told("kind-of-this-test") == (0, 0)
