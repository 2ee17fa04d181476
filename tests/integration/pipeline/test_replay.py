"""The whole life of a dead letter on the real services: rejected, listed, mended, replayed, written once."""

import json

from plugins.end_to_end import Log, drained, pods

from consumer.app.dead_letters import Filter, load, replay, select
from consumer.model.dead_letter import Position
from consumer.testing.generate import generate


async def test_a_replayed_letter_is_written_once_however_often_it_is_replayed(make_log):
    """The limit is raised, the text mended; a second replay changes no digest, also without an event id."""
    events = generate(seed=5, n=6, groups=1)
    group = events[0]["group_id"]
    key = group.encode()
    long = {"group_id": group, "content": "Ada Quill works at Harbor Union since 2021-03-05. " + "y" * 5_000}
    # Neither event_id nor reference_time: its id comes from the record's timestamp, which a replay must keep.
    bad = [
        (key, json.dumps(long).encode(), (("source", b"crm"),)),
        (key, b'{"group_id":"' + key + b'","event_id":"torn","content":"Bo Vane lives in Oslo since 2022-01-01."', ()),
    ]
    log = await make_log(pipeline={"max_value_bytes": 4_000})
    await log.publish(events)
    await log.publish_raw(bad, first=len(events))
    async with pods(log, 1):
        await drained(log)
    kafka = log.settings.kafka
    letters = {letter.reason: letter for letter in (await select(kafka, Filter())).letters}
    assert set(letters) == {"value-too-large", "invalid-json"}
    before = await log.digests()

    report = await replay(log.settings, list(letters.values()), dry_run=False)
    assert (report.sent, len(report.rejected)) == ([], 2), "with the old limit both would be rejected again"
    raised = log.settings.model_copy(
        update={"pipeline": log.settings.pipeline.model_copy(update={"max_value_bytes": 100_000})}
    )
    log = Log(raised, log.groups)
    _, torn, _ = await load(kafka, letters["invalid-json"].position)

    async def again():
        sent = await replay(raised, [letters["value-too-large"]], dry_run=False)
        mended = await replay(raised, [letters["invalid-json"]], mended=torn.value + b"}", dry_run=False)
        assert len(sent.sent) == len(mended.sent) == 1
        async with pods(log, 1) as (pod,):
            await drained(log)
            return dict(pod.view().outcomes), await log.digests()

    outcomes, once = await again()
    assert outcomes["written"] == 2
    assert once != before
    outcomes, twice = await again()
    assert sum(outcomes.values()) == 2
    assert twice == once
    assert len((await select(kafka, Filter())).letters) == 2, "nothing was rejected again, the letters are still there"
    assert letters["value-too-large"].position in {Position(0, 0), Position(0, 1)}
