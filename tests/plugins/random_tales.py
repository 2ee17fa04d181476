"""Random episodes about few things, so that they meet: for tests of histories."""

from plugins.graph import fact

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
