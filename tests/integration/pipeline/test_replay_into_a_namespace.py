"""A replay gives the graph again: of two namespaces and of the source, on the real services; a difference is named."""

import asyncio
import json
from contextlib import aclosing

import pytest
from plugins.end_to_end import drained, pods
from typer.testing import CliRunner

from consumer.app.replay import Replay, stretches_of
from consumer.app.replay_verify import verify
from consumer.cli.main import build
from consumer.clock import SystemClock
from consumer.graph import connect, portrait
from consumer.model.replay import Order
from consumer.testing.generate import generate


def told():
    """Some 300 records of five groups: episodes, removals by event and by tombstone, a group told anew, no events."""
    events = generate(seed=77, n=280, groups=5)
    groups = sorted({event["group_id"] for event in events})
    records = [(event["group_id"].encode(), json.dumps(event).encode(), ()) for event in events]
    anonymous = [event for event in events if event["group_id"] == groups[1]][:4]
    for event in anonymous:  # their ids are hashes that the group is part of, and their names those ids
        bare = {name: value for name, value in event.items() if name not in {"event_id", "name"}}
        records.append((groups[1].encode(), json.dumps(bare | {"content": f"{event['content']} Indeed."}).encode(), ()))
    for number, event in enumerate(events[::25]):
        key = event["group_id"].encode()
        if number % 2:
            removal = {"type": "episode.removed", "group_id": event["group_id"], "event_id": event["event_id"]}
            records.append((key, json.dumps(removal).encode(), ()))
        else:
            records.append((key, None, (("event_id", event["event_id"].encode()),)))
    gone = groups[2].encode()
    records.append((gone, json.dumps({"type": "group.removed", "group_id": groups[2]}).encode(), ()))
    anew = [event for event in events if event["group_id"] == groups[2]][:10]
    records += [(gone, json.dumps(event | {"event_id": f"{event['event_id']}-anew"}).encode(), ()) for event in anew]
    records += [(gone, b"{no json", ()), (b"other", records[0][1], ())]
    return groups, records


async def replayed(log, copy, prefix, groups):
    """Publish `log` into the topic of `copy` under a prefix, and have a pod read it."""
    order = Order(log.topic, copy.topic, prefix)
    copy.groups |= {prefix + group for group in groups}
    work = Replay(log.settings, copy.topic, order, await stretches_of(log.settings, order), SystemClock())
    report = await work.run(keeps_partitions=log.settings.kafka.partitions == copy.settings.kafka.partitions)
    assert report.is_done
    async with pods(copy, 1):
        await drained(copy)
    return report


async def test_two_replays_of_one_log_are_alike_and_like_their_source(make_log):
    """Digests without names are equal: source, as many partitions, fewer partitions; the graph is there, not empty."""
    groups, records = told()
    log = await make_log()
    log.groups |= set(groups)
    await log.publish_raw(records)
    async with pods(log, 1):
        await drained(log)
    one, two = f"{log.topic}-1-", f"{log.topic}-2-"
    first, second = await make_log(), await make_log(partitions=2)
    report = await replayed(log, first, one, groups)
    assert (report.copies, report.tally.invalid) == (len(records), {"invalid-json": 1, "wrong-key": 1})
    await replayed(log, second, two, groups)
    for prefix, other in ((one, ""), (two, ""), (one, two)):
        found = await verify(log.settings, prefix, other)
        assert [(each.one, each.other) for each in found] == [(prefix + g, other + g) for g in groups]
        for each in found:
            assert each.is_equal, each.differences
            assert min(each.counts[0][kind] for kind in ("episode", "entity", "fact", "mention")) > 0
    assert len({each.digests[0] for each in await verify(log.settings, one, two)}) == len(groups)
    rejected = {letter.key.decode() for letter in await first.dead_letters()}
    assert rejected == {f"{one}{groups[2]}", f"{one}other"}
    await says_what_differs(log, first, one, two, groups)


async def says_what_differs(log, copy, prefix, other, groups):
    """One episode is taken out of one namespace: its group differs, by name, and the exit code is 1; others do not."""
    async with aclosing(connect(log.settings.neo4j)) as database:
        whole = await portrait(database, other + groups[0], with_elements=True)
    names = {element.name for element in whole.elements.values() if element.kind == "episode"}
    own = [event for event in generate(seed=77, n=280, groups=5) if event["group_id"] == groups[0]]
    victim = next(event for event in own if event["name"] in names)
    removal = (("event_id", victim["event_id"].encode()),)
    await copy.publish_raw([((prefix + groups[0]).encode(), None, removal)], first=10_000)
    async with pods(copy, 1):
        await drained(copy)
    found = {each.one: each for each in await verify(log.settings, prefix, other, shown=1_000)}
    assert [group for group, each in found.items() if not each.is_equal] == [prefix + groups[0]]
    different = found[prefix + groups[0]]
    assert different.counts[1]["episode"] - different.counts[0]["episode"] == 1
    assert ("episode", victim["name"], other + groups[0]) in {(d.kind, d.name, d.side) for d in different.differences}
    assert len(different.differences) >= 1
    environment = {"EPISODES_NEO4J__URI": log.settings.neo4j.uri}
    command = ["replay", "verify", "--group-prefix", prefix, "--with", other, "--shown", "1000"]

    def ran(*arguments):
        return CliRunner(env=environment).invoke(build(), [*command, *arguments])

    result = await asyncio.to_thread(ran)
    assert result.exit_code == 1
    assert f"only in {other}{groups[0]}: episode {victim['name']}" in result.stdout
    assert "5 groups compared, 1 different" in result.stderr
    assert (await asyncio.to_thread(ran, "--group", groups[1])).exit_code == 0


@pytest.mark.parametrize("arguments", [[], ["--group", "nobody"]])
def test_nothing_to_compare_is_no_success(neo4j_uri, arguments):
    """A replay that was never read must not pass for an equal one."""
    result = CliRunner(env={"EPISODES_NEO4J__URI": neo4j_uri}).invoke(
        build(), ["replay", "verify", "--group-prefix", "nobody-has-this-", *arguments]
    )
    assert result.exit_code == 1
    assert "nothing to compare" in result.stderr
