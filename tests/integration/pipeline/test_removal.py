"""Removal events on the real services: the graph afterwards never saw the episode."""

import json

from plugins.end_to_end import drained, pods

from consumer.testing.generate import generate


async def test_a_removed_episode_leaves_nothing_and_does_not_come_back(make_log):
    """Digest-equal to a log without it; a redelivery of the episode changes nothing."""
    events = generate(seed=90_403, n=40, groups=1)
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


async def test_a_replay_from_the_start_keeps_what_was_told_anew(make_log):
    """After removal of an episode and of its group, what is told again stays, also when all is read once more."""
    events = generate(seed=90_404, n=16, groups=1)
    group = events[0]["group_id"]
    anew = events[3:6]
    raw_anew = [(group.encode(), json.dumps(event).encode(), ()) for event in anew]
    gone = json.dumps({"type": "group.removed", "group_id": group}).encode()
    late_removal = json.dumps({"type": "episode.removed", "group_id": group, "event_id": anew[0]["event_id"]}).encode()

    log = await make_log()
    await log.publish(events)
    await log.publish_raw(
        [(group.encode(), late_removal, ()), (group.encode(), gone, ()), *raw_anew], first=len(events)
    )
    async with pods(log, 1):
        await drained(log)
    calm = await log.digests()
    kafka = log.settings.kafka.model_copy(update={"consumer_group": f"{log.topic}-replay"})
    log.settings = log.settings.model_copy(update={"kafka": kafka})
    async with pods(log, 1):
        await drained(log)
    assert await log.digests() == calm
    await log.wipe()

    alone = await make_log()
    await alone.publish(anew, first=len(events) + 2)
    async with pods(alone, 1):
        await drained(alone)
    assert await alone.digests() == calm


async def test_a_removal_that_comes_before_its_episode(make_log):
    """Producers that overtake each other: the removal is remembered, the episode is not written."""
    events = generate(seed=90_405, n=12, groups=1)
    group = events[0]["group_id"]
    victim = events[6]
    removal = json.dumps({"type": "episode.removed", "group_id": group, "event_id": victim["event_id"]}).encode()

    log = await make_log()
    await log.publish_raw([(group.encode(), removal, ())], first=500)
    await log.publish(events)
    async with pods(log, 1):
        await drained(log)
    found = await log.digests()
    await log.wipe()

    without = await make_log()
    for number, event in enumerate(events):
        if event is not victim:
            await without.publish([event], first=number)
    async with pods(without, 1):
        await drained(without)
    assert await without.digests() == found
