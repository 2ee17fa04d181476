"""Removal events on the real services: the graph afterwards never saw the episode."""

import json

from plugins.end_to_end import drained, pods

from consumer.testing.generate import generate


async def test_a_removed_episode_leaves_nothing_and_does_not_come_back(make_log):
    """Digest-equal to a log without it; a redelivery of the episode changes nothing."""
    events = generate(seed=3, n=40, groups=1)
    group = events[0]["group_id"]
    victim = events[17]

    with_it = await make_log()
    await with_it.publish(events)
    tombstone = (group.encode(), None, (("event_id", victim["event_id"].encode()),))
    again = (group.encode(), json.dumps(victim).encode(), ())
    await with_it.publish_raw([tombstone, again], first=len(events))
    async with pods(with_it, 1):
        await drained(with_it)
    removed = await with_it.digests()
    await with_it.wipe()

    without = await make_log()
    without.groups.add(group)
    timed = [e for e in enumerate(events) if e[1] is not victim]
    for number, event in timed:
        await without.publish([event], first=number)
    async with pods(without, 1):
        await drained(without)
    assert removed == await without.digests()
