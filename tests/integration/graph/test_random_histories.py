"""S2 and S3 with random episodes: the store's increments against a graph written at once from the survivors."""

import random

import pytest
from plugins.graph import Narrator, fact

from consumer.graph import digest_lines
from consumer.model.knowledge import Exclusive, Mention, Polarity

SPELLINGS = {"ada": ["Ada", "ADA", "ada"], "bob": ["Bob", "bob"], "x": ["X", "x"], "y": ["Y"], "z": ["Z", "z"]}


def random_episode(rng, narrator, number):
    """Up to three assertions on few triples, so that they meet: dates, ends, flags, spellings, sagas."""

    def name(key):
        return rng.choice(SPELLINGS[key])

    facts = [
        fact(
            name(rng.choice(["ada", "bob"])),
            rng.choice(["WORKS_AT", "OWNS"]),
            name(rng.choice(["x", "y", "z"])),
            sentence=f"sentence {rng.randint(0, 3)} of {number}",
            exclusive=rng.choice(list(Exclusive)),
            polarity=rng.choice([Polarity.ASSERTS] * 4 + [Polarity.ENDS]),
            valid_at=rng.choice([None, None, rng.randint(0, 12)]),
            invalid_at=rng.choice([None, None, None, rng.randint(0, 14)]),
        )
        for _ in range(rng.randint(0, 3))
    ]
    mentions = [
        Mention(name(key), rng.choice(["Entity", "Person"]), rng.choice(["", f"summary {number}"]), {"a": number})
        for key in rng.sample(list(SPELLINGS), rng.randint(0, 2))
    ]
    saga = rng.choice([None, "one", "two"])
    return narrator.said(number, *facts, mentions=mentions, saga=saga, reference=rng.randint(0, 12))


@pytest.mark.parametrize("seed", range(8))
async def test_increments_equal_the_whole(database, store, narrator, seed):
    """Twenty random episodes in random batches and order, a third of them removed at random moments."""
    rng = random.Random(seed)
    items = [random_episode(rng, narrator, number) for number in range(20)]
    gone = set(rng.sample(range(20), 6))
    events = list(items)
    rng.shuffle(events)
    for number in gone:
        events.insert(rng.randint(0, len(events)), narrator.removed(number, at=90 + number))
    while events:
        size = rng.randint(1, 5)
        await store.write(events[:size])
        events = events[size:]
    found = await digest_lines(database, narrator.group_id)

    twin = Narrator(narrator.group_id)
    await database.driver.execute_query("MATCH (n {group_id: $g}) DETACH DELETE n", g=narrator.group_id)
    await store.write([item for number, item in enumerate(items) if number not in gone])
    assert found == await digest_lines(database, twin.group_id)
