"""Bad input on the real services: everything ends where it should, and its neighbours are written."""

import json
import uuid
from collections import Counter

import neo4j
import pytest
from corpus.bad_input import AWKWARD, WITHOUT_AWKWARD, awkward, cases
from corpus.case import REMOVED, WRITTEN
from plugins.end_to_end import drained, pods

from consumer.graph.resolve import clean_attributes
from consumer.model.ids import episode_uuid
from consumer.model.knowledge import LABEL, RESERVED_LABELS
from consumer.model.work import Record
from consumer.pipeline.decode import decode
from consumer.settings import PipelineSettings
from consumer.testing.generate import generate
from consumer.testing.gold import gold

CALM = {"pipeline": {"burst_consecutive": 0, "burst_window": 0, "burst_unexpected": 0}}
"""So many dead letters would halt intake; here they are wanted."""

NODES = {"Episodic", "Saga", "ConsumerEpisode", "ConsumerAssertion", "ConsumerGroup", "ConsumerName"}
PATTERNS = (
    "(x:Entity {group_id: $g})",
    "(x:Episodic {group_id: $g})",
    "(x:Saga {group_id: $g})",
    "(:Entity {group_id: $g})-[x:RELATES_TO]->()",
    "(:Episodic {group_id: $g})-[x:MENTIONS]->()",
)
RELATIONSHIPS = {"RELATES_TO", "MENTIONS", "HAS_EPISODE", "NEXT_EPISODE"}


async def test_the_corpus_ends_as_it_says(make_log):
    """Each record: written once, removed, or a dead letter once with reason and origin; the neighbours as ever."""
    neighbours = generate(seed=4_801, n=150, groups=1)
    group = neighbours[0]["group_id"]
    corpus = [case for case in cases(group) if not case.is_refused_by_broker]
    await assert_verdicts(await make_log(**CALM), group, neighbours, corpus)


@pytest.mark.skipif(not AWKWARD.exists(), reason=WITHOUT_AWKWARD)
async def test_awkward_real_input_ends_as_it_says(make_log):
    """Naughty strings, odd JSON, quoted mail, a megabyte of CSV."""
    neighbours = generate(seed=4_802, n=100, groups=1)
    group = neighbours[0]["group_id"]
    await assert_verdicts(await make_log(**CALM), group, neighbours, awkward(group))


async def assert_verdicts(log, group, neighbours, corpus):
    """Publish a canary group, then the corpus between the neighbours; assert what became of each."""
    canary = f"canary-{uuid.uuid4().hex[:8]}"
    calm = [event | {"group_id": canary} for event in generate(seed=5, n=30, groups=1)]
    calm.append(calm[0] | {"event_id": "saga", "saga": "a", "facts": [FACT]})
    records = [(case.key, case.value, case.headers) for case in corpus]
    for number, event in enumerate(neighbours):
        records.insert(number * 2, (group.encode(), json.dumps(event).encode(), ()))
    log.groups.add(group)
    async with pods(log, 1):
        await log.publish(calm)
        await drained(log)
        before = (await log.digests())[canary]
        landed = await log.publish_raw(records)
        await drained(log)
    assert (await log.digests())[canary] == before, "another group changed"

    where = {
        (key, value, tuple(headers)): (at.partition, at.offset)
        for (key, value, headers), at in zip(records, landed, strict=True)
    }
    assert_dead_letters(await log.dead_letters(), log, [(where[c.key, c.value, c.headers], c) for c in corpus])
    written = [episode for case in corpus if case.verdict == WRITTEN for episode in [decoded(case)]]
    uuids = [episode.uuid for episode in written]
    assert len(uuids) == len(set(uuids))
    ours = {episode_uuid(group, event["event_id"]) for event in neighbours}
    async with neo4j.AsyncGraphDatabase.driver(log.settings.neo4j.uri) as driver:
        assert await strings(driver, "MATCH (e:Episodic {group_id: $g}) RETURN e.uuid", group) == Counter(
            [*uuids, *ours]
        )
        attributes = {
            name for episode in written for said in episode.given.mentions for name in clean_attributes(said.attributes)
        }
        await assert_nothing_injected(driver, group, canary, attributes)
        rows = await driver.execute_query(
            "MATCH (s:Entity {group_id: $g})-[f:RELATES_TO]->(o:Entity) WHERE any(e IN f.episodes WHERE e IN $ours) "
            "RETURN s.name AS s, f.name AS r, o.name AS o, f.valid_at AS since, f.invalid_at AS until",
            g=group,
            ours=sorted(ours),
        )
    got = {(r["s"], r["r"], r["o"], _utc(r["since"]), _utc(r["until"])) for r in rows.records}
    assert got == {(f.subject, f.relation, f.object, f.valid_at, f.invalid_at) for f in gold(neighbours)[group].facts}


FACT = {"subject": {"name": "Ada", "type": "Person", "summary": "s"}, "relation": "KNOWS", "object": "Bob"}


def decoded(case):
    """Return the episode of a case that is written."""
    return decode(Record("t", 0, 0, case.timestamp_ms, case.key, case.value, case.headers), PipelineSettings())


def assert_dead_letters(letters, log, expected):
    """Assert that the dead letters are those of the rejected cases, each once, with reason and origin."""
    found = Counter()
    for letter in letters:
        told = {key: value.decode() for key, value in letter.headers if key.startswith("episodes.") and value}
        assert told["episodes.dead_letter.stage"] == "intake", told
        assert told["episodes.dead_letter.family"] == "episode", told
        assert told["episodes.origin.topic"] == log.topic
        at = int(told["episodes.origin.partition"]), int(told["episodes.origin.offset"])
        if len(letter.value or b"") <= 900_000 and found[at, told["episodes.dead_letter.reason"]]:
            raise AssertionError(f"twice: {told}")
        found[at, told["episodes.dead_letter.reason"]] = 1
    rejected = {(at, case.verdict): case.name for at, case in expected if case.verdict not in {WRITTEN, REMOVED}}
    assert set(found) == set(rejected), [rejected.get(key, key) for key in set(found) ^ set(rejected)]


async def assert_nothing_injected(driver, group, canary, attributes):
    """Assert that labels, relationship types and property keys of a group are those of any calm group."""
    kinds = await strings(driver, "MATCH (n {group_id: $g}) UNWIND labels(n) AS l RETURN l", group)
    types = await strings(driver, "MATCH (n:Entity {group_id: $g}) UNWIND labels(n) AS l RETURN l", group)
    assert set(kinds) - set(types) <= NODES
    assert set(types) & RESERVED_LABELS == {"Entity"}
    assert all(LABEL.fullmatch(label) for label in types)
    edges = await strings(driver, "MATCH ({group_id: $g})-[r]->() RETURN type(r)", group)
    ours = await strings(driver, "MATCH ({group_id: $g})-[r]->() RETURN type(r)", canary)
    assert set(edges) <= RELATIONSHIPS | set(ours)
    for pattern in PATTERNS:
        query = f"MATCH {pattern} UNWIND keys(x) AS key RETURN DISTINCT key"
        usual = set(await strings(driver, query, canary)) | {"invalid_at", "expired_at", "valid_at"}
        assert set(await strings(driver, query, group)) <= usual | (attributes if "x:Entity" in pattern else set())


async def strings(driver, query, group):
    """Return the first column of a query on a group, counted."""
    return Counter(record[0] for record in (await driver.execute_query(query, g=group)).records)


def _utc(value):
    return None if value is None else value.to_native()
