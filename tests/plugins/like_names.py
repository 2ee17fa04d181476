"""Random episodes whose names resemble each other: what resolution has to be a function of the log for."""

import hashlib
from datetime import UTC, datetime, timedelta

import numpy as np

from consumer.model.episode import Embedded, Episode, LogPosition, Removal
from consumer.model.ids import episode_uuid
from consumer.model.knowledge import Assertion, Exclusive, Mention, Polarity, complete

DIMENSION = 384

NAMES = (
    ("Acme", "ACME", "Acme Inc.", "acme, inc.", "Acme GmbH", "Acme AG"),
    ("J. F. Kennedy", "John F. Kennedy", "John Fitzgerald Kennedy", "John Patrick Kennedy", "Kennedy, John F."),
    ("Jürgen Müller", "Jurgen Muller", "Juergen Mueller"),
    ("Report 1", "Report 2", "report 1", "Report I", "Report One"),
    ("IBM", "IBM (International Business Machines)", "International Business Machines"),
    ("北京大学", "北京 大学", "上海大学"),
)
TYPES = ("Entity", "Entity", "Person", "Organization")


def day(number):
    """So many days after 2024-01-01."""
    return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number)


def vector(text):
    """A vector of the text alone."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    found = np.random.default_rng(seed).standard_normal(DIMENSION).astype(np.float32)
    return found / np.linalg.norm(found)


def said(number, mentions, assertions, group="g", unembedded=()):
    """An episode at log position `number`."""
    knowledge = complete(tuple(mentions), tuple(assertions))
    texts = {m.name for m in knowledge.mentions} | {a.sentence for a in knowledge.assertions}
    uuid = episode_uuid(group, f"e{number}")
    episode = Episode(
        uuid=uuid,
        group_id=group,
        event_id=f"e{number}",
        name=f"episode {number}",
        source="text",
        source_description="",
        content="",
        reference_time=day(number % 7),
        position=LogPosition(day(100 + number), 0, number),
    )
    return Embedded(episode, knowledge, {text: vector(text) for text in texts - set(unembedded)}, f"fake/{DIMENSION}")


def removed(number, at, group="g"):
    """The removal of episode `number`, at log position `at`."""
    return Removal(group, f"e{number}", LogPosition(day(100 + at), 0, at))


def random_episode(rng, number, group="g"):
    """A few mentions and assertions on names that resemble each other."""
    pool = [name for names in rng.sample(NAMES, 2) for name in names]
    mentions = [
        Mention(name, rng.choice(TYPES), rng.choice(["", f"summary {number}"]), rng.choice([{}, {"a": number}]))
        for name in rng.sample(pool, rng.randint(0, 3))
    ]
    assertions = [
        Assertion(
            *(rng.choice(pool), rng.choice(["OWNS", "LEADS"]), rng.choice(pool)),
            f"sentence {number}/{index}",
            valid_at=rng.choice([None, day(rng.randint(0, 9))]),
            invalid_at=rng.choice([None, None, day(rng.randint(0, 12))]),
            exclusive=rng.choice(list(Exclusive)),
            polarity=rng.choice([Polarity.ASSERTS] * 4 + [Polarity.ENDS]),
        )
        for index in range(rng.randint(0, 3))
    ]
    return said(number, mentions, assertions, group, unembedded=[n for n in pool if rng.random() < 0.2])


def in_batches(rng, items):
    """The items in batches of random size."""
    rest, batches = list(items), []
    while rest:
        size = rng.randint(1, 4)
        batches.append(rest[:size])
        rest = rest[size:]
    return batches
