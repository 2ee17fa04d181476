"""Large episodes through the whole pipeline: no fact is lost where chunks meet, and the graph is the gold."""

from itertools import groupby

from plugins.end_to_end import drained, pods

from consumer.testing.generate import generate
from consumer.testing.sentences import KNOWS, asserts
from consumer.testing.simulator_profile import Profile

SMALL_CHUNKS = {"chunk_tokens": 40, "chunk_concurrency": 3}


def joined(events):
    """Make one text of each stretch of texts of a group: the same sentences, in the same order."""
    texts = [event for event in events if event["source"] == "text"]
    large = []
    for group, own in groupby(sorted(texts, key=lambda event: event["group_id"]), lambda event: event["group_id"]):
        told = list(own)
        for number in range(0, len(told), 40):
            stretch = told[number : number + 40]
            content = "\n\n".join(event["content"] for event in stretch)
            large.append({**stretch[-1], "event_id": f"{group}.large.{number}", "content": content})
    return large


def long_speech(group):
    """Make one message of sixty sentences, each about "I"."""
    told = " ".join(asserts("I", KNOWS, f"Friend Number{number}") for number in range(60))
    return {
        "group_id": group,
        "event_id": f"{group}.speech",
        "source": "message",
        "content": f"Ada Stone: {told}",
        "reference_time": "2024-05-02T10:00:00Z",
    }


async def test_a_large_episode_read_in_chunks_gives_the_gold_and_the_graph_of_one_call(make_log, simulator):
    """Chunks with calls that fail in between, or the whole in one call: one digest, and every fact is there."""
    events = joined(generate(seed=23, n=300, groups=2))
    events += [long_speech(group) for group in sorted({event["group_id"] for event in events})]
    seen, asked = [], []
    for chunks, faults in (
        (SMALL_CHUNKS, Profile(rate_500=0.05, rate_429=0.05, retry_after_s=0.1)),
        ({"chunk_tokens": 50_000}, None),
    ):
        simulator.profile = faults or Profile()
        before = simulator.stats.chat_questions
        log = await make_log(pipeline={"retry_initial_s": 0.05, "retry_max_s": 0.2, **chunks})
        async with pods(log, 1):
            await log.publish(events)
            await drained(log)
        asked.append(simulator.stats.chat_questions - before)
        seen.append(await log.digests())
        assert not await log.dead_letters()
        for group in sorted(log.groups):
            log.assert_gold(events, group, *await log.graph(group))
        await log.wipe()
    assert seen[0] == seen[1]
    assert asked[1] == len(events)
    assert asked[0] > 8 * len(events)


async def test_a_chunk_that_is_refused_rejects_the_episode_and_names_itself(make_log, simulator):
    """Nothing of a large episode is written when a part of it could not be read; its group goes on."""
    large, small = long_speech("refused"), {"group_id": "refused", "content": "Ann Lee knows Bo Day."}
    log = await make_log(pipeline=SMALL_CHUNKS)
    simulator.profile = Profile(rate_refusal=1.0)
    async with pods(log, 1):
        await log.publish([large])
        await drained(log, 40)
        simulator.profile = Profile()
        await log.publish([small], first=1)
        await drained(log, 40)
    (letter,) = await log.dead_letters()
    told = {name: value.decode() for name, value in letter.headers}
    assert "refused" in told.values()
    assert any("chunk " in value and " of " in value and "characters " in value for value in told.values())
    _, facts = await log.graph("refused")
    assert [(fact["subject"], fact["object"]) for fact in facts] == [("Ann Lee", "Bo Day")]
