"""S2 and S3 with random episodes: the store's increments against a graph written at once from the survivors."""

import random
from dataclasses import replace

import pytest
from plugins.graph_dump import full_dump, wipe
from plugins.random_tales import random_episode

from consumer.graph import digest
from consumer.model.episode import Removal


@pytest.mark.parametrize("seed", range(8))
async def test_increments_equal_the_whole(database, store, narrator, seed):
    """Random batches, order, redelivery and removals: every property, of our bookkeeping too, is as without them.

    Twenty random episodes; a third is removed at random moments, before or after they came. The survivors are then
    told alone, at once.
    """
    rng = random.Random(seed)
    items = [random_episode(rng, narrator, number) for number in range(20)]
    gone = set(rng.sample(range(20), 6))
    events = items + rng.sample(items, 5)
    rng.shuffle(events)
    for number in gone:
        events.insert(rng.randint(0, len(events)), narrator.removed(number, at=90 + number))
    while events:
        size = rng.randint(1, 5)
        await store.write(events[:size])
        events = events[size:]
    found = await digest(database, narrator.group_id), await full_dump(database, narrator.group_id)

    await wipe(database, narrator.group_id)
    await store.write([item for number, item in enumerate(items) if number not in gone])
    assert found[1] == await full_dump(database, narrator.group_id)
    assert found[0] == await digest(database, narrator.group_id)


@pytest.mark.parametrize("seed", range(4))
async def test_removals_of_episodes_and_of_the_group_in_any_order_of_arrival(database, store, narrator, seed):
    """Redelivered and replayed whole, the graph is what the log's order says, found here by walking along the log.

    The log holds episodes, removals, two removals of the group, and the same ids told anew after those.
    """
    rng = random.Random(1_000 + seed)
    log, alive, removed = [], {}, set()
    for place in range(24):
        event_id = rng.randint(0, 7)
        if place in {8, 16}:
            log.append(narrator.group_removed(at=place))
            alive, removed = {}, set()
        elif rng.random() < 0.3:
            log.append(narrator.removed(event_id, at=place))
            removed.add(event_id)
            alive.pop(event_id, None)
        else:
            item = random_episode(rng, narrator, event_id)
            item = replace(item, episode=replace(item.episode, position=narrator.at(place)))
            log.append(item)
            if event_id not in removed:
                alive.setdefault(event_id, item)
    if seed:  # the order of the log itself, and others that keep the first telling of each id first
        log = [*log[:12], *log[4:12], *log[12:]] if seed == 1 else shuffled_within_stretches(rng, log)
    for events in (log, log[:7], log):
        rest = list(events)
        while rest:
            size = rng.randint(1, 5)
            await store.write(rest[:size])
            rest = rest[size:]
    found = await full_dump(database, narrator.group_id)

    await wipe(database, narrator.group_id)
    await store.write(list(alive.values()))
    assert found == await full_dump(database, narrator.group_id)


def shuffled_within_stretches(rng, log):
    """The log with removals moved anywhere within their stretch between removals of the group."""
    stretches, current = [], []
    for event in log:
        current.append(event)
        if isinstance(event, Removal) and event.event_id is None:
            stretches.append(current)
            current = []
    stretches.append(current)
    result = []
    for stretch in stretches:
        fixed = [e for e in stretch if not isinstance(e, Removal)]
        ends = [e for e in stretch if isinstance(e, Removal) and e.event_id is None]
        for removal in (e for e in stretch if isinstance(e, Removal) and e.event_id is not None):
            fixed.insert(rng.randint(0, len(fixed)), removal)
        result += fixed + ends
    return result
