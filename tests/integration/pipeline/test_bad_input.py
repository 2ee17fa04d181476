"""Bad input on the real services: everything ends where it should, and its neighbours are written."""

import json

from plugins.end_to_end import drained, pods

from consumer.testing.generate import generate


def good(events):
    return [(event["group_id"].encode(), json.dumps(event).encode(), ()) for event in events]


async def test_each_bad_record_is_kept_with_reason_and_origin(make_log):
    """Not JSON, wrong schema, empty, 1.2 MB, surrogates, NUL, wrong key, unknown type, tombstones."""
    events = generate(seed=11, n=12, groups=1)
    group = events[0]["group_id"]
    key = group.encode()

    def event(**changes):
        return json.dumps({"group_id": group, "event_id": "bad", "content": "x"} | changes).encode()

    bad = {
        "not JSON": ((key, b"hello there", ()), "invalid-json"),
        "wrong schema": ((key, event(source="smell"), ()), "invalid-event"),
        "empty": ((key, b"", ()), "invalid-json"),
        "1.2 MB": ((key, event(content="y" * 1_200_000), ()), "value-too-large"),
        "lone surrogate": ((key, event(content="\ud800"), ()), "invalid-json"),
        "NUL": ((key, event(content="a\x00b"), ()), "nul-character"),
        "wrong key": ((b"someone-else", event(), ()), "wrong-key"),
        "no key": ((None, event(), ()), "wrong-key"),
        "unknown type": ((key, event(type="episode.exploded"), (("x-producer", b"p1"),)), "unknown-type"),
        "tombstone without id": ((key, None, ()), "tombstone-without-event-id"),
    }
    ignored = [
        (key, None, (("event_id", b"never-seen"),)),
        (key, event(type="episode.removed", event_id="never-seen-either"), ()),
    ]
    records = []
    for number, record in enumerate(good(events)):
        records.append(record)
        if number < len(bad):
            records.append(list(bad.values())[number][0])
    records += ignored
    log = await make_log()
    log.groups.add(group)
    await log.publish_raw(records)
    async with pods(log, 1):
        await drained(log)

    letters = await log.dead_letters()
    assert len(letters) == len(bad)
    by_value = {(letter.key, letter.value): letter for letter in letters}
    for name, ((its_key, value, headers), reason) in bad.items():
        letter = by_value[its_key, value]
        told = {key: value.decode() for key, value in letter.headers}
        assert told["episodes.dead_letter.reason"] == reason, name
        assert told["episodes.dead_letter.stage"] == "intake"
        assert told["episodes.dead_letter.family"] == "episode"
        assert told["episodes.origin.topic"] == log.topic
        assert told["episodes.origin.partition"].isdigit()
        assert told["episodes.origin.offset"].isdigit()
        assert all(header in letter.headers for header in headers), "the original headers are kept"
    log.assert_gold(events, group, *await log.graph(group))
